package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// large returns the first commit of an account that alone makes a snapshot due.
func large() account.Command {
	users := map[usher.UserID]policy.User{"olivia": {Role: "owner"}, "adam": {Role: "admin"}}
	for i := range 1000 {
		users[usher.UserID(fmt.Sprintf("user-%04d", i))] = policy.User{}
	}
	return account.Import{Seed: account.Seed{Users: users}}
}

func (w *world) saved() store.Snapshot {
	w.t.Helper()
	s, err := w.mem.Snapshot(ctx, "acme")
	require.NoError(w.t, err)
	return s
}

// A snapshot is stored when enough was committed. A new engine reads only its commit and
// the commits after it.
func TestSnapshotsAreStored(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, unwatched)
	w.must("acme", host, large())
	eventually(t, "the import is saved", func() bool { return w.saved().Version == 1 })
	state, err := account.DecodeState(w.saved().Data)
	require.NoError(t, err)
	assert.Equal(t, 1002, state.Users())

	note := engine.Batch{Actor: host, Account: "acme", Note: strings.Repeat("n", 1000)}
	for i := range 100 {
		note.Commands = []account.Command{account.AddUser{User: usher.UserID(fmt.Sprint("late-", i))}}
		_, err := w.Submit(ctx, note)
		require.NoError(t, err)
	}
	eventually(t, "and what came after it", func() bool { return w.saved().Version > 20 })
	assert.LessOrEqual(t, w.calls.of("SaveSnapshot"), 5, "but not after each commit")
	require.NoError(t, w.Close())
	saved := w.saved().Version // the next engine may save what it loads

	w = openOn(t, mem, unwatched)
	var after uint64
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Commits" {
			after = c.Version
		}
		return storefault.Fault{}
	})
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, 1102, view.Len())
	assert.Equal(t, uint64(101), view.Version())
	assert.Equal(t, saved-1, after)
}

func TestSmallAccountsAreNotSaved(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, setRole("max", "admin"))
	require.NoError(t, w.Close())
	assert.Zero(t, w.calls.of("SaveSnapshot"))
}

// Close stores due snapshots. A snapshot that cannot be stored does no harm.
func TestSnapshotsCannotBeStored(t *testing.T) {
	failures := make(chan error, 100)
	w := open(t, func(o *engine.Options) { o.Observer.Failed = func(err error) { failures <- err } })
	w.calls.set(on("SaveSnapshot", storefault.Fault{Before: errDown}))
	w.must("acme", host, large())
	assert.True(t, w.opens("adam"))
	assert.ErrorIs(t, <-failures, errDown)
	w.must("acme", host, setRole("adam", "member"))
	assert.False(t, w.opens("adam"))
	require.NoError(t, w.Close())
	assert.Equal(t, 1, w.calls.of("SaveSnapshot"), "the next try comes after as many bytes")
}

// Commits that were replayed at a start are saved in a snapshot, and a damaged snapshot
// is replaced.
func TestSnapshotsAreMended(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, func(o *engine.Options) { o.Observer.Failed = nil })
	w.must("acme", host, large())
	require.NoError(t, w.Close())
	good := w.saved()
	require.Equal(t, uint64(1), good.Version)
	require.NoError(t, mem.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 1, Data: []byte("usher?")}))

	w = openOn(t, mem, nil)
	assert.True(t, w.opens("adam"))
	eventually(t, "it is mended", func() bool { return string(w.saved().Data) == string(good.Data) })
}

// On a read-only store, checks work and no error is reported.
func TestReadOnlyStore(t *testing.T) {
	mem := new(memstore.Store)
	first := openOn(t, mem, nil)
	first.calls.set(on("SaveSnapshot", storefault.Fault{Before: errDown}))
	first.must("acme", host, large())
	w := openOn(t, mem, func(o *engine.Options) {
		o.Observer.Failed = func(err error) { t.Error(err) }
	})
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "SaveSnapshot" || c.Method == "SaveLastActive" || c.Method == "Append" {
			return storefault.Fault{Before: store.ErrReadOnly}
		}
		return storefault.Fault{}
	})
	assert.True(t, w.opens("adam"))
	w.MarkActive("acme", "adam")
	_, err := w.Do(ctx, host, "acme", setRole("adam", "member"))
	assert.ErrorIs(t, err, store.ErrReadOnly)
	require.NoError(t, w.Close())
	assert.Equal(t, 1, w.calls.of("SaveSnapshot"))
	assert.Equal(t, 1, w.calls.of("SaveLastActive"))
}
