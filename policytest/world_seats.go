package policytest

import (
	"slices"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

func (b *builder) addPools(totals []SeatTotal) {
	for _, t := range totals {
		if b.find(t.Pool, "seat pool", b.pools) {
			b.c.Seats[seat.PoolName(t.Pool.Text)] = t.Total
			b.taken[seat.PoolName(t.Pool.Text)] = seat.Pool{Total: t.Total}
		}
	}
}

// addSeats gives a user the seats that are written, and those that the role requires.
func (b *builder) addSeats(u *User, user *policy.User, held role.Role) {
	for _, n := range u.Seats {
		if !b.find(n, "seat pool", b.pools) {
			continue
		}
		kind, _ := b.policy.Pool(seat.PoolName(n.Text))
		switch byRole, byStatus := held.SeatDenied(kind, user.Status); {
		case byRole:
			b.problems.Add(n.Pos, "%s has the role %s, which holds no seat in %s", u.ID.Text, held.Name, n.Text)
		case byStatus:
			b.problems.Add(n.Pos, "%s is %s, and holds no seat in %s while so", u.ID.Text, user.Status, n.Text)
		default:
			b.take(user, kind.Name, n.Pos)
		}
	}
	for _, kind := range b.policy.Pools() {
		if held.MustHold(kind, user.Status) && !slices.Contains(user.Seats, kind.Name) {
			b.take(user, kind.Name, u.ID.Pos)
		}
	}
}

func (b *builder) take(user *policy.User, pool seat.PoolName, at syntax.Pos) {
	user.Seats = append(user.Seats, pool)
	taken, err := b.taken[pool].Take(1)
	if err != nil {
		o := b.oversold[pool]
		if o.seats == 0 {
			o.first = at
		}
		o.seats++
		b.oversold[pool] = o
	}
	b.taken[pool] = taken
}

// checkPools reports pools with more seats held than bought, at the first for
// which there is no room.
func (b *builder) checkPools() {
	for _, kind := range b.policy.Pools() {
		if o := b.oversold[kind.Name]; o.seats > 0 {
			pool := b.taken[kind.Name]
			b.problems.Add(o.first, "%s is oversold: held %d, bought %d", kind.Name, pool.Held+o.seats, pool.Total)
		}
	}
}
