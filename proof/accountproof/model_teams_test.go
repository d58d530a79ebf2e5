package accountproof_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

func (w *modelAccount) isTeam(id usher.TeamID) bool { _, ok := w.teams[id]; return ok }

// isParent reports whether a team can be below it: "" is the top.
func (w *modelAccount) isParent(id usher.TeamID) bool { return id == "" || w.isTeam(id) }

// "create-team {team, parent?}: team.create on {team: parent}. The id of a deleted team is never
// used again."
func (s *step) createTeam(c account.CreateTeam) account.Code {
	switch {
	case !s.may("team.create", ofTeams(c.Parent)):
		return account.CodeDenied
	case !s.isParent(c.Parent):
		return account.CodeUnknownTeam
	case !isID(c.Team):
		return account.CodeInvalid
	case s.isTeam(c.Team) || s.gone[c.Team]:
		return account.CodeExists
	}
	s.teams[c.Team] = c.Parent
	return 0
}

// "move-team {team, parent?}: team.edit on {team: it, old and new parent}", and the ceiling for
// each user whose team roles reach the team only before or only after the move.
func (s *step) moveTeam(c account.MoveTeam) account.Code {
	on := ofTeams(s.teams[c.Team], c.Parent)
	on["team"] = append(on["team"], string(c.Team))
	switch {
	case !s.may("team.edit", on):
		return account.CodeDenied
	case !s.isTeam(c.Team) || !s.isParent(c.Parent):
		return account.CodeUnknownTeam
	case slices.Contains(s.above(c.Parent), c.Team): // "a cycle of teams"
		return account.CodeInvalid
	case s.movesTooMuch(c.Team, c.Parent):
		return account.CodeEscalation
	}
	s.teams[c.Team] = c.Parent
	return 0
}

// "delete-team {team}: team.delete on {team}. Takes: rank of each member with team roles there."
func (s *step) deleteTeam(c account.DeleteTeam) account.Code {
	switch {
	case !s.may("team.delete", parties{"team": {string(c.Team)}}):
		return account.CodeDenied
	case !s.isTeam(c.Team):
		return account.CodeUnknownTeam
	}
	for _, parent := range s.teams {
		if parent == c.Team {
			return account.CodeTeamNotEmpty
		}
	}
	for id := range s.users {
		if s.leavesTooMuch(id, c.Team) {
			return account.CodeEscalation
		}
	}
	delete(s.teams, c.Team)
	s.gone[c.Team] = true
	for _, u := range s.users {
		delete(u.teams, c.Team)
		delete(u.outside, c.Team)
	}
	return s.settle()
}

// unknown looks up the team and the user of a command. Helps is whether the command corrects a
// policy mismatch of the user. "In the order in which they win."
func (s *step) unknown(team usher.TeamID, user usher.UserID, helps bool) account.Code {
	switch u := s.users[user]; {
	case u == nil:
		return account.CodeUnknownUser
	case s.stuck(u, helps):
		return 0
	case !s.isTeam(team):
		return account.CodeUnknownTeam
	}
	return 0
}

// rolesOf returns the roles of a user on a team, none if the user does not exist.
func (s *step) rolesOf(id usher.UserID, on usher.TeamID) []role.Name {
	if u := s.users[id]; u != nil {
		return u.on(on)
	}
	return nil
}

func (s *step) lacksTeamRole(name role.Name) bool { return !s.book.isTeamRole(name) }

// "add-to-team {team, user}: team.set-members on {team, user}. The user becomes a member who keeps the
// roles." A role that only members may have begins to apply, which counts as given.
func (s *step) addToTeam(c account.AddToTeam) account.Code {
	if !s.may("team.set-members", ofTeamAndUser(c.Team, c.User)) {
		return account.CodeDenied
	}
	outside := func(name role.Name) bool { return s.book.isTeamRole(name) && !s.book.isOutside(name) }
	u := s.users[c.User]
	if code := s.unknown(c.Team, c.User, u != nil && slices.ContainsFunc(u.outside[c.Team], outside)); code != 0 || s.err != nil {
		return code
	}
	if u.isIn(c.Team) {
		return nothing
	}
	member := u.clone()
	member.teams[c.Team] = member.outside[c.Team]
	delete(member.outside, c.Team)
	if gained := u.outside[c.Team]; len(gained) > 0 {
		plain := u.clone() // membership alone is not compared
		plain.teams[c.Team] = nil
		if s.givesUnknown(u, gained) || s.known(u) != nil && !slices.ContainsFunc(gained, s.lacksTeamRole) && s.exceeds(c.User, plain, member) {
			return account.CodeEscalation
		}
	}
	s.users[c.User] = member
	return s.settle()
}

