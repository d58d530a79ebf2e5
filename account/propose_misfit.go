package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// misfits returns why the policy cannot decide for a user as drafted, nil if it can.
func (q *proposing) misfits(id usher.UserID, u *policy.User) error {
	f := newFitter(q.policy, &q.next.pools)
	if err := f.user(q.next.account, id, u); err != nil {
		return printable.Errorf("%s: %w", Describe(q.command), err)
	}
	return nil
}

// fitsActor refuses all commands of a user for whom the policy cannot decide.
func (q *proposing) fitsActor() error {
	id := q.actor.User()
	u := q.find(id)
	if id == "" || u == nil {
		return nil
	}
	return q.misfits(id, u)
}

// fitsUser refuses commands about a user for whom the policy cannot decide, but those
// that help: the user goes, gets another role, is made inactive, or loses or gets the
// very thing that does not fit. Whatever else they have stays as it is, also what the
// policy does not know.
func (q *proposing) fitsUser(id usher.UserID, u *policy.User) error {
	err := q.misfits(id, u)
	if err == nil || q.helps(u) {
		return nil
	}
	return err
}

// helper is a command that can help a user for whom the policy cannot decide.
type helper interface {
	// helps reports whether the command helps the user.
	helps(*proposing, *policy.User) bool
}

func (q *proposing) helps(u *policy.User) bool {
	c, ok := q.command.(helper)
	return ok && c.helps(q, u)
}

func (RemoveUser) helps(*proposing, *policy.User) bool { return true }

func (SetRole) helps(*proposing, *policy.User) bool { return true }

func (c SetStatus) helps(*proposing, *policy.User) bool { return c.Status == usher.Inactive }

func (c UnsetTeamRole) helps(q *proposing, u *policy.User) bool {
	return q.hasMisfit(u, unknownTeamRole, string(c.Role))
}

func (c RemoveFromTeam) helps(q *proposing, u *policy.User) bool {
	at, in := teamIndex(u, c.Team)
	return in && slices.ContainsFunc(u.Teams[at].Roles, func(name role.Name) bool {
		return q.hasMisfit(u, unknownTeamRole, string(name))
	})
}

func (c UnassignSeat) helps(q *proposing, u *policy.User) bool {
	return q.hasMisfit(u, unknownPool, string(c.Pool)) || q.seatMisfit(u, c.Pool, seatNotAllowed)
}

func (c AssignSeat) helps(q *proposing, u *policy.User) bool {
	return q.seatMisfit(u, c.Pool, seatRequired)
}

// hasMisfit reports whether one thing of a user does not fit, for the reason of a rank.
func (q *proposing) hasMisfit(u *policy.User, rank int, what string) bool {
	f := newFitter(q.policy, &q.next.pools)
	found := false
	f.each(u, func(m misfit) { found = found || m.rank == rank && m.what == what })
	return found
}

// seatMisfit reports whether what does not fit is a seat of the pool.
func (q *proposing) seatMisfit(u *policy.User, pool seat.PoolName, rank int) bool {
	r, ok := q.policy.Role(u.Role)
	kind, known := q.policy.Pool(pool)
	if !ok || r.OnTeam || !known {
		return false
	}
	f := fitter{policy: q.policy, pools: []seat.Kind{kind}}
	found := false
	f.seats(u, r, func(m misfit) { found = found || m.rank == rank })
	return found
}

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
	return q.refuse(Escalation, "%s has roles that %s lacks and would get those on %s, so %s cannot tell what that gives; the %s and the host can do it", id, q.policyName(), on, q.actor, q.next.unique)
}

// outranksUnknown refuses a command on a user whose rank is not known, unless the actor
// is the host or the holder of the unique role, whom no user outranks.
func (q *proposing) outranksUnknown(id usher.UserID, u *policy.User) error {
	if q.actor.Host() != "" || q.actor.User() == q.next.owner {
		return nil
	}
	return q.refuse(Escalation, "%s has the role %s, which %s lacks, so %s may reach further than %s; the %s and the host can do it", id, u.Role, q.policyName(), id, q.actor, q.next.unique)
}
