package policy_test

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// rolesOnResources draws roles that are held on single resources. A role includes only later ones.
func (dr *drawing) rolesOnResources() (roles []syntax.Role) {
	if dr.chance(40) {
		return nil
	}
	var types []syntax.Name
	for _, r := range dr.doc.Resources {
		if !slices.ContainsFunc(standard, func(s [3]string) bool { return s[0] == r.Name.Text }) {
			types = append(types, r.Name)
		}
	}
	on := map[string][]string{}
	names := some(dr.dice, 1, 4, []string{"keeper", "reader", "sharer", "tender"})
	for _, name := range slices.Backward(names) {
		r := syntax.Role{Name: ruleOutcome(name), OnResource: pick(dr.dice, types)}
		of := r.OnResource.Text
		if dr.chance(60) {
			r.Includes = allNamed(some(dr.dice, 0, 2, on[of]))
		}
		if len(dr.ask) > 0 && !dr.scopes && dr.chance(15) {
			r.Requires = allNamed(some(dr.dice, 1, 1, dr.ask))
		}
		on[of] = append(on[of], name)
		roles = append(roles, r)
	}
	return roles
}

// cell draws the cell of a role, of which there is none if the role is on resources and can have no
// rules for the type.
func (dr *drawing) cell(on syntax.Resource, who string, most int) []syntax.Cell {
	m := newModel(dr.doc, nil)
	held := m.role(who).OnResource.Text
	rules := dr.rules(on, most, true)
	if held != "" {
		var above bool
		for in, depth := m.types[on.In.Text], 0; in.Name.Text != "" && depth < 16; in, depth = m.types[in.In.Text], depth+1 {
			above = above || in.Name.Text == held
		}
		if !above && held != on.Name.Text {
			return nil
		}
		for i := range rules {
			dr.here(&rules[i], above && (held != on.Name.Text || dr.chance(50)))
		}
	}
	return []syntax.Cell{{Who: ruleOutcome(who), Rules: rules}}
}

// here adds the scope here to a rule, often in the place of its other scopes.
func (dr *drawing) here(r *syntax.Rule, above bool) {
	if r.Scope != syntax.ScopeAny && !dr.scopes && dr.chance(35) {
		r.And = r.Terms()
	} else if dr.chance(70) || dr.scopes {
		r.And = nil
	}
	r.Scope, r.Above, r.As = syntax.ScopeHere, above, nil
}

// resourceIDs are the ids of the resources in random requests.
var resourceIDs = []string{"one", "one", "two", "three", ""}

// randomHeld draws which users and teams hold roles on resources. Some of it has no effect: unknown
// roles, roles of another kind or of another type, and holders that the account lacks.
func randomHeld(d dice, doc *syntax.Document, w *world) map[usher.Ref]map[string][]role.Name {
	held := map[usher.Ref]map[string][]role.Name{}
	holders := []string{"user gone", "user ", "team gone", "team "}
	for _, id := range slices.Sorted(maps.Keys(w.users)) {
		holders = append(holders, "user "+string(id), "user "+string(id))
	}
	for _, id := range slices.Sorted(maps.Keys(w.teams)) {
		holders = append(holders, "team "+string(id))
	}
	for _, r := range doc.Roles {
		if r.OnResource.Text == "" && !d.chance(5) {
			continue
		}
		typ := r.OnResource.Text
		if d.chance(5) {
			typ = pick(d, doc.Resources).Name.Text
		}
		for range d.upTo(0, 12) {
			on, by := usher.Ref{Type: typ, ID: pick(d, resourceIDs)}, pick(d, holders)
			if held[on] == nil {
				held[on] = map[string][]role.Name{}
			}
			held[on][by] = append(held[on][by], role.Name(r.Name.Text))
			if d.chance(5) {
				held[on][by] = append(held[on][by], "gone")
			}
		}
	}
	return held
}
