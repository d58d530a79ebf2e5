package policytest

import (
	"slices"

	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

func (b *builder) addPools(totals []testfile.SeatTotal) {
	for _, t := range totals {
		if b.Find(t.Pool, "seat pool", b.Pools) {
			b.seed.Seats[seat.PoolName(t.Pool.Text)] = t.Total
			b.pools[seat.PoolName(t.Pool.Text)] = seat.Pool{Total: t.Total}
		}
	}
}

// addSeats adds the seats of a user in the file, and the seats that the user's roles require.
func (b *builder) addSeats(u *testfile.User, user *policy.User) {
	for _, n := range u.Seats {
		if !b.Find(n, "seat pool", b.Pools) {
			continue
		}
		kind, _ := b.Policy.Pool(seat.PoolName(n.Text))
		switch rule, by := b.Policy.SeatRule(user, kind.Name); {
		case u.Kind.Text != "":
			b.Problems.Add(n.Pos, "%s is a service account, which holds no seat", u.ID.Text)
		case rule == role.SeatNone:
			b.Problems.Add(n.Pos, "%s has the role %s, which cannot hold a seat in %s", u.ID.Text, by, n.Text)
		case !kind.Holds.Has(user.Status):
			b.Problems.Add(n.Pos, "%[1]s is %[2]s, so %[1]s cannot hold a seat in %[3]s", u.ID.Text, user.Status, n.Text)
		default:
			b.take(user, kind.Name, n.Pos)
		}
	}
	for _, kind := range b.Policy.Pools() {
		rule, _ := b.Policy.SeatRule(user, kind.Name)
		if rule == role.SeatRequired && u.Kind.Text != "" {
			b.Problems.Add(u.Kind.Pos, "%s is a service account, which holds no seat, and one of its roles requires a seat in %s", u.ID.Text, kind.Name)
			continue
		}
		if rule == role.SeatRequired && kind.Holds.Has(user.Status) && !slices.Contains(user.Seats, kind.Name) {
			b.take(user, kind.Name, u.ID.Pos)
		}
	}
}

func (b *builder) take(user *policy.User, pool seat.PoolName, at syntax.Pos) {
	user.Seats = append(user.Seats, pool)
	taken, err := b.pools[pool].Take(1)
	if err != nil {
		o := b.oversold[pool]
		if o.seats == 0 {
			o.first = at
		}
		o.seats++
		b.oversold[pool] = o
	}
	b.pools[pool] = taken
}

// checkPools reports pools with more seats held than bought, at the place of the first
// seat beyond the bought ones.
func (b *builder) checkPools() {
	for _, kind := range b.Policy.Pools() {
		if o := b.oversold[kind.Name]; o.seats > 0 {
			pool := b.pools[kind.Name]
			b.Problems.Add(o.first, "%s is oversold: held %d, bought %d", kind.Name, pool.Held+o.seats, pool.Total)
		}
	}
}
