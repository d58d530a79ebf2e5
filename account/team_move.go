package account

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var teamEdit = permission.MustParse("team.edit")

// MoveTeam moves a team, with all teams below it, to the top or below another team. Requires
// team.edit on {team: the team, its old and its new parent}.
type MoveTeam struct {
	Team   usher.TeamID
	Parent usher.TeamID `usher:"optional"` // default: to the top
}

func (c MoveTeam) asks(q *proposing) requirement {
	from, _ := q.team(c.Team)
	return needs(teamEdit, parties{teams: append([]usher.TeamID{c.Team}, nonEmpty(from, c.Parent)...)})
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
		return q.refuse(CodeInvalid, "%s is %s or below it, and a team cannot be below itself", c.Parent, c.Team)
	}
	from, _ := q.team(c.Team)
	if from == c.Parent {
		return nil
	}
	return q.emitMove(TeamMoved{Team: c.Team, From: from, To: c.Parent})
}

func (c MoveTeam) describe() string {
	if c.Parent == "" {
		return word(c.Team) + " to the top"
	}
	return word(c.Team) + " below " + word(c.Parent)
}

// TeamMoved moves a team below another team, or to the top.
type TeamMoved struct {
	Team usher.TeamID `json:"team"`
	From usher.TeamID `json:"from,omitempty"`
	To   usher.TeamID `json:"to,omitempty"`
}

func (c TeamMoved) apply(d *draft) error {
	if parent, ok := d.team(c.Team); ok && (parent != c.From || c.To == c.From) {
		return printable.Errorf("%s is below %q, not %q", c.Team, parent, c.From)
	}
	if err := d.tree().Move(c.Team, c.To); err != nil {
		return err
	}
	d.treeChanged()
	return nil
}

func (c TeamMoved) describe() string {
	return "the team " + word(c.Team) + " moves from " + above(c.From) + " to " + above(c.To)
}

// eachHolder visits the users who have team roles on some teams but not on the excepted ones,
// in the order of their ids. Of users with equal records it visits only the first, because
// the command gives them the same and takes the same from them. It always visits the actor.
// It stops at the first error.
func (q *proposing) eachHolder(teams, except []usher.TeamID, visit func(heldRoles, *policy.User) error) error {
	var seen interner
	visited := map[*policy.Record]bool{}
	for _, h := range q.rolesHeldOn(teams, except) {
		if err := q.interrupted(); err != nil {
			return err
		}
		u := q.find(h.user)
		if h.user != q.authority && len(q.entriesOf(subjectOf(h.user))) == 0 {
			if known := seen.record(*u); visited[known] {
				continue
			} else {
				visited[known] = true
			}
		}
		if err := visit(h, u); err != nil {
			return err
		}
	}
	return nil
}

// withAbove returns a team and the teams above it, or nil for "".
func (q *proposing) withAbove(id usher.TeamID) []usher.TeamID {
	var list []usher.TeamID
	for id != "" {
		list = append(list, id)
		id, _ = q.team(id)
	}
	return list
}

// rolesHeldOn returns the users who have team roles on some teams but not on the excepted
// ones, with these roles, in the order of their ids.
func (q *proposing) rolesHeldOn(teams, except []usher.TeamID) []heldRoles {
	held := map[usher.UserID]heldRoles{}
	for _, t := range teams {
		if slices.Contains(except, t) {
			continue
		}
		for _, id := range q.holdersOn(t) {
			u, h := q.find(id), held[id]
			if at, member := teamIndex(u, t); member {
				h.roles = append(h.roles, u.Teams[at].Roles...)
			} else {
				h.outside = append(h.outside, outsideRoles(u, t)...)
			}
			held[id] = h
		}
	}
	list := make([]heldRoles, 0, len(held))
	for _, id := range slices.Sorted(maps.Keys(held)) {
		h := held[id]
		h.user = id
		list = append(list, h)
	}
	return list
}

// heldRoles contains the team roles of a user on some teams.
type heldRoles struct {
	user    usher.UserID
	roles   []role.Name // as a member
	outside []role.Name // without being in the team
}

// withMoreRoles returns a copy of a user who has additional roles on a team: those held as a member
// in the team, and the others outside it.
func withMoreRoles(u *policy.User, on usher.TeamID, h heldRoles) *policy.User {
	changed := *u
	if len(h.roles) > 0 {
		at, member := teamIndex(u, on)
		changed.Teams = slices.Clone(u.Teams)
		if !member {
			changed.Teams = slices.Insert(changed.Teams, at, policy.Membership{Team: on})
		}
		changed.Teams[at].Roles = union(changed.Teams[at].Roles, h.roles)
	}
	changed.Outside = withOutside(u.Outside, on, union(outsideRoles(u, on), h.outside))
	return &changed
}

func union(a, b []role.Name) []role.Name {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

func above(parent usher.TeamID) string {
	if parent == "" {
		return "the top"
	}
	return word(parent)
}
