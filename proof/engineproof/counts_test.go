package engineproof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// counts counts events, so that a test without the events of interest fails.
type counts struct {
	mu    sync.Mutex
	count map[string]int
}

func (t *counts) add(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == nil {
		t.count = map[string]int{}
	}
	t.count[what] += n
}

func (t *counts) of(what string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count[what]
}

// missing returns the events that never occurred.
func (t *counts) missing(every ...string) (none []string) {
	for _, what := range every {
		if t.of(what) == 0 {
			none = append(none, what)
		}
	}
	return none
}

func (t *counts) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(t.count)) {
		fmt.Fprintf(&b, "%7d %s\n", t.count[what], what)
	}
	return b.String()
}
