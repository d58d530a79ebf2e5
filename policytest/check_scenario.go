package policytest

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
)

// steps looks up the names that the policy declares. It does not look up users, teams and
// custom fields, which a scenario can create and delete, nor the arguments of commands,
// because a step may expect an unknown name to fail.
func (l *lookup) steps(steps []testfile.Step) {
	for _, s := range steps {
		switch s := s.(type) {
		case testfile.Do:
			l.With(s.With)
			l.Objects(s.Resources)
			l.defined(s.Commands)
		case testfile.Ask:
			_, types := l.Question(&s.Question)
			l.Hidden(s.Hidden, &s.Question, types)
		case testfile.State:
			l.state(&s)
		}
	}
}

// defined adds the roles that commands define to the known names.
func (l *lookup) defined(commands []account.Command) {
	for _, c := range commands {
		if d, ok := c.(account.DefineRole); ok {
			like := append(l.Policy.CustomLike(), "")[0] // the only one, if the command names none
			l.AddRole(d.Role, cmp.Or(d.Like, like))
		}
	}
}

func (l *lookup) state(s *testfile.State) {
	l.Flags(s.Settings, "setting", l.Settings)
	for _, p := range s.Seats {
		l.Find(p.Pool, "seat pool", l.Pools)
	}
	for _, u := range s.Users {
		if u.Role.Text != "" {
			l.Role(u.Role)
		}
		for _, m := range slices.Concat(u.Teams, u.Outside) {
			for _, n := range m.Roles {
				l.TeamRole(n)
			}
		}
		for _, n := range u.Seats {
			l.Find(n, "seat pool", l.Pools)
		}
		for _, n := range u.Beside {
			l.RoleBeside(n)
		}
		for _, held := range u.RolesOn {
			l.RoleOn(held)
		}
		for _, g := range u.Grants {
			l.Find(g.Name, "grant", l.Grantable)
		}
	}
	for _, t := range s.Teams {
		for _, held := range t.RolesOn {
			l.RoleOn(held)
		}
	}
}
