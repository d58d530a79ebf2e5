package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

func TestUsersOf(t *testing.T) {
	assert.Empty(t, account.UsersOf())
	assert.Empty(t, account.UsersOf(nil, (*account.UserRemoved)(nil)))
	assert.Equal(t, []usher.UserID{"mia"}, account.UsersOf(&account.UserRemoved{User: "mia"}))
	assert.Equal(t, []usher.UserID{"mia", "max", "ned"}, account.UsersOf(
		account.SeatAssigned{User: "mia", Pool: "booking"},
		account.SettingChanged{Setting: "free-busy-only"},
		account.OwnershipTransferred{From: "max", To: "ned"},
		account.UserRemoved{User: "mia"},
	))
}
