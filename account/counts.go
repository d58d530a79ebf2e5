package account

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// checkCounts refuses a batch that leaves more seats of a pool held than bought, more
// users with a role than its at-most or fewer than its at-least. How the counts stand
// between two commands does not matter, so a role with one holder changes hands in
// either order. A bound that was broken before, because the policy is another one by
// now, refuses only what moves further away from it.
func (q *proposing) checkCounts(s *State) error {
	if q.ownCounts {
		for _, b := range q.policy.Bounds() {
			if err := q.checkAtMost(s, b); err != nil {
				return err
			}
		}
		for _, b := range q.policy.Bounds() {
			if err := q.checkAtLeast(s, b); err != nil {
				return err
			}
		}
	}
	var inUse error
	for _, name := range q.oversold() {
		err := q.outOfSeats(s, name)
		if err.Code == NoSeatsLeft {
			return err
		}
		if inUse == nil {
			inUse = err
		}
	}
	return inUse
}

// oversold returns the pools of which more seats are held than bought, by name. No
// state has one, so where the draft has changed no pool there is none.
func (d *draft) oversold() []seat.PoolName {
	if !d.ownPools {
		return nil
	}
	var names []seat.PoolName
	for name, pool := range d.next.pools {
		if pool.Left() < 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// oversells returns the last step of changes on the state that left fewer seats of a
// pool, with what is wrong with the pool since.
func (s *State) oversells(name seat.PoolName, changes []Change, ends []int) (step int, err error) {
	var pools []seat.Pool
	step = s.lastRise(changes, ends, func(d *draft) int {
		pools = append(pools, d.next.pools[name])
		return -d.next.pools[name].Left()
	})
	return step, pools[step+1].Check(pools[step])
}

// lastRise makes changes on the state once more and returns the last step in which a
// number rose. Step i ends before change ends[i]; without ends each change is a step.
func (s *State) lastRise(changes []Change, ends []int, number func(*draft) int) (step int) {
	d := s.draft()
	was, done := number(d), 0
	steps := len(ends)
	if ends == nil {
		steps = len(changes)
	}
	for i := range steps {
		end := i + 1
		if ends != nil {
			end = ends[i]
		}
		for ; done < end; done++ {
			_ = d.apply(changes[done]) // which it did before
		}
		is := number(d)
		if is > was {
			step = i
		}
		was = is
	}
	return step
}

func (q *proposing) checkAtMost(s *State, b policy.Bound) error {
	all := func(counts map[role.Name]count) int { return counts[b.Role].all }
	was, is := all(s.counts), all(q.next.counts)
	if b.AtMost == 0 || is <= b.AtMost || is <= was {
		return nil
	}
	q.blame(s.lastRise(q.outcome.Changes, q.ends, func(d *draft) int { return all(d.next.counts) }))
	return q.refuse(RoleFull, "at most %s may have the role %s; %s, and %d would",
		users(b.AtMost), b.Role, counted(was, "does", "do"), is)
}

func (q *proposing) checkAtLeast(s *State, b policy.Bound) error {
	active := func(counts map[role.Name]count) (n int) {
		for _, name := range b.Holders {
			n += counts[name].active
		}
		return n
	}
	was, is := active(s.counts), active(q.next.counts)
	if is >= b.AtLeast || is >= was {
		return nil
	}
	q.blame(s.lastRise(q.outcome.Changes, q.ends, func(d *draft) int { return -active(d.next.counts) }))
	return q.refuse(LastHolder, "at least %s must be active with the role %s%s; %s, and %d would be",
		users(b.AtLeast), b.Role, including(b), counted(was, "is", "are"), is)
}

// including names the roles that count for another one: ", or with admin or owner, which
// include it".
func including(b policy.Bound) string {
	var names []string
	for _, name := range b.Holders {
		if name != b.Role {
			names = append(names, string(name))
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return ", or with " + names[0] + ", which includes it"
	}
	return ", or with " + strings.Join(names, " or ") + ", which include it"
}

func (q *proposing) outOfSeats(s *State, name seat.PoolName) *Refusal {
	step, err := s.oversells(name, q.outcome.Changes, q.ends)
	q.blame(step)
	before, after := s.pools[name], q.next.pools[name]
	stands := printable.Sprintf("%d of %d seats in %s are held, and %d would be", before.Held, before.Total, name, after.Held)
	switch {
	case after.Total != before.Total:
		stands = printable.Sprintf("%d of %d seats in %s are held, and %d of %d would be", before.Held, before.Total, name, after.Held, after.Total)
	case after.Total == 0:
		stands = printable.Sprintf("no seats in %s are bought, and %d would be held", name, after.Held)
	}
	switch {
	case errors.Is(err, seat.ErrInUse):
		return q.refusal(SeatsInUse, "%s; free %d with unassign-seat, also in the same batch", stands, -after.Left())
	case after.Total == 0:
		return q.refusal(NoSeatsLeft, "%s%s; set-seats buys some", stands, q.requiring(step, name))
	}
	return q.refusal(NoSeatsLeft, "%s%s; set-seats buys more, unassign-seat frees one", stands, q.requiring(step, name))
}

// requiring says of the last user to whom a command gave a seat that the user's role
// asks for it, if it does.
func (q *proposing) requiring(step int, name seat.PoolName) string {
	from := 0
	if step > 0 {
		from = q.ends[step-1]
	}
	kind, _ := q.policy.Pool(name)
	for _, change := range slices.Backward(q.outcome.Changes[from:q.ends[step]]) {
		c, ok := change.(SeatAssigned)
		if !ok || c.Pool != name {
			continue
		}
		if u := q.find(c.User); u != nil {
			if r, _ := q.policy.Role(u.Role); r.MustHold(kind, u.Status) {
				return printable.Sprintf(", and the role %s requires one", r.Name)
			}
		}
		break
	}
	return ""
}

// blame makes refusals speak of a command that was proposed already.
func (q *proposing) blame(index int) { q.index, q.command = index, q.commands[index] }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return printable.Sprintf("%d %s", n, many)
}

func users(n int) string { return counted(n, "user", "users") }
