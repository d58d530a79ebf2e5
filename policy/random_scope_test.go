package policy_test

import (
	"slices"

	"github.com/usher-go/usher/policy/syntax"
)

// join adds one or two scopes to a rule, half of them negated.
func (dr *drawing) join(rule *syntax.Rule, on syntax.Resource) {
	for range dr.upTo(1, 2) {
		t := syntax.Term{Scope: syntax.Scope(dr.upTo(int(syntax.ScopeOwn), int(syntax.ScopeShared))), Not: dr.chance(50)}
		t.Not = t.Not || rule.Scope == syntax.ScopeAny
		if len(on.Parties) > 0 && dr.chance(60) {
			for _, p := range some(dr.dice, 1, len(on.Parties), on.Parties) {
				t.As = append(t.As, p.Name)
			}
		}
		if !slices.ContainsFunc(rule.Terms(), func(o syntax.Term) bool { return sameScope(o, t) }) {
			rule.And = append(rule.And, t)
		}
	}
}

// sameScope reports whether a rule with both terms has one of them twice, or contradicts itself.
func sameScope(a, b syntax.Term) bool {
	return a.Scope == b.Scope && a.Above == b.Above && sameElements(texts(a.As), texts(b.As))
}

func texts(names []syntax.Name) (list []string) {
	for _, n := range names {
		list = append(list, n.Text)
	}
	return list
}
