package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

var (
	teamJoin  = permission.MustParse("team.join")
	teamLeave = permission.MustParse("team.leave")
)

// JoinTeam puts the actor in a team. Requires team.join on {team, user: actor}.
type JoinTeam struct {
	Team usher.TeamID
}

func (c JoinTeam) asks(q *proposing) requirement {
	return requirement{permission: teamJoin, on: ofMember(q.actor.User(), c.Team), own: true}
}

func (c JoinTeam) propose(q *proposing) error {
	id := q.actor.User()
	if id == "" {
		return q.deny(usher.ReasonUnknownUser, "the host cannot join a team; use add-to-team")
	}
	return q.joinTeam(id, c.Team)
}

func (c JoinTeam) describe() string { return word(c.Team) }

// LeaveTeam removes the actor from a team, together with the actor's roles on it. Requires
// team.leave on {team, user: actor}.
type LeaveTeam struct {
	Team usher.TeamID
}

func (c LeaveTeam) asks(q *proposing) requirement {
	return requirement{permission: teamLeave, on: ofMember(q.actor.User(), c.Team), own: true}
}

func (c LeaveTeam) propose(q *proposing) error {
	id := q.actor.User()
	if id == "" {
		return q.deny(usher.ReasonUnknownUser, "the host cannot leave a team; use remove-from-team")
	}
	if _, _, err := q.membership(c.Team, id); err != nil {
		return err
	}
	if err := q.checkLeavesTeam(id, c.Team); err != nil {
		return err
	}
	if err := q.leaveTeam(id, c.Team); err != nil {
		return err
	}
	return q.emitOutline(q.outline)
}

func (c LeaveTeam) describe() string { return word(c.Team) }
