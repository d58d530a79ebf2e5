package testfile

import "strconv"

// flow returns the account without its users.
func (a *Account) flow() (m flow) {
	m.flags("settings", a.Settings)
	m.totals("seats", a.Seats)
	m.teams(a.Teams)
	m.definitions(a.Fields)
	m.customRoles(a.Roles)
	return m
}

func (m *flow) totals(key string, list []SeatTotal) {
	if list == nil {
		return
	}
	var totals flow
	for _, s := range list {
		totals.add(s.Pool.Text, strconv.Itoa(s.Total))
	}
	m.add(key, totals.String())
}

func (m *flow) teams(list []Team) {
	if list == nil {
		return
	}
	var teams flow
	for _, t := range list {
		var team flow
		team.name("parent", t.Parent)
		team.rolesOn(t.RolesOn)
		teams.add(t.ID.Text, team.String())
	}
	m.add("teams", teams.String())
}

func (m *flow) definitions(list []FieldDefinition) {
	if list == nil {
		return
	}
	texts := make([]string, len(list))
	for i, d := range list {
		var field flow
		field.name("field", d.Field)
		if d.Type != 0 {
			field.add("type", d.Type.String())
		}
		if d.Archived != nil {
			field.add("archived", strconv.FormatBool(*d.Archived))
		}
		texts[i] = field.String()
	}
	m.add("fields", listText(texts))
}

func (m *flow) users(list []User) {
	if list == nil {
		return
	}
	var users flow
	for i := range list {
		users.add(list[i].ID.Text, list[i].flow().String())
	}
	m.add("users", users.String())
}

func (u *User) flow() (m flow) {
	m.name("role", u.Role)
	if u.Status != 0 {
		m.add("status", u.Status.String())
	}
	m.name("kind", u.Kind)
	m.names("beside", u.Beside)
	if u.Teams != nil {
		m.add("teams", membershipsText(u.Teams))
	}
	if u.Outside != nil {
		var held flow
		for _, t := range u.Outside {
			held.add(t.Team.Text, namesText(t.Roles))
		}
		m.add("outside", held.String())
	}
	m.rolesOn(u.RolesOn)
	m.names("seats", u.Seats)
	if u.Grants != nil {
		m.add("grants", grantsText(u.Grants))
	}
	if u.Fields != nil {
		var fields flow
		for _, f := range u.Fields {
			fields.add(f.Field.Text, f.Value.text())
		}
		m.add("fields", fields.String())
	}
	return m
}

func (m *flow) rolesOn(list []RoleOn) {
	if list == nil {
		return
	}
	texts := make([]string, len(list))
	for i, r := range list {
		var held, on flow
		on.add("type", Word(r.On.Type))
		on.add(IDKey, Word(r.On.ID))
		held.name("role", r.Role)
		held.add("on", on.String())
		texts[i] = held.String()
	}
	m.add("roles-on", listText(texts))
}

func membershipsText(list []Membership) string {
	var teams []string
	var held flow
	for _, m := range list {
		teams = append(teams, Word(m.Team.Text))
		if len(m.Roles) == 0 {
			held.add(m.Team.Text, plainMember)
		} else {
			held.add(m.Team.Text, namesText(m.Roles))
		}
	}
	if len(list) == 0 || list[0].Roles == nil {
		return listText(teams)
	}
	return held.String()
}

func grantsText(list []Grant) string {
	texts := make([]string, len(list))
	for i, g := range list {
		texts[i] = Word(g.Name.Text)
		if !g.Until.IsZero() {
			var grant flow
			grant.name("grant", g.Name)
			grant.time("until", g.Until)
			texts[i] = grant.String()
		}
	}
	return listText(texts)
}

// text quotes every text, so that it does not read as a number, true or false.
func (v Value) text() string {
	if v.Bare {
		return v.Text
	}
	return strconv.Quote(v.Text)
}
