package policytest

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// Cover says which rules of a policy, in cells and under never, took part in no
// answer: to no check, to no question of a scenario, and to none that a command of a
// scenario asked on behalf of a user. A rule takes part where it matches, whether or
// not it decides.
type Cover struct {
	Policy    *policy.Policy
	Rules     int // in the policy
	Reached   int
	Unreached []usher.Rule // in the order of the file
}

// JoinCovers returns a Cover for each policy, in the order in which they come first:
// what is left of its rules that none of its Covers reached. Policies are the same if
// their file and their digest are. What is nil or zero, of a run that was none, is
// left out.
func JoinCovers(covers ...*Cover) []*Cover {
	type key struct{ file, digest string }
	var list []*Cover
	at := map[key]*Cover{}
	for _, c := range covers {
		if c == nil || c.Policy == nil {
			continue
		}
		k := key{c.Policy.File(), c.Policy.Digest()}
		joined, seen := at[k]
		if !seen {
			first := *c
			first.Unreached = slices.Clone(c.Unreached)
			at[k] = &first
			list = append(list, &first)
			continue
		}
		joined.Unreached = slices.DeleteFunc(joined.Unreached, func(r usher.Rule) bool { return !slices.Contains(c.Unreached, r) })
		joined.Reached = joined.Rules - len(joined.Unreached)
	}
	return list
}

// cover marks the rules that questions reach.
type cover struct {
	policy *policy.Policy
	rules  []usher.Rule
	hit    map[usher.Rule]bool // has them all
}

func newCover(p *policy.Policy) *cover {
	c := &cover{policy: p, rules: p.Rules(), hit: map[usher.Rule]bool{}}
	slices.SortStableFunc(c.rules, func(a, b usher.Rule) int { return cmp.Compare(a.Line, b.Line) })
	for _, rule := range c.rules {
		c.hit[rule] = false
	}
	return c
}

// reach marks the rules that match a request.
func (c *cover) reach(f policy.Facts, r usher.Request) error {
	rules, err := c.policy.Matching(f, &r)
	for _, rule := range rules {
		rule.Held = "" // by whomever: it is the same rule
		if _, ok := c.hit[rule]; !ok {
			rule.Permission = "" // a role with all: true has one for every permission
		}
		c.hit[rule] = true
	}
	return err
}

func (c *cover) report() *Cover {
	report := &Cover{Policy: c.policy, Rules: len(c.rules)}
	for _, rule := range c.rules {
		if c.hit[rule] {
			report.Reached++
		} else {
			report.Unreached = append(report.Unreached, rule)
		}
	}
	return report
}
