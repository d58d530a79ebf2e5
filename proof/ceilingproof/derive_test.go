package ceilingproof_test

import (
	"fmt"
	"slices"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

const (
	placed = role.Name("placed") // a copy of the unique role that any user may hold
	blank  = role.Name("blank")  // a role without rules
)

// policies is a policy, with the policies that are derived from it to put one user in the place of
// another and to compare ranks. The derived policies only decide. They have the roles that an account
// defines as roles of the file.
type policies struct {
	doc     *syntax.Document
	policy  *policy.Policy
	decides *policy.Policy             // the policy with facts that the promise leaves open: see openFacts
	tests   map[string]map[string]bool // see testsOf

	whole   parts          // all of it
	lenient parts          // without never rules
	sources parts          // without never rules, everyone and visitors
	rank    *policy.Policy // without never rules, everyone, visitors, team roles, own and sole
}

// parts is a policy in two parts, because a user in the place of another is a member of other teams
// than those on which the user's team roles count. The part teams has the rules of team roles with
// a scope team or shared, also a negated one. There, users outside a team can hold every team role.
// The part main has all other rules and the never rules.
type parts struct{ main, teams *policy.Policy }

func newPolicies(doc *syntax.Document, defined ...policy.CustomRole) (l *policies, err error) {
	l = &policies{doc: doc, tests: testsOf(doc)}
	if l.policy, err = policy.Compile(doc); err != nil {
		return nil, err
	}
	if doc, err = withDefined(doc, defined); err != nil {
		return nil, err
	}
	open := clone(doc)
	openFacts(open)
	if l.decides, err = policy.Compile(open); err != nil {
		return nil, err
	}
	never := func(d *syntax.Document) { d.Never = nil }
	everyone := func(d *syntax.Document) {
		keepRules(d, func(who string, _ syntax.Rule) bool { return who != "everyone" && who != "visitor" })
	}
	narrow := func(d *syntax.Document) {
		onTeam := teamRoles(d)
		keepRules(d, func(who string, r syntax.Rule) bool { return !onTeam[who] && !limitedToOwn(r) })
	}
	for _, of := range []struct {
		to    *parts
		edits []func(*syntax.Document)
	}{
		{&l.whole, nil},
		{&l.lenient, []func(*syntax.Document){never}},
		{&l.sources, []func(*syntax.Document){never, everyone}},
	} {
		if of.to.main, err = derive(doc, append(of.edits, withoutTeams)...); err != nil {
			return nil, err
		}
		if of.to.teams, err = derive(doc, append(of.edits, onlyTeams)...); err != nil {
			return nil, err
		}
	}
	l.rank, err = derive(doc, never, everyone, narrow)
	return l, err
}

// derive compiles a changed copy of a document with two more roles.
func derive(doc *syntax.Document, edits ...func(*syntax.Document)) (*policy.Policy, error) {
	d := clone(doc)
	openFacts(d)
	expandWildcards(d)
	addRoles(d)
	for _, edit := range edits {
		edit(d)
	}
	p, err := policy.Compile(d)
	if err != nil {
		return nil, fmt.Errorf("a derived policy: %w\n%s", err, d.Print())
	}
	return p, nil
}

// clone copies the parts of a document that derive and cut change.
func clone(doc *syntax.Document) *syntax.Document {
	d := *doc
	d.Conditions, d.Bundles = slices.Clone(d.Conditions), slices.Clone(d.Bundles)
	d.Roles, d.Resources, d.Never = slices.Clone(d.Roles), slices.Clone(d.Resources), slices.Clone(d.Never)
	for i := range d.Resources {
		permissions := slices.Clone(d.Resources[i].Permissions)
		for k := range permissions {
			permissions[k].Cells = slices.Clone(permissions[k].Cells)
			for c := range permissions[k].Cells {
				permissions[k].Cells[c].Rules = cloneRules(permissions[k].Cells[c].Rules)
			}
		}
		d.Resources[i].Permissions = permissions
	}
	for i := range d.Never {
		d.Never[i].Rules = cloneRules(d.Never[i].Rules)
	}
	return &d
}

func cloneRules(rules []syntax.Rule) []syntax.Rule {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i].If, rules[i].And = slices.Clone(rules[i].If), slices.Clone(rules[i].And)
	}
	return rules
}

