package policy_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// words are parts of the format that a policy may lack. At least the percentage of the random
// questions must be under policies with them.
var words = []struct {
	name    string
	percent float64
	in      func(*syntax.Document) bool
}{
	{"no unique role", 15, func(doc *syntax.Document) bool {
		return !slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.Unique })
	}},
	{"no unique role but at-least", 8, func(doc *syntax.Document) bool {
		return !slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.Unique }) &&
			slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.AtLeast > 0 })
	}},
	{"a role beside", 30, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.Beside })
	}},
	{"a role beside that an account role includes", 10, func(doc *syntax.Document) bool {
		m := newModel(doc, nil)
		return slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool {
			return !r.Beside && slices.ContainsFunc(r.Includes, func(n syntax.Name) bool { return m.role(n.Text).Beside })
		})
	}},
	{"parties of users and teams", 15, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Resources, func(r syntax.Resource) bool {
			return slices.ContainsFunc(r.Parties, func(p syntax.Party) bool { return p.Kind == syntax.OfBoth })
		})
	}},
	{"a role without team roles or grants", 15, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.NoTeamRoles || r.NoGrants })
	}},
	{"bounds of a team role", 12, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.OnTeam && r.AtLeast+r.AtMost > 0 })
	}},
	{"seats of a team role", 8, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.OnTeam && len(r.Seats) > 0 })
	}},
	{"a role on resources", 25, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.OnResource.Text != "" })
	}},
	{"here or above", 8, func(doc *syntax.Document) bool {
		return anyRule(doc, func(r syntax.Rule) bool { return r.Scope == syntax.ScopeHere && r.Above })
	}},
	{"a role held outside", 25, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.Outside })
	}},
	{"gives", 15, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Conditions, func(c syntax.Condition) bool { return c.Kind == syntax.OnGives })
	}},
	{"has", 15, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Conditions, func(c syntax.Condition) bool { return c.Kind == syntax.OnHas })
	}},
	{"visitors", 40, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Resources, func(r syntax.Resource) bool {
			return slices.ContainsFunc(r.Permissions, func(p syntax.Permission) bool {
				return slices.ContainsFunc(p.Cells, func(c syntax.Cell) bool { return c.Who.Text == "visitor" })
			})
		})
	}},
	{"joined scopes", 40, func(doc *syntax.Document) bool {
		return anyRule(doc, func(r syntax.Rule) bool { return len(r.And) > 0 })
	}},
	{"or above", 25, func(doc *syntax.Document) bool {
		return anyRule(doc, func(r syntax.Rule) bool { return r.Above })
	}},
	{"not … or above", 5, func(doc *syntax.Document) bool {
		return anyRule(doc, func(r syntax.Rule) bool {
			return slices.ContainsFunc(r.And, func(t syntax.Term) bool { return t.Not && t.Above })
		})
	}},
	{"a chain of containers", 10, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Resources, func(r syntax.Resource) bool {
			return r.In.Text != r.Name.Text && resources(doc)[r.In.Text].In.Text != ""
		})
	}},
	{"a tree of containers", 10, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Resources, func(r syntax.Resource) bool { return r.In.Text == r.Name.Text })
	}},
	{"a setting that only the host changes", 12, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Settings, func(s syntax.Setting) bool { return s.SetByHost })
	}},
	{"a setting that asks for a permission", 15, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Settings, func(s syntax.Setting) bool { return s.Asks.Text != "" })
	}},
	{"a seat that counts for requested users", 3, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Seats, func(s syntax.SeatPool) bool { return slices.Contains(s.Holds, usher.Requested) })
	}},
	{"wildcard", 15, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Resources, func(r syntax.Resource) bool {
			return slices.ContainsFunc(r.Permissions, func(p syntax.Permission) bool { return p.Action.Text == syntax.Wildcard })
		})
	}},
	{"never about a bundle", 8, func(doc *syntax.Document) bool {
		return slices.ContainsFunc(doc.Never, func(n syntax.Never) bool {
			return slices.ContainsFunc(doc.Bundles, func(b syntax.Bundle) bool { return b.Name.Text == n.Permission.Text })
		})
	}},
}

// anyRule reports whether a rule of a cell or under never is as given.
func anyRule(doc *syntax.Document, is func(syntax.Rule) bool) bool {
	return slices.ContainsFunc(doc.Resources, func(r syntax.Resource) bool {
		return slices.ContainsFunc(r.Permissions, func(p syntax.Permission) bool {
			return slices.ContainsFunc(p.Cells, func(c syntax.Cell) bool { return slices.ContainsFunc(c.Rules, is) })
		})
	}) || slices.ContainsFunc(doc.Never, func(n syntax.Never) bool { return slices.ContainsFunc(n.Rules, is) })
}

func usedWords(doc *syntax.Document) (names []string) {
	for _, word := range words {
		if word.in(doc) {
			names = append(names, word.name)
		}
	}
	return names
}

func (c *tally) countWords(names []string) {
	if c.words == nil {
		c.words = map[string]int{}
	}
	for _, name := range names {
		c.words[name]++
	}
}

func (c *tally) addWords(counts map[string]int) {
	if c.words == nil {
		c.words = map[string]int{}
	}
	for name, n := range counts {
		c.words[name] += n
	}
}
