package cli

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policytest"
)

// coverage contains the rules of a policy that no test in any of the files reached.
type coverage struct {
	policy    string // the file of the policy
	rules     int
	unreached []usher.Rule
}

// coverageOf joins the coverage of all files with the same policy.
func coverageOf(all []fileResult) (list []coverage) {
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
	s.line("%s: %d of %s reached; not reached:", printable.Text(c.policy), c.rules-len(c.unreached), count(c.rules, "rule"))
	for _, rule := range c.unreached {
		s.line("  %s", printable.Text(ruleText(rule)))
	}
}

// ruleText returns a rule with its place.
func ruleText(r usher.Rule) string {
	if r.Permission == "" { // a role with all: true
		r.Permission = "every permission"
	}
	return r.String()
}
