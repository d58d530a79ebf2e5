package accountproof_test

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// isOwner reports whether a user is the owner: the account has one, and the user has the unique role.
func (w *modelAccount) isOwner(u *user) bool { return w.owned && w.book.isUnique(u.role) }

// actsAsOwner reports whether the actor is the owner of an account.
func (w *modelAccount) actsAsOwner(id usher.UserID) bool {
	u := w.users[id]
	return u != nil && w.isOwner(u)
}

// adopt is the first effect of each commit: "A commit under a policy without a unique role ends the
// ownership. A commit under a policy with one begins it, if the account has no owner and exactly one
// user has the role."
func (w *modelAccount) adopt() {
	unique := w.book.unique()
	switch {
	case !w.exists:
	case unique == nil:
		w.owned = false
	case !w.owned:
		w.owned = w.all(*unique) == 1
	}
}

// shared reports whether the policy does not decide for a user because several users have the
// unique role of an account without an owner.
func (w *modelAccount) shared(u *user) bool {
	unique := w.book.unique()
	return unique != nil && !w.owned && u.role == roleName(*unique) && w.all(*unique) > 1
}

// headless reports whether no user has the role that an account needs a holder of: the unique role,
// or, active, the first role with at-least. It prevents no decision.
func (w *modelAccount) headless() bool {
	first := w.book.first()
	switch {
	case first.Unique:
		return !w.owned && w.all(*first) == 0
	case first.AtLeast > 0:
		return w.active(*first) == 0
	}
	return false
}

// "transfer-ownership {to}: account.transfer. It moves only by transfer-ownership, to an active
// user; the previous holder gets the role in hands-over-to in the same commit. Without a unique role:
// unknown-role. In an account without an owner, only the host can run it, and all other holders of
// the unique role get that role."
func (s *step) transferOwnership(c account.TransferOwnership) account.Code {
	to, unique := s.users[c.To], s.book.unique()
	switch {
	case !s.may("account.transfer", nil):
		return account.CodeDenied
	case unique == nil:
		return account.CodeUnknownRole
	case to == nil:
		return account.CodeUnknownUser
	case !s.before.shared(to) && s.stuck(to, false):
		return 0
	case s.before.shared(to) && s.before.doesNotFitApartFromSharing(to):
		s.err = errMismatch
		return 0
	case s.isOwner(to):
		return nothing
	case to.status != usher.Active:
		return account.CodeInactive
	}
	for id, u := range s.users {
		if u != to && u.role == roleName(*unique) {
			s.users[id] = s.book.withRole(u, role.Name(unique.HandsOverTo.Text))
		}
	}
	s.users[c.To], s.owned = s.book.withRole(to, roleName(*unique)), true
	return s.settle()
}
