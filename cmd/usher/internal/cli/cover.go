package cli

import (
	"slices"

	"github.com/usher-go/usher"
)

// coverage says which rules of a policy no test reached, in none of the files that
// test it.
type coverage struct {
	policy    string // its file
	rules     int
	unreached []usher.Rule
}

// coverageOf puts together what the files with the same policy reached.
func coverageOf(all []tested) []coverage {
	type key struct{ file, digest string }
	var list []coverage
	at := map[key]int{}
	for _, t := range all {
		if t.report.Cover == nil {
			continue
		}
		p := t.suite.Policy()
		k := key{p.File(), p.Digest()}
		i, seen := at[k]
		if !seen {
			at[k] = len(list)
			list = append(list, coverage{p.File(), t.report.Cover.Rules, slices.Clone(t.report.Cover.Unreached)})
			continue
		}
		list[i].unreached = slices.DeleteFunc(list[i].unreached, func(r usher.Rule) bool {
			return !slices.Contains(t.report.Cover.Unreached, r)
		})
	}
	return list
}

func writeCoverage(s *stream, c coverage) {
	if len(c.unreached) == 0 {
		s.line("%s: all %s reached", printable(c.policy), count(c.rules, "rule"))
		return
	}
	s.line("%s: %d of %s reached; no test reached", printable(c.policy), c.rules-len(c.unreached), count(c.rules, "rule"))
	for _, rule := range c.unreached {
		s.line("  %s", printable(ruleText(rule)))
	}
}

// ruleText writes a rule with its place.
func ruleText(r usher.Rule) string {
	if r.Permission == "" { // of a role with all: true, which is for every permission
		r.Permission = "every permission"
	}
	return r.String()
}
