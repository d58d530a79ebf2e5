package testfile

import "strconv"

func (q *Question) flow() (m flow) {
	m.name("can", q.Can)
	if q.Resource != nil {
		m.add("resource", resourceFlow(q.Resource).String())
	}
	m.flags("with", q.With)
	m.name("gives", q.Gives)
	m.time("at", q.At)
	return m
}

func resourceFlow(facts []Fact) (m flow) {
	for _, f := range facts {
		value, isFlag := f.flag()
		switch {
		case f.In != nil:
			m.add(f.Name.Text, resourceFlow(f.In).String())
		case f.Apart:
			var parts flow
			parts.names("users", f.IDs)
			parts.names("teams", f.Teams)
			m.add(f.Name.Text, parts.String())
		case isFlag:
			m.add(f.Name.Text, strconv.FormatBool(value))
		default:
			m.add(f.Name.Text, namesText(f.IDs))
		}
	}
	return m
}

func (c *Check) flow() flow {
	m := c.Question.flow()
	if c.Name != "" {
		m.add("name", Word(c.Name))
	}
	m.names("allow", c.Allow)
	if c.Deny != nil {
		var deny flow
		for _, d := range c.Deny {
			deny.add(d.User.Text, d.Reason.String())
		}
		m.add("deny", deny.String())
	}
	if c.Hidden != nil {
		var hidden flow
		for _, h := range c.Hidden {
			hidden.names(h.User.Text, h.Fields)
		}
		m.add("hidden", hidden.String())
	}
	switch {
	case c.Visitor == nil:
	case c.Visitor.Hidden == nil:
		m.add("visitor", "allow")
	default:
		m.names("visitor", c.Visitor.Hidden)
	}
	return m
}

func stepFlow(s Step) (m flow) {
	switch s := s.(type) {
	case Do:
		return s.flow()
	case Ask:
		m.name("as", s.As)
		m.name("by", s.By)
		if s.Visitor {
			m.add("visitor", "true")
		}
		m = append(m, s.Question.flow()...)
		expect := "deny"
		if s.Allow {
			expect = "allow"
		}
		m.add("expect", expect)
		if s.Reason != 0 {
			m.add("reason", s.Reason.String())
		}
		m.names("hidden", s.Hidden)
	case State:
		m.add("state", s.flow().String())
	}
	return m
}

func (d *Do) flow() (m flow) {
	m.name("as", d.As)
	m.name("by", d.By)
	resources := d.Resources
	if len(d.Commands) == 1 {
		m = append(m, commandFlow(d.Commands[0], &resources)...)
	} else {
		texts := make([]string, len(d.Commands))
		for i := range d.Commands {
			texts[i] = commandFlow(d.Commands[i], &resources).String()
		}
		m.add("do", listText(texts))
	}
	m.flags("with", d.With)
	m.time("at", d.At)
	if d.Fails != 0 {
		m.add("fails", d.Fails.String())
	}
	return m
}

func (s *State) flow() (m flow) {
	if s.Seats != nil {
		var seats flow
		for _, p := range s.Seats {
			var pool flow
			pool.count("held", p.Held)
			pool.count("total", p.Total)
			seats.add(p.Pool.Text, pool.String())
		}
		m.add("seats", seats.String())
	}
	m.users(s.Users)
	m.teams(s.Teams)
	m.flags("settings", s.Settings)
	m.definitions(s.Fields)
	return m
}
