package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/seat"
)

// checkExcess returns the Refusal of a batch that leaves more seats of a pool held than bought, or nil
// if it may: the pool has over: allowed, or the account had at least that excess before, because an
// earlier policy allowed it. Even then, no user gets a seat who had none before the batch.
func (q *proposing) checkExcess(s *State, name seat.PoolName) *Refusal {
	kind, _ := q.policy.Pool(name)
	before, after := s.pools[name].Excess(), q.next.pools[name].Excess()
	if !kind.Over && before == 0 {
		return q.outOfSeats(s, name)
	}
	if step := q.lastGain(s, name); step >= 0 {
		q.blame(step)
		pool := q.next.pools[name]
		return q.refusal(CodeNoSeatsLeft, "%d seats in %s would be held, of %d bought, so no further user gets one%s; set-seats buys more, unassign-seat frees one",
			pool.Held, name, pool.Total, q.requiring(step, name))
	}
	if !kind.Over && after > before {
		return q.outOfSeats(s, name)
	}
	return nil
}

// mayExceed reports whether a commit may leave more seats of a pool held than bought, as far as the
// journal tells: its last change of the number allows it, or the excess is not more than before.
func (s *State) mayExceed(name seat.PoolName, after seat.Pool, changes []Change) bool {
	for _, change := range slices.Backward(changes) {
		if c, ok := change.(SeatsSet); ok && c.Pool == name {
			return c.Over || after.Excess() <= s.pools[name].Excess()
		}
	}
	return after.Excess() <= s.pools[name].Excess()
}

// lastGain returns the last command of the batch that gave a seat to a user who had none before the
// batch, or -1. A user under another id is the same user.
func (q *proposing) lastGain(s *State, name seat.PoolName) (step int) {
	step = -1
	origin := map[usher.UserID]usher.UserID{}
	had := func(id usher.UserID) bool {
		if from, moved := origin[id]; moved {
			id = from
		}
		u, _ := s.User(id)
		return u != nil && holds(u, name)
	}
	gained := map[usher.UserID]int{}
	i := 0
	for at, change := range q.outcome.Changes {
		for i < len(q.ends) && at >= q.ends[i] {
			i++
		}
		switch c := change.(type) {
		case SeatAssigned:
			if c.Pool == name && !had(c.User) {
				gained[c.User] = i
			}
		case SeatUnassigned:
			if c.Pool == name {
				delete(gained, c.User)
			}
		case UserRemoved:
			origin[c.User] = "" // a user who is added again is another one
		case UserRenamed:
			origin[c.To], origin[c.From] = originOf(origin, c.From), ""
		case UserMerged:
			if had(c.From) {
				origin[c.To] = originOf(origin, c.From)
				delete(gained, c.To)
			}
			origin[c.From] = ""
		}
	}
	for _, i := range gained {
		step = max(step, i)
	}
	return step
}

func originOf(origin map[usher.UserID]usher.UserID, id usher.UserID) usher.UserID {
	if from, moved := origin[id]; moved {
		return from
	}
	return id
}
