package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// withoutLent returns a user, who may be nil, without the seats that are lent: those
// that the user did not hold when the batch began, of pools of which more seats are
// held than bought as the batch stands. The batch may yet make room for such a seat,
// or give it back. Until then it must not open anything, for otherwise a batch could
// use seats that were never bought.
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

// decide answers for the actor as the commands before left the account. Where the
// actor has seats that are lent, a permission must be there with them and without
// them. The decision is the one that hides more; where each hides something that the
// other shows, the command is denied.
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
	without, err := q.policy.Decide(instead{q.draft, r.Subject, own}, r)
	switch {
	case err != nil:
		return usher.Decision{}, err
	case !without.Allowed() || within(d.Hidden(), without.Hidden()):
		return without, nil
	case within(without.Hidden(), d.Hidden()):
		return d, nil
	}
	refusal := q.refusal(CodeDenied, "what %s may see at %s depends on a seat for which there is no room; set-seats makes room", q.actor, r.Permission)
	refusal.Decision = d
	return usher.Decision{}, refusal
}

// instead is a draft in which one user is another one.
type instead struct {
	*draft
	id   usher.UserID
	user *policy.User
}

func (i instead) User(id usher.UserID) (*policy.User, error) {
	if id == i.id {
		return i.user, nil
	}
	return i.draft.User(id)
}

// within reports whether all of a list are in another one.
func within[E comparable](list, in []E) bool {
	return !slices.ContainsFunc(list, func(e E) bool { return !slices.Contains(in, e) })
}
