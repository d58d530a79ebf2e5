package policytest

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// Cover is the coverage of a policy's rules, including the rules under never. A rule is
// reached if it matches in a check, in a step with can, or in the permission check of a
// command that a user runs in a scenario. The rule need not decide.
type Cover struct {
	Policy    *policy.Policy
	Rules     int // the number of rules in the policy
	Reached   int
	Unreached []usher.Rule // in the order of the file
}

// JoinCovers returns one Cover for each policy, in the order of first occurrence. A rule
// is unreached if it is unreached in all Covers of its policy. Two policies are the same
// if their files and digests are equal. JoinCovers ignores a Cover that is nil or zero.
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

// cover records the rules that match.
type cover struct {
	policy *policy.Policy
	rules  []usher.Rule
	hit    map[usher.Rule]bool // has a key for each rule
}

func newCover(p *policy.Policy) *cover {
	c := &cover{policy: p, rules: p.Rules(), hit: map[usher.Rule]bool{}}
	slices.SortStableFunc(c.rules, func(a, b usher.Rule) int { return cmp.Compare(a.Line, b.Line) })
	for _, rule := range c.rules {
		c.hit[rule] = false
	}
	return c
}

// reach records the rules that match a request. P is the policy with the roles that the account
// defines; the rules of these roles are not rules of the file.
func (c *cover) reach(p *policy.Policy, f policy.Facts, r usher.Request) error {
	rules, err := p.Matching(f, &r)
	for _, rule := range rules {
		if _, ok := c.hit[rule]; ok {
			c.hit[rule] = true
		}
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
