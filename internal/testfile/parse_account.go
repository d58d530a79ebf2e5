package testfile

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/policy/syntax"
)

func (p *parser) account(n *source.Node) {
	a := &p.file.Account
	a.Pos = pos(n)
	p.Fields(n, "an account",
		p.flagsField("settings", &a.Settings),
		source.Field{Name: "seats", Read: func(n *source.Node) { a.Seats = p.seatTotals(n) }},
		source.Field{Name: "teams", Read: func(n *source.Node) { a.Teams = p.teams(n) }},
		source.Field{Name: "fields", Read: func(n *source.Node) { a.Fields = p.fieldDefinitions(n, true) }},
		source.Field{Name: "roles", Read: func(n *source.Node) { a.Roles = p.customRoles(n) }},
		source.Field{Name: "users", Read: func(n *source.Node) { a.Users = p.users(n) }},
	)
}

func (p *parser) seatTotals(n *source.Node) []SeatTotal {
	totals := []SeatTotal{}
	p.Each(n, "seats", func(key, value *source.Node) {
		t := SeatTotal{Pool: p.name(key, "a seat pool")}
		t.Total, _ = p.Count(value, key.Text)
		totals = append(totals, t)
	})
	return totals
}

func (p *parser) teams(n *source.Node) []Team {
	teams := []Team{}
	p.Each(n, "teams", func(key, value *source.Node) {
		t := Team{ID: p.name(key, "a team's id")}
		p.Fields(value, "a team", p.nameField("parent", &t.Parent), p.rolesOnField(&t.RolesOn))
		teams = append(teams, t)
	})
	return teams
}

// fieldDefinitions reads custom fields. In an account they must have a type (typed); in a
// state the type is optional.
func (p *parser) fieldDefinitions(n *source.Node, typed bool) []FieldDefinition {
	list := []FieldDefinition{}
	seen := map[string]bool{}
	p.List(n, "fields", func(n *source.Node) {
		var d FieldDefinition
		p.Fields(n, "a field",
			required(p.nameField("field", &d.Field)),
			source.Field{Name: "type", Required: typed, Read: func(n *source.Node) { d.Type = p.fieldType(n, "type") }},
			source.Field{Name: "archived", Read: func(n *source.Node) {
				archived, _ := p.Bool(n, "archived")
				d.Archived = &archived
			}},
		)
		if seen[d.Field.Text] && d.Field.Text != "" {
			p.problems.Add(d.Field.Pos, "duplicate %q", d.Field.Text)
		}
		seen[d.Field.Text] = true
		list = append(list, d)
	})
	return list
}

func (p *parser) fieldType(n *source.Node, what string) account.FieldType {
	text, ok := p.Text(n, what)
	if !ok {
		return 0
	}
	t, err := account.ParseFieldType(text)
	if err != nil {
		p.Errorf(n, "%v", err)
	}
	return t
}

func (p *parser) users(n *source.Node) []User {
	users := []User{}
	p.Each(n, "users", func(key, value *source.Node) {
		u := User{ID: p.name(key, "a user's id")}
		p.Fields(value, "a user",
			p.nameField("role", &u.Role),
			source.Field{Name: "status", Read: func(n *source.Node) { u.Status = p.status(n) }},
			source.Field{Name: "kind", Read: func(n *source.Node) {
				u.Kind = p.name(n, "kind")
				if kind := usher.UserKind(u.Kind.Text); kind != "" && !kind.Valid() {
					p.Errorf(n, "kind must be service, or left out for a person, not %q", u.Kind.Text)
				}
			}},
			p.namesField("beside", &u.Beside),
			source.Field{Name: "teams", Read: func(n *source.Node) { u.Teams = p.memberships(n) }},
			source.Field{Name: "outside", Read: func(n *source.Node) { u.Outside = p.outside(n) }},
			p.rolesOnField(&u.RolesOn),
			p.namesField("seats", &u.Seats),
			source.Field{Name: "grants", Read: func(n *source.Node) { u.Grants = p.grants(n) }},
			source.Field{Name: "fields", Read: func(n *source.Node) { u.Fields = p.fieldValues(n) }},
		)
		users = append(users, u)
	})
	return users
}

