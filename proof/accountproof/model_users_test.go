package accountproof_test

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

func newUser(status usher.Status, role0 role.Name) *user {
	return &user{
		status: status, role: role0, teams: map[usher.TeamID][]role.Name{},
		seats: map[seat.PoolName]bool{}, grants: map[string]time.Time{},
	}
}

// "add-user {user, role?, status?, teams?}: user.create on {team: teams}; plain memberships
// only. A user is added active unless the command says invited, with the default role unless it
// says another."
func (s *step) addUser(c account.AddUser) account.Code {
	if c.Role == "" {
		c.Role = s.book.byDefault()
	}
	if c.Status == 0 {
		c.Status = usher.Active
	}
	on := parties{"team": {}}
	for _, id := range c.Teams {
		on["team"] = append(on["team"], string(id))
	}
	switch {
	case !s.may("user.create", on):
		return account.Denied
	case slices.ContainsFunc(c.Teams, func(id usher.TeamID) bool { return !s.isTeam(id) }):
		return account.UnknownTeam
	case !s.book.isAccountRole(c.Role):
		return account.UnknownRole
	case !isID(c.User) || c.Status != usher.Active && c.Status != usher.Invited:
		return account.Invalid
	case s.users[c.User] != nil:
		return account.Exists
	case s.book.isUnique(c.Role):
		return account.UniqueRole
	}
	u := newUser(c.Status, c.Role)
	for _, id := range c.Teams {
		u.teams[id] = nil
	}
	s.users[c.User] = u
	if s.givesTooMuch(c.User, "") {
		return account.Escalation
	}
	return s.settle()
}

// "accept-invitation: the invited user, the own entry"
func (s *step) acceptInvitation() account.Code {
	switch {
	case s.me() == nil || s.me().status == usher.Inactive:
		return account.Denied
	case s.me().status == usher.Active:
		return nothing
	}
	s.me().status = usher.Active
	return s.settle()
}

// "decline-invitation: the invited user, the own entry"
func (s *step) declineInvitation() account.Code {
	if s.me() == nil || s.me().status != usher.Invited {
		return account.Denied
	}
	return s.remove(s.actor.User())
}

// "leave: user.leave on {user: actor}". The host has no entry to leave.
func (s *step) leave() account.Code {
	if s.byHost() || !s.may("user.leave", ofUser(s.actor.User())) {
		return account.Denied
	}
	return s.remove(s.actor.User())
}

// "remove-user {user}: user.delete on {user}"
func (s *step) removeUser(c account.RemoveUser) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.delete", ofUser(c.User)):
		return account.Denied
	case u == nil:
		return account.UnknownUser
	case s.book.isUnique(u.role):
		return account.UniqueRole
	case s.takesTooMuch(c.User):
		return account.Escalation
	}
	return s.remove(c.User)
}

// "removing a user ends everything of theirs"
func (s *step) remove(id usher.UserID) account.Code {
	if s.book.isUnique(s.users[id].role) {
		return account.UniqueRole
	}
	delete(s.users, id)
	delete(s.values, id)
	return s.settle()
}

// "set-status {user, status: active or inactive}: user.set-status on {user}"
func (s *step) setStatus(c account.SetStatus) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.set-status", ofUser(c.User)):
		return account.Denied
	case u == nil:
		return account.UnknownUser
	case c.Status != usher.Active && c.Status != usher.Inactive:
		return account.Invalid
	case u.status == c.Status:
		return nothing
	case s.takesTooMuch(c.User):
		return account.Escalation
	}
	u.status = c.Status
	return s.settle()
}

// "set-role {user, role}: user.set-role on {user}"
func (s *step) setRole(c account.SetRole) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.set-role", ofUser(c.User)):
		return account.Denied
	case u == nil:
		return account.UnknownUser
	case !s.book.isAccountRole(c.Role):
		return account.UnknownRole
	case u.role == c.Role:
		return nothing
	case s.book.isUnique(u.role) || s.book.isUnique(c.Role):
		return account.UniqueRole
	}
	u.role = c.Role
	if s.takesTooMuch(c.User) || s.givesTooMuch(c.User, "") {
		return account.Escalation
	}
	return s.settle()
}
