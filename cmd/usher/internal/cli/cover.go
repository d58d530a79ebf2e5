package cli

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policytest"
)

// coverage says which rules of a policy no test reached, in none of the files that
// test it.
type coverage struct {
	policy    string // its file
	rules     int
	unreached []usher.Rule
}

// coverageOf puts together what the files with the same policy reached.
func coverageOf(all []tested) (list []coverage) {
	var covers []*policytest.Cover
	for _, t := range all {
		covers = append(covers, t.report.Cover)
	}
	for _, c := range policytest.JoinCovers(covers...) {
		list = append(list, coverage{c.Policy.File(), c.Rules, c.Unreached})
	}
	return list
}

func writeCoverage(s *stream, c coverage) {
	if len(c.unreached) == 0 {
		s.line("%s: all %s reached", printable.Text(c.policy), count(c.rules, "rule"))
		return
	}
	s.line("%s: %d of %s reached; no test reached", printable.Text(c.policy), c.rules-len(c.unreached), count(c.rules, "rule"))
	for _, rule := range c.unreached {
		s.line("  %s", printable.Text(ruleText(rule)))
	}
}

// ruleText writes a rule with its place.
func ruleText(r usher.Rule) string {
	if r.Permission == "" { // of a role with all: true, which is for every permission
		r.Permission = "every permission"
	}
	return r.String()
}
