package cli

import (
	"cmp"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
)

// trial is a check or a scenario with what came of it.
type testResult struct {
	pos      syntax.Pos
	name     string
	can      string // of a check
	failures []policytest.Failure
}

// title is how people find a test again.
func (t *testResult) title() string {
	switch {
	case t.can == "" && t.name == "":
		return "a scenario"
	case t.can == "" || t.name == "":
		return printable.Text(t.name + t.can)
	default:
		return printable.Text(t.name + ": " + t.can)
	}
}

// trials returns the tests of a file as they were run: its checks in their order,
// then its scenarios.
func (t tested) trials() []testResult {
	if t.suite == nil {
		return nil
	}
	var list []testResult
	at := map[syntax.Pos]int{}
	for _, c := range t.suite.File().Checks {
		at[c.Pos] = len(list)
		list = append(list, testResult{pos: c.Pos, name: c.Name, can: c.Can.Text})
	}
	first := len(list)
	for _, s := range t.suite.File().Scenarios {
		list = append(list, testResult{pos: s.Pos, name: s.Name})
	}
	for _, f := range t.report.Failures {
		i, ofCheck := at[f.Pos]
		if !ofCheck { // its place is somewhere in its scenario
			for i = len(list) - 1; i > first && before(f.Pos, list[i].pos); i-- {
			}
		}
		list[i].failures = append(list[i].failures, f)
	}
	return list
}

func before(a, b syntax.Pos) bool {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col)) < 0
}
