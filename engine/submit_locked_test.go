package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
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

// lockable is a store with faults whose transactions are those of inTx.
type lockable struct {
	store.UserDataStore
	inTx func(ctx context.Context, f func(store.Tx) error) error
}

func (s lockable) InTx(ctx context.Context, f func(store.Tx) error) error { return s.inTx(ctx, f) }

// openLockable returns a world whose store locks accounts, and whose appends without a lock
// are always overtaken by a rival.
func openLockable(t *testing.T, inTx func(mem *memstore.Store, f func(store.Tx) error) error, change func(*engine.Options)) *world {
	mem := new(memstore.Store)
	rival := openOn(t, mem, nil).found()
	w := openOn(t, mem, func(o *engine.Options) {
		o.Store = lockable{o.Store.(store.UserDataStore), func(_ context.Context, f func(store.Tx) error) error { return inTx(mem, f) }}
		if change != nil {
			change(o)
		}
	})
	roles := []role.Name{"member", "clerk"}
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Append" && c.Try == 1 {
			rival.must("acme", host, setRole("cleo", roles[c.Version%2]))
		}
		return storefault.Fault{}
	})
	return w
}

func inTx(mem *memstore.Store, f func(store.Tx) error) error { return mem.InTx(ctx, f) }

// A batch that is overtaken twice locks the account.
func TestSubmitLocks(t *testing.T) {
	var committed []string
	w := openLockable(t, inTx, func(o *engine.Options) {
		o.Observer.Committed = func(_ context.Context, c *account.Commit) { committed = append(committed, c.ID) }
	})
	result := w.must("acme", host, setRole("max", "admin"))
	assert.Equal(t, 2, w.calls.of("Append"))
	assert.Equal(t, uint64(4), result.Version)
	assert.True(t, w.opens("max"))
	assert.Equal(t, []string{result.Commit.ID}, committed)
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)), "no batch is underway")

	// The lock does not change what is decided.
	_, err := w.Do(ctx, account.AsUser("cleo"), "acme", setRole("max", "member"))
	assert.ErrorIs(t, err, usher.ErrDenied)
	_, err = w.Do(ctx, host, "none", setRole("max", "member"))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
}

// unknownCommitted is a transaction of a store that does not know what others see.
type unknownCommitted struct{ store.Tx }

func (u unknownCommitted) Lock(ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
	p, err := u.Tx.Lock(ctx, id, mode)
	p.Committed = 0
	return p, err
}

// After a Result without a commit, the Engine has the version that the result names.
func TestSubmitLockedSees(t *testing.T) {
	w := openLockable(t, func(mem *memstore.Store, f func(store.Tx) error) error {
		openOn(t, mem, nil).must("acme", host, setRole("max", "admin"))
		return mem.InTx(ctx, func(tx store.Tx) error { return f(unknownCommitted{tx}) })
	}, nil)
	result := w.must("acme", host, setRole("max", "admin"))
	assert.Nil(t, result.Commit)
	assert.Equal(t, uint64(4), result.Version)
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(4), v.Version())
}

// Without a Transactor, the batch gives up after Options.Tries.
func TestSubmitCannotLock(t *testing.T) {
	w := openLockable(t, inTx, func(o *engine.Options) { unwatched(o); o.Tries = 4 })
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrContention)
	assert.Equal(t, 4, w.calls.of("Append"))
}

// errBusyAfter stands for a lost connection, after which the next Append is rejected.
var errBusyAfter = errors.New("the connection is lost")

// A transaction of the store whose outcome is unknown is resolved like an Append.
func TestSubmitLockedOutcomes(t *testing.T) {
	for _, row := range []struct {
		name string
		inTx func(mem *memstore.Store, f func(store.Tx) error) error
		is   []error // nil if the batch is committed
	}{
		{"stored, but unknown", func(mem *memstore.Store, f func(store.Tx) error) error {
			return errors.Join(inTx(mem, f), errDown)
		}, nil},
		{"stored, but unknown, and then busy", func(mem *memstore.Store, f func(store.Tx) error) error {
			return errors.Join(inTx(mem, f), errBusyAfter)
		}, nil},
		{"not stored, but unknown", func(mem *memstore.Store, f func(store.Tx) error) error {
			tx := mem.Begin()
			defer tx.Rollback()
			if err := f(tx); err != nil {
				return err
			}
			return errDown
		}, nil},
		{"rejected at the end", func(mem *memstore.Store, f func(store.Tx) error) error {
			tx := mem.Begin()
			defer tx.Rollback()
			if err := f(tx); err != nil {
				return err
			}
			return store.ErrNotStored
		}, []error{engine.ErrContention, store.ErrNotStored}},
		{"rejected at the beginning", func(*memstore.Store, func(store.Tx) error) error { return store.ErrNotStored }, []error{engine.ErrContention, store.ErrNotStored}},
		{"down at the beginning", func(*memstore.Store, func(store.Tx) error) error { return errDown }, []error{errDown}},
		{"refused in the transaction", func(mem *memstore.Store, f func(store.Tx) error) error {
			return mem.InTx(ctx, func(tx store.Tx) error { return f(failingTx{tx, nil, store.ErrRefused}) })
		}, []error{store.ErrRefused}},
		{"down in the transaction", func(mem *memstore.Store, f func(store.Tx) error) error {
			return mem.InTx(ctx, func(tx store.Tx) error { return f(failingTx{tx, nil, errDown}) })
		}, []error{errDown}},
		{"not run", func(*memstore.Store, func(store.Tx) error) error { return nil }, []error{errors.New("did not run")}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var w *world
			w = openLockable(t, func(mem *memstore.Store, f func(store.Tx) error) error {
				w.calls.set(nil) // no more rivals
				err := row.inTx(mem, f)
				if errors.Is(err, errBusyAfter) {
					w.calls.set(times(1, "Append", storefault.Fault{Before: store.ErrNotStored}))
				}
				return err
			}, longTimeout)
			result, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
			if row.is == nil {
				require.NoError(t, err)
				assert.Equal(t, uint64(4), result.Version)
				assert.True(t, w.opens("max"))
				assert.Len(t, w.journal(), 4)
			} else {
				for _, is := range row.is {
					assert.ErrorContains(t, err, is.Error())
				}
				assert.NotErrorIs(t, err, engine.ErrOutcomeUnknown)
				assert.Zero(t, result)
				assert.Len(t, w.journal(), 3)
				assert.False(t, w.opens("max"))
			}
			require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)), "no batch is underway")
			w.must("acme", host, setRole("max", "clerk"))
		})
	}
}

