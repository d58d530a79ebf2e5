package accountproof_test

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// "invite {key, role?, teams?}: as add-user with the status invited. If it is already so, nothing
// changes."
func (s *step) invite(c account.Invite) account.Code {
	add := account.AddUser{User: c.Key, Role: c.Role, Status: usher.Invited, Teams: c.Teams}
	on := parties{"team": {}}
	for _, id := range c.Teams {
		on["team"] = append(on["team"], string(id))
	}
	u := s.users[c.Key]
	if u == nil || u.status != usher.Invited || !s.may("user.create", on) {
		return s.addUser(add)
	}
	if c.Role == "" {
		c.Role = s.book.byDefault()
	}
	isIn := func(id usher.TeamID) bool { _, in := u.teams[id]; return in }
	if u.role == c.Role && !slices.ContainsFunc(c.Teams, func(id usher.TeamID) bool { return !isIn(id) }) {
		return nothing
	}
	return s.addUser(add)
}

// "resend-invitation {user, until?}: user.create on {team: the teams of the invited user}." Without
// an end there is nothing to change; the invitations of these accounts have none.
func (s *step) resendInvitation(c account.ResendInvitation) account.Code {
	u, on := s.users[c.User], s.teamsOfInvitation(c.User)
	switch {
	case !s.may("user.create", on):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, false):
		return 0
	case u.status != usher.Invited || !c.Until.IsZero():
		return account.CodeInvalid
	}
	return nothing
}

func (s *step) teamsOfInvitation(id usher.UserID) parties {
	u, on := s.users[id], parties{"team": {}}
	if u != nil && u.status == usher.Invited {
		for _, id := range slices.Sorted(maps.Keys(u.teams)) {
			on["team"] = append(on["team"], string(id))
		}
	}
	return on
}

// "revoke-invitation {user}: user.create on {team: the teams of the invited user}. Takes: the user,
// always."
func (s *step) revokeInvitation(c account.RevokeInvitation) account.Code {
	u, on := s.users[c.User], s.teamsOfInvitation(c.User)
	switch {
	case !s.may("user.create", on):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case u.status != usher.Invited:
		return account.CodeInvalid
	case s.isOwner(u):
		return account.CodeUniqueRole
	case s.outranks(c.User):
		return account.CodeEscalation
	}
	return s.remove(c.User)
}

// "accept-invitation {key, user}: host only. The invitation becomes the user, who is active then. It
// replaces a request to join. A user who is invited or active keeps the role, and gets the teams,
// roles, grants and assigned seats; never more than the invitation lets its holder do. An inactive
// user stays inactive."
func (s *step) attach(key, as usher.UserID) account.Code {
	from, to := s.users[key], s.users[as]
	switch {
	case !s.byHost():
		return account.CodeDenied
	case !isID(as):
		return account.CodeInvalid
	case key == as && from != nil && from.status == usher.Active:
		return nothing
	case from == nil:
		return account.CodeUnknownUser
	case s.stuck(from, false):
		return 0
	case from.status != usher.Invited:
		return account.CodeInvalid
	}
	accepted := from.clone()
	accepted.status = usher.Active
	_, accepted.seats = s.book.seatsAfter(from, accepted)
	if key == as {
		s.users[as] = accepted
		return 0
	}
	switch {
	case to == nil:
	case to.status == usher.Requested && s.isOwner(to):
		return account.CodeUniqueRole
	case to.status == usher.Requested: // the request is gone, with its seats
	case to.status == usher.Inactive:
		return account.CodeInactive
	case s.isOwner(from):
		return account.CodeUniqueRole
	case s.stuck(to, false):
		return 0
	default:
		united, exceeds := s.unitedWithInvitation(from, accepted, to)
		if exceeds {
			return account.CodeEscalation
		}
		accepted = united
	}
	for _, f := range s.fields {
		if value := s.values[key][f.ID]; value != "" && s.values[as][f.ID] == "" {
			s.values.set(as, f.ID, value)
		}
	}
	delete(s.values, key)
	delete(s.users, key)
	s.users[as] = accepted
	return 0
}

// unitedWithInvitation returns the user with what the invitation has, and whether that lets the user
// do more than the holder of the invitation, or less than before.
func (s *step) unitedWithInvitation(from, holder, to *user) (_ *user, exceeds bool) {
	facts := &policy.Account{Teams: s.before.tree(), Settings: s.before.settings}
	ceiling, err := s.book.compiled.Ceiling(holder.plain(), facts, s.context, s.time)
	s.failed(err)
	bare := from.clone()
	clear(bare.seats)
	kept := s.book.united(bare, to)
	all := kept.clone()
	kept.seats, all.seats = s.book.seatsAfter(to, kept)
	_, gives, err := ceiling.Gives(s.known(to), s.known(kept))
	s.failed(err)
	takes, err := ceiling.Takes(to.plain(), all.plain())
	s.failed(err)
	if gives || takes {
		return nil, true
	}

	assigned := from.clone()
	for pool := range from.seats {
		if s.book.seatFor(from, pool) == role.SeatRequired {
			delete(assigned.seats, pool)
		}
	}
	united := s.book.united(assigned, to)
	_, united.seats = s.book.seatsAfter(to, united)
	active := united.clone()
	active.status = usher.Active
	_, active.seats = s.book.seatsAfter(united, active)
	return active, false
}
