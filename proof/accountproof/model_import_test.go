package accountproof_test

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// Import is not in the prose of the design. By its documentation, it creates an account with
// existing data in one commit. Only the host may do so. An invalid account is rejected: two holders
// of the unique role, no active holder of the first role with at-least if no role is unique, more
// seats held than bought, a cycle of teams. Permissions are not checked. A
// user whose role requires a seat holds one even if the seed does not list it. Undeclared names are
// unknown, as in other commands. If there are several faults, the import is rejected for one of
// them.
func (s *step) importAccount(c account.Import) account.Code {
	if !s.byHost() {
		return account.CodeDenied
	}
	s.exists = true
	s.importPlan(c.Seed)
	s.importUsers(c.Seed)
	s.reject(s.before.exists || s.before.deleted, account.CodeExists)
	first := *s.book.first()
	wrong := first.Unique && s.all(first) != 1 || !first.Unique && first.AtLeast > 0 && s.active(first) == 0
	s.owned = first.Unique
	s.settle()
	s.reject(wrong || s.overfull(), account.CodeInvalid)
	if s.faults == nil {
		return 0
	}
	return slices.Min(s.faults)
}

// reject records a code for which an import is rejected.
func (s *step) reject(wrong bool, code account.Code) {
	if wrong && !slices.Contains(s.faults, code) {
		s.faults = append(s.faults, code)
	}
}

func (s *step) importPlan(c account.Seed) {
	for pool, total := range c.Seats {
		s.reject(!s.book.isPool(pool), account.CodeUnknownPool)
		s.reject(total < 0 || total > account.MaxSeats, account.CodeInvalid)
		s.bought[pool] = total
	}
	for name, value := range c.Settings {
		_, ok := s.book.setting(name)
		s.reject(!ok, account.CodeUnknownSetting)
		s.settings[name] = value
	}
	for _, f := range c.Fields {
		if code := s.defineField(account.DefineField{Field: f.Name, Type: f.Type}); code != 0 {
			s.reject(true, code)
			continue
		}
		s.fields[len(s.fields)-1].Archived = f.Archived
	}
	maps.Copy(s.teams, c.Teams)
	for id, parent := range c.Teams {
		above := s.above(parent)
		s.reject(!s.isParent(parent), account.CodeUnknownTeam)
		s.reject(!isID(id) || slices.Contains(above, id), account.CodeInvalid)
	}
}

func (s *step) importUsers(c account.Seed) {
	for id, plain := range c.Users {
		if plain.Role == "" {
			plain.Role = s.book.byDefault()
		}
		if plain.Status == 0 {
			plain.Status = usher.Active
		}
		s.reject(!s.book.isAccountRole(plain.Role), account.CodeUnknownRole)
		s.reject(!isID(id) || plain.Status > usher.Requested, account.CodeInvalid)
		s.reject(s.book.isUnique(plain.Role) && plain.Status == usher.Requested, account.CodeInvalid)
		if s.book.isAccountRole(plain.Role) {
			s.users[id] = newUser(plain.Status, plain.Role)
			s.importHeld(s.users[id], plain)
		}
	}
	s.reject(s.requested() > account.MaxRequested, account.CodeInvalid)
	for id, values := range c.Values {
		s.reject(s.users[id] == nil, account.CodeUnknownUser)
		for name, value := range values {
			i := s.field(name)
			if i < 0 {
				s.reject(true, account.CodeUnknownField)
				continue
			}
			s.reject(!fits(value, s.fields[i].Type), account.CodeInvalid)
			s.values.set(id, s.fields[i].ID, value)
		}
	}
}

// importHeld gives a user the seats and grants of the seed, without repetitions.
func (s *step) importHeld(u *user, plain policy.User) {
	for _, m := range plain.Teams {
		s.reject(!s.isTeam(m.Team), account.CodeUnknownTeam)
		s.reject(slices.ContainsFunc(m.Roles, func(r role.Name) bool { return !s.book.isTeamRole(r) }), account.CodeUnknownRole)
		s.reject(u.isIn(m.Team), account.CodeInvalid)
		u.teams[m.Team] = slices.Compact(slices.Sorted(slices.Values(m.Roles)))
	}
	for _, m := range plain.Outside {
		s.reject(!s.isTeam(m.Team), account.CodeUnknownTeam)
		s.reject(slices.ContainsFunc(m.Roles, func(r role.Name) bool { return !s.book.isTeamRole(r) }), account.CodeUnknownRole)
		wrong := slices.ContainsFunc(m.Roles, func(r role.Name) bool { return s.book.isTeamRole(r) && !s.book.isOutside(r) })
		s.reject(wrong || u.isIn(m.Team) || len(u.outside[m.Team]) > 0 || len(m.Roles) == 0, account.CodeInvalid)
		u.outside[m.Team] = slices.Compact(slices.Sorted(slices.Values(m.Roles)))
	}
	s.reject(s.book.noTeamRoles(u) && u.hasTeamRole() || s.book.noGrants(u) && len(plain.Grants) > 0, account.CodeInvalid)
	for _, name := range plain.Beside {
		s.reject(!s.book.isRoleBeside(name), account.CodeUnknownRole)
		u.beside[name] = true
	}
	for _, pool := range plain.Seats {
		if !s.book.isPool(pool) {
			s.reject(true, account.CodeUnknownPool)
			continue
		}
		may := s.book.counts(pool, u.status) && s.book.seatFor(u, pool) != role.SeatNone
		s.reject(u.seats[pool] || !may, account.CodeInvalid)
		u.seats[pool] = true
	}
	for _, g := range plain.Grants {
		_, held := u.grants[g.Name]
		s.reject(!s.book.isGrantable(g.Name), account.CodeUnknownGrant)
		s.reject(held || !isEnd(g.Until), account.CodeInvalid)
		u.grants[g.Name] = g.Until
	}
}
