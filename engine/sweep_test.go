package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// hinted is a store with faults whose Watch yields what the test sends.
type hinted struct {
	store.UserDataStore
	hints    chan usher.AccountID // without versions
	versions func(ctx context.Context, ids []usher.AccountID) ([]uint64, error)
}

func (s *hinted) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return func(yield func(store.Hint, error) bool) {
		for {
			select {
			case id := <-s.hints:
				if !yield(store.Hint{Account: id}, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func (s *hinted) Versions(ctx context.Context, ids []usher.AccountID) ([]uint64, error) {
	return s.versions(ctx, ids)
}

// After the hint "", the engine reads the accounts again whose versions differ, and no
// others.
func TestSweep(t *testing.T) {
	mem := new(memstore.Store)
	other := openOn(t, mem, nil)
	s := &hinted{hints: make(chan usher.AccountID)}
	var batches []int
	s.versions = func(ctx context.Context, ids []usher.AccountID) ([]uint64, error) {
		batches = append(batches, len(ids))
		return mem.Versions(ctx, ids)
	}
	w := openOn(t, mem, func(o *engine.Options) {
		s.UserDataStore = o.Store.(store.UserDataStore)
		o.Store, o.MaxStaleness = s, time.Minute
	})
	const accounts = 1500
	id := func(i int) usher.AccountID { return usher.AccountID(fmt.Sprint("a", i)) }
	for i := range accounts {
		other.must(id(i), host, account.CreateAccount{Owner: "olivia"})
		_, err := w.View(ctx, id(i))
		require.NoError(t, err)
	}
	reads := w.calls.of("Commits")
	w.clock.add(50 * time.Second)
	other.must(id(7), host, account.AddUser{User: "max", Role: "admin"})
	require.NoError(t, other.Erase(ctx, id(8)))
	s.hints <- ""
	eventually(t, "the changed accounts are read", func() bool { return w.calls.of("Commits") >= reads+2 })
	eventually(t, "the sweep ends", func() bool {
		for i := range accounts {
			if i != 8 && engine.LastConfirmed(w.Engine, id(i)) < 50*time.Second {
				return false
			}
		}
		_, err := w.View(ctx, id(8))
		return errors.Is(err, usher.ErrUnknownAccount)
	})
	reads = w.calls.of("Commits")
	w.clock.add(50 * time.Second)
	for i := range accounts {
		_, err := w.View(ctx, id(i))
		if i == 8 {
			assert.ErrorIs(t, err, usher.ErrUnknownAccount)
			continue
		}
		require.NoError(t, err)
		d, err := w.Check(ctx, usher.Request{Account: id(i), Subject: "max", Permission: openDoor})
		require.NoError(t, err)
		assert.Equal(t, i == 7, d.Allowed())
	}
	assert.LessOrEqual(t, w.calls.of("Commits")-reads, 1, "the sweep confirmed the others; the erased account is read again")
	require.NoError(t, w.Close())
	assert.Equal(t, []int{1000, 500}, batches)
}

// If the versions cannot be read, all accounts are read again, and the Observer gets the
// error.
func TestSweepWithoutVersions(t *testing.T) {
	for name, versions := range map[string]func(context.Context, []usher.AccountID) ([]uint64, error){
		"the store is down":       func(context.Context, []usher.AccountID) ([]uint64, error) { return nil, errDown },
		"the store returned 0 ve": func(context.Context, []usher.AccountID) ([]uint64, error) { return nil, nil },
		"panic: a mistake":        func(context.Context, []usher.AccountID) ([]uint64, error) { panic("a mistake") },
	} {
		t.Run(name, func(t *testing.T) {
			mem := new(memstore.Store)
			other := openOn(t, mem, nil).found()
			s := &hinted{hints: make(chan usher.AccountID), versions: versions}
			failures := make(chan error, 10)
			w := openOn(t, mem, func(o *engine.Options) {
				s.UserDataStore = o.Store.(store.UserDataStore)
				o.Store, o.Observer.Failed = s, func(err error) { failures <- err }
			})
			assert.True(t, w.opens("adam"))
			other.must("acme", host, setRole("adam", "member"))
			s.hints <- ""
			err := <-failures
			assert.ErrorContains(t, err, "read versions")
			assert.ErrorContains(t, err, name)
			eventually(t, "it is read", func() bool { return !w.opens("adam") })
		})
	}
}

// A store that has fewer commits than the memory had, for example after the restore of an older backup, is an error
// from the sweep on: the account in memory is not confirmed, and the older account is not used.
func TestSweepFindsLostCommits(t *testing.T) {
	lines := promotions(t, "clerk", "admin", "member")
	mem, older := storeOf(t, lines), storeOf(t, lines[:2])
	r := &replaceable{mem: mem}
	s := &hinted{UserDataStore: mem, hints: make(chan usher.AccountID)}
	s.versions = func(ctx context.Context, ids []usher.AccountID) ([]uint64, error) { return r.now().Versions(ctx, ids) }
	failures := make(chan error, 10)
	w := openOn(t, nil, func(o *engine.Options) {
		o.Store = struct {
			*replaceable
			*hinted
		}{r, s}
		o.Observer.Failed = func(err error) { failures <- err }
	})
	_, err := w.View(ctx, "acme")
	require.NoError(t, err)
	r.mu.Lock()
	r.mem = older
	r.mu.Unlock()
	s.hints <- ""
	require.ErrorContains(t, <-failures, "the journal lost commits: the journal ends at version 2, and had version 4 before")
	for range 3 {
		d, err := w.Check(ctx, ask("adam", openDoor))
		require.ErrorContains(t, err, "the journal lost commits")
		assert.False(t, d.Allowed())
		_, err = w.Do(ctx, host, "acme", setRole("max", "admin"))
		require.ErrorContains(t, err, "the journal lost commits")
		require.NoError(t, w.SetPolicy(ctx, load(t, office)))
	}
	assert.Len(t, linesOf(t, older), 2, "no commit is appended")
}
