package engineproof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// tally counts what happened, so that a test which proves nothing fails.
type tally struct {
	mu    sync.Mutex
	count map[string]int
}

func (t *tally) add(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == nil {
		t.count = map[string]int{}
	}
	t.count[what] += n
}

func (t *tally) of(what string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count[what]
}

// missing returns what never happened.
func (t *tally) missing(every ...string) (none []string) {
	for _, what := range every {
		if t.of(what) == 0 {
			none = append(none, what)
		}
	}
	return none
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(t.count)) {
		fmt.Fprintf(&b, "%7d %s\n", t.count[what], what)
	}
	return b.String()
}
