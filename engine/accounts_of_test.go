package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// indexed is an Engine on a memstore.Store, which keeps an index.
type indexed struct {
	*engine.Engine
	mem *memstore.Store
}

func openIndexed(t *testing.T) indexed {
	t.Helper()
	mem := new(memstore.Store)
	w := indexed{startOn(t, mem), mem}
	_, err := w.Do(ctx, host, "acme", account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"desk": 9}}, account.AddUser{User: "adam", Role: "admin"}, account.AddUser{User: "max"})
	require.NoError(t, err)
	return w
}

// startOn opens an Engine on a store.
func startOn(t *testing.T, s store.Store) *engine.Engine {
	t.Helper()
	e, err := engine.Open(engine.Options{Policy: open(t, seldom).Policy(), Store: s})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// accountsOf returns the accounts of a user, each with the role and the status.
func accountsOf(t *testing.T, e *engine.Engine, user usher.UserID) (list []string) {
	t.Helper()
	found, err := e.AccountsOf(ctx, user, engine.AccountsPage{})
	require.NoError(t, err)
	assert.Empty(t, found.Next)
	for _, a := range found.Accounts {
		require.NoError(t, a.Err)
		list = append(list, fmt.Sprintf("%s %s %s", a.Account, a.Member.Role, a.Member.Status))
	}
	return list
}

// After each command that adds, moves or removes users, the accounts of each user are those of the
// journals.
func TestAccountsOfFollowsCommands(t *testing.T) {
	w := openIndexed(t)
	assert.Nil(t, accountsOf(t, w.Engine, "nobody"))
	require.NoError(t, func() error {
		_, err := w.Do(ctx, host, "other", account.CreateAccount{Owner: "max"})
		return err
	}())
	assert.Equal(t, []string{"acme member active", "other owner active"}, accountsOf(t, w.Engine, "max"))
	steps := []struct {
		account  usher.AccountID
		commands []account.Command
		user     usher.UserID
		want     []string
	}{
		{"acme", []account.Command{account.SetRole{User: "max", Role: "admin"}}, "max", []string{"acme admin active", "other owner active"}},
		{"acme", []account.Command{account.SetStatus{User: "max", Status: usher.Inactive}}, "max", []string{"acme admin inactive", "other owner active"}},
		{"acme", []account.Command{account.RenameUser{From: "max", To: "maxine"}}, "max", []string{"other owner active"}},
		{"acme", nil, "maxine", []string{"acme admin inactive"}},
		{"acme", []account.Command{account.RenameUser{From: "maxine", To: "adam"}}, "maxine", nil},
		{"acme", []account.Command{account.Invite{Key: "k1"}}, "k1", []string{"acme member invited"}},
		{"acme", []account.Command{account.AcceptInvitation{Key: "k1", User: "max"}}, "max", []string{"acme member active", "other owner active"}},
		{"acme", nil, "k1", nil},
		{"acme", []account.Command{account.RemoveUser{User: "max"}, account.AddUser{User: "max"}, account.RemoveUser{User: "max"}}, "max", []string{"other owner active"}},
		{"acme", []account.Command{account.AddUser{User: "max", Status: usher.Invited}}, "max", []string{"acme member invited", "other owner active"}},
		{"other", []account.Command{account.DeleteAccount{}}, "max", []string{"acme member invited"}},
	}
	for i, step := range steps {
		if step.commands != nil {
			_, err := w.Do(ctx, host, step.account, step.commands...)
			require.NoError(t, err, "step %d", i)
		}
		assert.Equal(t, step.want, accountsOf(t, w.Engine, step.user), "step %d", i)
	}
	require.NoError(t, w.Erase(ctx, "acme"))
	assert.Nil(t, accountsOf(t, w.Engine, "max"))
	assert.Nil(t, accountsOf(t, w.Engine, "adam"))
}

// After random commands, also in transactions that end either way, the index has exactly the users of
// the account.
func TestIndexOfRandomCommands(t *testing.T) {
	for seed := range uint64(20) {
		w := openIndexed(t)
		dice := rand.New(rand.NewPCG(seed, 0))
		ids := []usher.UserID{"max", "mia", "adam", "zoe", "kim", "leo"}
		pick := func() usher.UserID { return ids[dice.IntN(len(ids))] }
		command := func() account.Command {
			switch dice.IntN(6) {
			case 0:
				return account.RemoveUser{User: pick()}
			case 1:
				return account.RenameUser{From: pick(), To: pick()}
			case 2:
				return account.Invite{Key: pick()}
			case 3:
				return account.AcceptInvitation{Key: pick(), User: pick()}
			case 4:
				return account.SetSeats{Pool: "desk", Total: 10 + dice.IntN(5)}
			}
			return account.AddUser{User: pick()}
		}
		for range 30 {
			commands := []account.Command{command()}
			for dice.IntN(3) == 0 {
				commands = append(commands, command())
			}
			if dice.IntN(3) == 0 {
				tx := w.mem.Begin()
				_, err := w.SubmitTx(ctx, tx, engine.Batch{Account: "acme", Actor: host, Commands: commands})
				if err == nil && dice.IntN(2) == 0 {
					require.NoError(t, tx.Commit(ctx))
				} else {
					require.NoError(t, tx.Rollback())
				}
			} else {
				_, _ = w.Do(ctx, host, "acme", commands...)
			}
			versions, err := w.mem.Versions(ctx, []usher.AccountID{"acme"})
			require.NoError(t, err)
			r, err := w.Latest(ctx, "acme", versions[0])
			require.NoError(t, err)
			v, err := r.View(ctx, "acme")
			require.NoError(t, err)
			for _, id := range ids {
				var indexed []usher.AccountID
				for a, err := range w.mem.AccountsOf(ctx, id, "") {
					require.NoError(t, err)
					indexed = append(indexed, a)
				}
				_, is := v.User(id)
				assert.Equal(t, is, len(indexed) == 1, "seed %d: %s after %v", seed, id, commands)
			}
			for id := range w.mem.Unindexed(ctx, "") {
				t.Errorf("seed %d: the index lacks %s", seed, id)
			}
		}
	}
}

// older is a store of before the index: what it appends states nothing about users.
type older struct{ *memstore.Store }

func (s older) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	e.Users = store.Users{}
	return s.Store.Append(ctx, id, e)
}

