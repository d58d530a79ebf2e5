package account

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// The bounds of team roles apply to each team. An account does not count the holders on its teams,
// because few policies have such bounds. Instead, a batch computes from the users that it changes
// on which teams the counts move. It counts the holders only on teams where a count moves in the
// wrong direction.

const noLimit = math.MaxInt

// teamBound is a bound of a team role on one team.
type teamBound struct {
	team  usher.TeamID
	bound int // the index in policy.TeamBounds
}

// boundMoves are the changes of the counts that bounds limit, by team and bound.
type boundMoves map[teamBound]count

// add counts the team roles of a user, or with by = -1 removes them from the counts.
func (m boundMoves) add(bounds []policy.Bound, u *policy.User, by int) {
	if u == nil {
		return
	}
	for _, list := range [][]policy.Membership{u.Teams, u.Outside} {
		for i := range list {
			for k := range bounds {
				all, active := holdsBound(u, list[i].Roles, &bounds[k])
				if !all && !active {
					continue
				}
				at := teamBound{list[i].Team, k}
				moves := m[at]
				if all {
					moves.all += by
				}
				if active {
					moves.active += by
				}
				m[at] = moves
			}
		}
	}
}

// holdsBound reports whether a user with some roles on a team counts for the bound: as one of all
// users with the role, and as one of the active users with it or with a role that includes it.
func holdsBound(u *policy.User, roles []role.Name, b *policy.Bound) (all, active bool) {
	if len(roles) == 0 {
		return false, false
	}
	all = slices.Contains(roles, b.Role)
	active = u.Counts() && slices.ContainsFunc(roles, func(name role.Name) bool { return slices.Contains(b.Holders, name) })
	return all, active
}

// teamBoundMoves returns how the batch moves the counts on the teams that exist after it. New teams
// with a minimum are always included.
func (q *proposing) teamBoundMoves(s *State, bounds []policy.Bound) boundMoves {
	moves := boundMoves{}
	for _, id := range s.UsersOf(q.outcome.Changes...) {
		before, after := s.find(id), q.find(id)
		if before != after {
			moves.add(bounds, before, -1)
			moves.add(bounds, after, 1)
		}
	}
	for _, c := range q.outcome.Changes {
		if created, ok := c.(TeamCreated); ok {
			for k := range bounds {
				at := teamBound{created.Team, k}
				if _, present := moves[at]; !present {
					moves[at] = count{}
				}
			}
		}
	}
	maps.DeleteFunc(moves, func(at teamBound, _ count) bool {
		_, exists := q.team(at.team)
		return !exists
	})
	return moves
}

// checkTeamBounds rejects a batch that leaves a team with more holders of a role than its at-most,
// or with fewer active ones than its at-least, if the batch moved the number in that direction. A
// new team had enough before.
func (q *proposing) checkTeamBounds(s *State) (full, last error) {
	bounds := q.policy.TeamBounds()
	if len(bounds) == 0 {
		return nil, nil
	}
	moves := q.teamBoundMoves(s, bounds)
	order := slices.SortedFunc(maps.Keys(moves), func(a, b teamBound) int {
		return cmp.Or(cmp.Compare(a.bound, b.bound), cmp.Compare(a.team, b.team))
	})
	for _, at := range order {
		b, moved := &bounds[at.bound], moves[at]
		_, existed := s.Team(at.team)
		if full == nil && b.AtMost > 0 && moved.all > 0 {
			if is := q.holdersOf(at, b, existed, moved, b.AtMost+1).all; is > b.AtMost {
				full = q.teamRoleFull(s, at.team, b, moved.all)
			}
		}
		if last == nil && b.AtLeast > 0 && (moved.active < 0 || !existed) {
			if is := q.holdersOf(at, b, existed, moved, b.AtLeast).active; is < b.AtLeast {
				last = q.lastTeamHolder(s, at.team, b, moved.active, existed)
			}
		}
	}
	return full, last
}

// holdersOf counts the holders on a team after the batch, up to a limit. All holders on a new team
// are new.
func (q *proposing) holdersOf(at teamBound, b *policy.Bound, existed bool, moved count, limit int) count {
	if !existed {
		return moved
	}
	return q.countOnTeam(at.team, b, limit)
}

// countOnTeam counts the holders on a team until both numbers reach the limit.
func (d *draft) countOnTeam(on usher.TeamID, b *policy.Bound, limit int) (n count) {
	for id := range d.eachHolderOn(on) {
		u := d.find(id)
		all, active := holdsBound(u, rolesOn(u, on), b)
		if all {
			n.all++
		}
		if active {
			n.active++
		}
		if min(n.all, n.active) >= limit {
			break
		}
	}
	return n
}

func (q *proposing) teamRoleFull(s *State, on usher.TeamID, b *policy.Bound, moved int) error {
	is := q.countOnTeam(on, b, noLimit).all
	q.blame(s.lastRise(q.outcome.Changes, q.ends, func(d *draft) int { return d.countOnTeam(on, b, noLimit).all }))
	return q.refuse(CodeRoleFull, "at most %s may have the role %s on the team %s; %s it, and %d would",
		users(b.AtMost), b.Role, on, counted(is-moved, "has", "have"), is)
}

func (q *proposing) lastTeamHolder(s *State, on usher.TeamID, b *policy.Bound, moved int, existed bool) error {
	is := q.countOnTeam(on, b, noLimit).active
	q.blame(s.lastRise(q.outcome.Changes, q.ends, func(d *draft) int {
		if _, exists := d.team(on); !exists {
			return 0
		}
		return b.AtLeast - d.countOnTeam(on, b, noLimit).active
	}))
	stands := printable.Sprintf("%s, and %d would be", counted(is-moved, "is", "are"), is)
	if !existed {
		stands = printable.Sprintf("the team is new, and %d would be; add them in the same batch, with add-to-team and set-team-role", is)
	}
	return q.refuse(CodeLastHolder, "at least %s must be active with the role %s on the team %s%s; %s",
		users(b.AtLeast), b.Role, on, including(*b), stands)
}