func (u *user) isIn(id usher.TeamID) bool { _, ok := u.teams[id]; return ok }

// "remove-from-team {team, user}: team.set-members on {team, user}. Leaving a team ends the
// roles on it. Takes: rank of the user, if they hold team roles there."
func (s *step) removeFromTeam(c account.RemoveFromTeam) account.Code {
	if !s.may("team.set-members", ofTeamAndUser(c.Team, c.User)) {
		return account.CodeDenied
	}
	helps := func(name role.Name) bool { return s.unsetHelps(c.User, c.Team, name) }
	if code := s.unknown(c.Team, c.User, slices.ContainsFunc(s.rolesOf(c.User, c.Team), helps)); code != 0 || s.err != nil {
		return code
	}
	if s.leavesTooMuch(c.User, c.Team) {
		return account.CodeEscalation
	}
	delete(s.users[c.User].teams, c.Team)
	delete(s.users[c.User].outside, c.Team)
	return s.settle()
}

// unsetHelps reports whether the loss of a role on a team corrects a policy mismatch of the user.
func (s *step) unsetHelps(id usher.UserID, on usher.TeamID, name role.Name) bool {
	u := s.users[id]
	return u != nil && (slices.Contains(u.allTeamRoles(), name) && s.lacksTeamRole(name) || s.book.noTeamRoles(u) && u.hasTeamRole() ||
		slices.Contains(u.outside[on], name) && s.book.isTeamRole(name) && !s.book.isOutside(name))
}

// "set-team-role {team, user, role}: team.set-role on {team, user}. No rank check."
func (s *step) setTeamRole(c account.SetTeamRole) account.Code {
	if !s.may("team.set-role", ofTeamAndUser(c.Team, c.User)) {
		return account.CodeDenied
	}
	if code := s.unknown(c.Team, c.User, false); code != 0 || s.err != nil {
		return code
	}
	u := s.users[c.User]
	switch {
	case !s.book.isTeamRole(c.Role):
		return account.CodeUnknownRole
	case !u.isIn(c.Team) && !s.book.isOutside(c.Role):
		return account.CodeNotMember
	case slices.Contains(u.on(c.Team), c.Role):
		return nothing
	case s.book.noTeamRoles(u):
		return account.CodeTeamRoleNotAllowed
	}
	named := u.setOn(c.Team, append(u.on(c.Team), c.Role))
	if s.exceeds(c.User, u, named) {
		return account.CodeEscalation
	}
	s.users[c.User] = named
	return s.settle()
}

// "unset-team-role {team, user, role}: team.set-role on {team, user}. Takes: rank of the user."
func (s *step) unsetTeamRole(c account.UnsetTeamRole) account.Code {
	if !s.may("team.set-role", ofTeamAndUser(c.Team, c.User)) {
		return account.CodeDenied
	}
	if code := s.unknown(c.Team, c.User, s.unsetHelps(c.User, c.Team, c.Role)); code != 0 || s.err != nil {
		return code
	}
	u := s.users[c.User]
	switch held := slices.Contains(u.on(c.Team), c.Role); {
	case !held && !s.book.isTeamRole(c.Role):
		return account.CodeUnknownRole
	case !held:
		return nothing
	}
	without := u.setOn(c.Team, slices.DeleteFunc(u.on(c.Team), func(r role.Name) bool { return r == c.Role }))
	if s.exceeds(c.User, u, without) {
		return account.CodeEscalation
	}
	s.users[c.User] = without
	return s.settle()
}
