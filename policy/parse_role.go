package policy

import (
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/role"
)

func (p *parser) roles(n *source.Node) {
	if n.Kind == source.Map && len(n.Entries) == 0 {
		p.Errorf(n, "a policy needs roles, one of them unique: true and one default: true")
	}
	p.Each(n, "roles", func(key, value *source.Node) {
		r := Role{Name: p.name(key, "a role")}
		p.role(value, &r)
		p.doc.Roles = append(p.doc.Roles, r)
	})
}

func (p *parser) role(n *source.Node, r *Role) {
	flag := func(name string, into *bool) source.Field {
		return source.Field{Name: name, Read: func(n *source.Node) { *into, _ = p.Bool(n, name) }}
	}
	bound := func(name string, into *int) source.Field {
		return source.Field{Name: name, Read: func(n *source.Node) {
			r.BoundsPos = pos(n)
			*into, _ = p.Whole(n, name, 1)
		}}
	}
	p.Fields(n, "a role",
		source.Field{Name: "title", Read: func(n *source.Node) { r.Title, _ = p.Text(n, "a title") }},
		flag("unique", &r.Unique),
		flag("default", &r.Default),
		source.Field{Name: "all", Read: func(n *source.Node) {
			r.AllPos = pos(n)
			r.All, _ = p.Bool(n, "all")
		}},
		source.Field{Name: "includes", Read: func(n *source.Node) { r.Includes = p.names(n, "includes", "a role") }},
		source.Field{Name: "requires", Read: func(n *source.Node) { r.Requires = p.names(n, "requires", "a condition") }},
		source.Field{Name: "hands-over-to", Read: func(n *source.Node) { r.HandsOverTo = p.name(n, "a role") }},
		source.Field{Name: "held-on", Read: func(n *source.Node) {
			text, ok := p.Text(n, "held-on")
			if ok && text != "team" {
				p.Errorf(n, "held-on is team, not %q; leave it out for a role of the account", text)
			}
			r.OnTeam = true
		}},
		source.Field{Name: "seat", Read: func(n *source.Node) { p.seatRule(n, r) }},
		source.Field{Name: "seat-pools", Read: func(n *source.Node) { r.SeatPools = p.names(n, "seat-pools", "a seat pool") }},
		bound("at-least", &r.AtLeast),
		bound("at-most", &r.AtMost),
	)
}

func (p *parser) seatRule(n *source.Node, r *Role) {
	r.SeatPos = pos(n)
	text, ok := p.Text(n, "seat")
	if !ok {
		return
	}
	seat, err := role.ParseSeat(text)
	if err != nil {
		p.Errorf(n, "%v", err)
	}
	r.Seat = seat
}
