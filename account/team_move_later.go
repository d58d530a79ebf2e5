package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// checkGetsLater checks a move at each later time at which the schedule changes the actor, or a user who
// then has a role on a team that is above the moved team only after the move.
func (q *proposing) checkGetsLater(c TeamMoved, to, from []usher.TeamID) error {
	now, _, err := q.ceiling()
	if err != nil {
		return err
	}
	return q.eachHolderLater(to, from, func(at time.Time, h heldRoles, u *policy.User) error {
		then, err := q.ceilingAt(at)
		if err != nil {
			return err
		}
		for _, ceiling := range []policy.Ceiling{now, then} {
			if err := q.checkGetsTeam(ceiling, h, u, withMoreRoles(u, c.Team, h), c.Team); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkLosesLater is checkLosesTeam at each later time at which the schedule changes the actor, or a user
// who then would have had a role on a team that was above the moved team only before the move. It runs after
// the move.
func (q *proposing) checkLosesLater(c TeamMoved, from, to []usher.TeamID, before policy.Ceiling, tree *team.Tree) error {
	return q.eachHolderLater(from, to, func(at time.Time, h heldRoles, u *policy.User) error {
		then, err := q.ceilingAt(at)
		if err != nil {
			return err
		}
		actor := q.planAt(q.find(q.authority), q.entriesOf(subjectOf(q.authority)), at)
		return q.checkLosesTeam(move{before: before, after: then, tree: tree, actor: actor, at: at}, h, withMoreRoles(u, c.Team, h), u)
	})
}

// eachHolderLater visits the users who have team roles on some teams but not on the excepted ones at a later
// time, with the user and these roles at that time. The times are those at which the schedule changes
// the user or the actor, or a grant of the actor ends. It stops at the first error.
func (q *proposing) eachHolderLater(teams, except []usher.TeamID, visit func(time.Time, heldRoles, *policy.User) error) error {
	ends := q.actorsGrantEnds()
	if q.scheduled().len == 0 && len(ends) == 0 {
		return nil
	}
	var above []usher.TeamID
	for _, t := range teams {
		if !slices.Contains(except, t) {
			above = append(above, t)
		}
	}
	actor := q.entriesOf(subjectOf(q.authority))
	var users []usher.UserID
	for _, h := range q.rolesHeldOn(teams, except) {
		users = append(users, h.user)
	}
	for e := range q.scheduled().all() {
		if s := e.slot(); s.kind == teamRoleOf && slices.Contains(above, s.team) {
			users = append(users, s.user)
		}
	}
	slices.Sort(users)
	defer func() { q.lookAt = time.Time{} }()
	for _, id := range slices.Compact(users) {
		entries := q.entriesOf(subjectOf(id))
		for _, at := range inOrderOfTime(append(timesOf(entries, actor), ends...)) {
			if err := q.interrupted(); err != nil {
				return err
			}
			u := q.planAt(q.find(id), entries, at)
			if u == nil {
				continue
			}
			h := heldRoles{user: id}
			for _, t := range above {
				h.roles, h.outside = union(h.roles, rolesIn(u, t)), union(h.outside, outsideRoles(u, t))
			}
			if len(h.roles)+len(h.outside) == 0 {
				continue
			}
			q.lookAt = at
			if err := visit(at, h, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// rolesIn returns the roles that a user has on a team as a member.
func rolesIn(u *policy.User, id usher.TeamID) []role.Name {
	if i, in := teamIndex(u, id); in {
		return u.Teams[i].Roles
	}
	return nil
}
