package ceilingproof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// counts counts commands by kind and result.
type counts map[string]map[string]int

func (t counts) count(kind, what string) {
	if t[kind] == nil {
		t[kind] = map[string]int{}
	}
	t[kind][what]++
}

// total returns the number of one result over all kinds.
func (t counts) total(what string) (n int) {
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
	unclear   = "refused by source or needlessly"
)

// String writes a line for each kind of command, and the sums.
func (t counts) String() string {
	var b strings.Builder
	columns := []string{sent, done, broken, escalated, justified, intended, needless, unclear}
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

// guarded are the kinds of commands to which the ceiling applies.
var guarded = []string{
	"add-user", "set-role", "set-team-role", "unset-team-role", "remove-from-team", "delete-team", "move-team",
	"give-grant", "give-grant, ending sooner", "revoke-grant", "set-status", "remove-user", "unassign-seat",
	"admit-user", "set-role-beside", "unset-role-beside", "invite", "revoke-invitation",
}

// check fails a test whose commands had too few different results, or of which the ceiling rejected
// too many needlessly.
func (t counts) check(test *testing.T) {
	test.Helper()
	for _, kind := range kinds {
		if t[kind][done] == 0 {
			test.Errorf("%s never succeeded", kind)
		}
	}
	for _, kind := range guarded {
		if t[kind][justified] == 0 {
			test.Errorf("%s was never rejected correctly", kind)
		}
	}
	// The remaining ones need knowledge that a comparison of rules does not have: that another
	// prohibition always stops the user, or that two rules together allow what a third one does.
	if all, without := t.total(escalated), t.total(needless); 100*without > 6*all {
		test.Errorf("%d of %d rejections as escalation are needless, more than 6 percent: no decision would have become possible that the actor "+
			"does not have, and no user who outranks the actor would have lost one. -needless 10 shows some", without, all)
	}
	if all, some := t.total(escalated), t.total(intended); 100*some > 22*all {
		test.Errorf("%d of %d rejections as escalation are by source only, more than 22 percent: the ceiling rejects a command even if the user has the same "+
			"through another source, but so many suggest that sources are confused", some, all)
	}
}
