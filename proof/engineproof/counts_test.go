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

// goOn reports whether a test that repeats something random goes on after n repetitions: always before
// least, and then as long as an event is missing, but not beyond ten times least. What a number of
// repetitions shows depends on chance, and on how busy the machine is.
func (t *counts) goOn(n, least int, events []string) bool {
	return n < least || n < 10*least && len(t.missing(events...)) > 0
}

// fullOnly returns the events in a full run, and none in a smaller one, which may lack some.
func fullOnly(full bool, events []string) []string {
	if full {
		return events
	}
	return nil
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
