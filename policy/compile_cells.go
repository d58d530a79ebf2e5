package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// everyone, visitor and chosen are the keys of the cells of everyone, of visitors and of custom in
// the rows of a permission, beside the indices of roles.
const (
	everyone   = -1
	visitor    = -2
	underNever = -3 // not a key, but the value of compiler.cellOf for a rule under never
	chosen     = -4 // the rules among which the author of a custom role chooses
)

// allText is the text of the rule for all: true.
const allText = "all"

// cells resolves the names in the rules of all cells.
func (c *compiler) cells() {
	for i := range c.p.resources {
		for _, condition := range c.guards {
			c.p.resources[i].literals = append(c.p.resources[i].literals, literal{condition: condition})
		}
	}
	c.cellRules = make([]map[int]row, len(c.p.perms))
	c.p.written = make([]writtenRule, 0, countRules(c.doc))
	for _, d := range c.doc.Resources {
		for _, p := range d.Permissions {
			name := d.Name.Text + "." + p.Action.Text
			at, ok := c.permIndex.at[name]
			if !ok {
				continue
			}
			if c.cellRules[at] == nil {
				c.cellRules[at] = map[int]row{}
			}
			for _, cell := range p.Cells {
				who, rules := c.cell(c.p.perms[at].resource, name, cell)
				c.cellRules[at][who] = append(c.cellRules[at][who], rules...)
			}
		}
	}
	for _, d := range c.doc.Resources { // once all other cells are known
		for i := range d.Permissions {
			if p := &d.Permissions[i]; p.Action.Text == syntax.Wildcard {
				c.wildcard(c.resourceIndex.at[d.Name.Text], p)
			}
		}
	}
	c.allRules = map[int]int32{}
	for i, r := range c.p.roles {
		if r.All {
			c.allRules[i] = c.write(writtenRule{
				source: c.sourceOf(i), who: string(r.Name), text: allText,
				pos: c.doc.Roles[i].AllPos, rule: syntax.Rule{Scope: syntax.ScopeAny},
			})
		}
	}
}

// cell resolves the rules of one cell. About is the permission as the file names it.
func (c *compiler) cell(resource int, about string, d syntax.Cell) (who int, rules row) {
	who, source := everyone, usher.SourceEveryone
	switch name := role.Name(d.Who.Text); name {
	case role.Everyone:
	case role.Visitor:
		who, source = visitor, usher.SourceVisitor
	case role.Custom:
		who, source = chosen, usher.SourceRole
		c.customCell(d)
	default:
		if who = c.p.roleIndex(name); who < 0 {
			if len(c.p.roles) == 0 {
				return who, nil // the problem is reported once
			}
			if d.Who.Text == "custom-roles" {
				c.problems.Add(d.Who.Pos, "unknown role %q; write custom, the word for the rules that custom roles can have", d.Who.Text)
				return who, nil
			}
			c.unknown(d.Who, "role", c.cellNames)
			return who, nil
		}
		source = c.sourceOf(who)
	}
	c.cellOf = who
	for i, r := range d.Rules {
		if !c.limit(r.Pos, i+1, maxCellRules, "rules in one cell") {
			break
		}
		if c.heldOn() != nil {
			c.onlyHere(&c.p.resources[resource], about, r)
		}
		if who == visitor {
			c.visitorScope(r)
		}
		compiled := c.rule(resource, about, r)
		compiled.written = c.write(writtenRule{source: source, who: d.Who.Text, about: about, text: r.String(), pos: r.Pos, rule: r})
		rules = append(rules, compiled)
	}
	return who, rules
}

// sourceOf returns the source of the rules of a role.
func (c *compiler) sourceOf(who int) usher.Source {
	switch r := &c.p.roles[who]; {
	case r.OnTeam:
		return usher.SourceTeamRole
	case r.OnResource != "":
		return usher.SourceResourceRole
	case r.Beside:
		return usher.SourceBeside
	}
	return usher.SourceRole
}

