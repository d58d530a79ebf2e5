package policy

import (
	"github.com/usher-go/usher/policy/syntax"
)

// resourceRole rejects keys that a role on resources cannot have.
func (c *compiler) resourceRole(d *syntax.Role) {
	for _, key := range []struct {
		name string
		said bool
		pos  syntax.Pos
	}{
		{"unique", d.Unique, d.UniquePos},
		{"default", d.Default, d.DefaultPos},
		{"all", d.All, d.AllPos},
		{"beside", d.Beside, d.BesidePos},
		{"hands-over-to", d.HandsOverTo.Text != "", d.HandsOverTo.Pos},
		{"seat", d.SeatSaid(), d.SeatPos},
		{"seats", d.Seats != nil, d.SeatsPos},
		{"at-least", d.AtLeast > 0, d.BoundsPos},
		{"at-most", d.AtMost > 0, d.BoundsPos},
		{"team-roles", d.NoTeamRoles, d.NoTeamRolesPos},
		{"grants", d.NoGrants, d.NoGrantsPos},
		{"outside", d.Outside, d.OutsidePos},
	} {
		if key.said {
			c.problems.Add(key.pos, "%s is held on %s, so it has only title, includes and requires; remove %s", d.Name.Text, d.OnResource.Text, key.name)
		}
	}
	if d.OnTeam {
		c.addUnlessPartial(d.OnResource.Pos, "%s is held on a team and on %s; a role has one held-on", d.Name.Text, d.OnResource.Text)
	}
	at, ok := c.resourceIndex.at[d.OnResource.Text]
	switch {
	case !ok:
		c.unknown(d.OnResource, "type of resource", func() []string { return append([]string{"team"}, c.resourceIndex.names[len(standardResources):]...) })
	case at < len(standardResources):
		c.problems.Add(d.OnResource.Pos, "%s cannot be held on %s, which is a standard resource: write team, for a team role, or a resource that this policy declares", d.Name.Text, d.OnResource.Text)
	}
}

// howHeld states the kind of a role.
func howHeld(d *syntax.Role) string {
	switch {
	case d.OnResource.Text != "":
		return "held on " + d.OnResource.Text
	case d.OnTeam:
		return "a team role"
	case d.Beside:
		return "a role beside the account role"
	}
	return "an account role"
}

// rolesOnTypes resolves the types of resources on which roles are held.
func (c *compiler) rolesOnTypes() {
	n := 0
	for i := range c.p.roles {
		at, ok := c.resourceIndex.at[c.p.roles[i].OnResource]
		if c.p.roles[i].OnResource == "" || !ok || at < len(standardResources) {
			continue // a problem, if it is held on a resource
		}
		if n++; !c.limit(c.p.roles[i].pos, n, maxRolesOnTypes, "roles that are held on resources") {
			return
		}
		if c.p.onType == nil {
			c.p.onType = make([]roleOnType, len(c.p.roles))
		}
		c.p.resources[at].holdsRoles = true
		c.p.onType[i] = roleOnType{&c.p.resources[at], 1 << (n - 1)}
	}
}

// here resolves the scope here in a rule of the current cell: it returns the number of containers
// above a resource at which the scope looks. It reports a rule in which here has no meaning.
func (c *compiler) here(r *resource, about string, t syntax.Term) (levels uint8) {
	switch {
	case t.Not || len(t.As) > 0:
		c.addUnlessPartial(t.Pos, "the scope here has no not, and looks at no party")
		return 0
	case c.cellOf == underNever:
		c.addUnlessPartial(t.Pos, "here refers to the role of a cell, so it has no meaning under never; name parties, as in `own as owner`")
		return 0
	case c.cellOf < 0:
		c.addUnlessPartial(t.Pos, "here is only for the cells of roles that are held on a resource; everyone, visitor and custom are no such roles")
		return 0
	case c.heldOn() == nil && c.p.roles[c.cellOf].OnResource != "":
		return 0 // the unknown type is reported once
	case c.heldOn() == nil:
		c.addUnlessPartial(t.Pos, "here is only for roles that are held on a resource, but %s is %s; write held-on: %s in the role, or another scope", c.p.roles[c.cellOf].Name, howHeld(&c.doc.Roles[c.cellOf]), r.name)
		return 0
	case t.Above:
		return c.hereAbove(r, about, t)
	case r != c.heldOn():
		c.notHere(r, about, t)
	}
	return 0
}

// hereAbove resolves `here or above`.
func (c *compiler) hereAbove(r *resource, about string, t syntax.Term) (levels uint8) {
	levels = c.hereLevels(r)
	switch {
	case levels > 0:
	case r == c.heldOn():
		c.addUnlessPartial(t.Pos, "%s is not in a %[1]s, so `or above` adds nothing; write here", r.name)
	default:
		c.notHere(r, about, t)
	}
	return levels
}

// notHere reports a rule for a resource on which the role of the current cell is not held.
func (c *compiler) notHere(r *resource, about string, t syntax.Term) {
	name, on := c.p.roles[c.cellOf].Name, c.heldOn().name
	for in, level := r.in, 0; in != nil && level < maxDepth; in, level = in.in, level+1 {
		if in == c.heldOn() {
			c.addUnlessPartial(t.Pos, "%s is held on %s, which contains %s; write `here or above`", name, on, r.name)
			return
		}
	}
	if c.resourceIndex.at[r.name] < len(standardResources) {
		c.addUnlessPartial(t.Pos, "%s is held on %s, and nothing contains the standard resource %s, so it has no rules for %s; remove the cell", name, on, r.name, about)
		return
	}
	c.addUnlessPartial(t.Pos, "%s is held on %s, which does not contain %s, so it has no rules for %s; declare `in: %s` in %[3]s, or remove the cell", name, on, r.name, about, on)
}

// onlyHere reports a rule of a role that is held on resources without the scope here. It would
// apply to every holder on every resource.
func (c *compiler) onlyHere(r *resource, about string, d syntax.Rule) {
	here := syntax.Term{Scope: syntax.ScopeHere}
	for _, t := range d.Terms() {
		if t.Scope == syntax.ScopeHere {
			return
		}
	}
	want := d
	if r != c.heldOn() {
		if c.hereLevels(r) == 0 {
			c.notHere(r, about, syntax.Term{Pos: d.Pos})
			return
		}
		here.Above = true
	}
	want.Scope, want.Above, want.As = here.Scope, here.Above, nil
	if d.Scope != syntax.ScopeAny {
		want.And = d.Terms()
	}
	c.addUnlessPartial(d.Pos, "%s is held on %s, so each of its rules needs the scope here; write `%s`", c.p.roles[c.cellOf].Name, c.heldOn().name, want)
}

// hereLevels returns the level of the highest container of the type on which the role of the
// current cell is held, 0 if there is none.
func (c *compiler) hereLevels(r *resource) (levels uint8) {
	in := r.in
	for level := uint8(1); in != nil && level <= maxDepth; in, level = in.in, level+1 {
		if in == c.heldOn() {
			levels = level
		}
	}
	return levels
}

// heldOn returns the type on which the role of the current cell is held, or nil.
func (c *compiler) heldOn() *resource {
	if c.cellOf < 0 || c.p.onType == nil {
		return nil
	}
	return c.p.onType[c.cellOf].res
}
