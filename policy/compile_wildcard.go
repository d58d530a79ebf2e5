package policy

import (
	"slices"

	"github.com/usher-go/usher/policy/syntax"
)

// wildcard gives the cells of the wildcard action to all permissions of a resource. A cell that
// a permission has for the same role, or for everyone, replaces that of the wildcard. A
// wildcard does not include user.delegate, for the reason that `all: true` does not.
func (c *compiler) wildcard(resource int, d *syntax.Permission) {
	if d.Title != "" {
		c.addUnlessPartial(d.Action.Pos, "%q stands for all actions, and has no title of its own; write the title under each action", syntax.Wildcard)
	}
	res := &c.p.resources[resource]
	for _, cell := range d.Cells {
		who, rules := c.cell(resource, res.name+"."+syntax.Wildcard, cell)
		if len(rules) == 0 {
			continue
		}
		for i := range rules {
			rules[i].expanded = true
		}
		used := false
		for _, at := range res.perms {
			if c.p.perms[at].name == userDelegate {
				continue
			}
			if c.cellRules[at] == nil {
				c.cellRules[at] = map[int]row{}
			}
			if have := c.cellRules[at][who]; len(have) == 0 {
				c.cellRules[at][who], used = slices.Clone(rules), true
			}
		}
		if !used {
			c.replaced = append(c.replaced, cell.Who)
		}
	}
}

// lintWildcards warns about cells of a wildcard that the cells of all actions replace.
func (c *compiler) lintWildcards() {
	for _, n := range c.replaced {
		c.warnings.Add(n.Pos, "the cell of %s under %q decides nothing: every action has its own cell of %[1]s; remove one of them", n.Text, syntax.Wildcard)
	}
}