func (p *parser) status(n *source.Node) usher.Status {
	text, ok := p.Text(n, "status")
	if !ok {
		return 0
	}
	status, err := usher.ParseStatus(text)
	if err != nil {
		hint := p.didYouMean(text, []string{"active", "invited", "inactive", "requested"})
		p.Errorf(n, "unknown status %q%s (want active, invited, inactive or requested)", text, hint)
	}
	return status
}

// plainMember is written in place of team roles if there are none.
const plainMember = "member"

// memberships reads a list of teams, or a map from teams to team roles. In a list of team
// roles, the word member is the name of a role.
func (p *parser) memberships(n *source.Node) []Membership {
	members := []Membership{}
	if n.Kind == source.List {
		for _, team := range p.names(n, "teams") {
			members = append(members, Membership{Team: team})
		}
		return members
	}
	if n.Kind != source.Map {
		p.Errorf(n, "teams must be a list of teams, or a map from teams to the team roles held there, not %s", n.Describe())
		return nil
	}
	p.Each(n, "teams", func(key, value *source.Node) {
		m := Membership{Team: p.name(key, "a team's id"), Roles: []syntax.Name{}}
		if value.Kind != source.Scalar || value.Text != plainMember {
			m.Roles = p.oneOrMoreNames(value, "team roles")
		}
		if value.Kind == source.List && len(value.Items) == 0 {
			p.Errorf(value, "the list of team roles is empty; write %s for a member without team roles", plainMember)
		}
		members = append(members, m)
	})
	return members
}

// outside reads a map from teams to the team roles that a user holds on them without being in them.
func (p *parser) outside(n *source.Node) []Membership {
	list := []Membership{}
	p.Each(n, "outside", func(key, value *source.Node) {
		m := Membership{Team: p.name(key, "a team's id"), Roles: p.oneOrMoreNames(value, "team roles")}
		if value.Kind == source.List && len(value.Items) == 0 {
			p.Errorf(value, "the list of team roles is empty; leave the team out")
		}
		list = append(list, m)
	})
	return list
}

// rolesOnField reads the roles that a user or a team holds on resources.
func (p *parser) rolesOnField(into *[]RoleOn) source.Field {
	return source.Field{Name: "roles-on", Read: func(n *source.Node) {
		list := []RoleOn{}
		p.List(n, "roles-on", func(n *source.Node) {
			var r RoleOn
			p.Fields(n, "a role on a resource",
				required(p.nameField("role", &r.Role)),
				source.Field{Name: "on", Required: true, Read: func(n *source.Node) {
					var typ, id syntax.Name
					p.Fields(n, "the resource of a role", required(p.nameField("type", &typ)), required(p.nameField(IDKey, &id)))
					r.On, r.Pos, r.Type = usher.Ref{Type: typ.Text, ID: id.Text}, pos(n), typ.Pos
				}},
			)
			if slices.ContainsFunc(list, func(o RoleOn) bool { return o.Role.Text == r.Role.Text && o.On == r.On }) && r.Role.Text != "" {
				p.problems.Add(r.Pos, "duplicate %q on this resource", r.Role.Text)
			}
			list = append(list, r)
		})
		*into = list
	}}
}

func (p *parser) grants(n *source.Node) []Grant {
	grants := []Grant{}
	seen := map[string]bool{}
	p.List(n, "grants", func(n *source.Node) {
		var g Grant
		if n.Kind == source.Map {
			p.Fields(n, "a grant", required(p.nameField("grant", &g.Name)), p.untilField("until", &g.Until))
		} else {
			g.Name = p.name(n, "a grant")
		}
		if seen[g.Name.Text] && g.Name.Text != "" {
			p.problems.Add(g.Name.Pos, "duplicate %q", g.Name.Text)
		}
		seen[g.Name.Text] = true
		grants = append(grants, g)
	})
	return grants
}

func (p *parser) fieldValues(n *source.Node) []FieldValue {
	values := []FieldValue{}
	p.Each(n, "fields", func(key, value *source.Node) {
		values = append(values, FieldValue{Field: p.name(key, "a field"), Value: p.value(value, key.Text)})
	})
	return values
}

func (p *parser) value(n *source.Node, what string) Value {
	text, _ := p.Text(n, what)
	_, isBool := n.Bool()
	return Value{Text: text, Bare: isBool || !n.Quoted && isNumber.MatchString(text), Pos: pos(n)}
}
