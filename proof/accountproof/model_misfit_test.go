package accountproof_test

import (
	"errors"
	"slices"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// errUnfit stands for a *account.PolicyMismatchError: "an engine whose policy lacks a role or pool that
// some users of an account hold must fail closed for those users only".
var errUnfit = errors.New("the policy does not fit the user")

// stuck notes that the policy does not fit a user, so that no command does anything with them but
// one that helps.
func (s *step) stuck(u *user, helps bool) bool {
	if !s.unfit(u) || helps {
		return false
	}
	s.err = errUnfit
	return true
}

// unfit reports whether the policy cannot decide for a user as the commands before left them. A
// role with more holders than it may have keeps none of them from anything.
func (s *step) unfit(u *user) bool { return s.before.odd(u) }

// odd reports whether a user has what the policy lacks or does not allow.
func (w *world) odd(u *user) bool {
	if !w.book.isAccountRole(u.role) {
		return true
	}
	for _, roles := range u.teams {
		if slices.ContainsFunc(roles, func(name role.Name) bool { return !w.book.isTeamRole(name) }) {
			return true
		}
	}
	for pool := range u.seats {
		if !w.book.isPool(pool) {
			return true
		}
	}
	return slices.ContainsFunc(w.book.pools(), func(pool seat.PoolName) bool { return w.seatIsOdd(u, pool) })
}

// seatIsOdd reports whether a user holds a seat that the role or the status does not allow, or
// lacks one that the role requires.
func (w *world) seatIsOdd(u *user, pool seat.PoolName) bool {
	must := w.book.seatOf(u.role, pool)
	if u.seats[pool] {
		return must == role.SeatNone || !w.book.counts(pool, u.status)
	}
	return must == role.SeatRequired && w.book.counts(pool, u.status)
}

func (w *world) tooMany(name role.Name) bool {
	r := w.book.role(name)
	return r != nil && r.AtMost > 0 && w.all(*r) > r.AtMost
}

// fits reports whether the policy decides for all users and knows all pools.
func (w *world) fits() bool {
	for pool, total := range w.bought {
		if total > 0 && !w.book.isPool(pool) {
			return false
		}
	}
	for _, u := range w.users {
		if w.odd(u) || w.tooMany(u.role) {
			return false
		}
	}
	return true
}

// outranksUnknown reports whether a user may outrank the actor for all that can be known: the
// policy lacks the user's role, and only the holder of the unique role is above all.
func (s *step) outranksUnknown(u *user) bool {
	return !s.book.isAccountRole(u.role) && !s.book.isUnique(s.before.users[s.actor.User()].role)
}

// known returns the record of a user, or nil if the policy lacks the role: all that such a user
// gets is given.
func (s *step) known(u *user) *policy.User {
	if u == nil || !s.book.isAccountRole(u.role) {
		return nil
	}
	return u.plain()
}
