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
		return account.Denied
	case !s.book.isPool(c.Pool):
		return account.UnknownPool
	case c.Total < 0 || c.Total > account.MaxSeats:
		return account.Invalid
	}
	s.bought[c.Pool] = c.Total
	return 0
}

// "assign-seat {user, pool}: seat.assign on {user}"
func (s *step) assignSeat(c account.AssignSeat) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("seat.assign", ofUser(c.User)):
		return account.Denied
	case u == nil:
		return account.UnknownUser
	case !s.book.isPool(c.Pool):
		return account.UnknownPool
	case u.seats[c.Pool]:
		return nothing
	case !s.book.counts(c.Pool, u.status):
		return account.Inactive
	case s.book.seatOf(u.role, c.Pool) == role.SeatNone:
		return account.SeatNotAllowed
	}
	u.seats[c.Pool] = true
	return s.settle()
}

// "unassign-seat {user, pool}: seat.unassign on {user}. Unassigning a required one is
// seat-required."
func (s *step) unassignSeat(c account.UnassignSeat) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("seat.unassign", ofUser(c.User)):
		return account.Denied
	case u == nil:
		return account.UnknownUser
	case !s.book.isPool(c.Pool):
		return account.UnknownPool
	case !u.seats[c.Pool]:
		return nothing
	case s.book.seatOf(u.role, c.Pool) == role.SeatRequired:
		return account.SeatRequired
	}
	delete(u.seats, c.Pool)
	return 0
}

// "change-setting {setting, value}: account.configure"
func (s *step) changeSetting(c account.ChangeSetting) account.Code {
	if !s.may("account.configure", nil) {
		return account.Denied
	}
	if _, ok := s.book.setting(c.Setting); !ok {
		return account.UnknownSetting
	}
	if s.setting(c.Setting) != c.Value {
		s.settings[c.Setting] = c.Value
	}
	return 0
}

// "give-grant {user, grant, until?}: grant.give on {user}"
func (s *step) giveGrant(c account.GiveGrant) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("grant.give", ofUser(c.User)):
		return account.Denied
	case u == nil:
		return account.UnknownUser
	case !s.book.isGrantable(c.Grant):
		return account.UnknownGrant
	case !isEnd(c.Until):
		return account.Invalid
	}
	if until, held := u.grants[c.Grant]; held && until.Equal(c.Until) {
		return nothing
	}
	u.grants[c.Grant] = c.Until
	if s.givesTooMuch(c.User, c.Grant) {
		return account.Escalation
	}
	return 0
}

// isEnd reports whether a grant can end at a time. A journal writes years with four digits.
func isEnd(until time.Time) bool {
	return until.IsZero() || until.UTC().Year() >= 1 && until.UTC().Year() <= 9999
}

// "revoke-grant {user, grant}: grant.revoke on {user}"
func (s *step) revokeGrant(c account.RevokeGrant) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("grant.revoke", ofUser(c.User)):
		return account.Denied
	case u == nil:
		return account.UnknownUser
	}
	_, held := u.grants[c.Grant]
	switch {
	case !held && !s.book.isGrantable(c.Grant):
		return account.UnknownGrant
	case !held:
		return nothing
	case s.takesTooMuch(c.User):
		return account.Escalation
	}
	delete(u.grants, c.Grant)
	return 0
}

// "transfer-ownership {to}: account.transfer. It moves only by transfer-ownership, to an active
// user; the previous holder gets the role in hands-over-to in the same commit."
func (s *step) transferOwnership(c account.TransferOwnership) account.Code {
	to := s.users[c.To]
	switch {
	case !s.may("account.transfer", nil):
		return account.Denied
	case to == nil:
		return account.UnknownUser
	case s.book.isUnique(to.role):
		return nothing
	case to.status != usher.Active:
		return account.Inactive
	}
	_, from := s.holder()
	unique := s.book.unique()
	from.role, to.role = role.Name(unique.HandsOverTo.Text), role.Name(unique.Name.Text)
	return s.settle()
}

// "create-account {owner}: host only. Exactly one holder of the unique role, from the first
// commit on." The seats that it buys are there before the owner takes one.
func (s *step) createAccount(c account.CreateAccount) account.Code {
	var unknown, wrong bool
	for pool, total := range c.Seats {
		unknown = unknown || !s.book.isPool(pool)
		wrong = wrong || total < 0 || total > account.MaxSeats
		s.bought[pool] = total
	}
	switch {
	case !s.byHost():
		return account.Denied
	case unknown:
		return account.UnknownPool
	case !isID(c.Owner) || wrong:
		return account.Invalid
	case s.exists || s.deleted: // "the id is never used again"
		return account.Exists
	}
	s.exists = true
	s.users[c.Owner] = newUser(usher.Active, roleName(*s.book.unique()))
	return s.settle()
}

// "delete-account: account.delete; last commit, the id is never used again"
func (s *step) deleteAccount() account.Code {
	if !s.may("account.delete", nil) {
		return account.Denied
	}
	s.world = newWorld(s.book)
	s.deleted = true
	return 0
}
