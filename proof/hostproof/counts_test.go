package hostproof_test

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

func (t *counts) add(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == nil {
		t.count = map[string]int{}
	}
	t.count[what]++
}

// missing returns the events that never occurred.
func (t *counts) missing(every ...string) (none []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, what := range every {
		if t.count[what] == 0 {
			none = append(none, what)
		}
	}
	return none
}

// goOn reports whether a test that repeats something random goes on after n repetitions: always before
// least, and then as long as an event is missing, but not beyond ten times least.
func (t *counts) goOn(n, least int, events []string) bool {
	return n < least || n < 10*least && len(t.missing(events...)) > 0
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

// findings are what the checks have found, by the name of the check.
type findings struct {
	mu    sync.Mutex
	found map[string][]string
}

func (f *findings) add(check, format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.found == nil {
		f.found = map[string][]string{}
	}
	f.found[check] = append(f.found[check], fmt.Sprintf(format, args...))
}

// of returns the findings of a check.
func (f *findings) of(check string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.found[check])
}

// String returns some findings of each check, and "" if there are none.
func (f *findings) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, check := range slices.Sorted(maps.Keys(f.found)) {
		fmt.Fprintf(&b, "%s: %d findings\n", check, len(f.found[check]))
		for _, text := range f.found[check][:min(5, len(f.found[check]))] {
			fmt.Fprintf(&b, "\t%s\n", text)
		}
	}
	return b.String()
}
