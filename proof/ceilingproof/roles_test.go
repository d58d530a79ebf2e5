package ceilingproof_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// openFacts replaces conditions on the roles of a party with attributes, and conditions on the
// role that a command gives with facts of the request, each with the name of the condition. The
// promise leaves these facts open: what a role change does to them is not given and not taken. So
// decisions are compared with each of their values, and not with the roles before and after.
func openFacts(d *syntax.Document) {
	for i := range d.Conditions {
		switch c := &d.Conditions[i]; c.Kind {
		case syntax.OnHas:
			c.Kind, c.Of, c.Has = syntax.OnAttribute, c.Name, syntax.Name{}
		case syntax.OnGives:
			c.Kind, c.Of = syntax.OnContext, c.Name
		case syntax.OnContext:
			if c.Of.Text == acting { // no request may state it
				c.Of = c.Name
			}
		}
	}
}

// namesOf returns the names of the conditions of a kind, sorted.
func (l *policies) namesOf(kind syntax.ConditionKind) (names []string) {
	for _, c := range l.doc.Conditions {
		if c.Kind == kind {
			names = append(names, c.Name.Text)
		}
	}
	slices.Sort(names)
	return names
}

// withRoles returns resources and, for each, copies on which the conditions on roles hold or do
// not hold, as far as the policy tests them for the type. On the others, they are unknown.
func (l *policies) withRoles(kind string, list []usher.Resource) []usher.Resource {
	for _, name := range l.namesOf(syntax.OnHas) {
		tested := l.tests[name][""]
		for perm := range l.tests[name] {
			tested = tested || strings.HasPrefix(perm, kind+".")
		}
		if !tested {
			continue
		}
		for _, r := range slices.Clone(list) {
			t, ok := r.(*resource)
			if !ok {
				continue
			}
			for _, value := range []bool{true, false} {
				with := *t
				with.attributes = maps.Clone(t.attributes)
				if with.attributes == nil {
					with.attributes = map[string]bool{}
				}
				with.attributes[name] = value
				list = append(list, &with)
			}
		}
	}
	return list
}

// testsAll reports whether a decision on a permission depends on all attributes of a resource.
func (l *policies) testsAll(t *resource, p permission.Permission) bool {
	for name := range t.attributes {
		if !l.testsIn(name, p) {
			return false
		}
	}
	return true
}

// contexts returns the facts of a request that matter to a permission, in all combinations.
func (l *policies) contexts(p permission.Permission) []usher.Context {
	list := []usher.Context{nil}
	for _, name := range append([]string{"mfa", onBehalf}, l.namesOf(syntax.OnGives)...) {
		if !l.testsIn(name, p) {
			continue
		}
		for _, c := range slices.Clone(list) {
			for _, value := range []bool{true, false} {
				with := usher.Context{name: value}
				maps.Copy(with, c)
				list = append(list, with)
			}
		}
	}
	return list
}
