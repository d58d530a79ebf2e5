package policy

import (
	"slices"

	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// SeatRule returns the rule of a user for the seats of a pool, and the role that it comes from:
// the strongest rule among those of the account role and of the team roles that the user holds,
// in teams or outside them. Of equal rules, that of the account role counts, then that of the
// first team. A role that the policy lacks has no seats. It is role.SeatNone for a pool that the
// policy lacks.
func (p *Policy) SeatRule(u *User, pool seat.PoolName) (rule role.Seat, by role.Name) {
	rule, by = role.SeatNone, u.Role
	if at := p.roleIndex(u.Role); at >= 0 && !p.held[at].notOfAccount {
		rule = p.roles[at].SeatIn(pool)
	}
	if !p.teamSeats {
		return rule, by
	}
	for _, held := range p.teamRoles(u) {
		if r := &p.roles[held]; r.SeatIn(pool).StrongerThan(rule) {
			rule, by = r.SeatIn(pool), r.Name
		}
	}
	return rule, by
}

// SeatsAfter returns the seats of a user after a change of the account role, the team roles or the
// status, sorted. The user before has the seats so far; those of the user after are ignored. The
// user loses a seat that the roles or the status do not allow, and one that a team role required
// before and no role requires now. The user gets the seats that a role requires. What the change
// does not concern stays, even if it is not allowed: a seat of a pool that the policy lacks, and the
// seats of a pool for which the user has the same rules as before, with the same account role and
// status.
func (p *Policy) SeatsAfter(before, after *User) []seat.PoolName {
	var seats []seat.PoolName
	for _, name := range before.Seats {
		if _, known := p.Pool(name); !known {
			seats = append(seats, name)
		}
	}
	for _, pool := range p.pools {
		if p.hasSeatAfter(before, after, pool) {
			seats = append(seats, pool.Name)
		}
	}
	slices.Sort(seats)
	return seats
}

func (p *Policy) hasSeatAfter(before, after *User, pool seat.Kind) bool {
	held := slices.Contains(before.Seats, pool.Name)
	rule, _ := p.SeatRule(after, pool.Name)
	required := p.teamRequires(before, pool.Name)
	if before.Role == after.Role && before.Status == after.Status {
		if was, _ := p.SeatRule(before, pool.Name); was == rule && required == p.teamRequires(after, pool.Name) {
			return held
		}
	}
	switch {
	case rule == role.SeatNone || !pool.Holds.Has(after.Status):
		return false
	case rule == role.SeatRequired:
		return true
	}
	return held && !required
}

// teamRequires reports whether a team role of the user requires a seat of the pool.
func (p *Policy) teamRequires(u *User, pool seat.PoolName) bool {
	if p.teamSeats {
		for _, held := range p.teamRoles(u) {
			if p.roles[held].SeatIn(pool) == role.SeatRequired {
				return true
			}
		}
	}
	return false
}
