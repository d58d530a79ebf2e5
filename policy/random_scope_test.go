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
		t.Above, t.As = dr.orAbove(on, t.Scope, t.As)
		if !slices.ContainsFunc(rule.Terms(), func(o syntax.Term) bool { return sameScope(o, t) }) {
			rule.And = append(rule.And, t)
		}
	}
}

// containers puts some types of resources in others, or in themselves. A contained type often has
// parties of the same names as its container.
func (dr *drawing) containers() {
	var before []string // the types that come before have no container of a later type
	for i := range dr.doc.Resources {
		r := &dr.doc.Resources[i]
		isStandard := slices.ContainsFunc(standard, func(s [3]string) bool { return s[0] == r.Name.Text })
		switch {
		case isStandard || !dr.chance(60):
		case dr.chance(40):
			r.In = r.Name
		case len(before) > 0 && dr.chance(85):
			r.In = ruleOutcome(pick(dr.dice, before))
		default:
			r.In = ruleOutcome(pick(dr.dice, []string{"team", "user", "audit"}))
		}
		before = append(before, r.Name.Text)
		for _, p := range resources(dr.doc)[r.In.Text].Parties {
			if !hasParty(*r, p.Name) && len(r.Parties) < 6 && !isStandard && dr.chance(70) {
				r.Parties = append(r.Parties, p)
			}
		}
	}
}

// orAbove lets a scope look at the containers, often with parties that only they have.
func (dr *drawing) orAbove(on syntax.Resource, scope syntax.Scope, as []syntax.Name) (above bool, parties []syntax.Name) {
	if on.In.Text == "" || scope == syntax.ScopeAny || !dr.chance(45) {
		return false, as
	}
	var names []syntax.Name
	m := newModel(dr.doc, nil)
	for in, depth := m.types[on.In.Text], 0; in.Name.Text != "" && depth < 4; in, depth = m.types[in.In.Text], depth+1 {
		for _, p := range in.Parties {
			named := func(n syntax.Name) bool { return n.Text == p.Name.Text }
			if !slices.ContainsFunc(as, named) && !slices.ContainsFunc(names, named) {
				names = append(names, p.Name)
			}
		}
	}
	if len(names) > 0 && (len(as) > 0 || dr.chance(30)) {
		as = append(as, some(dr.dice, 0, 2, names)...)
	}
	return true, as
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
