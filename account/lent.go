package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// withoutLent returns a user, who may be nil, without lent seats. A lent seat is one that the
// user did not hold before the batch, in a pool that at this point has more seats held than
// bought. A later command may buy the seat or release it. Until then it must not allow
// anything; otherwise a batch could use seats that were never bought.
func (q *proposing) withoutLent(id usher.UserID, u *policy.User) *policy.User {
	over := q.oversold()
	if u == nil || len(over) == 0 {
		return u
	}
	had, _ := q.began.User(id)
	lent := func(name seat.PoolName) bool {
		return slices.Contains(over, name) && (had == nil || !holds(had, name))
	}
	if !slices.ContainsFunc(u.Seats, lent) {
		return u
	}
	own := *u
	own.Seats = slices.DeleteFunc(slices.Clone(u.Seats), lent)
	return &own
}

// decide returns the decision for the actor on the current state of the batch. If the actor
// has lent seats, the permission must be allowed both with and without them. The decision is
// the one that hides more. If each hides something that the other shows, the command is
// denied.
func (q *proposing) decide(r *usher.Request) (usher.Decision, error) {
	d, err := q.policy.Decide(q.draft, r)
	if err != nil || !d.Allowed() || !q.ownPools {
		return d, err
	}
	u := q.find(r.Subject)
	own := q.withoutLent(r.Subject, u)
	if own == u {
		return d, nil
	}
	without, err := q.policy.Decide(withUser{q.draft, r.Subject, own}, r)
	switch {
	case err != nil:
		return usher.Decision{}, err
	case !without.Allowed() || isSubset(d.Hidden(), without.Hidden()):
		return without, nil
	case isSubset(without.Hidden(), d.Hidden()):
		return d, nil
	}
	refusal := q.refusal(CodeDenied, "what %s may see with %s depends on a seat that is not bought; buy it first with set-seats", q.actor, r.Permission)
	refusal.Decision = d
	return usher.Decision{}, refusal
}

// withUser is a draft in which one user is replaced.
type withUser struct {
	*draft
	id   usher.UserID
	user *policy.User
}

func (i withUser) User(id usher.UserID) (*policy.User, error) {
	if id == i.id {
		return i.user, nil
	}
	return i.draft.User(id)
}

// isSubset reports whether a list contains all elements of another.
func isSubset[E comparable](list, in []E) bool {
	return !slices.ContainsFunc(list, func(e E) bool { return !slices.Contains(in, e) })
}
