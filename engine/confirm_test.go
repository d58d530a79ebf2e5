package engine_test

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// minute limits the age of the accounts in memory.
func minute(o *engine.Options) { o.MaxStaleness = time.Minute }

// openMany opens an engine with accounts in memory that no hint puts in doubt.
func openMany(t *testing.T, mem *memstore.Store, n int, change func(*engine.Options)) *world {
	t.Helper()
	other := openOn(t, mem, nil)
	for i := range n {
		other.must(watchedID(i), host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "adam", Role: "admin"})
	}
	w := openOn(t, mem, func(o *engine.Options) {
		minute(o)
		if change != nil {
			change(o)
		}
	})
	eventually(t, "the first hint came, before any account is in memory", func() bool { return engine.Watched(w.Engine) })
	for i := range n {
		_, err := w.View(ctx, watchedID(i))
		require.NoError(t, err)
		require.False(t, engine.InDoubt(w.Engine, watchedID(i)))
	}
	return w
}

// adamOpens asks whether adam may open the door of an account.
func (w *world) adamOpens(id usher.AccountID) (bool, error) {
	d, err := w.Check(ctx, usher.Request{Account: id, Subject: "adam", Permission: openDoor})
	return d.Allowed(), err
}

// However many accounts are in memory, one call of the store confirms them all, and none is read.
func TestConfirmAll(t *testing.T) {
	const accounts = 300
	w := openMany(t, new(memstore.Store), accounts, nil)
	reads, versions := w.calls.of("Commits"), w.calls.of("Versions")
	for round := range 5 {
		w.clock.add(90 * time.Second) // so that the first check has to wait
		before := w.calls.of("Confirm")
		for i := range accounts {
			opens, err := w.adamOpens(watchedID(i))
			require.NoError(t, err)
			assert.True(t, opens)
		}
		assert.Equal(t, before+1, w.calls.of("Confirm"), "round %d", round)
	}
	assert.Equal(t, reads, w.calls.of("Commits"))
	assert.Equal(t, versions, w.calls.of("Versions"))
}

// From half of MaxStaleness on, the background confirms, so that no check waits.
func TestConfirmAhead(t *testing.T) {
	release := make(chan struct{})
	w := openMany(t, new(memstore.Store), 3, nil)
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Confirm" {
			<-release
		}
		return storefault.Fault{}
	})
	w.clock.add(29 * time.Second)
	_, err := w.adamOpens(watchedID(1))
	require.NoError(t, err)
	time.Sleep(5 * time.Millisecond)
	assert.Zero(t, w.calls.of("Confirm"))
	w.clock.add(2 * time.Second)
	for range 100 {
		_, err = w.adamOpens(watchedID(1))
		require.NoError(t, err)
	}
	eventually(t, "the background asks the store", func() bool { return w.calls.of("Confirm") == 1 })
	close(release)
	eventually(t, "all are confirmed", func() bool {
		return engine.LastConfirmed(w.Engine, watchedID(2)) == 31*time.Second
	})
	assert.Equal(t, 1, w.calls.of("Confirm"))
}

// If the store cannot confirm, each account is read; if it cannot be read either, checks return
// ErrStale.
func TestConfirmFails(t *testing.T) {
	failures := make(chan error, 100)
	w := openMany(t, new(memstore.Store), 3, func(o *engine.Options) { o.Observer.Failed = func(err error) { failures <- err } })
	reads := w.calls.of("Commits")
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Confirm" {
			return storefault.Fault{Before: errDown}
		}
		return storefault.Fault{}
	})
	w.clock.add(2 * time.Minute)
	opens, err := w.adamOpens(watchedID(0))
	require.NoError(t, err)
	assert.True(t, opens)
	assert.Equal(t, reads+1, w.calls.of("Commits"))
	err = <-failures
	assert.ErrorIs(t, err, errDown)
	assert.ErrorContains(t, err, "confirm")

	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault { return storefault.Fault{Before: errDown} })
	w.clock.add(2 * time.Minute)
	opens, err = w.adamOpens(watchedID(1))
	assert.ErrorIs(t, err, engine.ErrStale)
	assert.False(t, opens)

	w.calls.set(nil)
	w.clock.add(2 * time.Minute)
	confirmed := w.calls.of("Confirm")
	opens, err = w.adamOpens(watchedID(1))
	require.NoError(t, err)
	assert.True(t, opens)
	assert.Equal(t, confirmed+1, w.calls.of("Confirm"), "it is tried again")
}

