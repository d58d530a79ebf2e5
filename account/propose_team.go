package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var (
	teamCreate     = permission.MustParse("team.create")
	teamEdit       = permission.MustParse("team.edit")
	teamDelete     = permission.MustParse("team.delete")
	teamSetMembers = permission.MustParse("team.set-members")
	teamSetRole    = permission.MustParse("team.set-role")
)

func (q *proposing) createTeam(c CreateTeam) error {
	if err := q.may(teamCreate, parties{teams: present(c.Parent)}); err != nil {
		return err
	}
	if c.Parent != "" {
		if err := q.knownTeam(c.Parent); err != nil {
			return err
		}
	}
	if err := checkID("team", string(c.Team)); err != nil {
		return q.refuse(Invalid, "%v", err)
	}
	if _, ok := q.team(c.Team); ok {
		return q.refuse(Exists, "there is a team %s already", c.Team)
	}
	if q.wasDeleted(c.Team) {
		return q.refuse(Exists, "the team %s was deleted, and the id of a team is never used again: what still names the deleted team would then belong to the new one; choose another id", c.Team)
	}
	return q.emit(TeamCreated(c))
}

func (q *proposing) moveTeam(c MoveTeam) error {
	from, _ := q.team(c.Team)
	if err := q.may(teamEdit, parties{teams: append([]usher.TeamID{c.Team}, present(from, c.Parent)...)}); err != nil {
		return err
	}
	if err := q.knownTeam(c.Team); err != nil {
		return err
	}
	if c.Parent != "" {
		if err := q.knownTeam(c.Parent); err != nil {
			return err
		}
	}
	if q.tree().Within(c.Parent, c.Team) {
		return q.refuse(Invalid, "%s is %s or below it, and no team is below itself", c.Parent, c.Team)
	}
	if from == c.Parent {
		return nil
	}
	return q.emitMove(TeamMoved{Team: c.Team, From: from, To: c.Parent})
}

func (q *proposing) deleteTeam(c DeleteTeam) error {
	if err := q.may(teamDelete, parties{teams: []usher.TeamID{c.Team}}); err != nil {
		return err
	}
	if err := q.knownTeam(c.Team); err != nil {
		return err
	}
	switch n, only := q.tree().Children(c.Team); {
	case n == 1:
		return q.refuse(TeamNotEmpty, "%s is below %s; delete-team or move-team it first", only, c.Team)
	case n > 1:
		return q.refuse(TeamNotEmpty, "%d teams are below %s; delete-team or move-team them first", n, c.Team)
	}
	members := q.membersOf(c.Team)
	for _, id := range members { // all before the first one leaves: the actor may be a member
		if err := q.interrupted(); err != nil {
			return err
		}
		if err := q.checkLeavesTeam(id, c.Team); err != nil {
			return err
		}
	}
	for _, id := range members {
		if err := q.leaveTeam(id, c.Team); err != nil {
			return err
		}
	}
	return q.emit(TeamDeleted(c))
}

// leaveTeam takes a member out of a team, which ends the roles there.
func (q *proposing) leaveTeam(id usher.UserID, from usher.TeamID) error {
	u := q.find(id)
	at, _ := teamIndex(u, from)
	for _, r := range u.Teams[at].Roles {
		if err := q.emit(TeamRoleUnset{Team: from, User: id, Role: r}); err != nil {
			return err
		}
	}
	return q.emit(MemberRemoved{Team: from, User: id})
}

// membership looks up who and where after asking whether the actor may.
func (q *proposing) membership(want permission.Permission, in usher.TeamID, id usher.UserID) (u *policy.User, at int, member bool, err error) {
	if err = q.may(want, parties{user: &id, teams: []usher.TeamID{in}}); err != nil {
		return nil, 0, false, err
	}
	if u, err = q.user(id); err != nil {
		return nil, 0, false, err
	}
	if err = q.knownTeam(in); err != nil {
		return nil, 0, false, err
	}
	at, member = teamIndex(u, in)
	return u, at, member, nil
}

func (q *proposing) addToTeam(c AddToTeam) error {
	_, _, member, err := q.membership(teamSetMembers, c.Team, c.User)
	if err != nil || member {
		return err
	}
	return q.emit(MemberAdded(c))
}

func (q *proposing) removeFromTeam(c RemoveFromTeam) error {
	_, _, member, err := q.membership(teamSetMembers, c.Team, c.User)
	if err != nil || !member {
		return err
	}
	if err := q.checkLeavesTeam(c.User, c.Team); err != nil {
		return err
	}
	return q.leaveTeam(c.User, c.Team)
}

func (q *proposing) setTeamRole(c SetTeamRole) error {
	u, at, member, err := q.membership(teamSetRole, c.Team, c.User)
	if err != nil {
		return err
	}
	if err := q.teamRole(c.Role); err != nil {
		return err
	}
	if !member {
		return q.refuse(NotMember, "%s was not put in %s; add-to-team does it", c.User, c.Team)
	}
	k, held := slices.BinarySearch(u.Teams[at].Roles, c.Role)
	if held {
		return nil
	}
	changed := withTeamRoles(u, c.Team, slices.Insert(slices.Clone(u.Teams[at].Roles), k, c.Role))
	if err := q.checkGives(c.User, u, changed, of(c.User)); err != nil {
		return err
	}
	return q.emit(TeamRoleSet(c))
}

// unsetTeamRole also ends a role that the policy lacks by now.
func (q *proposing) unsetTeamRole(c UnsetTeamRole) error {
	u, at, member, err := q.membership(teamSetRole, c.Team, c.User)
	if err != nil {
		return err
	}
	var roles []role.Name
	if member {
		roles = u.Teams[at].Roles
	}
	k, held := slices.BinarySearch(roles, c.Role)
	if !held {
		return q.teamRole(c.Role)
	}
	if err := q.checkTakes(c.User, u, withTeamRoles(u, c.Team, without(roles, k))); err != nil {
		return err
	}
	return q.emit(TeamRoleUnset(c))
}
