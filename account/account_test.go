package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// A new account has an active owner with the seats that the role requires.
func TestCreateAccount(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	_, err := propose(p, account.New("new"), host, account.CreateAccount{Owner: "olga"})
	assert.Equal(t, account.CodeNoSeatsLeft, codeOf(t, err), "%v", err)

	s := do(t, p, account.New("new"), host, account.CreateAccount{Owner: "olga", Seats: map[seat.PoolName]int{"booking": 5, "parking": 0}})
	assert.Equal(t, usher.UserID("olga"), s.Owner())
	assert.Equal(t, seat.Pool{Total: 5, Held: 1}, s.Pool("booking"))
	u, err := s.User("olga")
	require.NoError(t, err)
	assert.Equal(t, &policy.User{Status: usher.Active, Role: "owner", Seats: []seat.PoolName{"booking"}}, u)

	gone := do(t, p, s, account.AsUser("olga"), account.DeleteAccount{})
	assert.True(t, gone.Deleted())
	assert.False(t, gone.Exists())
	assert.Zero(t, gone.Users())
	assert.Zero(t, gone.Pool("booking"))
	u, err = gone.User("olga")
	require.NoError(t, err)
	assert.Nil(t, u)
	assert.Equal(t, 1, s.Users(), "the state before stays as it was")
}

// An account id is used once, even in one batch.
func TestCreatedTwice(t *testing.T) {
	p := compile(t, club)
	create := account.CreateAccount{Owner: "zoe", Seats: map[seat.PoolName]int{"booking": 1}}
	_, err := propose(p, account.New("new"), account.AsHost("test"), create, account.DeleteAccount{}, create)
	assert.Equal(t, account.CodeExists, codeOf(t, err), "%v", err)
}
