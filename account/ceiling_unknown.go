package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// knowsRole reports whether the policy has the account role of a user. If not, the policy
// cannot compute the user's rules. It does not have a role that the account defines if it declares another one of
// the same name.
func (q *proposing) knowsRole(u *policy.User) bool {
	r, ok := q.policy.Role(u.Role)
	return ok && r.OfAccount() && (q.policy.IsCustom(u.Role) || !q.next.defines(u.Role))
}

// withKnownRole returns the user, or nil if the policy lacks the user's role. With nil,
// everything that the user gets counts as given.
func (q *proposing) withKnownRole(u *policy.User) *policy.User {
	if u == nil || !q.knowsRole(u) {
		return nil
	}
	return u
}

// unknownOfRank returns a role that counts for the rank of a user and that the policy lacks: the
// account role or a role beside it; "" if there is none.
func (q *proposing) unknownOfRank(u *policy.User) role.Name {
	if !q.knowsRole(u) {
		return u.Role
	}
	for _, name := range u.Beside {
		if r, _ := q.policy.Role(name); !r.Beside {
			return name
		}
	}
	return ""
}

// givesUnknown returns a role or a grant that the policy lacks, and that a user has after a change but not, or
// not as long, before it; "" if there is none. A policy that has it may give it any rules.
func (q *proposing) givesUnknown(before, after *policy.User) string {
	if after == nil {
		return ""
	}
	if before == nil {
		before = &policy.User{}
	}
	if after.Role != before.Role && !q.knowsRole(after) {
		return string(after.Role)
	}
	for _, name := range after.Beside {
		if r, ok := q.policy.Role(name); (!ok || !r.Beside) && !slices.Contains(before.Beside, name) {
			return string(name)
		}
	}
	for _, m := range slices.Concat(after.Teams, after.Outside) {
		for _, name := range m.Roles {
			if q.anyUnknown([]role.Name{name}) && !slices.Contains(rolesOn(before, m.Team), name) {
				return string(name)
			}
		}
	}
	for _, g := range after.Grants {
		if had := grantsNamed(before, g.Name); q.policy.Grant(g.Name) == 0 && holdsAt(g, q.at) && (len(had) == 0 || endsSooner(had[0], g)) {
			return g.Name
		}
	}
	return ""
}

// keepsAll reports whether a user keeps the account role and all other roles, grants and seats.
func keepsAll(before, after *policy.User) bool {
	kept := before.Role == after.Role && containsAll(after.Beside, before.Beside) && containsAll(after.Seats, before.Seats)
	for _, m := range slices.Concat(before.Teams, before.Outside) {
		kept = kept && containsAll(rolesOn(after, m.Team), m.Roles)
	}
	for _, g := range before.Grants {
		had := grantsNamed(after, g.Name)
		kept = kept && len(had) > 0 && !endsSooner(had[0], g)
	}
	return kept
}

func containsAll[E comparable](list, of []E) bool { return isSubset(of, list) }

// losesUnknown reports whether a user loses a role beside, a team role or a grant that the policy
// lacks. A policy that has it may give it any rules.
func (q *proposing) losesUnknown(before, after *policy.User) bool {
	if before == nil || after == nil {
		return false
	}
	for _, name := range before.Beside {
		if r, ok := q.policy.Role(name); (!ok || !r.Beside) && !slices.Contains(after.Beside, name) {
			return true
		}
	}
	for _, m := range slices.Concat(before.Teams, before.Outside) {
		kept := rolesOn(after, m.Team)
		lost := slices.DeleteFunc(slices.Clone(m.Roles), func(name role.Name) bool { return slices.Contains(kept, name) })
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

// checkGivesUnknown rejects giving a user roles on one more team if the policy lacks one of
// the roles or the user's account role, since a policy that has it may give it any rules. The
// host and the holder of the unique role can do it.
func (q *proposing) checkGivesUnknown(id usher.UserID, on usher.TeamID) error {
	if q.isHostOrOwner() {
		return nil
	}
	return q.refuse(CodeEscalation, "%s has roles that %s lacks and would get them on %s, with unknown permissions; only %s can do it", id, q.policyName(), on, q.hostAndOwner())
}

// checkGivesUnknownOn rejects giving a role on a resource that the policy lacks.
func (q *proposing) checkGivesUnknownOn(id usher.UserID, name role.Name, on usher.Ref) error {
	if q.isHostOrOwner() {
		return nil
	}
	return q.refuse(CodeEscalation, "%s would have the role %s on %s, which %s lacks, with unknown permissions; only %s can give it", id, name, ref(on), q.policyName(), q.hostAndOwner())
}

// checkOutranksUnknown rejects a command on a user with an account role, or a role beside it, that
// the policy lacks, unless the actor is the host or the holder of the unique role, who outranks all
// users.
func (q *proposing) checkOutranksUnknown(id usher.UserID, lacks role.Name) error {
	if q.isHostOrOwner() {
		return nil
	}
	return q.refuse(CodeEscalation, "%s has the role %s, which %s lacks, and so may outrank %s; only %s can do it", id, lacks, q.policyName(), q.actor, q.hostAndOwner())
}

func (q *proposing) isHostOrOwner() bool {
	return q.actor.Host() != "" || q.authority != "" && q.authority == q.next.owner
}

func (q *proposing) hostAndOwner() string {
	if q.next.unique == "" {
		return "the host"
	}
	return "the host and the " + string(q.next.unique)
}
