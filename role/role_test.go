package role_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

func TestParseSeat(t *testing.T) {
	for _, want := range []role.Seat{role.SeatOptional, role.SeatRequired, role.SeatNone} {
		got, err := role.ParseSeat(want.String())
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := role.ParseSeat("some")
	assert.EqualError(t, err, `"some" is not a seat rule (want required, optional or none)`)
}

// The role and the status decide about a seat; a role holds no seat of a pool that it does
// not name.
func TestSeatRules(t *testing.T) {
	r := role.Role{Seats: map[seat.PoolName]role.Seat{
		"must": role.SeatRequired, "may": role.SeatOptional, "not": role.SeatNone,
	}}
	for _, row := range []struct {
		pool   seat.PoolName
		status usher.Status
		may    bool
		must   bool
	}{
		{"must", usher.Active, true, true},
		{"must", usher.Inactive, false, false},
		{"may", usher.Active, true, false},
		{"may", usher.Inactive, false, false},
		{"not", usher.Active, false, false},
		{"other", usher.Active, false, false},
	} {
		pool := seat.Kind{Name: row.pool, Holds: seat.HoldsIn(usher.Active)}
		assert.Equal(t, row.may, r.MayHold(pool, row.status), "MayHold(%s, %s)", row.pool, row.status)
		assert.Equal(t, row.must, r.MustHold(pool, row.status), "MustHold(%s, %s)", row.pool, row.status)
		assert.False(t, role.Role{}.MayHold(pool, row.status), "the zero Role holds no seat")
	}
}

func Example() {
	host := role.Role{Name: "host", Seats: map[seat.PoolName]role.Seat{"booking": role.SeatRequired}}
	fmt.Println(host.Name, host.SeatIn("booking"), host.SeatIn("phone"))
	// Output: host required none
}
