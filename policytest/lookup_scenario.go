package policytest

// steps looks up what the policy fixes. Users, teams and custom fields come and
// go in a scenario, and a command may name what is not there, to fail.
func (l *lookup) steps(steps []Step) {
	for _, s := range steps {
		switch s := s.(type) {
		case Do:
			l.flags(s.With, "fact of a request", l.contexts)
		case Ask:
			_, types := l.question(&s.Question)
			l.hidden(s.Hidden, &s.Question, types)
		case State:
			l.state(&s)
		}
	}
}

func (l *lookup) state(s *State) {
	l.flags(s.Settings, "setting", l.settings)
	for _, p := range s.Seats {
		l.find(p.Pool, "seat pool", l.pools)
	}
	for _, u := range s.Users {
		if u.Role.Text != "" {
			l.role(u.Role)
		}
		for _, m := range u.Teams {
			for _, n := range m.Roles {
				l.teamRole(n)
			}
		}
		for _, n := range u.Seats {
			l.find(n, "seat pool", l.pools)
		}
		for _, g := range u.Grants {
			l.find(g.Name, "grant", l.grantable)
		}
	}
}
