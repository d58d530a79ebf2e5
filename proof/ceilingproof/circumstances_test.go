package ceilingproof_test

import (
	"fmt"
	"slices"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/seat"
)

// circumstances are the features, the seat and the setting with which decisions are compared. They
// can differ from the present ones, because they may change later.
type circumstances struct {
	features []string
	seated   bool
	open     bool
	turned   []string // the conditions that differ from those at first
}

func (c circumstances) seats() []seat.PoolName {
	if c.seated {
		return []seat.PoolName{"desk"}
	}
	return nil
}

func (c circumstances) settings() map[string]bool { return map[string]bool{"open": c.open} }

// String lists the differences, "" if there are none.
func (c circumstances) String() string {
	text := ""
	for _, name := range c.turned {
		switch name {
		case "seated":
			text += fmt.Sprintf(", seated %t", c.seated)
		case "open":
			text += fmt.Sprintf(", open %t", c.open)
		default:
			text += ", with " + name
		}
	}
	return text
}

// everyCircumstance returns the given circumstances, and all others that differ in the named
// conditions, as far as the policy tests them.
func (l *policies) everyCircumstance(first circumstances, names ...string) []circumstances {
	list := []circumstances{first}
	for _, name := range names {
		if len(l.tests[name]) == 0 {
			continue
		}
		for _, c := range slices.Clone(list) {
			switch name {
			case "seated":
				c.seated = !c.seated
			case "open":
				c.open = !c.open
			default:
				c.features = append(slices.Clone(c.features), name)
			}
			c.turned = append(slices.Clone(c.turned), name)
			list = append(list, c)
		}
	}
	return list
}

// matters reports whether all differences can affect a decision on a permission.
func (l *policies) matters(c circumstances, p permission.Permission) bool {
	for _, name := range c.turned {
		if !l.testsIn(name, p) {
			return false
		}
	}
	return true
}

// testsIn reports whether a decision on a permission depends on a condition.
func (l *policies) testsIn(name string, p permission.Permission) bool {
	return l.tests[name][p.String()] || l.tests[name][""]
}

// testsOf returns the conditions that a policy tests, each with the permissions whose rules and
// prohibitions test it. The key "" stands for all permissions, if a role requires the condition.
func testsOf(doc *syntax.Document) map[string]map[string]bool {
	set := map[string]map[string]bool{}
	add := func(name, permission string) {
		if set[name] == nil {
			set[name] = map[string]bool{}
		}
		set[name][permission] = true
	}
	each := func(permission string, rules []syntax.Rule) {
		for _, r := range rules {
			for _, t := range r.If {
				add(t.Name.Text, permission)
			}
		}
	}
	for _, r := range doc.Resources {
		for _, p := range r.Permissions {
			for _, c := range p.Cells {
				for _, action := range actionsOf(r, p.Action.Text) {
					each(r.Name.Text+"."+action, c.Rules)
				}
			}
		}
	}
	for _, n := range doc.Never {
		for _, permission := range membersOf(doc, n.Permission.Text) {
			each(permission, n.Rules)
		}
	}
	for _, r := range doc.Roles {
		for _, name := range r.Requires {
			add(name.Text, "")
		}
	}
	return set
}

// actionsOf returns an action, or for the wildcard all actions that the document has.
func actionsOf(r syntax.Resource, action string) (actions []string) {
	if action != syntax.Wildcard {
		return []string{action}
	}
	for _, p := range r.Permissions {
		actions = append(actions, p.Action.Text)
	}
	return actions
}

// membersOf returns a permission, or those of a bundle without bundles in it.
func membersOf(doc *syntax.Document, name string) (permissions []string) {
	for _, b := range doc.Bundles {
		if b.Name.Text == name {
			for _, m := range b.Members {
				permissions = append(permissions, m.Text)
			}
			return permissions
		}
	}
	return []string{name}
}
