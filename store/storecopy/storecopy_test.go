package storecopy_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storecopy"
)

var day = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// add appends the next commit of an account, with records "user=data".
func add(t testing.TB, s store.Store, id usher.AccountID, data string, records ...string) {
	t.Helper()
	e := store.Entry{Commit: store.Commit{Version: lastOf(t, s, id) + 1, Data: []byte(data)}}
	for _, r := range records {
		user, value, _ := strings.Cut(r, "=")
		e.Records = append(e.Records, store.Record{User: usher.UserID(user), Data: []byte(value)})
	}
	require.NoError(t, s.Append(t.Context(), id, e))
}

func lastOf(t testing.TB, s store.Store, id usher.AccountID) (last uint64) {
	t.Helper()
	for c, err := range s.Commits(t.Context(), id, 0) {
		require.NoError(t, err)
		last = c.Version
	}
	return last
}

func active(t testing.TB, s store.UserDataStore, id usher.AccountID, user usher.UserID, at time.Time) {
	t.Helper()
	require.NoError(t, s.SaveLastActive(t.Context(), id, []store.LastActive{{User: user, At: at}}))
}

// filled returns a store with accounts of many shapes.
func filled(t testing.TB) *memstore.Store {
	t.Helper()
	s := new(memstore.Store)
	add(t, s, "one", "created", "mia=Mia")
	for i := range 700 {
		add(t, s, "long", fmt.Sprint("commit ", i), fmt.Sprintf("user%d=%d", i%50, i))
	}
	require.NoError(t, s.SaveSnapshot(t.Context(), "long", store.Snapshot{Version: 600, Data: []byte("state")}))
	for i := range 300 {
		add(t, s, usher.AccountID(fmt.Sprintf("small%03d", i)), "created")
	}
	add(t, s, "odd\x00\xff", "", "\x00=\xff")
	add(t, s, "gone", "created", "mia=Mia")
	require.NoError(t, s.Erase(t.Context(), "gone"))
	for i := range 30 {
		active(t, s, "long", usher.UserID(fmt.Sprintf("user%d", i)), day.Add(time.Duration(i)*time.Hour))
	}
	active(t, s, "one", "guest", day)
	return s
}

// dump returns the content of a store as text.
func dump(t testing.TB, s *memstore.Store) string {
	t.Helper()
	var b strings.Builder
	for id, err := range s.Accounts(t.Context(), "") {
		require.NoError(t, err)
		for c, err := range s.Commits(t.Context(), id, 0) {
			require.NoError(t, err)
			fmt.Fprintf(&b, "%q %d %q\n", id, c.Version, c.Data)
		}
		snapshot, err := s.Snapshot(t.Context(), id)
		require.NoError(t, err)
		fmt.Fprintf(&b, "%q snapshot %d %q\n", id, snapshot.Version, snapshot.Data)
		for r, err := range s.Records(t.Context(), id, "") {
			require.NoError(t, err)
			fmt.Fprintf(&b, "%q record %q %q\n", id, r.User, r.Data)
		}
		for l, err := range s.LastActiveTimes(t.Context(), id, "") {
			require.NoError(t, err)
			fmt.Fprintf(&b, "%q active %q %s\n", id, l.User, l.At)
		}
	}
	for id, err := range s.ErasedAccounts(t.Context(), "") {
		require.NoError(t, err)
		fmt.Fprintf(&b, "%q erased\n", id)
	}
	return b.String()
}

// copied copies all accounts, and returns the outcomes by id.
func copied(t testing.TB, source, target store.Store) map[usher.AccountID]storecopy.Account {
	t.Helper()
	outcomes := map[usher.AccountID]storecopy.Account{}
	for a, err := range storecopy.Copy(t.Context(), source, target) {
		require.NoError(t, err)
		_, twice := outcomes[a.ID]
		require.False(t, twice, "%q", a.ID)
		outcomes[a.ID] = a
	}
	return outcomes
}

// wantEqual requires that each account was copied, and that the stores have the same content.
func wantEqual(t testing.TB, source, target *memstore.Store, outcomes map[usher.AccountID]storecopy.Account) {
	t.Helper()
	for id, a := range outcomes {
		require.NoError(t, a.Problem, "%q", id)
		require.False(t, a.Changed, "%q", id)
	}
	require.Empty(t, cmp.Diff(dump(t, source), dump(t, target)))
}