// A store that returns a mark, but yields none, confirms nothing.
func TestConfirmWithoutMark(t *testing.T) {
	silent := &filtered{hint: func(h store.Hint) (store.Hint, bool) { return h, h.Mark == 0 }}
	w := openMany(t, new(memstore.Store), 2, func(o *engine.Options) {
		silent.confirming = o.Store.(confirming)
		o.Store, o.MaxStaleness = silent, 200*time.Millisecond
	})
	reads := w.calls.of("Commits")
	w.clock.add(time.Minute)
	opens, err := w.adamOpens(watchedID(1))
	require.NoError(t, err)
	assert.True(t, opens)
	assert.Equal(t, reads+1, w.calls.of("Commits"), "the account was read")
}

// confirming is a store with all that the tests need.
type confirming interface {
	store.UserDataStore
	store.Confirmer
	store.VersionReader
}

// filtered changes or drops the hints of a store.
type filtered struct {
	confirming
	hint func(store.Hint) (store.Hint, bool)
}

func (f *filtered) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return func(yield func(store.Hint, error) bool) {
		for h, err := range f.confirming.Watch(ctx) {
			if h, ok := f.hint(h); err == nil && !ok {
				continue
			} else if !yield(h, err) {
				return
			}
		}
	}
}

// A hint that was lost is found by the confirmation: the store yields the zero Hint before the mark, and
// the engine takes no account as confirmed that it has not read since.
func TestConfirmFindsLostHint(t *testing.T) {
	mem := new(memstore.Store)
	var lost atomic.Bool
	f := &filtered{}
	f.hint = func(h store.Hint) (store.Hint, bool) {
		if h.Account == watchedID(7) {
			lost.Store(true)
			return h, false
		}
		return h, true
	}
	w := openMany(t, mem, 20, func(o *engine.Options) {
		f.confirming = o.Store.(confirming)
		o.Store = gapped{f, &lost}
	})
	other := openOn(t, mem, nil)
	other.must(watchedID(7), host, setRole("adam", "member"))
	eventually(t, "the hint is lost", lost.Load)
	opens, err := w.adamOpens(watchedID(7))
	require.NoError(t, err)
	assert.True(t, opens, "nobody knows yet")
	w.clock.add(61 * time.Second)
	opens, err = w.adamOpens(watchedID(7))
	require.NoError(t, err)
	assert.False(t, opens)
}

// gapped yields the zero Hint before a mark if a hint was lost, as a store does that counts.
type gapped struct {
	*filtered
	lost *atomic.Bool
}

func (g gapped) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return func(yield func(store.Hint, error) bool) {
		for h, err := range g.filtered.Watch(ctx) {
			if h.Mark > 0 && g.lost.Swap(false) && !yield(store.Hint{}, nil) {
				return
			}
			if !yield(h, err) {
				return
			}
		}
	}
}

// An account with a hint that could not be read is not confirmed together with the others.
func TestConfirmLeavesDoubt(t *testing.T) {
	mem := new(memstore.Store)
	w := openMany(t, mem, 5, nil)
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Account == watchedID(3) || c.Method == "Versions" {
			return storefault.Fault{Before: errDown}
		}
		return storefault.Fault{}
	})
	openOn(t, mem, nil).must(watchedID(3), host, setRole("adam", "member"))
	eventually(t, "the hint comes", func() bool { return engine.InDoubt(w.Engine, watchedID(3)) })
	for range 3 {
		w.clock.add(61 * time.Second)
		opens, err := w.adamOpens(watchedID(2))
		require.NoError(t, err)
		assert.True(t, opens)
		_, err = w.adamOpens(watchedID(3))
		assert.ErrorIs(t, err, engine.ErrStale)
	}
	w.calls.set(nil)
	opens, err := w.adamOpens(watchedID(3))
	require.NoError(t, err)
	assert.False(t, opens)
	w.clock.add(61 * time.Second)
	reads := w.calls.of("Commits")
	_, err = w.adamOpens(watchedID(3))
	require.NoError(t, err)
	assert.Equal(t, reads, w.calls.of("Commits"), "it is confirmed with the others again")
}

