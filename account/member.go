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

var teamSetMembers = permission.MustParse("team.set-members")

// AddToTeam puts a user in a team. Roles that the user had on the team without being in it stay.
// Requires team.set-members on {team, user}.
type AddToTeam struct {
	Team  usher.TeamID
	User  usher.UserID
	Until time.Time `usher:"optional"` // default: no end
}

func (c AddToTeam) asks(*proposing) requirement {
	return needs(teamSetMembers, ofMember(c.User, c.Team))
}

// propose compares the user at the end too, because the user then loses the roles on the team.
func (c AddToTeam) propose(q *proposing) error {
	u, member, err := q.membership(c.Team, c.User)
	if err != nil {
		return err
	}
	t, err := q.termOf(time.Time{}, c.Until)
	if err != nil {
		return err
	}
	sets, unsets := AddToTeam{Team: c.Team, User: c.User}, RemoveFromTeam{Team: c.Team, User: c.User}
	now := scheduling(unsets)
	if member {
		now = sets
	}
	o, _ := q.outlineOf(t, sets, now, unsets)
	q.outline = o
	if !o.isEmpty() {
		if err := q.checkChanges(c.User, u, joined(u, c.Team)); err != nil {
			return err
		}
	}
	if err := q.joinTeam(c.User, c.Team); err != nil {
		return err
	}
	return q.emitOutline(o)
}

func (c AddToTeam) slot() slot { return slot{kind: memberOf, user: c.User, team: c.Team} }

func (c AddToTeam) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c AddToTeam) withPlanned(_ *proposing, u *policy.User) *policy.User { return joined(u, c.Team) }

// helps reports whether a role stops being held outside a team that only members may hold.
func (c AddToTeam) helps(q *proposing, u *policy.User) bool {
	return slices.ContainsFunc(outsideRoles(u, c.Team), func(name role.Name) bool {
		return q.hasMismatch(u, outsideNotAllowed, string(name))
	})
}

func (c AddToTeam) describe() string { return word(c.Team) + " " + word(c.User) + until(c.Until) }

// RemoveFromTeam removes a user from a team, together with the user's roles on it. It also takes the
// roles of a user who is not in the team, and removes what is scheduled for roles on it. Seats that
// only these roles require or allow go with them. Requires team.set-members on {team, user}.
type RemoveFromTeam struct {
	Team usher.TeamID
	User usher.UserID
}

func (c RemoveFromTeam) asks(*proposing) requirement {
	return needs(teamSetMembers, ofMember(c.User, c.Team))
}

func (c RemoveFromTeam) propose(q *proposing) error {
	if _, _, err := q.membership(c.Team, c.User); err != nil {
		return err
	}
	if err := q.checkLeavesTeam(c.User, c.Team); err != nil {
		return err
	}
	if err := q.leaveTeam(c.User, c.Team); err != nil {
		return err
	}
	return q.emitOutline(q.outline)
}

func (c RemoveFromTeam) slot() slot { return slot{kind: memberOf, user: c.User, team: c.Team} }

func (c RemoveFromTeam) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c RemoveFromTeam) withPlanned(_ *proposing, u *policy.User) *policy.User {
	changed := *withTeamRoles(u, c.Team, nil)
	if at, in := teamIndex(&changed, c.Team); in {
		changed.Teams = without(changed.Teams, at)
	}
	return &changed
}

func (c RemoveFromTeam) helps(q *proposing, u *policy.User) bool {
	return slices.ContainsFunc(rolesOn(u, c.Team), func(name role.Name) bool {
		return UnsetTeamRole{Team: c.Team, User: c.User, Role: name}.helps(q, u)
	})
}

func (c RemoveFromTeam) describe() string { return word(c.Team) + " " + word(c.User) }

// MemberAdded puts a user, who has no roles on the team, in a team.
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
	if roles := outsideRoles(u, c.Team); len(roles) > 0 {
		return printable.Errorf("%s has the role %s outside %s", c.User, roles[0], c.Team)
	}
	d.putTeams(c.User, u, withTeams(u, slices.Insert(slices.Clone(u.Teams), at, policy.Membership{Team: c.Team})))
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
	d.putTeams(c.User, u, withTeams(u, without(u.Teams, at)))
	return nil
}

func (c MemberRemoved) describe() string { return word(c.User) + " leaves the team " + word(c.Team) }

