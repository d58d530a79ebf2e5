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
		status: status, role: role0, teams: map[usher.TeamID][]role.Name{}, outside: map[usher.TeamID][]role.Name{},
		seats: map[seat.PoolName]bool{}, grants: map[string]time.Time{}, beside: map[role.Name]bool{},
	}
}

// "add-user {user, role?, status?, teams?}: user.create on {team: teams}; plain memberships
// only. A user is added active unless the command says invited, with the default role unless it
// says another. Gives: no user, and the new one as if active. The teams are membership."
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
		return account.CodeDenied
	case slices.ContainsFunc(c.Teams, func(id usher.TeamID) bool { return !s.isTeam(id) }):
		return account.CodeUnknownTeam
	case !s.book.isAccountRole(c.Role):
		return account.CodeUnknownRole
	case !isID(c.User) || c.Status != usher.Active && c.Status != usher.Invited:
		return account.CodeInvalid
	case s.users[c.User] != nil:
		return account.CodeExists
	case s.book.isUnique(c.Role):
		return account.CodeUniqueRole
	}
	u := newUser(c.Status, c.Role)
	for _, id := range c.Teams {
		u.teams[id] = nil
	}
	if s.gives(c.User, nil, u, on) {
		return account.CodeEscalation
	}
	s.users[c.User] = u
	return s.settle()
}

// "accept-invitation: the invited user, the own entry"
func (s *step) acceptInvitation(c account.AcceptInvitation) account.Code {
	if c.Key != "" || c.User != "" {
		return s.attach(c.Key, c.User)
	}
	switch {
	case s.me() == nil || s.me().status == usher.Inactive || s.me().status == usher.Requested:
		return account.CodeDenied
	case s.me().status == usher.Active:
		return nothing
	}
	s.me().status = usher.Active
	return s.settle()
}

// "decline-invitation: the invited user, the own entry"
func (s *step) declineInvitation() account.Code {
	if s.me() == nil || s.me().status != usher.Invited {
		return account.CodeDenied
	}
	return s.remove(s.actor.User())
}

// "leave: user.leave on {user: actor}". The host has no entry to leave.
func (s *step) leave() account.Code {
	if s.byHost() || !s.may("user.leave", ofUser(s.actor.User())) {
		return account.CodeDenied
	}
	return s.remove(s.actor.User())
}

// "remove-user {user}: user.delete on {user}. Takes: the user, always."
func (s *step) removeUser(c account.RemoveUser) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.delete", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.isOwner(u):
		return account.CodeUniqueRole
	case s.outranks(c.User):
		return account.CodeEscalation
	}
	return s.remove(c.User)
}

// "removing a user ends everything of theirs"
func (s *step) remove(id usher.UserID) account.Code {
	if s.isOwner(s.users[id]) {
		return account.CodeUniqueRole
	}
	delete(s.users, id)
	delete(s.values, id)
	return s.settle()
}

// "set-status {user, status: active or inactive}: user.set-status on {user}. Takes: the user,
// always. Reactivation restores what the user had, so giving is not checked."
func (s *step) setStatus(c account.SetStatus) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.set-status", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, c.Status == usher.Inactive):
		return 0
	case c.Status != usher.Active && c.Status != usher.Inactive:
		return account.CodeInvalid
	case u.status == c.Status:
		return nothing
	case u.status == usher.Requested: // "no other command makes a requested user active"
		return account.CodeInvalid
	case s.outranks(c.User):
		return account.CodeEscalation
	}
	u.status = c.Status
	return s.settle()
}

// "set-role {user, role}: user.set-role on {user}. Gives: the user before and after. Takes: the
// user, if they lose a rule. It takes away what the new role may not hold." Seats that the new role does not allow are released before. Seats
// that it requires do not count, because giving and taking seats needs only permission.
func (s *step) setRole(c account.SetRole) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.set-role", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case !s.book.isAccountRole(c.Role):
		return account.CodeUnknownRole
	case u.role == c.Role:
		return nothing
	case s.isOwner(u) || s.book.isUnique(c.Role):
		return account.CodeUniqueRole
	}
	changed := s.book.withRole(u, c.Role)
	if s.exceeds(c.User, u, changed) {
		return account.CodeEscalation
	}
	s.users[c.User] = changed
	return s.settle()
}

// "set-role-beside {user, role}: user.set-role on {user}." The user keeps the account role and all
// else. Gives and takes as set-role.
func (s *step) setRoleBeside(c account.SetRoleBeside) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.set-role", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, false):
		return 0
	case !s.book.isRoleBeside(c.Role):
		return account.CodeUnknownRole
	case u.beside[c.Role]:
		return nothing
	}
	changed := u.clone()
	changed.beside[c.Role] = true
	if s.gives(c.User, u, changed, ofUser(c.User)) || s.takes(c.User, u, changed) {
		return account.CodeEscalation
	}
	s.users[c.User] = changed
	return 0
}

// "unset-role-beside {user, role}: user.set-role on {user}." Takes: the user without the role. A role
// that the policy does not declare can be taken, too.
func (s *step) unsetRoleBeside(c account.UnsetRoleBeside) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.set-role", ofUser(c.User)):
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, u.beside[c.Role] && !s.book.isRoleBeside(c.Role)):
		return 0
	case !u.beside[c.Role] && !s.book.isRoleBeside(c.Role):
		return account.CodeUnknownRole
	case !u.beside[c.Role]:
		return nothing
	}
	without := u.clone()
	delete(without.beside, c.Role)
	if s.takes(c.User, u, without) {
		return account.CodeEscalation
	}
	s.users[c.User] = without
	return 0
}
