package accountproof_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Roles that may not hold everything, after the section of that name in policy/FORMAT.md.

// allTeamRoles returns the team roles of a user, on any team.
func (u *user) allTeamRoles() (names []role.Name) {
	for _, roles := range u.teams {
		names = append(names, roles...)
	}
	for _, roles := range u.outside {
		names = append(names, roles...)
	}
	return names
}

func (u *user) hasTeamRole() bool { return len(u.allTeamRoles()) > 0 }

// on returns the roles of a user on a team, in the team or outside it.
func (u *user) on(id usher.TeamID) []role.Name { return slices.Concat(u.teams[id], u.outside[id]) }

// setOn gives the user exactly these roles on a team: as a member, or outside it.
func (u *user) setOn(id usher.TeamID, roles []role.Name) *user {
	changed := u.clone()
	switch {
	case u.isIn(id):
		changed.teams[id] = roles
	case len(roles) == 0:
		delete(changed.outside, id)
	default:
		changed.outside[id] = roles
	}
	return changed
}

// teamRequires reports whether a team role of the user requires a seat.
func (b *rulebook) teamRequires(u *user, pool seat.PoolName) bool {
	return u != nil && slices.ContainsFunc(u.allTeamRoles(), func(name role.Name) bool { return b.teamSeat(name, pool) == role.SeatRequired })
}

// teamSeat returns the rule of a team role for a pool. A team role without the key needs no seat.
func (b *rulebook) teamSeat(name role.Name, pool seat.PoolName) role.Seat {
	if r := b.role(name); r != nil && r.OnTeam && r.Seats != nil {
		return b.seatOf(name, pool)
	}
	return role.SeatNone
}

// "of all rules that a user has for a pool, required is stronger than optional, and optional is
// stronger than none"
func (b *rulebook) seatFor(u *user, pool seat.PoolName) role.Seat {
	own := role.SeatNone
	if b.isAccountRole(u.role) {
		own = b.seatOf(u.role, pool)
	}
	rules := []role.Seat{own}
	for _, name := range u.allTeamRoles() {
		rules = append(rules, b.teamSeat(name, pool))
	}
	for _, rule := range []role.Seat{role.SeatRequired, role.SeatOptional} {
		if slices.Contains(rules, rule) {
			return rule
		}
	}
	return role.SeatNone
}

// seatsAfter returns the seats that a user keeps after a change, and all seats then. "The seat comes
// with the first team role that requires it, on any team, and goes with the last one, unless the
// account role requires it." What a change does not concern stays, even a mismatched seat.
func (b *rulebook) seatsAfter(was, u *user) (kept, all map[seat.PoolName]bool) {
	kept, all = copied(u.seats), copied(u.seats)
	for _, pool := range b.pools() {
		must := b.seatFor(u, pool)
		if was != nil && was.role == u.role && was.status == u.status && must == b.seatFor(was, pool) && b.teamRequires(was, pool) == b.teamRequires(u, pool) {
			continue
		}
		goes := b.teamRequires(was, pool) && must != role.SeatRequired
		switch {
		case must == role.SeatNone || !b.counts(pool, u.status) || goes:
			delete(kept, pool)
			delete(all, pool)
		case must == role.SeatRequired:
			all[pool] = true
		}
	}
	return kept, all
}

// withRole returns the user with another account role: "the same commit takes away the user's team
// roles and grants" that the role may not hold.
func (b *rulebook) withRole(u *user, name role.Name) *user {
	changed := u.clone()
	changed.role = name
	if b.role(name).NoTeamRoles {
		for id := range changed.teams {
			changed.teams[id] = nil
		}
		clear(changed.outside)
	}
	if b.role(name).NoGrants {
		clear(changed.grants)
	}
	return changed
}

// exceeds reports whether a change of a user's roles gives or takes too much, with the seats that
// follow. Seats that a role requires do not count as given, because giving and taking seats needs
// only permission.
func (s *step) exceeds(id usher.UserID, u, changed *user) bool {
	kept, all := changed.clone(), changed.clone()
	kept.seats, all.seats = s.book.seatsAfter(u, changed)
	return s.gives(id, u, kept, ofUser(id)) || s.takes(id, u, all)
}

// isOutside reports whether users who are not in a team can have the role on it.
func (b *rulebook) isOutside(name role.Name) bool { return b.isTeamRole(name) && b.role(name).Outside }

func (b *rulebook) noTeamRoles(u *user) bool {
	return b.isAccountRole(u.role) && b.role(u.role).NoTeamRoles
}

func (b *rulebook) noGrants(u *user) bool {
	return b.isAccountRole(u.role) && b.role(u.role).NoGrants
}

// exceedsRole reports whether a user has team roles or grants that the account role excludes, or a
// role outside a team that only members may have.
func (b *rulebook) exceedsRole(u *user) bool {
	if b.noTeamRoles(u) && u.hasTeamRole() || b.noGrants(u) && len(u.grants) > 0 {
		return true
	}
	for _, roles := range u.outside {
		if slices.ContainsFunc(roles, func(name role.Name) bool { return !b.isOutside(name) }) {
			return true
		}
	}
	return false
}

// teamBounds returns the team roles with bounds.
func (b *rulebook) teamBounds() (roles []syntax.Role) {
	for _, r := range b.doc.Roles {
		if r.OnTeam && r.AtLeast+r.AtMost > 0 {
			roles = append(roles, r)
		}
	}
	return roles
}

// "The holders on the team itself count, in the team or outside it."
func (w *modelAccount) allOn(r syntax.Role, id usher.TeamID) (n int) {
	for _, u := range w.users {
		if slices.Contains(u.on(id), roleName(r)) {
			n++
		}
	}
	return n
}

// "at-least counts active users, including those with a team role that includes this one"
func (w *modelAccount) activeOn(r syntax.Role, id usher.TeamID) (n int) {
	for _, u := range w.users {
		includes := func(name role.Name) bool {
			held := w.book.role(name)
			return held != nil && w.book.includes(*held, r.Name.Text)
		}
		if u.status == usher.Active && slices.ContainsFunc(u.on(id), includes) {
			n++
		}
	}
	return n
}

// missing returns how many active holders a team lacks. "A new team without a manager is a change for
// the worse; deleting the team is none."
func (w *modelAccount) missing(r syntax.Role, id usher.TeamID) int {
	if !w.isTeam(id) {
		return 0
	}
	return max(0, r.AtLeast-w.activeOn(r, id))
}

// countTeams is count for the bounds of team roles.
func countTeams(states []*modelAccount) (full, last func() (account.Code, int)) {
	first, end := states[0], states[len(states)-1]
	for _, r := range end.book.teamBounds() {
		for _, id := range sortedTeams(end) {
			if n := end.allOn(r, id); full == nil && r.AtMost > 0 && n > r.AtMost && n > first.allOn(r, id) {
				full = func() (account.Code, int) {
					return account.CodeRoleFull, lastRise(states, func(w *modelAccount) int { return w.allOn(r, id) })
				}
			}
			if last == nil && end.missing(r, id) > 0 && end.missing(r, id) > first.missing(r, id) {
				last = func() (account.Code, int) {
					return account.CodeLastHolder, lastRise(states, func(w *modelAccount) int {
						if !w.isTeam(id) {
							return 0
						}
						return r.AtLeast - w.activeOn(r, id)
					})
				}
			}
		}
	}
	return full, last
}
