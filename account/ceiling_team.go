package account

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// checkLeavesTeam refuses to take a member out of a team if that ends a team role of
// a user who outranks the actor.
func (q *proposing) checkLeavesTeam(id usher.UserID, from usher.TeamID) error {
	u := q.find(id)
	if at, member := teamIndex(u, from); !member || len(u.Teams[at].Roles) == 0 {
		return nil
	}
	return q.checkTakes(id, u, withTeamRoles(u, from, nil))
}

// emitMove moves a team under the ceiling. A user with a team role on a team that
// comes to be above the moved one gets the role on it. One with a team role on a team
// that is no longer above it loses the role on it.
func (q *proposing) emitMove(c TeamMoved) error {
	before, ok, err := q.ceiling()
	if err != nil {
		return err
	}
	if !ok {
		return q.emit(c)
	}
	from, to := q.withAbove(c.From), q.withAbove(c.To)
	if err := q.eachHolder(to, from, func(h heldRoles, u *policy.User) error {
		if !q.knowsRole(u) || q.anyUnknown(h.roles) {
			if err := q.givesUnknown(h.user, c.Team); err != nil {
				return err
			}
		}
		return q.givesUnder(before, h.user, u, withMoreRoles(u, c.Team, h.roles), of(h.user))
	}); err != nil {
		return err
	}
	type loss struct {
		heldRoles
		had *policy.User
	}
	var losing []loss
	if err := q.eachHolder(from, to, func(h heldRoles, u *policy.User) error {
		losing = append(losing, loss{h, withMoreRoles(u, c.Team, h.roles)})
		return nil
	}); err != nil {
		return err
	}
	if err := q.emit(c); err != nil || len(losing) == 0 {
		return err
	}
	after, _, err := q.ceiling()
	if err != nil {
		return err
	}
	for _, l := range losing {
		if err := q.interrupted(); err != nil {
			return err
		}
		u := q.find(l.user)
		takes := !q.knowsRole(u) || q.anyUnknown(l.roles) // what such a user loses is not known
		if !takes {
			if takes, err = after.Takes(l.had, u); err != nil {
				return err
			}
		}
		if takes {
			if err := q.outranks(before, l.user, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachHolder visits the users who hold team roles on some teams, but not those on the
// other list, sorted by user. Of users of whom the same is known it visits the first
// one alone, for a command takes from all the same and gives them the same; the actor
// is always visited. It ends with the first error.
func (q *proposing) eachHolder(teams, but []usher.TeamID, visit func(heldRoles, *policy.User) error) error {
	var seen alike
	visited := map[*policy.User]bool{}
	for _, h := range q.rolesHeldOn(teams, but) {
		if err := q.interrupted(); err != nil {
			return err
		}
		u := q.find(h.user)
		if h.user != q.actor.User() {
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

// withAbove returns a team and those above it; none for "".
func (q *proposing) withAbove(id usher.TeamID) []usher.TeamID {
	var list []usher.TeamID
	for id != "" {
		list = append(list, id)
		id, _ = q.team(id)
	}
	return list
}

// rolesHeldOn returns the users who hold team roles on some teams, with the roles,
// sorted by user. Teams that the other list has too are left out.
func (q *proposing) rolesHeldOn(teams, but []usher.TeamID) []heldRoles {
	held := map[usher.UserID][]role.Name{}
	for _, t := range teams {
		if slices.Contains(but, t) {
			continue
		}
		for _, id := range q.holdersOn(t) {
			u := q.find(id)
			at, _ := teamIndex(u, t)
			held[id] = append(held[id], u.Teams[at].Roles...)
		}
	}
	list := make([]heldRoles, 0, len(held))
	for _, id := range slices.Sorted(maps.Keys(held)) {
		list = append(list, heldRoles{id, held[id]})
	}
	return list
}

// heldRoles are team roles that a user holds somewhere.
type heldRoles struct {
	user  usher.UserID
	roles []role.Name
}

// withTeamRoles returns a user with these roles on a team, and put in it.
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

// withMoreRoles returns a user with more roles on a team, and put in it.
func withMoreRoles(u *policy.User, on usher.TeamID, roles []role.Name) *policy.User {
	if at, member := teamIndex(u, on); member {
		roles = slices.Concat(u.Teams[at].Roles, roles)
	}
	return withTeamRoles(u, on, slices.Compact(slices.Sorted(slices.Values(roles))))
}