// membership returns a user, and whether the user was put in a team, which must exist.
func (q *proposing) membership(in usher.TeamID, id usher.UserID) (u *policy.User, member bool, err error) {
	if u, err = q.user(id); err != nil {
		return nil, false, err
	}
	if err = q.knownTeam(in); err != nil {
		return nil, false, err
	}
	_, member = teamIndex(u, in)
	return u, member, nil
}

// joinTeam puts a user in a team, with the roles that the user has outside it.
func (q *proposing) joinTeam(id usher.UserID, in usher.TeamID) error {
	u, member, err := q.membership(in, id)
	if err != nil || member {
		return err
	}
	if q.getsRoleLater(id, in) {
		if err := q.checkChanges(id, u, joined(u, in)); err != nil {
			return err
		}
	}
	joins := MemberAdded{Team: in, User: id}
	roles := outsideRoles(u, in)
	if len(roles) == 0 {
		return q.emit(joins)
	}
	if err := q.checkJoins(id, u, in); err != nil {
		return err
	}
	changes := append(unsetOn(u, id, in), joins)
	for _, name := range roles {
		changes = append(changes, TeamRoleSet{Team: in, User: id, Role: name})
	}
	return q.emitWithSeats(id, u, joined(u, in), changes...)
}

// getsRoleLater reports whether the schedule gives a user a role on a team, which a user who is not in the team
// then may not get.
func (q *proposing) getsRoleLater(id usher.UserID, in usher.TeamID) bool {
	return slices.ContainsFunc(q.entriesOf(subjectOf(id)), func(e *ScheduleEntry) bool {
		s := e.slot()
		return s.kind == teamRoleOf && s.team == in
	})
}

// leaveTeam takes the user's roles on a team, and then removes a member from it.
func (q *proposing) leaveTeam(id usher.UserID, from usher.TeamID) error {
	u := q.find(id)
	changes := unsetOn(u, id, from)
	if _, member := teamIndex(u, from); member {
		changes = append(changes, MemberRemoved{Team: from, User: id})
	}
	return q.emitWithSeats(id, u, withTeamRoles(u, from, nil), changes...)
}

// withdrawalOn is the outline of a command by which a user leaves a team: it removes the end of the membership,
// and the roles that begin or end later.
func (q *proposing) withdrawalOn(from usher.TeamID, id usher.UserID) (o outline) {
	if q.due {
		return o
	}
	for _, e := range q.entriesOf(subjectOf(id)) {
		if e.slot().team == from {
			o.drops = append(o.drops, e)
		}
	}
	return o
}

// checkLeavesTeam rejects the command if it takes team roles, now or later, from a user who outranks the
// actor.
func (q *proposing) checkLeavesTeam(id usher.UserID, from usher.TeamID) error {
	u := q.find(id)
	after := withTeamRoles(u, from, nil)
	q.outline = q.withdrawalOn(from, id)
	if !q.outline.isEmpty() {
		after = RemoveFromTeam{Team: from, User: id}.withPlanned(q, u)
	} else if len(rolesOn(u, from)) == 0 {
		return nil
	}
	return q.checkLoses(id, u, after)
}

// checkJoins rejects the command if a role that the user has outside the team gives more to a
// member: a role that only members may hold gives nothing outside.
func (q *proposing) checkJoins(id usher.UserID, u *policy.User, in usher.TeamID) error {
	after := joined(u, in)
	if q.anyUnknown(outsideRoles(u, in)) || !q.knowsRole(u) {
		return q.checkGivesUnknown(id, in)
	}
	before := *u // a member already, because membership alone is not compared
	before.Teams = slices.Clone(after.Teams)
	at, _ := indexOf(before.Teams, in)
	before.Teams[at].Roles = nil
	return q.checkGains(id, &before, after)
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

// putTeams stores a user with other teams, or other roles on teams.
func (d *draft) putTeams(id usher.UserID, before, after *policy.User) {
	d.noteTeams(id, before, after)
	d.put(id, *after)
}

// withTeams returns a copy of a user with other teams.
func withTeams(u *policy.User, teams []policy.Membership) *policy.User {
	changed := *u
	changed.Teams = teams
	return &changed
}

func teamIndex(u *policy.User, id usher.TeamID) (at int, in bool) { return indexOf(u.Teams, id) }
