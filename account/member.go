package account

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var teamSetMembers = permission.MustParse("team.set-members")

// AddToTeam puts a user in a team. Requires team.set-members on {team, user}.
type AddToTeam struct {
	Team usher.TeamID
	User usher.UserID
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

func (c AddToTeam) describe() string { return word(c.Team) + " " + word(c.User) }

// RemoveFromTeam removes a user from a team, together with the user's roles on it. Requires
// team.set-members on {team, user}.
type RemoveFromTeam struct {
	Team usher.TeamID
	User usher.UserID
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

func (c RemoveFromTeam) helps(q *proposing, u *policy.User) bool {
	at, in := teamIndex(u, c.Team)
	return in && slices.ContainsFunc(u.Teams[at].Roles, func(name role.Name) bool {
		return q.hasMismatch(u, unknownTeamRole, string(name))
	})
}

func (c RemoveFromTeam) describe() string { return word(c.Team) + " " + word(c.User) }

// MemberAdded puts a user in a team.
type MemberAdded struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
}

func (c MemberAdded) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	if _, ok := d.team(c.Team); !ok {
		return printable.Errorf("the team %s does not exist", c.Team)
	}
	at, in := teamIndex(u, c.Team)
	if in {
		return printable.Errorf("%s is already in %s", c.User, c.Team)
	}
	d.putTeams(c.User, u, slices.Insert(slices.Clone(u.Teams), at, policy.Membership{Team: c.Team}))
	return nil
}

func (c MemberAdded) describe() string { return word(c.User) + " joins the team " + word(c.Team) }

// MemberRemoved removes a user, who has no roles on the team, from a team.
type MemberRemoved struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
}

func (c MemberRemoved) apply(d *draft) error {
	u, at, err := d.member(c.User, c.Team)
	if err != nil {
		return err
	}
	if roles := u.Teams[at].Roles; len(roles) > 0 {
		return printable.Errorf("%s has the role %s on %s", c.User, roles[0], c.Team)
	}
	d.putTeams(c.User, u, without(u.Teams, at))
	return nil
}

func (c MemberRemoved) describe() string { return word(c.User) + " leaves the team " + word(c.Team) }

// membership returns a user, and the index of a team in the user's teams.
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

// leaveTeam removes a member from a team, and first removes the user's roles on it.
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

// checkLeavesTeam rejects the command if it takes team roles from a user who outranks the
// actor.
func (q *proposing) checkLeavesTeam(id usher.UserID, from usher.TeamID) error {
	u := q.find(id)
	if at, member := teamIndex(u, from); !member || len(u.Teams[at].Roles) == 0 {
		return nil
	}
	return q.checkTakes(id, u, withTeamRoles(u, from, nil))
}

func (d *draft) member(id usher.UserID, in usher.TeamID) (*policy.User, int, error) {
	u, err := d.lookUp(id)
	if err != nil {
		return nil, 0, err
	}
	at, ok := teamIndex(u, in)
	if !ok {
		return nil, 0, printable.Errorf("%s is not in %s", id, in)
	}
	return u, at, nil
}

// putTeams stores a user with other teams, or other roles on them.
func (d *draft) putTeams(id usher.UserID, u *policy.User, teams []policy.Membership) {
	d.noteTeams(id, u.Teams, teams)
	changed := *u
	changed.Teams = teams
	d.put(id, changed)
}

func teamIndex(u *policy.User, id usher.TeamID) (at int, in bool) {
	return slices.BinarySearchFunc(u.Teams, id, func(m policy.Membership, id usher.TeamID) int {
		return cmp.Compare(m.Team, id)
	})
}
