package accountproof_test

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// "set-seats {pool, total}: seat.purchase"
func (s *step) setSeats(c account.SetSeats) account.Code {
	switch {
	case !s.may("seat.purchase", nil):
		return account.CodeDenied
	case !s.book.isPool(c.Pool) && (s.bought[c.Pool] == 0 || c.Total >= s.bought[c.Pool]): // a smaller total is allowed for a pool that the policy no longer declares
		return account.CodeUnknownPool
	case c.Total < 0 || c.Total > account.MaxSeats:
		return account.CodeInvalid
	}
	s.bought[c.Pool] = c.Total
	return 0
}

// "assign-seat {user, pool}: seat.assign on {user}"
func (s *step) assignSeat(c account.AssignSeat) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("seat.assign", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, s.book.isPool(c.Pool) && !u.seats[c.Pool] && s.book.isAccountRole(u.role) && s.seatDoesNotFit(u, c.Pool)):
		return 0
	case !s.book.isPool(c.Pool):
		return account.CodeUnknownPool
	case u.seats[c.Pool]:
		return nothing
	case !s.book.counts(c.Pool, u.status):
		return account.CodeInactive
	case s.book.seatFor(u, c.Pool) == role.SeatNone:
		return account.CodeSeatNotAllowed
	}
	u.seats[c.Pool] = true
	return s.settle()
}

// "unassign-seat {user, pool}: seat.unassign on {user}. Unassigning a required one is
// seat-required. Takes: rank of the user, if one of their rules or a requires needs the seat, or a
// never rule stops them without it." Giving a seat needs only the permission.
func (s *step) unassignSeat(c account.UnassignSeat) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("seat.unassign", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, u.seats[c.Pool] && (!s.book.isPool(c.Pool) || s.book.isAccountRole(u.role) && s.seatDoesNotFit(u, c.Pool))):
		return 0
	case !s.book.isPool(c.Pool) && !u.seats[c.Pool]:
		return account.CodeUnknownPool
	case !s.book.isPool(c.Pool) && s.outranks(c.User):
		return account.CodeEscalation
	case !u.seats[c.Pool]:
		return nothing
	case s.book.isPool(c.Pool) && s.book.seatFor(u, c.Pool) == role.SeatRequired:
		return account.CodeSeatRequired
	}
	without := u.clone()
	delete(without.seats, c.Pool)
	if s.book.isPool(c.Pool) && s.takes(c.User, u, without) {
		return account.CodeEscalation
	}
	s.users[c.User] = without
	return 0
}

// "change-setting {setting, value}: what the setting asks, or account.configure; with set-by:
// host, only the host can change it. The permission is checked without a resource."
func (s *step) changeSetting(c account.ChangeSetting) account.Code {
	if asks := s.book.settingAsks(c.Setting); !s.byHost() && (asks == "" || !s.mayWithoutResource(asks)) {
		return account.CodeDenied
	}
	if _, ok := s.book.setting(c.Setting); !ok {
		return account.CodeUnknownSetting
	}
	if s.setting(c.Setting) != c.Value {
		s.settings[c.Setting] = c.Value
	}
	return 0
}

// "give-grant {user, grant, until?}: grant.give on {user}. Ending sooner requires grant.give and
// grant.revoke. Already over, not held: invalid." Giving and taking compare before and after.
func (s *step) giveGrant(c account.GiveGrant) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("grant.give", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, false):
		return 0
	case !s.book.isGrantable(c.Grant):
		return account.CodeUnknownGrant
	case !isEnd(c.Until):
		return account.CodeInvalid
	}
	until, held := u.grants[c.Grant]
	if held && until.Equal(c.Until) {
		return nothing
	}
	held = held && lasts(until, s.time)
	given := u.clone()
	given.grants[c.Grant] = c.Until
	switch {
	case !held && !lasts(c.Until, s.time):
		return account.CodeInvalid
	case held && sooner(c.Until, until) && !s.may("grant.revoke", ofUser(c.User)):
		return account.CodeDenied
	case s.book.noGrants(u):
		return account.CodeGrantNotAllowed
	case s.gives(c.User, u, given, ofUser(c.User)) || s.takes(c.User, u, given):
		return account.CodeEscalation
	}
	s.users[c.User] = given
	return 0
}

// "A grant holds while time < until."
func lasts(until, at time.Time) bool { return until.IsZero() || at.Before(until) }

// sooner reports whether an end is before another one. A grant without an end ends last.
func sooner(a, b time.Time) bool { return !a.IsZero() && lasts(b, a) }

// isEnd reports whether a grant can end at a time. A journal writes years with four digits.
func isEnd(until time.Time) bool {
	return until.IsZero() || until.UTC().Year() >= 1 && until.UTC().Year() <= 9999
}

// "revoke-grant {user, grant}: grant.revoke on {user}. The loss of a feature may open a rule or
// lift a never rule": giving and taking compare before and after.
func (s *step) revokeGrant(c account.RevokeGrant) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("grant.revoke", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, s.book.noGrants(u) && len(u.grants) > 0):
		return 0
	}
	_, held := u.grants[c.Grant]
	switch {
	case !held && !s.book.isGrantable(c.Grant):
		return account.CodeUnknownGrant
	case !held:
		return nothing
	}
	revoked := u.clone()
	delete(revoked.grants, c.Grant)
	if s.gives(c.User, u, revoked, ofUser(c.User)) || s.takes(c.User, u, revoked) {
		return account.CodeEscalation
	}
	s.users[c.User] = revoked
	return 0
}

// "create-account {owner}: host only. Exactly one holder of the unique role, from the first
// commit on. Without a unique role, the user has the first role with at-least, or the default
// role." The seats that it buys are there before the owner takes one.
func (s *step) createAccount(c account.CreateAccount) account.Code {
	var unknown, wrong bool
	for pool, total := range c.Seats {
		unknown = unknown || !s.book.isPool(pool)
		wrong = wrong || total < 0 || total > account.MaxSeats
		s.bought[pool] = total
	}
	switch {
	case !s.byHost():
		return account.CodeDenied
	case unknown:
		return account.CodeUnknownPool
	case !isID(c.Owner) || wrong:
		return account.CodeInvalid
	case s.exists || s.deleted: // "the id is never used again"
		return account.CodeExists
	}
	s.exists = true
	s.users[c.Owner] = newUser(usher.Active, roleName(*s.book.first()))
	s.owned = s.book.unique() != nil
	return s.settle()
}

// "delete-account: account.delete; last commit, the id is never used again"
func (s *step) deleteAccount() account.Code {
	if !s.may("account.delete", nil) {
		return account.CodeDenied
	}
	s.modelAccount = newModel(s.book)
	s.deleted = true
	return 0
}
