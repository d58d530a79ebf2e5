package account

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

var seatPurchase = permission.MustParse("seat.purchase")

// SetSeats sets how many seats of a pool are bought. A batch that leaves fewer seats bought
// than held is rejected with CodeSeatsInUse, unless the pool has over: allowed. Requires
// seat.purchase. Only the host can set the number for later.
type SetSeats struct {
	Pool  seat.PoolName
	Total int
	From  time.Time `usher:"optional"` // default: now
}

func (c SetSeats) asks(*proposing) requirement {
	if !c.From.IsZero() {
		return requirement{hostOnly: onlyHostSchedulesSeats}
	}
	return needs(seatPurchase, parties{})
}

const onlyHostSchedulesSeats = "only the host can set a number of seats for later, and cancel that"

func (c SetSeats) propose(q *proposing) error {
	pool := q.next.pools[c.Pool]
	if _, err := q.pool(c.Pool); err != nil && (pool.Total == 0 || c.Total >= pool.Total) {
		return err // the total of a pool that the policy lacks can only be reduced
	}
	if err := checkTotal(c.Total); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if !c.From.IsZero() {
		return q.setSeatsLater(c)
	}
	if pool.Total == c.Total {
		return nil
	}
	kind, _ := q.policy.Pool(c.Pool)
	return q.emit(SeatsSet{Pool: c.Pool, From: pool.Total, To: c.Total, Over: kind.Over && c.Total < pool.Held})
}

// setSeatsLater schedules a number of seats. It replaces one for the same time, and leaves others.
func (q *proposing) setSeatsLater(c SetSeats) error {
	t, err := q.termOf(c.From, time.Time{})
	if err != nil {
		return err
	}
	sets := SetSeats{Pool: c.Pool, Total: c.Total}
	o := outline{slot: sets.slot(), adds: []*ScheduleEntry{{At: t.from, Command: sets}}}
	for _, e := range q.entriesOf(o.slot.subject()) {
		if e.slot() == o.slot && e.At.Equal(t.from) {
			if e.Command == Command(sets) {
				return nil
			}
			o.drops = append(o.drops, e)
		}
	}
	return q.emitOutline(o)
}

func (c SetSeats) slot() slot { return slot{kind: totalOfPool, pool: c.Pool} }

func (c SetSeats) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c SetSeats) withPlanned(_ *proposing, u *policy.User) *policy.User { return u }

func (c SetSeats) describe() string {
	return word(c.Pool) + " " + strconv.Itoa(c.Total) + during(c.From, time.Time{})
}

// SeatsSet changes how many seats of a pool are bought. Over states that more seats may be held than
// that.
type SeatsSet struct {
	Pool seat.PoolName `json:"pool"`
	From int           `json:"from"`
	To   int           `json:"to"`
	Over bool          `json:"over,omitempty"`
}

func (c SeatsSet) apply(d *draft) error {
	pool := d.next.pools[c.Pool]
	if c.Pool == "" || pool.Total != c.From || c.To == c.From {
		return printable.Errorf("%s has %d seats, not %d", c.Pool, pool.Total, c.From)
	}
	if err := checkTotal(c.To); err != nil {
		return err
	}
	pool.Total = c.To
	d.setPool(c.Pool, pool)
	return nil
}

func (c SeatsSet) describe() string {
	text := printable.Sprintf("seats in %s: %d becomes %d", word(c.Pool), c.From, c.To)
	if c.Over {
		text += ", which is less than the seats held"
	}
	return text
}

func (q *proposing) pool(name seat.PoolName) (seat.Kind, error) {
	kind, ok := q.policy.Pool(name)
	if ok {
		return kind, nil
	}
	var names []string
	for _, k := range q.policy.Pools() {
		names = append(names, string(k.Name))
	}
	return seat.Kind{}, q.refuse(CodeUnknownPool, "%s has no seat pool %q%s", q.policyName(), name, suggest.DidYouMean(string(name), names))
}

// checkTotal returns an error for a number of seats below 0 or above MaxSeats.
func checkTotal(total int) error {
	switch {
	case total < 0:
		return printable.Errorf("the number of seats must be at least 0, got %d", total)
	case total > MaxSeats:
		return printable.Errorf("at most %d seats of a pool can be bought, got %d", MaxSeats, total)
	}
	return nil
}

func (d *draft) setPool(name seat.PoolName, p seat.Pool) {
	if !d.ownPools {
		d.next.pools = maps.Clone(d.next.pools)
		d.ownPools = true
	}
	if d.next.pools == nil {
		d.next.pools = map[seat.PoolName]seat.Pool{}
	}
	if p == (seat.Pool{}) {
		delete(d.next.pools, name)
		return
	}
	d.next.pools[name] = p
}

// oversold returns the names of the pools with more seats held than bought, sorted. It returns none
// if the draft has changed no pool.
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

// oversells returns the last step of the changes that reduced the seats left in a pool, and
// what that step violates.
func (s *State) oversells(name seat.PoolName, changes []Change, ends []int) (step int, err error) {
	var pools []seat.Pool
	step = s.lastRise(changes, ends, func(d *draft) int {
		pools = append(pools, d.next.pools[name])
		return -d.next.pools[name].Left()
	})
	return step, pools[step+1].Check(pools[step])
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
		return q.refusal(CodeSeatsInUse, "%s; free %d with unassign-seat first, or in the same batch", stands, -after.Left())
	case after.Total == 0:
		return q.refusal(CodeNoSeatsLeft, "%s%s; set-seats buys some", stands, q.requiring(step, name))
	}
	return q.refusal(CodeNoSeatsLeft, "%s%s; set-seats buys more, unassign-seat frees one", stands, q.requiring(step, name))
}

// requiring returns the clause that explains a required seat, if the role of the last user
// who got a seat in the step requires it, and otherwise "".
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
			if rule, by := q.policy.SeatRule(u, name); rule == role.SeatRequired && kind.Holds.Has(u.Status) {
				return printable.Sprintf(", and the role %s requires one", by)
			}
		}
		break
	}
	return ""
}