func TestCopy(t *testing.T) {
	source, target := filled(t), new(memstore.Store)
	outcomes := copied(t, source, target)
	wantEqual(t, source, target, outcomes)
	assert.Len(t, outcomes, 304)
	assert.Equal(t, storecopy.Account{ID: "long", Version: 700, Commits: 700}, outcomes["long"])
	assert.Equal(t, storecopy.Account{ID: "gone", Erased: true}, outcomes["gone"])

	// A second call finds everything done, and a third adds what is new.
	outcomes = copied(t, source, target)
	wantEqual(t, source, target, outcomes)
	assert.Equal(t, storecopy.Account{ID: "long", Version: 700}, outcomes["long"])
	add(t, source, "long", "more", "user1=new", "user2=")
	add(t, source, "new", "created")
	active(t, source, "long", "user3", day.Add(time.Hour*1000))
	require.NoError(t, source.SaveSnapshot(t.Context(), "long", store.Snapshot{Version: 701, Data: []byte("state")}))
	require.NoError(t, source.Erase(t.Context(), "one"))
	outcomes = copied(t, source, target)
	wantEqual(t, source, target, outcomes)
	assert.Equal(t, storecopy.Account{ID: "long", Version: 701, Commits: 1}, outcomes["long"])
	assert.Equal(t, storecopy.Account{ID: "one", Erased: true}, outcomes["one"])
}

// inGroups is a store.Transactor. Its transactions are not atomic.
type inGroups struct {
	*memstore.Store
	groups []int
}

func (g *inGroups) InTx(_ context.Context, f func(store.Tx) error) error {
	tx := &groupTx{Store: g.Store}
	err := f(tx)
	g.groups = append(g.groups, tx.appended)
	return err
}

type groupTx struct {
	*memstore.Store
	appended int
}

func (*groupTx) Lock(context.Context, usher.AccountID, store.LockMode) (store.Position, error) {
	return store.Position{}, errors.New("not used")
}

func (tx *groupTx) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	tx.appended++
	return tx.Store.Append(ctx, id, e)
}

// A target that has transactions gets many commits in each.
func TestTransactions(t *testing.T) {
	source, target := filled(t), &inGroups{Store: new(memstore.Store)}
	wantEqual(t, source, target.Store, copied(t, source, target))
	assert.Equal(t, []int{256, 256, 187}, target.groups)
}

// A copy that fails anywhere, also after a store has done its part, is continued by the next.
func TestContinued(t *testing.T) {
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		source, target := filled(t), new(memstore.Store)
		broken := errors.New("the connection is cut")
		left := random.IntN(2000)
		faults := func(context.Context, storefault.Call) storefault.Fault {
			switch left--; {
			case left > 0:
				return storefault.Fault{}
			case left%2 == 0:
				return storefault.Fault{Before: broken}
			}
			return storefault.Fault{After: broken, Items: 1 + left&3}
		}
		failed := false
		for a, err := range storecopy.Copy(t.Context(), storefault.Wrap(source, locked(faults)), storefault.Wrap(target, locked(faults))) {
			failed = failed || err != nil || a.Problem != nil
		}
		require.True(t, failed)
		wantEqual(t, source, target, copied(t, source, target))
	}
}

// locked returns faults that may be called concurrently.
func locked(f storefault.Faults) storefault.Faults {
	return func(ctx context.Context, c storefault.Call) storefault.Fault {
		lock <- struct{}{}
		defer func() { <-lock }()
		return f(ctx, c)
	}
}

var lock = make(chan struct{}, 1)

// Copy may be stopped at any account, by the loop and by the context.
func TestStopped(t *testing.T) {
	source, target := filled(t), new(memstore.Store)
	for range storecopy.Copy(t.Context(), source, target) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range storecopy.Copy(ctx, source, target) {
		cancel()
		last = err
	}
	require.ErrorIs(t, last, context.Canceled)
	for _, err := range storecopy.Copy(ctx, source, target) {
		require.ErrorIs(t, err, context.Canceled)
	}
	wantEqual(t, source, target, copied(t, source, target))
	assert.True(t, slices.Contains(slices.Collect(ids(t, target)), "odd\x00\xff"))
}
