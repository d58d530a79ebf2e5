package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var teamSetRole = permission.MustParse("team.set-role")

// SetTeamRole gives a user a role on a team that the user was put in. A role that the policy
// declares with outside: true can also be given to a user who is not in the team. A seat that the
// role requires is taken. Requires team.set-role on {team, user}.
type SetTeamRole struct {
	Team usher.TeamID
	User usher.UserID
	Role role.Name `usher:"team-role"`

	From  time.Time `usher:"optional"` // default: now
	Until time.Time `usher:"optional"` // default: no end
}

func (c SetTeamRole) asks(*proposing) requirement {
	return needs(teamSetRole, ofMember(c.User, c.Team)).giving(c.Role)
}

func (c SetTeamRole) propose(q *proposing) error {
	u, member, err := q.membership(c.Team, c.User)
	if err != nil {
		return err
	}
	r, err := q.role(c.Role, true)
	if err != nil {
		return err
	}
	if !member && !r.Outside {
		return q.refuse(CodeNotMember, "%s is not in %s; use add-to-team first", c.User, c.Team)
	}
	roles := rolesOn(u, c.Team)
	k, held := slices.BinarySearch(roles, c.Role)
	t, err := q.termOf(c.From, c.Until)
	if err != nil {
		return err
	}
	sets, unsets := SetTeamRole{Team: c.Team, User: c.User, Role: c.Role}, UnsetTeamRole{Team: c.Team, User: c.User, Role: c.Role}
	now := scheduling(unsets)
	if held {
		now = sets
	}
	o, _ := q.outlineOf(t, sets, now, unsets)
	changes := t.from.IsZero() && !held
	if !changes && o.isEmpty() {
		return nil
	}
	if err := q.checkMayHoldTeamRoles(c.User, u); err != nil {
		return err
	}
	q.outline = o
	changed := u
	if changes {
		changed = withTeamRoles(u, c.Team, slices.Insert(slices.Clone(roles), k, c.Role))
	}
	if err := q.checkGains(c.User, u, changed); err != nil {
		return err
	}
	if !changes {
		return q.emitOutline(o)
	}
	given := Change(OutsideRoleSet{Team: c.Team, User: c.User, Role: c.Role})
	if member {
		given = TeamRoleSet{Team: c.Team, User: c.User, Role: c.Role}
	}
	if err := q.emitWithSeats(c.User, u, changed, given); err != nil {
		return err
	}
	return q.emitOutline(o)
}

func (c SetTeamRole) slot() slot {
	return slot{kind: teamRoleOf, user: c.User, team: c.Team, role: c.Role}
}

func (c SetTeamRole) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c SetTeamRole) withPlanned(q *proposing, u *policy.User) *policy.User {
	roles := rolesOn(u, c.Team)
	k, held := slices.BinarySearch(roles, c.Role)
	r, err := q.role(c.Role, true)
	if _, member := teamIndex(u, c.Team); held || err != nil && q.declares(c.Role) || !member && !r.Outside {
		return u
	}
	if r, ok := q.policy.Role(u.Role); ok && r.NoTeamRoles {
		return u
	}
	return withTeamRoles(u, c.Team, slices.Insert(slices.Clone(roles), k, c.Role))
}

func (c SetTeamRole) describe() string {
	return word(c.Team) + " " + word(c.User) + " " + word(c.Role) + during(c.From, c.Until)
}

// UnsetTeamRole removes a user's role on a team, and what is scheduled for it. A seat that no role of the
// user requires or allows any more goes with it. Requires team.set-role on {team, user}.
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
	u, member, err := q.membership(c.Team, c.User)
	if err != nil {
		return err
	}
	roles := rolesOn(u, c.Team)
	k, held := slices.BinarySearch(roles, c.Role)
	q.outline = q.withdrawal(c.slot())
	if !held && q.outline.isEmpty() {
		return q.teamRole(c.Role)
	}
	changed := u
	if held {
		changed = withTeamRoles(u, c.Team, without(roles, k))
	}
	if err := q.checkLoses(c.User, u, changed); err != nil {
		return err
	}
	if held {
		taken := Change(OutsideRoleUnset(c))
		if member {
			taken = TeamRoleUnset(c)
		}
		if err := q.emitWithSeats(c.User, u, changed, taken); err != nil {
			return err
		}
	}
	return q.emitOutline(q.outline)
}

func (c UnsetTeamRole) slot() slot {
	return slot{kind: teamRoleOf, user: c.User, team: c.Team, role: c.Role}
}

func (c UnsetTeamRole) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c UnsetTeamRole) withPlanned(_ *proposing, u *policy.User) *policy.User {
	roles := rolesOn(u, c.Team)
	k, held := slices.BinarySearch(roles, c.Role)
	if !held {
		return u
	}
	return withTeamRoles(u, c.Team, without(roles, k))
}

func (c UnsetTeamRole) helps(q *proposing, u *policy.User) bool {
	return q.hasMismatch(u, unknownTeamRole, string(c.Role)) || q.hasMismatch(u, teamRoleNotAllowed, string(u.Role)) ||
		slices.Contains(outsideRoles(u, c.Team), c.Role) && q.hasMismatch(u, outsideNotAllowed, string(c.Role))
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
	d.putTeams(c.User, u, withTeamRoles(u, c.Team, slices.Insert(slices.Clone(roles), k, c.Role)))
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
	d.putTeams(c.User, u, withTeamRoles(u, c.Team, without(roles, k)))
	return nil
}

func (c TeamRoleUnset) describe() string {
	return word(c.User) + " loses the role " + word(c.Role) + " on the team " + word(c.Team)
}
