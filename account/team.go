package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

var (
	teamCreate = permission.MustParse("team.create")
	teamDelete = permission.MustParse("team.delete")
)

// CreateTeam creates a team, at the top or below another team. The id of a deleted team is
// never used again. Requires team.create on {team: Parent}.
type CreateTeam struct {
	Team   usher.TeamID
	Parent usher.TeamID `usher:"optional"` // default: at the top
}

func (c CreateTeam) asks(*proposing) requirement {
	return needs(teamCreate, parties{teams: nonEmpty(c.Parent)})
}

func (c CreateTeam) propose(q *proposing) error {
	if c.Parent != "" {
		if err := q.knownTeam(c.Parent); err != nil {
			return err
		}
	}
	if err := checkID("team", string(c.Team)); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if _, ok := q.team(c.Team); ok {
		return q.refuse(CodeExists, "the team %s already exists", c.Team)
	}
	if q.wasDeleted(c.Team) {
		return q.refuse(CodeExists, "the team %s was deleted, and the id of a team is never used again, because resources may still name the deleted team; choose another id", c.Team)
	}
	return q.emit(TeamCreated(c))
}

func (c CreateTeam) describe() string {
	if c.Parent == "" {
		return word(c.Team)
	}
	return word(c.Team) + " below " + word(c.Parent)
}

// DeleteTeam deletes a team that has no teams below it. Its members, and the users who have
// roles on it, stay in the account. No
// later team can have its id, because the application may still store that id as a party of
// resources. Requires team.delete on {team}.
type DeleteTeam struct {
	Team usher.TeamID
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
		return q.refuse(CodeTeamNotEmpty, "%s is below %s; delete-team or move-team it first", only, c.Team)
	case n > 1:
		return q.refuse(CodeTeamNotEmpty, "%d teams are below %s; delete-team or move-team them first", n, c.Team)
	}
	members := q.usersOn(c.Team)
	for _, id := range members { // check all before the first one leaves: the actor may be a member
		if err := q.interrupted(); err != nil {
			return err
		}
		if err := q.checkLeavesTeam(id, c.Team); err != nil {
			return err
		}
	}
	for e := range q.scheduled().all() { // a role on the team that begins later is taken too
		if s := e.slot(); s.team == c.Team && s.user != "" {
			if err := q.checkLeavesTeam(s.user, c.Team); err != nil {
				return err
			}
		}
	}
	for _, id := range members {
		if err := q.leaveTeam(id, c.Team); err != nil {
			return err
		}
	}
	return q.emit(TeamDeleted(c))
}

func (c DeleteTeam) describe() string { return word(c.Team) }

// TeamCreated creates a team. Journals that older versions of this package wrote may contain
// one with the id of a deleted team, which is valid.
type TeamCreated struct {
	Team   usher.TeamID `json:"team"`
	Parent usher.TeamID `json:"parent,omitempty"`
}

// apply also accepts the id of a deleted team. Propose rejects it, but older versions of this
// package did not, and their journals must stay readable.
func (c TeamCreated) apply(d *draft) error {
	if err := d.tree().Create(c.Team, c.Parent); err != nil {
		return err
	}
	d.treeChanged()
	if d.wasDeleted(c.Team) {
		d.deletedTeams().Delete(string(c.Team))
	}
	return nil
}

func (c TeamCreated) describe() string {
	s := "the team " + word(c.Team) + " is created"
	if c.Parent != "" {
		s += " below " + word(c.Parent)
	}
	return s
}

// TeamDeleted deletes a team without members and without teams below it. The roles that the team has
// on resources end.
type TeamDeleted struct {
	Team usher.TeamID `json:"team"`
}

// apply checks for teams below, but not for members: that check would require Apply to build
// the index of members, and every version of this package removes the members first.
func (c TeamDeleted) apply(d *draft) error {
	if err := d.tree().Delete(c.Team); err != nil {
		return err
	}
	d.treeChanged()
	d.takeRolesOn(Holder{Team: c.Team})
	d.deletedTeams().Set(string(c.Team), struct{}{})
	return nil
}

func (c TeamDeleted) describe() string { return "the team " + word(c.Team) + " is deleted" }

func (q *proposing) knownTeam(id usher.TeamID) error {
	if _, ok := q.team(id); !ok {
		return q.refuse(CodeUnknownTeam, "%s has no team %q", q.next.account, id)
	}
	return nil
}