// visitorScope reports a rule of visitors with a scope that looks at the parties of a resource.
// A caller who is not logged in has no id, so such a scope could never match, although the file
// reads as if it could.
func (c *compiler) visitorScope(r syntax.Rule) {
	isHere := func(t syntax.Term) bool { return t.Scope == syntax.ScopeHere } // reported for that reason
	if r.Scope == syntax.ScopeAny && len(r.And) == 0 || slices.ContainsFunc(r.Terms(), isHere) {
		return
	}
	scopes := r
	scopes.If, scopes.Hiding = nil, nil
	c.addUnlessPartial(r.Pos, "the scope of a rule of visitors must be any, not `%s`: a visitor has no id and no teams; add conditions to any, or write `everyone: %s` for the users of the account", scopes, r)
}

// cellNames returns the names that a cell can have.
func (c *compiler) cellNames() []string {
	names := []string{string(role.Everyone), string(role.Visitor), string(role.Custom)}
	for _, r := range c.p.roles {
		names = append(names, string(r.Name))
	}
	return names
}

func (c *compiler) write(w writtenRule) int32 {
	c.p.written = append(c.p.written, w)
	return int32(len(c.p.written) - 1)
}

// rule resolves the names of one rule on a type of resource. About is the permission, as the
// file names it.
func (c *compiler) rule(resource int, about string, d syntax.Rule) compiledRule {
	r := &c.p.resources[resource]
	compiled := compiledRule{extent: c.scope(r, about, d), pos: d.Pos}
	for _, t := range d.If {
		i := c.find(&c.conditionIndex, t.Name, "condition")
		if i < 0 {
			continue
		}
		c.used[i] = true
		c.factOf(r, &c.p.conditions[i], t.Name)
		compiled.need |= c.literal(r, literal{i, t.Not}, t.Name)
	}
	for _, g := range d.Hiding {
		mask, ok := r.groups[g.Text]
		if !ok {
			c.unknown(g, "group of fields of "+r.name, func() []string { return sortedKeys(r.groups) })
		}
		compiled.hide |= mask
	}
	return compiled
}

// factOf reports a condition on a party that a resource does not have.
func (c *compiler) factOf(r *resource, cond *condition, at syntax.Name) {
	if cond.kind != syntax.OnParty && cond.kind != syntax.OnHas {
		return
	}
	switch i := r.party(cond.of); {
	case i < 0:
		c.problems.Add(at.Pos, "condition %s requires the party %s, which %s does not have%s", cond.name, cond.of, r.name, c.throughBundle())
	case cond.kind == syntax.OnHas && r.parties[i].teams:
		c.problems.Add(at.Pos, "condition %s looks at the roles of users, but the party %s of %s relates to teams%s", cond.name, cond.of, r.name, c.throughBundle())
	}
}

// partyOf describes a party of a resource in messages. Under never, a bundle has permissions
// on several types of resources, so the message names one.
func (c *compiler) partyOf(r *resource) string { return "party of " + r.name + c.throughBundle() }

func (c *compiler) throughBundle() string {
	if c.member == "" {
		return ""
	}
	return " (the bundle has " + c.member + ")"
}

func partyNames(r *resource) []string {
	var names []string
	for _, p := range r.parties {
		names = append(names, p.name)
	}
	return slices.Compact(names)
}

func (c *compiler) literal(r *resource, l literal, at syntax.Name) uint64 {
	i := slices.Index(r.literals, l)
	if i < 0 {
		i = len(r.literals)
		if !c.limit(at.Pos, i+1, maxLiterals, "different conditions in the rules of one resource, where x and not x are two") {
			return 0
		}
		r.literals = append(r.literals, l)
	}
	return 1 << i
}

// countRules returns the number of rules in a document.
func countRules(d *syntax.Document) int {
	n := len(d.Roles) // for all: true
	for _, r := range d.Resources {
		for _, p := range r.Permissions {
			for _, cell := range p.Cells {
				n += len(cell.Rules)
			}
		}
	}
	for _, never := range d.Never {
		n += len(never.Rules)
	}
	return n
}
