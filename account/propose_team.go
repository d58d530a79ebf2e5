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

func (c CreateTeam) asks(*proposing) requirement {
	return needs(teamCreate, parties{teams: present(c.Parent)})
}

func (c CreateTeam) propose(q *proposing) error {
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

func (c MoveTeam) asks(q *proposing) requirement {
	from, _ := q.team(c.Team)
	return needs(teamEdit, parties{teams: append([]usher.TeamID{c.Team}, present(from, c.Parent)...)})
}

func (c MoveTeam) propose(q *proposing) error {
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
	from, _ := q.team(c.Team)
	if from == c.Parent {
		return nil
	}
	return q.emitMove(TeamMoved{Team: c.Team, From: from, To: c.Parent})
}

func (c DeleteTeam) asks(*proposing) requirement {
	return needs(teamDelete, parties{teams: []usher.TeamID{c.Team}})
}

func (c DeleteTeam) propose(q *proposing) error {
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

// membership looks up a user and a team, and where the user's membership is.
func (q *proposing) membership(in usher.TeamID, id usher.UserID) (u *policy.User, at int, member bool, err error) {
	if u, err = q.user(id); err != nil {
		return nil, 0, false, err
	}
	if err = q.knownTeam(in); err != nil {
		return nil, 0, false, err
	}
	at, member = teamIndex(u, in)
	return u, at, member, nil
}

func (c AddToTeam) asks(*proposing) requirement {
	return needs(teamSetMembers, ofMember(c.User, c.Team))
}

func (c AddToTeam) propose(q *proposing) error {
	_, _, member, err := q.membership(c.Team, c.User)
	if err != nil || member {
		return err
	}
	return q.emit(MemberAdded(c))
}

func (c RemoveFromTeam) asks(*proposing) requirement {
	return needs(teamSetMembers, ofMember(c.User, c.Team))
}

func (c RemoveFromTeam) propose(q *proposing) error {
	_, _, member, err := q.membership(c.Team, c.User)
	if err != nil || !member {
		return err
	}
	if err := q.checkLeavesTeam(c.User, c.Team); err != nil {
		return err
	}
	return q.leaveTeam(c.User, c.Team)
}

func (c SetTeamRole) asks(*proposing) requirement {
	return needs(teamSetRole, ofMember(c.User, c.Team))
}

func (c SetTeamRole) propose(q *proposing) error {
	u, at, member, err := q.membership(c.Team, c.User)
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

func (c UnsetTeamRole) asks(*proposing) requirement {
	return needs(teamSetRole, ofMember(c.User, c.Team))
}

// propose also ends a role that the policy lacks by now.
func (c UnsetTeamRole) propose(q *proposing) error {
	u, at, member, err := q.membership(c.Team, c.User)
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
