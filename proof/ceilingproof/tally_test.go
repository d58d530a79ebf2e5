package ceilingproof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tally counts commands by kind, and what came of each.
type tally map[string]map[string]int

func (t tally) count(kind, what string) {
	if t[kind] == nil {
		t[kind] = map[string]int{}
	}
	t[kind][what]++
}

// total returns how often something came of any command.
func (t tally) total(what string) (n int) {
	for _, counts := range t {
		n += counts[what]
	}
	return n
}

const (
	sent      = "sent"
	done      = "done"
	escalated = "refused as escalation"
	broken    = "broke the promise"
	justified = "refused rightly"
	intended  = "refused by source"
	needless  = "refused needlessly"
)

// String writes a line for each kind of command, and the sums.
func (t tally) String() string {
	var b strings.Builder
	columns := []string{sent, done, broken, escalated, justified, intended, needless}
	line := func(name string, of func(string) int) {
		fmt.Fprintf(&b, "%-26s", name)
		for _, c := range columns {
			fmt.Fprintf(&b, " %8d", of(c))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "columns: %s\n", strings.Join(columns, ", "))
	for _, kind := range slices.Sorted(maps.Keys(t)) {
		if !strings.Contains(kind, ":") {
			line(kind, func(c string) int { return t[kind][c] })
		}
	}
	line("all", t.total)
	for _, kind := range slices.Sorted(maps.Keys(t)) {
		if strings.Contains(kind, ":") {
			for _, what := range slices.Sorted(maps.Keys(t[kind])) {
				fmt.Fprintf(&b, "%5d %s %s\n", t[kind][what], kind, what)
			}
		}
	}
	return b.String()
}
