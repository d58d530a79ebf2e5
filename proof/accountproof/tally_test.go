package accountproof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/usher-go/usher/account"
)

// tally counts what came of the commands that were tried, so that a test cannot stop testing
// without anybody noticing. It may be used by many goroutines.
type tally struct {
	sync.Mutex
	of map[string]map[string]int // of each command: a code, "done", "as it was", or "undecided"
}

func (t *tally) count(c account.Command, what string) {
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

// total returns how often something came of any command.
func (t *tally) total(what string) (n int) {
	for _, counts := range t.of {
		n += counts[what]
	}
	return n
}

// missing returns the commands of those given that were never done, and the codes that never
// occurred.
func (t *tally) missing(commands ...account.Command) (list []string) {
	for _, c := range commands {
		name := account.NameOf(c)
		if t.of[name]["done"] == 0 {
			list = append(list, name+" was never done")
		}
	}
	for _, code := range account.Codes() {
		if t.total(code) == 0 {
			list = append(list, "nothing was ever refused for "+code)
		}
	}
	return list
}

// String writes a line for each command, and the sums.
func (t *tally) String() string {
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
