package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// watched is an engine with accounts in memory whose hints a test sends, and whose calls of
// Versions wait for the test.
type watched struct {
	*world
	mem   *memstore.Store
	store *hinted
	began chan int // the number of ids of each call of Versions
	reply chan error

	mu   sync.Mutex
	last []usher.AccountID
}

const watchedAccounts = 100

func watchedID(i int) usher.AccountID { return usher.AccountID(fmt.Sprint("a", i)) }

// openWatched opens an engine with the accounts a0, a1, and so on in memory.
func openWatched(t *testing.T, change func(*engine.Options)) *watched {
	t.Helper()
	h := &watched{
		mem: new(memstore.Store), store: &hinted{hints: make(chan usher.AccountID)},
		began: make(chan int), reply: make(chan error),
	}
	other := openOn(t, h.mem, nil)
	h.store.versions = func(ctx context.Context, ids []usher.AccountID) ([]uint64, error) {
		versions, err := h.mem.Versions(ctx, ids)
		h.mu.Lock()
		h.last = slices.Sorted(slices.Values(ids))
		h.mu.Unlock()
		h.began <- len(ids)
		select {
		case failure := <-h.reply:
			return versions, errors.Join(err, failure)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	h.world = openOn(t, h.mem, func(o *engine.Options) {
		h.store.UserDataStore = o.Store.(store.UserDataStore)
		o.Store = h.store
		if change != nil {
			change(o)
		}
	})
	for i := range watchedAccounts {
		other.must(watchedID(i), host, account.CreateAccount{Owner: "olivia"})
		_, err := h.View(ctx, watchedID(i))
		require.NoError(t, err)
	}
	return h
}

// hold sends hints until the engine compares versions, so that further hints wait, and
// returns when no load is in progress.
func (h *watched) hold(t *testing.T) {
	t.Helper()
	for i := 0; ; i++ {
		select {
		case h.store.hints <- watchedID(i % 2):
		case <-h.began:
			eventually(t, "the loads of single hints end", func() bool { return !engine.Loading(h.Engine) })
			return
		}
	}
}

// Hints that arrive during a comparison wait for the next one, which has them all, each
// once. Only accounts that have changed are loaded.
func TestHintsTogether(t *testing.T) {
	h := openWatched(t, nil)
	h.hold(t)
	reads := h.calls.of("Commits")
	other := openOn(t, h.mem, nil)
	other.must(watchedID(7), host, account.AddUser{User: "max", Role: "admin"})
	require.NoError(t, other.Erase(ctx, watchedID(8)))
	h.must(watchedID(9), host, account.AddUser{User: "max", Role: "admin"}) // its own
	want := []usher.AccountID{}
	for range 3 {
		for i := range watchedAccounts {
			h.store.hints <- watchedID(i)
		}
	}
	for i := range watchedAccounts {
		want = append(want, watchedID(i))
	}
	h.store.hints <- "unknown"
	h.store.hints <- watchedID(0) // after this, the one before was received

	h.reply <- nil
	assert.Equal(t, watchedAccounts, <-h.began)
	h.mu.Lock()
	assert.Equal(t, slices.Sorted(slices.Values(want)), h.last)
	h.mu.Unlock()
	assert.Equal(t, reads, h.calls.of("Commits"), "the accounts of the first comparison have not changed")
	h.must(watchedID(10), host, account.AddUser{User: "max"}) // newer than the versions that were read
	h.reply <- nil
	eventually(t, "the change is read", func() bool {
		d, err := h.Check(ctx, usher.Request{Account: watchedID(7), Subject: "max", Permission: openDoor})
		return err == nil && d.Allowed()
	})
	eventually(t, "the erasure is read", func() bool {
		_, err := h.View(ctx, watchedID(8))
		return errors.Is(err, usher.ErrUnknownAccount)
	})
	require.NoError(t, h.Close())
	assert.LessOrEqual(t, h.calls.of("Commits")-reads, 3, "both, and the erased one again for the call")
}

// A single hint needs no comparison: it costs one call, and no time.
func TestHintAlone(t *testing.T) {
	h := openWatched(t, nil)
	openOn(t, h.mem, nil).must(watchedID(7), host, account.AddUser{User: "max", Role: "admin"})
	h.store.hints <- watchedID(7)
	eventually(t, "the change is read", func() bool {
		d, err := h.Check(ctx, usher.Request{Account: watchedID(7), Subject: "max", Permission: openDoor})
		return err == nil && d.Allowed()
	})
	assert.Nil(t, h.last)
}

// If the versions cannot be read, all accounts with a hint are loaded.
func TestHintsWithoutVersions(t *testing.T) {
	failures := make(chan error, 10)
	h := openWatched(t, func(o *engine.Options) { o.Observer.Failed = func(err error) { failures <- err } })
	h.hold(t)
	openOn(t, h.mem, nil).must(watchedID(7), host, account.AddUser{User: "max", Role: "admin"})
	for i := range watchedAccounts {
		h.store.hints <- watchedID(i)
	}
	h.store.hints <- watchedID(0)
	reads := h.calls.of("Commits")
	h.reply <- nil
	<-h.began
	h.reply <- errDown
	err := <-failures
	assert.ErrorIs(t, err, errDown)
	assert.ErrorContains(t, err, "read versions")
	eventually(t, "all are read", func() bool { return h.calls.of("Commits") >= reads+watchedAccounts })
	d, err := h.Check(ctx, usher.Request{Account: watchedID(7), Subject: "max", Permission: openDoor})
	require.NoError(t, err)
	assert.True(t, d.Allowed())
}

// Close ends a comparison, and loads no accounts after it.
func TestHintsAtClose(t *testing.T) {
	h := openWatched(t, nil)
	h.hold(t)
	for i := range watchedAccounts {
		h.store.hints <- watchedID(i)
	}
	h.store.hints <- watchedID(0)
	reads := h.calls.of("Commits")
	require.NoError(t, h.Close())
	assert.Equal(t, reads, h.calls.of("Commits"))
}
