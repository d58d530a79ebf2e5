package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

func TestServiceAccounts(t *testing.T) {
	p := compile(t, club)
	seed := members()
	seed.Users["sync"] = policy.User{Role: "member", Kind: usher.ServiceAccount}
	s := open(t, p, seed)
	s = do(t, p, s, account.AsUser("adam"), account.AddUser{User: "bot", Kind: usher.ServiceAccount})
	read, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	for _, state := range []*account.State{s, read} {
		var ids []usher.UserID
		for m := range state.View(p).ServiceAccounts("") {
			assert.True(t, m.Service())
			ids = append(ids, m.ID)
		}
		assert.Equal(t, []usher.UserID{"bot", "sync"}, ids)
		assert.Len(t, collect(state.View(p).People("")), state.Users()-2)
	}
	assert.Equal(t, string(s.Encode()), string(read.Encode()))

	for says, c := range map[string]account.Command{
		"seat not allowed: bot is a service account, and cannot hold a seat in parking": account.AssignSeat{User: "bot", Pool: "parking"},
		"cannot hold a seat in booking; give it a role that requires none":              account.SetRole{User: "bot", Role: "coach"},
		"only a person can be the owner":                                                account.TransferOwnership{To: "bot"},
		"bot is a service account, which cannot be merged with":                         account.RenameUser{From: "bot", To: "mia"},
		"mia is a user already; transfer-ownership":                                     account.RenameUser{From: "olga", To: "mia"},
		"sync is a service account, which cannot be merged with":                        account.RenameUser{From: "mia", To: "sync"},
		"a service account is not invited":                                              account.AddUser{User: "new", Kind: usher.ServiceAccount, Status: usher.Invited},
		"the kind of a user must be service":                                            account.AddUser{User: "new", Kind: "robot"},
	} {
		_, err := propose(p, s, account.AsHost("test"), c)
		assert.ErrorContains(t, err, says, account.Describe(c))
	}
	_, err = propose(p, s, account.AsHost("test"), account.AssignSeat{User: "bot", Pool: "parking"})
	assert.NotContains(t, err.Error(), "role", "no role lets a program hold a seat")
	renamed := do(t, p, s, account.AsHost("test"), account.RenameUser{From: "bot", To: "bot-2"})
	u, _ := renamed.User("bot-2")
	assert.Equal(t, usher.ServiceAccount, u.Kind)

	seed.Users["olga"] = policy.User{Role: "owner", Kind: usher.ServiceAccount}
	_, err = propose(p, account.New("club"), account.AsHost("test"), account.Import{Seed: seed})
	assert.ErrorIs(t, err, account.ErrInvalid)
}