// While instances of the version before write, AccountsOf completes the index; beyond a bound,
// IndexUsers does.
func TestAccountsOfDuringDeployment(t *testing.T) {
	mem := new(memstore.Store)
	before, after := startOn(t, older{mem}), startOn(t, mem)
	for i := range engine.MaxCatchUp {
		_, err := before.Do(ctx, host, usher.AccountID(fmt.Sprintf("a%03d", i)), account.CreateAccount{Owner: "olivia"})
		require.NoError(t, err)
	}
	assert.Len(t, allAccounts(t, after, "olivia", 7), engine.MaxCatchUp)
	_, err := before.Do(ctx, host, "a007", account.AddUser{User: "max"})
	require.NoError(t, err)
	assert.Equal(t, []usher.AccountID{"a007"}, allAccounts(t, after, "max", 1), "an instance of before the index has added the user")
	_, err = before.Do(ctx, host, "a007", account.RemoveUser{User: "max"})
	require.NoError(t, err)
	_, err = after.Do(ctx, host, "a007", account.AddUser{User: "mia"})
	require.NoError(t, err)
	assert.Empty(t, allAccounts(t, after, "max", 1))
	assert.Equal(t, []usher.AccountID{"a007"}, allAccounts(t, after, "mia", 1))

	for i := range engine.MaxCatchUp + 1 {
		_, err := before.Do(ctx, host, usher.AccountID(fmt.Sprintf("b%03d", i)), account.CreateAccount{Owner: "olivia"})
		require.NoError(t, err)
	}
	_, err = after.AccountsOf(ctx, "olivia", engine.AccountsPage{})
	require.ErrorIs(t, err, engine.ErrNotIndexed)
	require.ErrorContains(t, err, "call IndexUsers, or run: usher index STORE")
	added, err := after.IndexUsers(ctx)
	require.NoError(t, err)
	assert.Equal(t, 1, added, "the call before has added the others")
	assert.Len(t, allAccounts(t, after, "olivia", 0), 2*engine.MaxCatchUp+1)
}

