package accountproof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/usher-go/usher/account"
)

// counts counts the results of commands, so that a test cannot stop testing without notice. It is
// safe for concurrent use.
type counts struct {
	sync.Mutex
	of map[string]map[string]int // of each command: a code, "done", "as it was", or "undecided"
}

func (t *counts) count(c account.Command, what string) {
	t.Lock()
	defer t.Unlock()
	if t.of == nil {
		t.of = map[string]map[string]int{}
	}
	if t.of[account.NameOf(c)] == nil {
		t.of[account.NameOf(c)] = map[string]int{}
	}
	t.of[account.NameOf(c)][what]++
}

// total returns the number of one result over all commands.
func (t *counts) total(what string) (n int) {
	for _, counts := range t.of {
		n += counts[what]
	}
	return n
}

// elsewhere are the codes of commands that the model of random accounts does not have, with the tests
// that have them.
var elsewhere = map[string]string{
	"unknown-scheduled":     "TestRefused of package account",
	"schedule-full":         "TestScheduleFull of package account",
	"too-many-roles":        "TestRandomRolesOnResources",
	"unknown-request":       "package account",
	"too-many-requests":     "package account",
	"not-offered":           "package account",
	"too-many-custom-roles": "package account",
	"role-in-use":           "package account",
}

// missing returns the given commands that never succeeded, and the codes that never occurred.
func (t *counts) missing(commands ...account.Command) (list []string) {
	for _, c := range commands {
		name := account.NameOf(c)
		if t.of[name]["done"] == 0 {
			list = append(list, name+" was never done")
		}
	}
	for _, code := range account.Codes() {
		if t.total(code) == 0 && elsewhere[code] == "" {
			list = append(list, "nothing was ever refused for "+code)
		}
	}
	return list
}

// String writes a line for each command, and the sums.
func (t *counts) String() string {
	var b strings.Builder
	line := func(name string, counts map[string]int) {
		fmt.Fprintf(&b, "%-20s", name)
		for _, what := range slices.Concat([]string{"done", "as it was", "undecided"}, account.Codes()) {
			if n := counts[what]; n > 0 {
				fmt.Fprintf(&b, "  %s %d", what, n)
			}
		}
		b.WriteByte('\n')
	}
	sums := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(t.of)) {
		line(name, t.of[name])
		for what, n := range t.of[name] {
			sums[what] += n
		}
	}
	line("all", sums)
	return b.String()
}
