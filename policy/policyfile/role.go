package policyfile

import (
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

func (p *parser) roles(n *source.Node) {
	if n.Kind == source.Map && len(n.Entries) == 0 {
		p.Errorf(n, "a policy needs roles, one of them default: true")
	}
	p.Each(n, "roles", func(key, value *source.Node) {
		r := syntax.Role{Name: p.name(key, "a role")}
		p.role(value, &r)
		p.doc.Roles = append(p.doc.Roles, r)
	})
}

func (p *parser) role(n *source.Node, r *syntax.Role) {
	flag := func(name string, into *bool, at *syntax.Pos) source.Field {
		return source.Field{Name: name, Read: func(n *source.Node) {
			*at = pos(n)
			*into, _ = p.Bool(n, name)
		}}
	}
	bound := func(name string, into *int) source.Field {
		return source.Field{Name: name, Read: func(n *source.Node) {
			r.BoundsPos = pos(n)
			*into, _ = p.Whole(n, name, 1)
		}}
	}
	only := func(name, held string, into *bool, at *syntax.Pos) source.Field {
		return source.Field{Name: name, Read: func(n *source.Node) {
			*into, *at = true, pos(n)
			if text, ok := p.Text(n, name); ok && text != "none" {
				p.Errorf(n, "%s must be none, not %q; remove it for a role whose holders may have %s", name, text, held)
			}
		}}
	}
	p.Fields(n, "a role",
		p.title(&r.Title),
		flag("unique", &r.Unique, &r.UniquePos),
		flag("default", &r.Default, &r.DefaultPos),
		flag("beside", &r.Beside, &r.BesidePos),
		flag("all", &r.All, &r.AllPos),
		source.Field{Name: "includes", Read: func(n *source.Node) { r.Includes = p.names(n, "includes", "a role") }},
		source.Field{Name: "requires", Read: func(n *source.Node) { r.Requires = p.names(n, "requires", "a condition") }},
		source.Field{Name: "hands-over-to", Read: func(n *source.Node) { r.HandsOverTo = p.name(n, "a role") }},
		source.Field{Name: "held-on", Read: func(n *source.Node) {
			switch {
			case n.Kind != source.Scalar:
				p.Errorf(n, "held-on must be team or one type of resource, not %s; declare a role for each", n.Describe())
				r.OnTeam = true
			case n.IsNull():
				p.Errorf(n, "held-on must be team or a type of resource, not nothing")
				r.OnTeam = true
			case n.Text == "team":
				r.OnTeam = true
			default:
				r.OnResource = p.name(n, "a type of resource")
			}
		}},
		source.Field{Name: "seat", Read: func(n *source.Node) {
			r.SeatPos = pos(n)
			r.Seat = p.seatRule(n, "seat")
		}},
		source.Field{Name: "seats", Read: func(n *source.Node) { p.roleSeats(n, r) }},
		source.Field{Name: "seat-pools", Instead: p.suggestSeats(n)},
		bound("at-least", &r.AtLeast),
		bound("at-most", &r.AtMost),
		only("team-roles", "team roles", &r.NoTeamRoles, &r.NoTeamRolesPos),
		only("grants", "grants", &r.NoGrants, &r.NoGrantsPos),
		flag("outside", &r.Outside, &r.OutsidePos),
	)
}

func (p *parser) customRoles(n *source.Node) {
	c := &syntax.CustomRoles{Pos: pos(n)}
	p.Fields(n, "custom-roles",
		source.Field{Name: "like", Required: true, Read: func(n *source.Node) {
			p.OneOrMore(n, "like", func(n *source.Node) { c.Like = append(c.Like, p.name(n, "a role")) })
			if n.Kind == source.List && len(n.Items) == 0 {
				p.Errorf(n, "like lists no role; name the role whose kind and seats the roles of an account have")
			}
		}},
		source.Field{Name: "at-most", Read: func(n *source.Node) {
			c.MostPos = pos(n)
			c.AtMost, _ = p.Whole(n, "at-most", 1)
		}},
	)
	p.doc.Custom = c
}

func (p *parser) seatRule(n *source.Node, what string) role.Seat {
	text, ok := p.Text(n, what)
	if !ok {
		return role.SeatNone
	}
	seat, err := role.ParseSeat(text)
	if err != nil {
		p.Errorf(n, "%v", err)
	}
	return seat
}

func (p *parser) roleSeats(n *source.Node, r *syntax.Role) {
	r.SeatsPos = pos(n)
	r.Seats = []syntax.RoleSeat{}
	p.Each(n, "seats", func(key, value *source.Node) {
		r.Seats = append(r.Seats, syntax.RoleSeat{
			Pool: p.name(key, "a seat pool"),
			Seat: p.seatRule(value, "the seat of a pool"),
		})
	})
}

// suggestSeats suggests a replacement for seat-pools, a former key with the names of the
// pools that seat applied to. A role could hold a seat of any other pool.
func (p *parser) suggestSeats(n *source.Node) string {
	rule, named := "", map[string]bool{}
	for _, e := range n.Entries {
		switch e.Key.Text {
		case "held-on":
			return "write seats, such as {booking: required}; a team role without seats needs none"
		case "seat":
			rule = e.Value.Text
		case "seat-pools":
			for _, item := range e.Value.Items {
				named[item.Text] = true
			}
		}
	}
	if _, err := role.ParseSeat(rule); err != nil {
		return "write seats, such as {booking: required}: required, optional or none for each pool; of a pool that it does not name, the role holds no seat"
	}
	all := true
	var seats []string
	for _, pool := range p.pools {
		switch {
		case !named[pool]:
			all = false
			seats = append(seats, pool+": optional")
		case rule != role.SeatNone.String():
			seats = append(seats, pool+": "+rule)
		}
	}
	if all {
		return printable.Sprintf("leave it out: seat: %s applies to all pools", rule)
	}
	return printable.Sprintf("write seats: {%s} instead of seat and seat-pools; of a pool that seats does not name, the role holds no seat", strings.Join(seats, ", "))
}
