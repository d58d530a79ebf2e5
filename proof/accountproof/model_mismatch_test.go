package accountproof_test

import (
	"errors"
	"slices"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// errMismatch stands for a *account.PolicyMismatchError: "an engine whose policy lacks a role or
// pool that some users of an account hold must fail closed for those users only".
var errMismatch = errors.New("the policy does not fit the user")

// stuck records that the policy does not fit a user. Then commands about the user are rejected,
// except those that correct the mismatch.
func (s *step) stuck(u *user, helps bool) bool {
	if !s.mismatched(u) || helps {
		return false
	}
	s.err = errMismatch
	return true
}

// mismatched reports whether the policy cannot decide for a user after the commands before. A role
// with too many holders restricts none of them.
func (s *step) mismatched(u *user) bool { return s.before.doesNotFit(u) }

// doesNotFit reports whether a user has something that the policy does not declare or allow.
func (w *modelAccount) doesNotFit(u *user) bool {
	return w.shared(u) || w.doesNotFitApartFromSharing(u)
}

func (w *modelAccount) doesNotFitApartFromSharing(u *user) bool {
	if !w.book.isAccountRole(u.role) {
		return true
	}
	if w.book.exceedsRole(u) {
		return true
	}
	for _, roles := range u.teams {
		if slices.ContainsFunc(roles, func(name role.Name) bool { return !w.book.isTeamRole(name) }) {
			return true
		}
	}
	for name := range u.beside {
		if !w.book.isRoleBeside(name) {
			return true
		}
	}
	for pool := range u.seats {
		if !w.book.isPool(pool) {
			return true
		}
	}
	return slices.ContainsFunc(w.book.pools(), func(pool seat.PoolName) bool { return w.seatDoesNotFit(u, pool) })
}

// seatDoesNotFit reports whether a user holds a seat that the role or the status does not allow, or has
// no seat that the role requires.
func (w *modelAccount) seatDoesNotFit(u *user, pool seat.PoolName) bool {
	must := w.book.seatFor(u, pool)
	if u.seats[pool] {
		return must == role.SeatNone || !w.book.counts(pool, u.status)
	}
	return must == role.SeatRequired && w.book.counts(pool, u.status)
}

func (w *modelAccount) tooMany(name role.Name) bool {
	r := w.book.role(name)
	return r != nil && r.AtMost > 0 && w.all(*r) > r.AtMost
}

// fits reports whether the policy decides for all users and declares all pools.
func (w *modelAccount) fits() bool {
	for pool, total := range w.bought {
		if total > 0 && !w.book.isPool(pool) {
			return false
		}
	}
	if w.headless() {
		return false
	}
	for _, r := range w.book.teamBounds() {
		for id := range w.teams {
			if r.AtMost > 0 && w.allOn(r, id) > r.AtMost {
				return false
			}
		}
	}
	for _, u := range w.users {
		if w.doesNotFit(u) || w.tooMany(u.role) {
			return false
		}
		for name := range u.beside {
			if w.tooMany(name) {
				return false
			}
		}
	}
	return true
}

// outranksUnknown reports whether a user may outrank the actor: if the policy does not declare the
// user's role, or a role beside it, only the owner certainly outranks the user.
func (s *step) outranksUnknown(u *user) bool {
	unknown := !s.book.isAccountRole(u.role)
	for name := range u.beside {
		unknown = unknown || !s.book.isRoleBeside(name)
	}
	return unknown && !s.before.actsAsOwner(s.actor.User())
}

// known returns the record of a user, or nil if the policy does not declare the role: then all that
// the user gets is given.
func (s *step) known(u *user) *policy.User {
	if u == nil || !s.book.isAccountRole(u.role) {
		return nil
	}
	return u.plain()
}