// allAccounts reads all pages.
func allAccounts(t *testing.T, e *engine.Engine, user usher.UserID, limit int) (all []usher.AccountID) {
	t.Helper()
	for page := (engine.AccountsPage{Limit: limit}); ; {
		found, err := e.AccountsOf(ctx, user, page)
		require.NoError(t, err)
		if limit > 0 {
			assert.LessOrEqual(t, len(found.Accounts), limit)
		}
		for _, a := range found.Accounts {
			all = append(all, a.Account)
		}
		if page.After = found.Next; found.Next == "" {
			assert.True(t, slices.IsSorted(all))
			return all
		}
	}
}

func TestAccountsOfErrors(t *testing.T) {
	w := openIndexed(t)
	_, err := w.AccountsOf(ctx, "", engine.AccountsPage{})
	require.ErrorIs(t, err, store.ErrInvalid)
	bare, err := engine.Open(engine.Options{Policy: w.Policy(), Store: struct{ store.Store }{new(memstore.Store)}})
	require.NoError(t, err)
	_, err = bare.AccountsOf(ctx, "max", engine.AccountsPage{})
	require.ErrorIs(t, err, engine.ErrNoUserIndex)
	_, err = bare.IndexUsers(ctx)
	require.ErrorIs(t, err, engine.ErrNoUserIndex)
	require.NoError(t, bare.Close())
	_, err = bare.AccountsOf(ctx, "max", engine.AccountsPage{})
	require.ErrorIs(t, err, engine.ErrClosed)
	_, err = new(engine.Engine).AccountsOf(ctx, "max", engine.AccountsPage{})
	require.Error(t, err)
}

// An account that cannot be read does not keep a user from the others.
func TestAccountsOfDamaged(t *testing.T) {
	w := openIndexed(t)
	broken := store.Entry{Commit: store.Commit{Version: 1, Data: []byte("nonsense")}, Users: store.Users{Known: true, Added: []usher.UserID{"max"}}}
	require.NoError(t, w.mem.Append(ctx, "broken", broken))
	require.NoError(t, w.mem.Append(ctx, "lost", store.Entry{Commit: store.Commit{Version: 1, Data: []byte("nonsense")}}))
	found, err := w.AccountsOf(ctx, "max", engine.AccountsPage{})
	require.NoError(t, err)
	require.Len(t, found.Accounts, 2)
	require.NoError(t, found.Accounts[0].Err)
	require.Error(t, found.Accounts[1].Err)
	assert.Equal(t, account.Member{}, found.Accounts[1].Member)
	_, err = w.IndexUsers(ctx)
	require.ErrorContains(t, err, "lost")
}

// What has become due since the last commit counts: a role that has ended is not listed, nor is an account to which the
// invitation has ended.
func TestAccountsOfTakesDueIntoAccount(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, func(o *engine.Options) { o.Store = mem })
	w.must("acme", host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "max"}, account.Invite{Key: "k1", Until: noon.Add(time.Hour)},
		account.SetRole{User: "max", Role: "admin", Until: noon.Add(time.Hour)})
	assert.Equal(t, []string{"acme admin active"}, accountsOf(t, w.Engine, "max"))
	assert.Equal(t, []string{"acme member invited"}, accountsOf(t, w.Engine, "k1"))
	w.clock.add(time.Hour)
	assert.Equal(t, []string{"acme member active"}, accountsOf(t, w.Engine, "max"))
	assert.Empty(t, accountsOf(t, w.Engine, "k1"))
}