// While the store is not watched, accounts are read one by one.
func TestConfirmUnwatched(t *testing.T) {
	mem := new(memstore.Store)
	var broken atomic.Bool
	f := &filtered{hint: func(h store.Hint) (store.Hint, bool) {
		if broken.Load() {
			panic("a mistake")
		}
		return h, true
	}}
	w := openMany(t, mem, 5, func(o *engine.Options) {
		f.confirming = o.Store.(confirming)
		o.Store = f
	})
	broken.Store(true)
	other := openOn(t, mem, nil)
	other.must(watchedID(1), host, setRole("adam", "member")) // its hint ends the watch
	eventually(t, "the change is seen", func() bool {
		w.clock.add(61 * time.Second)
		opens, err := w.adamOpens(watchedID(1))
		require.NoError(t, err)
		return !opens
	})
}

// A hint with a version costs nothing if the engine has this version: after its own commits it reads
// nothing, and after those of others each account once.
func TestHintsWithVersions(t *testing.T) {
	mem := new(memstore.Store)
	w := openMany(t, mem, 1, nil)
	hints := make(chan store.Hint, 1000)
	go func() {
		for h, err := range mem.Watch(t.Context()) {
			if err == nil {
				hints <- h
			}
		}
	}()
	require.Equal(t, store.Hint{}, <-hints)
	reads, versions := w.calls.of("Commits"), w.calls.of("Versions")
	for i := range 50 { // version 1 made the account
		w.must(watchedID(0), host, setRole("adam", []role.Name{"member", "admin"}[i%2]))
	}
	for (<-hints).Version < 51 {
	}
	assert.False(t, engine.InDoubt(w.Engine, watchedID(0)))
	assert.Equal(t, versions, w.calls.of("Versions"))
	assert.Equal(t, reads, w.calls.of("Commits"))
	openOn(t, mem, nil).must(watchedID(0), host, setRole("adam", "member"))
	eventually(t, "the change of another engine is read", func() bool {
		opens, err := w.adamOpens(watchedID(0))
		return err == nil && !opens
	})
}

// Checks of many accounts, commits of another engine, lost hints and failing calls, with a limit of the
// age that ends often: no check is older than the limit.
func TestConfirmNeverLater(t *testing.T) {
	mem := new(memstore.Store)
	var n atomic.Uint64
	f := &filtered{hint: func(h store.Hint) (store.Hint, bool) {
		if h.Account != "" && n.Add(1)%3 == 0 {
			return store.Hint{}, true
		}
		return h, true
	}}
	const accounts = 20
	w := openMany(t, mem, accounts, func(o *engine.Options) {
		f.confirming = o.Store.(confirming)
		o.Store = f
	})
	var calls atomic.Uint64
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if calls.Add(1)%4 == 0 && c.Method != "Watch" {
			return storefault.Fault{Before: errDown}
		}
		return storefault.Fault{}
	})
	other := openOn(t, mem, nil)
	for i := range 400 {
		id, to := watchedID(i%accounts), []role.Name{"member", "admin"}[i/accounts%2]
		other.must(id, host, setRole("adam", to))
		w.clock.add(61 * time.Second)
		opens, err := w.adamOpens(id)
		if err != nil {
			assert.ErrorIs(t, err, engine.ErrStale)
			continue
		}
		assert.Equal(t, to == "admin", opens, fmt.Sprint("change ", i))
	}
}
