package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// lint warns about valid policies that look like mistakes.
func (c *compiler) lint() {
	for i, d := range c.doc.Conditions {
		if !c.used[i] {
			c.warnings.Add(d.Name.Pos, "condition %s is never used", d.Name.Text)
		}
	}
	c.lintHolders()
	c.lintUnheld()
	c.lintShare()
	c.lintStandard()
	c.lintTitles()
	c.lintWildcards()
	c.lintSettings()
	c.lintCustom()
	for at, rows := range c.cellRules {
		for _, who := range slices.Sorted(maps.Keys(rows)) {
			c.lintEverywhere(at, who, rows[who])
			c.lintVisitor(at, who, rows[who])
			for i := range rows[who] {
				rule := &rows[who][i]
				c.lintScopes(at, rule.extent, rule.written)
				if rule.expanded {
					continue // it may decide under another action
				}
				c.lintGives(at, rule.extent, rule.pos)
				if by := c.redundantBy(at, who, i); by != "" && who != chosen {
					c.warnings.Add(rule.pos, "`%s` decides nothing: %s", c.p.written[rule.written].text, by)
				}
			}
		}
		c.lintNever(at)
	}
}

// lintVisitor warns about a cell of visitors for a permission that commands check. Only users
// of the account run commands, except request-to-join, which is only for others.
func (c *compiler) lintVisitor(perm, who int, rules row) {
	name := c.p.perms[perm].name
	if name == userRequestToJoin {
		if who != visitor && len(rules) > 0 && !rules[0].expanded {
			c.warnings.Add(rules[0].pos, "`%s: %s` of %s has no effect, because only users who are not in the account request to join; write `visitor: any`", c.whoName(who), c.cellText(rules), name)
		}
		return
	}
	if who != visitor || len(rules) == 0 || !forCommands(name) {
		return
	}
	c.warnings.Add(rules[0].pos, "`visitor: %s` of %s: no command can be run by a visitor, so this applies only to active users; write `everyone: %[1]s`", c.cellText(rules), name)
}

// lintHolders warns about a policy without a unique role under which an account can lose its last
// administrator, and about cells of account.transfer in it.
func (c *compiler) lintHolders() {
	if c.p.unique >= 0 {
		return
	}
	if !slices.ContainsFunc(c.p.roles, func(r compiledRole) bool { return r.AtLeast > 0 && r.OfAccount() }) {
		c.warnings.Add(c.doc.Roles[0].Name.Pos, "no role has unique: true or at-least, so an account can lose its last administrator, and create-account gives its first user the default role %s; write at-least: 1 for the role that an account must never be without",
			c.p.DefaultRole().Name)
	}
	for _, d := range c.doc.Resources {
		for _, p := range d.Permissions {
			if len(p.Cells) > 0 && d.Name.Text+"."+p.Action.Text == accountTransfer.String() {
				c.warnings.Add(p.Action.Pos, "%s has no effect: no role is unique, so ownership cannot be transferred", accountTransfer)
			}
		}
	}
}

// lintUnheld warns about team roles and features that users cannot have, because every account role
// excludes them.
func (c *compiler) lintUnheld() {
	if !c.p.anyMay(func(r *compiledRole) bool { return !r.NoTeamRoles }) {
		for i := range c.p.roles {
			if r := &c.p.roles[i]; r.OnTeam {
				c.warnings.Add(r.pos, "no user can hold %s: every account role has team-roles: none", r.Name)
			}
		}
	}
	if !c.p.anyMay(func(r *compiledRole) bool { return !r.NoGrants }) {
		for _, f := range c.doc.Features {
			c.warnings.Add(f.Pos, "no user can have the feature %s: every account role has grants: none", f.Text)
		}
	}
}

// lintTitles warns about titles with a full stop, because titles are put into sentences.
func (c *compiler) lintTitles() {
	check := func(title string, n syntax.Name, what string) {
		if strings.HasSuffix(title, ".") {
			c.warnings.Add(n.Pos, "the title of the %s %s ends with a full stop; leave it out, since the title is put into sentences", what, n.Text)
		}
	}
	for _, d := range c.doc.Conditions {
		check(d.Title, d.Name, "condition")
	}
	for _, d := range c.doc.Settings {
		check(d.Title, d.Name, "setting")
	}
	for _, r := range c.doc.Resources {
		for _, d := range r.Permissions {
			check(d.Title, d.Action, "action")
		}
	}
}

