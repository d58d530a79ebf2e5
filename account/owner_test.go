package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

// The owner can hand the account over while all seats are held.
func TestTransferWithTheSeat(t *testing.T) {
	p := compile(t, firm)
	s := open(t, p, staff())
	next := do(t, p, s, account.AsUser("olga"), account.TransferOwnership{To: "adam"}, account.UnassignSeat{User: "olga", Pool: "editor"})
	assert.Equal(t, usher.UserID("adam"), next.Owner())
	assert.Equal(t, s.Pool("editor"), next.Pool("editor"))
	adam, _ := next.User("adam")
	olga, _ := next.User("olga")
	assert.Equal(t, []seat.PoolName{"editor"}, adam.Seats)
	assert.Empty(t, olga.Seats)
}
