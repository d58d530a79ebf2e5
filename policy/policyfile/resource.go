package policyfile

import (
	"errors"
	"slices"

	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

func (p *parser) resources(n *source.Node) {
	p.Each(n, "resources", func(key, value *source.Node) {
		r := syntax.Resource{Name: p.looseName(key, "a resource")}
		p.Fields(value, "a resource",
			source.Field{Name: "in", Read: func(n *source.Node) {
				if n.Kind != source.Scalar {
					p.Errorf(n, "in must be one type of resource, not %s; a resource is in at most one other", n.Describe())
					return
				}
				r.In = p.looseName(n, "a resource")
			}},
			source.Field{Name: "parties", Read: func(n *source.Node) { p.parties(n, &r) }},
			source.Field{Name: "fields", Read: func(n *source.Node) { p.fieldGroups(n, &r) }},
			source.Field{Name: "permissions", Read: func(n *source.Node) { p.permissions(n, &r) }},
			source.Field{Name: "attributes", Instead: "declare each under conditions, as in locked: {attribute: locked}"},
		)
		p.doc.Resources = append(p.doc.Resources, r)
	})
}

func (p *parser) parties(n *source.Node, r *syntax.Resource) {
	p.Each(n, "parties", func(key, value *source.Node) {
		party := syntax.Party{Name: p.looseName(key, "a party")}
		party.Kind = p.partyKind(value)
		r.Parties = append(r.Parties, party)
	})
}

// partyKind reads users, teams, or a list of both.
func (p *parser) partyKind(n *source.Node) syntax.PartyKind {
	words := [...]string{"users", "teams"}
	if n.Kind == source.Scalar && n.Text == "both" {
		p.Errorf(n, "a party of users and teams is written [users, teams]")
		return syntax.OfBoth
	}
	var has [len(words)]bool
	p.OneOrMore(n, "a party", func(n *source.Node) {
		text, ok := p.Text(n, "a party")
		i := slices.Index(words[:], text)
		switch {
		case !ok:
		case i < 0:
			p.Errorf(n, "a party must be users, teams or [users, teams], not %q%s", text, suggest.DidYouMean(text, words[:]))
		case has[i]:
			p.Errorf(n, "duplicate %s", text)
		default:
			has[i] = true
		}
	})
	if n.Kind == source.List && len(n.Items) == 0 {
		p.Errorf(n, "a party has no kind; write users, teams or [users, teams]")
	}
	switch {
	case has[0] && has[1]:
		return syntax.OfBoth
	case has[1]:
		return syntax.OfTeams
	}
	return syntax.OfUsers
}

func (p *parser) fieldGroups(n *source.Node, r *syntax.Resource) {
	p.Each(n, "fields", func(key, value *source.Node) {
		g := syntax.FieldGroup{Name: p.name(key, "a group of fields")}
		seen := map[string]bool{}
		p.Names(value, "a group of fields", func(n *source.Node) {
			f := p.looseName(n, "a field")
			if seen[f.Text] {
				p.Errorf(n, "duplicate field %s", f.Text)
				return
			}
			seen[f.Text] = true
			g.Fields = append(g.Fields, f)
		})
		if value.Kind == source.List && len(value.Items) == 0 {
			p.Errorf(value, "group %s has no fields; list at least one", key.Text)
		}
		r.Fields = append(r.Fields, g)
	})
}

func (p *parser) permissions(n *source.Node, r *syntax.Resource) {
	p.Each(n, "permissions", func(key, value *source.Node) {
		perm := syntax.Permission{Action: nameOf(key)}
		wildcard := key.Text == syntax.Wildcard
		if !wildcard {
			perm.Action = p.looseName(key, "an action")
		}
		p.Each(value, "a permission", func(key, value *source.Node) {
			if key.Text == syntax.TitleKey && wildcard {
				p.Errorf(key, "%q stands for all actions, and has no title of its own; write the title under each action", syntax.Wildcard)
				return
			}
			if key.Text == syntax.TitleKey {
				perm.Title, _ = p.Text(value, "a title")
				return
			}
			if value.IsNull() && syntax.IsScope(key.Text) {
				p.Errorf(key, "%s is a rule, not a role; write several rules as a list: [own if a, team if b]", key.Text)
				return
			}
			who := nameOf(key)
			if !role.Name(key.Text).IsCellWord() {
				who = p.name(key, "a role")
			}
			perm.Cells = append(perm.Cells, syntax.Cell{Who: who, Rules: p.rules(value, "a cell")})
		})
		r.Permissions = append(r.Permissions, perm)
	})
}

func (p *parser) never(n *source.Node) {
	p.Each(n, "never", func(key, value *source.Node) {
		if _, err := permission.ParseBundle(key.Text); err != nil {
			p.Errorf(key, "%v", err)
		}
		nv := syntax.Never{Permission: nameOf(key), Rules: p.rules(value, "an entry of never")}
		for _, r := range nv.Rules {
			if len(r.Hiding) > 0 {
				p.problems.Add(r.Hiding[0].Pos, "a rule under never cannot hide fields; remove hiding")
			}
		}
		p.doc.Never = append(p.doc.Never, nv)
	})
}

// rules reads a cell: one rule, or a list of rules.
func (p *parser) rules(n *source.Node, what string) []syntax.Rule {
	if n.Kind == source.Map || n.IsNull() {
		p.Errorf(n, "%s must be a rule or a list of rules, not %s", what, n.Describe())
		return nil
	}
	var rules []syntax.Rule
	p.OneOrMore(n, what, func(n *source.Node) {
		text, ok := p.Text(n, "a rule")
		if !ok {
			return
		}
		r, err := syntax.ParseRule(text)
		var problem syntax.Problem
		if errors.As(err, &problem) {
			p.problems.Add(shift(problem.Pos, n), "%s", problem.Message)
			return
		}
		shiftRule(&r, n)
		rules = append(rules, r)
	})
	if n.Kind == source.List && len(n.Items) == 0 {
		p.Errorf(n, "%s has no rule; remove it", what)
	}
	return rules
}

// shift converts a position in a rule's text to a position in the file. If the file has the
// text folded or escaped, it returns the position of the rule.
func shift(at syntax.Pos, n *source.Node) syntax.Pos {
	if !n.InPlace {
		return pos(n)
	}
	col := n.Col + at.Col - 1
	if n.Quoted {
		col++
	}
	return syntax.Pos{Line: n.Line, Col: col}
}

func shiftRule(r *syntax.Rule, n *source.Node) {
	r.Pos = shift(r.Pos, n)
	shiftNames(r.As, n)
	for i := range r.And {
		r.And[i].Pos = shift(r.And[i].Pos, n)
		shiftNames(r.And[i].As, n)
	}
	for i := range r.If {
		r.If[i].Name.Pos = shift(r.If[i].Name.Pos, n)
	}
	shiftNames(r.Hiding, n)
}

func shiftNames(names []syntax.Name, n *source.Node) {
	for i := range names {
		names[i].Pos = shift(names[i].Pos, n)
	}
}
