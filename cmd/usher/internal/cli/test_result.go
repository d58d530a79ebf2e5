package cli

import (
	"cmp"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
)

// testResult is a check or a scenario with its failures.
type testResult struct {
	pos      syntax.Pos
	name     string
	can      string // of a check
	failures []policytest.Failure
}

// title returns the name of a test in the output.
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

// results returns the tests of a file in the order in which they ran: the checks, then
// the scenarios.
func (t fileResult) results() []testResult {
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
		if !ofCheck { // the place is inside a scenario
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