// A transaction that is lost at its lock or at its end is tried again.
func TestSubmitLockedIsLost(t *testing.T) {
	tries := 0
	w := openLockable(t, func(mem *memstore.Store, f func(store.Tx) error) error {
		switch tries++; tries {
		case 1:
			return mem.InTx(ctx, func(tx store.Tx) error { return f(failingTx{tx, store.ErrRetry, nil}) })
		case 2:
			return mem.InTx(ctx, func(tx store.Tx) error { return f(failingTx{tx, nil, store.ErrConflict}) })
		case 3:
			return mem.InTx(ctx, func(tx store.Tx) error { return errors.Join(f(tx), store.ErrRetry) })
		}
		return inTx(mem, f)
	}, nil)
	result := w.must("acme", host, setRole("max", "admin"))
	assert.Equal(t, uint64(4), result.Version)
	assert.Equal(t, 4, tries)
	assert.Len(t, w.journal(), 4)
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)), "no batch is underway")
}

// A panic of the store while it commits leaves the outcome unknown, which is found out in
// the background.
func TestSubmitLockedPanics(t *testing.T) {
	w := openLockable(t, func(mem *memstore.Store, f func(store.Tx) error) error {
		if err := inTx(mem, f); err != nil {
			return err
		}
		panic("a mistake")
	}, nil)
	assert.PanicsWithValue(t, "a mistake", func() { _, _ = w.Do(ctx, host, "acme", setRole("max", "admin")) })
	w.calls.set(nil)
	eventually(t, "it is found out", func() bool { return w.opens("max") })
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)), "no batch is underway")
}

// Submit does not starve beside transactions that lock the account first.
func TestSubmitBesideLockers(t *testing.T) {
	mem := new(memstore.Store)
	hosts := openOn(t, mem, nil).found()
	plain := openOn(t, mem, func(o *engine.Options) { o.Store, o.Tries, o.Clock = mem, 4, time.Now })
	var wg sync.WaitGroup
	const each = 30
	for g := range 4 {
		wg.Go(func() {
			for i := range each {
				tx := mem.Begin()
				hosts.submitTx(tx, host, account.AddUser{User: usher.UserID(fmt.Sprint("tx", g, "-", i))})
				assert.NoError(t, tx.Commit(ctx))
			}
		})
		wg.Go(func() {
			for i := range each {
				_, err := plain.Do(ctx, host, "acme", account.AddUser{User: usher.UserID(fmt.Sprint("plain", g, "-", i))})
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	assert.Len(t, hosts.journal(), 1+8*each)
}

// A store that gives up before it stored anything makes the account busy. After an attempt
// with an unknown outcome, the outcome stays unknown.
func TestNotStored(t *testing.T) {
	w := open(t, nil).found()
	w.calls.set(on("Append", storefault.Fault{Before: &store.Error{Op: "append", Account: "acme", Err: store.ErrNotStored}}))
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrContention)
	assert.ErrorIs(t, err, store.ErrNotStored)
	assert.Equal(t, 2, w.calls.of("Append"), "it is not tried again")

	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		switch {
		case c.Method == "Append" && c.Try == 2:
			return storefault.Fault{After: errDown}
		case c.Method == "Append":
			return storefault.Fault{Before: store.ErrNotStored}
		}
		return storefault.Fault{}
	})
	_, err = w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
	assert.NotErrorIs(t, err, engine.ErrContention)
	assert.False(t, store.IsRejected(err), "%v", err)
	w.calls.set(nil)
	eventually(t, "it is found out", func() bool { return w.opens("max") })
	assert.Len(t, w.journal(), 2)

	w.calls.set(on("Erase", storefault.Fault{Before: store.ErrNotStored}))
	assert.ErrorIs(t, w.Erase(ctx, "acme"), engine.ErrContention)
}