// addRoles adds a role without rules, and a role with the rules of the unique role. The built-in
// prohibitions on the holder of the unique role must not apply to the second one.
func addRoles(d *syntax.Document) {
	for _, r := range d.Roles {
		if r.Unique {
			r.Name.Text, r.Unique, r.HandsOverTo = string(placed), false, syntax.Name{}
			d.Roles = append(d.Roles, r)
			eachPermission(d, func(p *syntax.Permission) {
				for _, c := range p.Cells {
					if c.Who.Text == unique(d) {
						c.Who.Text = string(placed)
						p.Cells = append(p.Cells, c)
					}
				}
			})
		}
	}
	d.Roles = append(d.Roles, syntax.Role{Name: syntax.Name{Text: string(blank)}})
}

// expandWildcards replaces the wildcard actions with cells of all other actions of the resource, so
// that an edit that removes a cell does not bring a cell of the wildcard into force.
func expandWildcards(d *syntax.Document) {
	for i := range d.Resources {
		list := d.Resources[i].Permissions
		at := slices.IndexFunc(list, func(p syntax.Permission) bool { return p.Action.Text == syntax.Wildcard })
		if at < 0 {
			continue
		}
		cells := list[at].Cells
		list = slices.Delete(list, at, at+1)
		for k := range list {
			for _, c := range cells {
				if !slices.ContainsFunc(list[k].Cells, func(own syntax.Cell) bool { return own.Who.Text == c.Who.Text }) {
					c.Rules = cloneRules(c.Rules)
					list[k].Cells = append(list[k].Cells, c)
				}
			}
		}
		d.Resources[i].Permissions = list
	}
}

func unique(d *syntax.Document) string {
	return d.Roles[slices.IndexFunc(d.Roles, func(r syntax.Role) bool { return r.Unique })].Name.Text
}

func eachPermission(d *syntax.Document, do func(*syntax.Permission)) {
	for i := range d.Resources {
		for k := range d.Resources[i].Permissions {
			do(&d.Resources[i].Permissions[k])
		}
	}
}

func teamRoles(d *syntax.Document) map[string]bool {
	set := map[string]bool{}
	for _, r := range d.Roles {
		set[r.Name.Text] = r.OnTeam
	}
	return set
}

// keepRules removes the rules of cells for which keep returns false.
func keepRules(d *syntax.Document, keep func(who string, r syntax.Rule) bool) {
	eachPermission(d, func(p *syntax.Permission) {
		for i := range p.Cells {
			p.Cells[i].Rules = slices.DeleteFunc(slices.Clone(p.Cells[i].Rules), func(r syntax.Rule) bool { return !keep(p.Cells[i].Who.Text, r) })
		}
		p.Cells = slices.DeleteFunc(p.Cells, func(c syntax.Cell) bool { return len(c.Rules) == 0 })
	})
}

// ofTeams reports whether one of the scopes of a rule looks at the teams of the user.
func ofTeams(r syntax.Rule) bool {
	return slices.ContainsFunc(r.Terms(), func(t syntax.Term) bool { return t.Scope == syntax.ScopeTeam || t.Scope == syntax.ScopeShared })
}

// limitedToOwn reports whether a rule reaches only what is the user's own.
func limitedToOwn(r syntax.Rule) bool {
	return slices.ContainsFunc(r.Terms(), func(t syntax.Term) bool {
		return !t.Not && (t.Scope == syntax.ScopeOwn || t.Scope == syntax.ScopeSole)
	})
}

func withoutTeams(d *syntax.Document) {
	onTeam := teamRoles(d)
	keepRules(d, func(who string, r syntax.Rule) bool { return !onTeam[who] || !ofTeams(r) })
}

func onlyTeams(d *syntax.Document) {
	onTeam := teamRoles(d)
	keepRules(d, func(who string, r syntax.Rule) bool { return onTeam[who] && ofTeams(r) })
	d.Never = nil
	for i := range d.Roles {
		d.Roles[i].All, d.Roles[i].Outside = false, d.Roles[i].OnTeam
	}
}
