package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var teamSetRole = permission.MustParse("team.set-role")

// SetTeamRole gives a user a role on a team that the user was put in. Requires team.set-role
// on {team, user}.
type SetTeamRole struct {
	Team usher.TeamID
	User usher.UserID
	Role role.Name `usher:"team-role"`
}

func (c SetTeamRole) asks(*proposing) requirement {
	return needs(teamSetRole, ofMember(c.User, c.Team)).giving(c.Role)
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
		return q.refuse(CodeNotMember, "%s is not in %s; use add-to-team first", c.User, c.Team)
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

func (c SetTeamRole) describe() string { return word(c.Team) + " " + word(c.User) + " " + word(c.Role) }

// UnsetTeamRole removes a user's role on a team. Requires team.set-role on {team, user}.
type UnsetTeamRole struct {
	Team usher.TeamID
	User usher.UserID
	Role role.Name `usher:"team-role"`
}

func (c UnsetTeamRole) asks(*proposing) requirement {
	return needs(teamSetRole, ofMember(c.User, c.Team))
}

// propose also removes a role that the policy lacks.
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

func (c UnsetTeamRole) helps(q *proposing, u *policy.User) bool {
	return q.hasMismatch(u, unknownTeamRole, string(c.Role))
}

func (c UnsetTeamRole) describe() string {
	return word(c.Team) + " " + word(c.User) + " " + word(c.Role)
}

// TeamRoleSet gives a user a role on a team.
type TeamRoleSet struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
	Role role.Name    `json:"role"`
}

func (c TeamRoleSet) apply(d *draft) error {
	u, at, err := d.member(c.User, c.Team)
	if err != nil {
		return err
	}
	roles := u.Teams[at].Roles
	k, held := slices.BinarySearch(roles, c.Role)
	if held || c.Role == "" {
		return printable.Errorf("%s already has the role %q on %s", c.User, c.Role, c.Team)
	}
	d.setTeamRoles(c.User, u, at, slices.Insert(slices.Clone(roles), k, c.Role))
	return nil
}

func (c TeamRoleSet) describe() string {
	return word(c.User) + " gets the role " + word(c.Role) + " on the team " + word(c.Team)
}

// TeamRoleUnset removes a user's role on a team.
type TeamRoleUnset struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
	Role role.Name    `json:"role"`
}

func (c TeamRoleUnset) apply(d *draft) error {
	u, at, err := d.member(c.User, c.Team)
	if err != nil {
		return err
	}
	roles := u.Teams[at].Roles
	k, held := slices.BinarySearch(roles, c.Role)
	if !held {
		return printable.Errorf("%s does not have the role %q on %s", c.User, c.Role, c.Team)
	}
	d.setTeamRoles(c.User, u, at, without(roles, k))
	return nil
}

func (c TeamRoleUnset) describe() string {
	return word(c.User) + " loses the role " + word(c.Role) + " on the team " + word(c.Team)
}

func (d *draft) setTeamRoles(id usher.UserID, u *policy.User, at int, roles []role.Name) {
	teams := slices.Clone(u.Teams)
	teams[at].Roles = roles
	d.putTeams(id, u, teams)
}

// withTeamRoles returns a copy of a user that is in the team and has exactly these roles on
// it.
func withTeamRoles(u *policy.User, on usher.TeamID, roles []role.Name) *policy.User {
	changed := *u
	changed.Teams = slices.Clone(u.Teams)
	at, member := teamIndex(u, on)
	if !member {
		changed.Teams = slices.Insert(changed.Teams, at, policy.Membership{Team: on})
	}
	changed.Teams[at].Roles = roles
	return &changed
}
