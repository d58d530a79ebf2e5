package role_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/role"
)

func TestParseSeat(t *testing.T) {
	for _, want := range []role.Seat{role.SeatOptional, role.SeatRequired, role.SeatNone} {
		got, err := role.ParseSeat(want.String())
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := role.ParseSeat("some")
	assert.EqualError(t, err, `"some" is no seat rule; it is required, optional or none`)
}

func Example() {
	manager := role.Role{Name: "manager", OnTeam: true}
	fmt.Println(manager.Name, manager.OnTeam, manager.Seat)
	// Output: manager true optional
}
