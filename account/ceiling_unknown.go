package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// knowsRole reports whether the policy has the account role of a user. Of one whose role
// it lacks, it cannot tell how far they reach.
func (q *proposing) knowsRole(u *policy.User) bool {
	r, ok := q.policy.Role(u.Role)
	return ok && !r.OnTeam
}

// withKnownRole returns a user, or nil if the policy lacks the role of the user. All
// that such a user gets then counts as given.
func (q *proposing) withKnownRole(u *policy.User) *policy.User {
	if u == nil || !q.knowsRole(u) {
		return nil
	}
	return u
}

// losesUnknown reports whether a user loses a team role or a grant that the policy
// lacks. What that is worth under a policy that has it is not known.
func (q *proposing) losesUnknown(before, after *policy.User) bool {
	if before == nil || after == nil {
		return false
	}
	for i := range before.Teams {
		m := &before.Teams[i]
		at, in := teamIndex(after, m.Team)
		lost := slices.DeleteFunc(slices.Clone(m.Roles), func(name role.Name) bool {
			return in && slices.Contains(after.Teams[at].Roles, name)
		})
		if q.anyUnknown(lost) {
			return true
		}
	}
	return slices.ContainsFunc(before.Grants, func(g policy.Grant) bool {
		_, kept := grantIndex(after, g.Name)
		return !kept && holdsAt(g, q.at) && q.policy.Grant(g.Name) == 0
	})
}

// anyUnknown reports whether the policy lacks one of some team roles.
func (q *proposing) anyUnknown(teamRoles []role.Name) bool {
	return slices.ContainsFunc(teamRoles, func(name role.Name) bool {
		r, ok := q.policy.Role(name)
		return !ok || !r.OnTeam
	})
}

// givesUnknown refuses to give a user team roles on one more team, where the policy
// lacks one of them or the user's account role: what they are worth under a policy
// that has it is not known. The host and the holder of the unique role can do it.
func (q *proposing) givesUnknown(id usher.UserID, on usher.TeamID) error {
	if q.actor.Host() != "" || q.actor.User() == q.next.owner {
		return nil
	}
	return q.refuse(CodeEscalation, "%s has roles that %s lacks and would get those on %s, so %s cannot tell what that gives; the %s and the host can do it", id, q.policyName(), on, q.actor, q.next.unique)
}

// outranksUnknown refuses a command on a user whose rank is not known, unless the actor
// is the host or the holder of the unique role, whom no user outranks.
func (q *proposing) outranksUnknown(id usher.UserID, u *policy.User) error {
	if q.actor.Host() != "" || q.actor.User() == q.next.owner {
		return nil
	}
	return q.refuse(CodeEscalation, "%s has the role %s, which %s lacks, so %s may reach further than %s; the %s and the host can do it", id, u.Role, q.policyName(), id, q.actor, q.next.unique)
}
