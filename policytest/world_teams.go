package policytest

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

func (b *builder) addMember(user *policy.User, m testfile.Membership, held role.Role) {
	if !b.Find(m.Team, "team", b.teams) {
		return
	}
	member := policy.Membership{Team: usher.TeamID(m.Team.Text)}
	for _, n := range m.Roles {
		if b.teamRole(n, held) {
			member.Roles = append(member.Roles, role.Name(n.Text))
		}
	}
	user.Teams = append(user.Teams, member)
}

// addOutside adds the roles of a user on a team that the user is not in.
func (b *builder) addOutside(user *policy.User, m testfile.Membership, held role.Role) {
	if !b.Find(m.Team, "team", b.teams) {
		return
	}
	id := usher.TeamID(m.Team.Text)
	if slices.ContainsFunc(user.Teams, func(in policy.Membership) bool { return in.Team == id }) {
		b.Problems.Add(m.Team.Pos, "the user is in %s; write the roles under teams", m.Team.Text)
		return
	}
	outside := policy.Membership{Team: id}
	for _, n := range m.Roles {
		if !b.teamRole(n, held) {
			continue
		}
		if r, _ := b.Policy.Role(role.Name(n.Text)); !r.Outside {
			b.Problems.Add(n.Pos, "users who are not in %s cannot hold the role %s on it; write it under teams, or give the role outside: true", m.Team.Text, n.Text)
			continue
		}
		outside.Roles = append(outside.Roles, role.Name(n.Text))
	}
	if len(outside.Roles) > 0 {
		user.Outside = append(user.Outside, outside)
	}
}

// teamRole reports whether a user with an account role can hold a team role. It adds a problem if
// not.
func (b *builder) teamRole(n syntax.Name, held role.Role) bool {
	if !b.TeamRole(n) {
		return false
	}
	if held.NoTeamRoles {
		b.Problems.Add(n.Pos, "the role %s cannot hold team roles", held.Name)
		return false
	}
	return true
}

// checkTeams reports teams with fewer or more holders of a role than its bounds allow.
func (b *builder) checkTeams(list []testfile.Team) {
	for _, bound := range b.Policy.TeamBounds() {
		for _, t := range list {
			all, active := b.holdersOn(usher.TeamID(t.ID.Text), &bound)
			switch {
			case active < bound.AtLeast:
				b.Problems.Add(t.ID.Pos, "team %s has %d active users with the role %s (at-least: %d)", t.ID.Text, active, bound.Role, bound.AtLeast)
			case bound.AtMost > 0 && all > bound.AtMost:
				b.Problems.Add(t.ID.Pos, "team %s has %d users with the role %s (at-most: %d)", t.ID.Text, all, bound.Role, bound.AtMost)
			}
		}
	}
}

func (b *builder) holdersOn(id usher.TeamID, bound *policy.Bound) (all, active int) {
	for _, u := range b.seed.Users {
		var roles []role.Name
		for _, m := range slices.Concat(u.Teams, u.Outside) {
			if m.Team == id {
				roles = append(roles, m.Roles...)
			}
		}
		if slices.Contains(roles, bound.Role) {
			all++
		}
		if u.Status == usher.Active && slices.ContainsFunc(roles, func(name role.Name) bool { return slices.Contains(bound.Holders, name) }) {
			active++
		}
	}
	return all, active
}