// lintStandard warns about a non-standard resource or action whose name is one typing error
// away from a standard one, because no command checks it. A file that also has the
// standard name gets no warning.
func (c *compiler) lintStandard() {
	var written index
	for _, d := range c.doc.Resources {
		written.add(d.Name.Text)
	}
	var standard []string
	for _, s := range standardResources {
		standard = append(standard, s.name)
	}
	for _, d := range c.doc.Resources {
		at := slices.Index(standard, d.Name.Text)
		if at >= 0 {
			c.lintActions(&d, standardResources[at].actions)
			continue
		}
		near := suggest.Slip(d.Name.Text, standard)
		if _, meant := written.at[near]; near != "" && !meant {
			c.warnings.Add(d.Name.Pos, "%s is not a standard resource, so no command checks it; did you mean the standard %s? If not, add `%[2]s: {}` beside it", d.Name.Text, near)
		}
	}
}

func (c *compiler) lintActions(d *syntax.Resource, standard []string) {
	var written index
	for _, p := range d.Permissions {
		written.add(p.Action.Text)
	}
	for _, p := range d.Permissions {
		if p.Action.Text == syntax.Wildcard || slices.Contains(standard, p.Action.Text) {
			continue
		}
		near := suggest.Slip(p.Action.Text, standard)
		if _, meant := written.at[near]; near != "" && !meant {
			c.warnings.Add(p.Action.Pos, "%s.%s is not a standard permission, so no command checks it; did you mean %s? If not, add `%[3]s: {}` beside it", d.Name.Text, p.Action.Text, near)
		}
	}
}

func (c *compiler) lintNever(perm int) {
	never := c.p.perms[perm].never
	for i := range never {
		w := &c.p.written[never[i].written]
		c.lintScopes(perm, never[i].extent, never[i].written)
		if c.fromBundle[never[i].written] {
			continue // it may forbid another permission of the bundle
		}
		c.lintGives(perm, never[i].extent, w.pos)
		if k := c.p.perms[perm].coveredBy(never, i); k >= 0 {
			by := &c.p.written[never[k].written]
			c.warnings.Add(w.pos, "`%s` decides nothing: `%s` forbids it already (line %d)", w.text, by.text, by.pos.Line)
		}
	}
}

// redundantBy describes the rule that covers rule i of a cell for all holders, or returns "".
func (c *compiler) redundantBy(perm, who, i int) string {
	rows, res := c.cellRules[perm], c.p.perms[perm].res
	rule := rows[who][i]
	var guard uint64
	closure := []reached{{role: who}}
	switch {
	case who >= 0:
		guard = c.p.roles[who].guard
		closure = slices.Concat(c.p.roles[who].closure, []reached{{role: everyone}, {role: visitor}})
	case who == everyone:
		closure = append(closure, reached{role: visitor})
	}
	rule.need |= guard
	for _, far := range closure {
		if w, ok := c.allRules[far.role]; ok && c.p.perms[perm].name != userDelegate && res.covers(extent{scope: syntax.ScopeAny, need: far.guard}, rule.extent) {
			return printable.Sprintf("%s has all permissions (line %d)", c.p.roles[far.role].Name, c.p.written[w].pos.Line)
		}
		for k, other := range rows[far.role] {
			other.need |= far.guard
			if far.role == who && k == i || !res.covers(other.extent, rule.extent) {
				continue
			}
			if far.role == who && k > i && res.covers(rule.extent, other.extent) {
				continue // of two equal rules, the later one is redundant
			}
			return printable.Sprintf("`%s: %s` allows it already (line %d)", c.whoName(far.role), c.p.written[other.written].text, other.pos.Line)
		}
	}
	return ""
}

func (c *compiler) whoName(who int) string {
	switch who {
	case everyone:
		return string(role.Everyone)
	case visitor:
		return string(role.Visitor)
	case chosen:
		return string(role.Custom)
	}
	return string(c.p.roles[who].Name)
}
