package accountproof_test

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// "request-to-join {user?, role?}: a person who is logged in sends it, if a cell of visitor gives
// user.request-to-join on {user: actor}, or the host sends it for a person. The person gets the
// default role, or another one that the host names, and the status requested."
func (s *step) requestToJoin(c account.RequestToJoin) account.Code {
	id, name := c.User, c.Role
	if !s.byHost() {
		me := s.actor.User()
		switch {
		case !s.may("user.request-to-join", ofUser(me)):
			return account.CodeDenied
		case id != "" && id != me, name != "":
			return account.CodeInvalid
		}
		id = me
	}
	if name == "" {
		name = s.book.byDefault()
	}
	u := s.users[id]
	switch {
	case !s.book.isAccountRole(name):
		return account.CodeUnknownRole
	case !isID(id):
		return account.CodeInvalid
	case u != nil && u.status == usher.Requested && (c.Role == "" || u.role == c.Role):
		return nothing
	case u != nil:
		return account.CodeExists
	case s.requested() >= account.MaxRequested:
		return account.CodeInvalid
	case s.book.isUnique(name):
		return account.CodeUniqueRole
	}
	s.users[id] = newUser(usher.Requested, name)
	return s.settle()
}

// requested returns how many users have requested to join. "At most 10,000 users of an account can have
// the status requested, also by requests that the host sends, and by an import."
func (s *step) requested() (n int) {
	for _, u := range s.users {
		if u.status == usher.Requested {
			n++
		}
	}
	return n
}

// "withdraw-request: the requester, the own entry"
func (s *step) withdrawRequest() account.Code {
	if s.me() == nil || s.me().status != usher.Requested {
		return account.CodeDenied
	}
	return s.remove(s.actor.User())
}

// "admit-user {user, role?}: user.admit on {user}. It makes a requested user active, with the role
// of the request or another one. Users never admit themselves. Gives: no user, and the user with
// all that the user then has."
func (s *step) admitUser(c account.AdmitUser) account.Code {
	u := s.users[c.User]
	switch {
	case !s.may("user.admit", ofUser(c.User)):
		return account.CodeDenied
	case c.User == s.actor.User():
		s.decision = usher.Decision{}
		return account.CodeDenied
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, false):
		return 0
	}
	name := c.Role
	if name == "" {
		name = u.role
	}
	switch {
	case !s.book.isAccountRole(name):
		return account.CodeUnknownRole
	case u.status == usher.Active && u.role == name:
		return nothing
	case u.status != usher.Requested:
		return account.CodeInvalid
	case s.book.isUnique(name):
		return account.CodeUniqueRole
	}
	admitted := s.book.withRole(u, name)
	admitted.status = usher.Active
	admitted.seats, _ = s.book.seatsAfter(u, admitted)
	if s.gives(c.User, nil, admitted, ofUser(c.User)) {
		return account.CodeEscalation
	}
	s.users[c.User] = admitted
	return s.settle()
}

// "join-team {team}: team.join on {team, user: actor}. Team membership is by permission alone."
func (s *step) joinTeam(c account.JoinTeam) account.Code {
	me := s.actor.User()
	if s.byHost() || !s.may("team.join", ofTeamAndUser(c.Team, me)) {
		return account.CodeDenied
	}
	if code := s.unknown(c.Team, me, false); code != 0 || s.err != nil {
		return code
	}
	return s.join(me, c.Team)
}

// "leave-team {team}: team.leave on {team, user: actor}. Leaving a team ends the roles on it."
func (s *step) leaveTeam(c account.LeaveTeam) account.Code {
	me := s.actor.User()
	if s.byHost() || !s.may("team.leave", ofTeamAndUser(c.Team, me)) {
		return account.CodeDenied
	}
	if code := s.unknown(c.Team, me, false); code != 0 || s.err != nil {
		return code
	}
	if s.leavesTooMuch(me, c.Team) {
		return account.CodeEscalation
	}
	delete(s.me().teams, c.Team)
	delete(s.me().outside, c.Team)
	return s.settle()
}
