package policy

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// maxCustomRoles is the limit of at-most under custom-roles.
const maxCustomRoles = 100

// customRole is a role of an account to be compiled.
type customRole struct {
	CustomRole
	under string // the name under which users hold it; its own, except in a Redefinition
	as    int    // one more than the index of another role as which the ceiling compares it; 0: itself
}

// customRoles resolves the names of custom-roles.
func (c *compiler) customRoles() {
	d := c.doc.Custom
	if d == nil {
		return
	}
	c.p.custom.atMost = cmp.Or(d.AtMost, syntax.DefaultCustomRoles)
	switch {
	case len(d.Like) == 0:
		c.addUnlessPartial(d.Pos, "custom-roles lacks like: the role whose kind and seats the roles of an account have")
	case c.p.custom.atMost > maxCustomRoles:
		c.problems.Add(d.MostPos, "at-most of custom-roles is %d (want at most %d)", c.p.custom.atMost, maxCustomRoles)
	case len(c.doc.Roles)+c.p.custom.atMost > maxRoles:
		c.problems.Add(d.Pos, "%d roles and at-most: %d of custom-roles are more than %d roles", len(c.doc.Roles), c.p.custom.atMost, maxRoles)
	}
	for _, n := range d.Like {
		name := role.Name(n.Text)
		at := c.p.roleIndex(name)
		switch {
		case len(c.p.roles) == 0: // the problem is reported once
		case at < 0:
			c.unknown(n, "role", c.likeNames)
		case c.p.roles[at].Unique:
			c.problems.Add(n.Pos, "%s is unique; name a role that several users can have", n.Text)
		case c.p.roles[at].OnResource != "":
			c.problems.Add(n.Pos, "%s is held on %s; name an account role, a role beside it or a team role", n.Text, c.p.roles[at].OnResource)
		case slices.Contains(c.p.custom.like, name):
			c.problems.Add(n.Pos, "duplicate role %s", n.Text)
		default:
			c.p.custom.like = append(c.p.custom.like, name)
		}
	}
}

// likeNames returns the names of the roles that custom roles can be like.
func (c *compiler) likeNames() []string {
	var names []string
	for _, r := range c.p.roles {
		if !r.Unique && r.OnResource == "" {
			names = append(names, string(r.Name))
		}
	}
	return names
}

// customCell reports a cell of custom in a policy without custom-roles, and a rule that it
// offers twice.
func (c *compiler) customCell(d syntax.Cell) {
	if c.doc.Custom == nil {
		c.problems.Add(d.Who.Pos, "the policy has no custom-roles; add `custom-roles: {like: %s}`, or remove the cell", c.p.DefaultRole().Name)
	}
	seen := map[string]bool{}
	for _, r := range d.Rules {
		text := r.Canonical()
		if seen[text] {
			c.problems.Add(r.Pos, "duplicate rule `%s`", r)
		}
		seen[text] = true
	}
}

// customCells takes the rules that custom roles can have from the cells, and gives each role
// of the account those that it chooses.
func (c *compiler) customCells() {
	for at, rows := range c.cellRules {
		perm := &c.p.perms[at]
		for _, r := range rows[chosen] {
			w := &c.p.written[r.written]
			perm.choices = append(perm.choices, choice{w.text, w.rule.Canonical(), rule{extent: r.extent, written: r.written, perm: uint16(at), held: -1}})
		}
		if c.custom == nil {
			continue
		}
		for k, who := 0, len(c.doc.Roles); k < len(c.custom); k, who = k+1, who+1 {
			for _, chosenRule := range c.custom[k].Gives {
				if chosenRule.Permission != perm.name {
					continue
				}
				i := findChoice(perm.choices, chosenRule.Rule)
				if i < 0 {
					continue // WithCustom reports it
				}
				r := rows[chosen][i]
				w := c.p.written[r.written]
				w.source, w.who = c.sourceOf(who), string(c.custom[k].Name)
				r.written = c.write(w)
				rows[who] = append(rows[who], r)
			}
		}
	}
	if c.custom != nil {
		for _, rows := range c.cellRules {
			delete(rows, chosen)
		}
	}
}

// addCustomRole adds a role of the account, and returns the name under which users hold it.
// The role that it is like has been compiled without problems.
func (c *compiler) addCustomRole(d *customRole, names *index) string {
	at := names.at[string(d.Like)]
	like := c.p.roles[at]
	names.add(d.under)
	c.p.roles = append(c.p.roles, compiledRole{
		Role: role.Role{
			Name: d.Name, Title: d.Title, Requires: like.Requires, OnTeam: like.OnTeam, Outside: like.Outside, Beside: like.Beside,
			NoTeamRoles: like.NoTeamRoles, NoGrants: like.NoGrants, Seats: like.Seats,
		},
		guard: like.guard, pos: c.doc.Custom.Pos,
	})
	return d.under
}

// lintCustom warns about custom-roles without a cell of custom.
func (c *compiler) lintCustom() {
	if c.doc.Custom == nil {
		return
	}
	for _, rows := range c.cellRules {
		if len(rows[chosen]) > 0 {
			return
		}
	}
	c.warnings.Add(c.doc.Custom.Pos, "custom-roles offers nothing: no permission has a cell of custom; write for example `custom: [own, any]` beside the cells of roles")
}
