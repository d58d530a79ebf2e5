package seat_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/seat"
)

func TestPool(t *testing.T) {
	pool, err := seat.Pool{Total: 2}.Take(2)
	require.NoError(t, err)
	assert.Zero(t, pool.Left())

	same, err := pool.Take(1)
	assert.ErrorIs(t, err, seat.ErrNoneLeft)
	assert.EqualError(t, err, "no seats left (2 of 2 held)")
	assert.Equal(t, pool, same, "a refused change changes nothing")

	err = seat.Pool{Total: 1, Held: 2}.Check(pool)
	assert.ErrorIs(t, err, seat.ErrInUse)
	assert.EqualError(t, err, "seats in use (2 held, 1 requested)")

	pool, err = pool.Return(1)
	require.NoError(t, err)
	assert.Equal(t, seat.Pool{Total: 2, Held: 1}, pool)
}

// Check compares the state after a batch with the state before, however the batch got
// there.
func TestCheck(t *testing.T) {
	full := seat.Pool{Total: 2, Held: 2}
	for _, row := range []struct {
		before, after seat.Pool
		want          error
	}{
		{full, full, nil},
		{full, seat.Pool{Total: 3, Held: 3}, nil},
		{full, seat.Pool{Total: 1, Held: 1}, nil},
		{seat.Pool{}, seat.Pool{}, nil},
		{full, seat.Pool{Total: 2, Held: 3}, seat.ErrNoneLeft},
		{full, seat.Pool{Total: 1, Held: 3}, seat.ErrNoneLeft},
		{full, seat.Pool{Total: 1, Held: 2}, seat.ErrInUse},
		{seat.Pool{Total: 3, Held: 3}, seat.Pool{Total: 1, Held: 2}, seat.ErrInUse},
		{seat.Pool{}, seat.Pool{Held: 1}, seat.ErrNoneLeft},
	} {
		assert.ErrorIs(t, row.after.Check(row.before), row.want, "from %v to %v", row.before, row.after)
	}
	assert.Equal(t, -1, seat.Pool{Total: 1, Held: 2}.Left())
}

func TestPoolRejectsNegative(t *testing.T) {
	_, err := seat.Pool{Total: 5}.Take(-1)
	assert.ErrorIs(t, err, seat.ErrNegative)
	_, err = seat.Pool{Total: 5, Held: 1}.Return(2)
	assert.ErrorIs(t, err, seat.ErrNegative)
}

// Zero seats, and all seats that are held, are valid numbers.
func TestPoolAtItsEdges(t *testing.T) {
	full := seat.Pool{Total: 2, Held: 2}
	for _, row := range []struct {
		what   string
		change func() (seat.Pool, error)
		want   seat.Pool
	}{
		{"Take none", func() (seat.Pool, error) { return full.Take(0) }, full},
		{"Return none", func() (seat.Pool, error) { return full.Return(0) }, full},
		{"Return all", func() (seat.Pool, error) { return full.Return(2) }, seat.Pool{Total: 2}},
	} {
		got, err := row.change()
		require.NoError(t, err, row.what)
		assert.Equal(t, row.want, got, row.what)
	}
}

func TestZeroPoolGivesNothing(t *testing.T) {
	_, err := seat.Pool{}.Take(1)
	assert.ErrorIs(t, err, seat.ErrNoneLeft)
}

func TestHolds(t *testing.T) {
	h := seat.HoldsIn(usher.Invited, usher.Active)
	assert.True(t, h.Has(usher.Invited) && h.Has(usher.Active))
	assert.False(t, h.Has(usher.Inactive))
	assert.False(t, seat.Holds(0).Has(usher.Active))
	assert.False(t, h.Has(0), "no status holds no seat")
}

func Example() {
	pool := seat.Pool{Total: 1}
	pool, _ = pool.Take(1)
	_, err := pool.Take(1)
	fmt.Println(err)
	// Output: no seats left (1 of 1 held)
}
