package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store/memstore"
)

// hostRows are the rows of a host application, which it stores in the same transactions as
// usher's commits: the ids of users by account. A row is uncommitted until its transaction
// commits.
type hostRows struct {
	mu          sync.Mutex
	stored      map[string]bool
	uncommitted map[string]bool
}

func rowOf(id usher.AccountID, user usher.UserID) string { return string(id) + " " + string(user) }

func (r *hostRows) set(rows []string, uncommitted, stored bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range rows {
		r.uncommitted[row] = uncommitted
		if stored {
			r.stored[row] = true
		}
	}
}

// isUncommitted reports whether a row is not committed now. A caller that has seen the row
// committed has seen too much if it is.
func (r *hostRows) isUncommitted(row string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.uncommitted[row]
}

// randomHost runs transactions over some accounts, which end in random ways.
type randomHost struct {
	t       *testing.T
	engines []*world
	mem     *memstore.Store
	rows    *hostRows
	random  *rand.Rand
	name    string
}

// transaction adds a user to some accounts in one transaction, and repeats it with the same
// keys while it does not know that it has committed.
func (h *randomHost) transaction(n int, accounts []usher.AccountID) {
	user := usher.UserID(fmt.Sprint(h.name, "-", n))
	ids := slices.Clone(accounts)
	h.random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	ids = ids[:1+h.random.IntN(len(ids))]
	slices.Sort(ids) // no deadlocks
	var rows []string
	for _, id := range ids {
		rows = append(rows, rowOf(id, user))
	}
	h.rows.set(rows, true, false)
	for h.try(ids, user, rows) {
	}
}

// try runs the transaction once. It reports whether the host has to repeat it.
func (h *randomHost) try(ids []usher.AccountID, user usher.UserID, rows []string) (again bool) {
	w := h.engines[h.random.IntN(len(h.engines))]
	tx := h.mem.Begin()
	defer tx.Rollback() // does nothing after Commit
	for _, id := range ids {
		if !h.add(w, tx, id, user) {
			return true
		}
	}
	switch h.random.IntN(4) {
	case 0: // the host changes its mind
		return false
	case 1: // the host crashes, and the database rolls back; the host starts again
		return true
	case 2: // the host does not learn that its transaction has committed
		again = true
	}
	h.rows.set(rows, false, true)
	require.NoError(h.t, tx.Commit(ctx))
	return again
}

// add adds a user to an account in a transaction, with checks around it. It returns false if
// another transaction held the account for too long.
func (h *randomHost) add(w *world, tx *memstore.Tx, id usher.AccountID, user usher.UserID) (ok bool) {
	before, err := w.ReaderTx(tx).View(ctx, id)
	require.NoError(h.t, err)
	_, existed := before.User(user)
	batch := engine.Batch{Actor: host, Account: id, IdempotencyKey: string(user), Commands: []account.Command{account.AddUser{User: user, Role: "admin"}}}
	result, err := w.SubmitTx(ctx, tx, batch)
	if errors.Is(err, engine.ErrContention) {
		return false
	}
	require.NoError(h.t, err)
	assert.Equal(h.t, existed, result.Repeated)
	if h.random.IntN(2) == 0 { // a rejection leaves the transaction usable
		_, err := w.SubmitTx(ctx, tx, engine.Batch{Actor: account.AsUser("nobody"), Account: id, Commands: []account.Command{account.AddUser{User: user}}})
		assert.ErrorIs(h.t, err, usher.ErrDenied)
	}
	if h.random.IntN(2) == 0 { // a second batch, by the user that the first one added
		_, err := w.SubmitTx(ctx, tx, engine.Batch{Actor: account.AsUser(user), Account: id, Commands: []account.Command{account.SetSeats{Pool: "desk", Total: 1 + h.random.IntN(100)}}})
		require.NoError(h.t, err)
	}
	if h.random.IntN(2) == 0 { // a savepoint that is rolled back
		rollback := tx.Savepoint()
		_, err := w.SubmitTx(ctx, tx, engine.Batch{Actor: host, Account: id, Commands: []account.Command{account.RemoveUser{User: user}}})
		require.NoError(h.t, err)
		_, err = w.ReaderTx(tx).View(ctx, id)
		require.NoError(h.t, err)
		rollback()
	}
	d, err := w.HolderTx(tx).Check(ctx, usher.Request{Account: id, Subject: user, Permission: openDoor})
	require.NoError(h.t, err)
	assert.True(h.t, d.Allowed())
	if !existed && h.rows.isUncommitted(rowOf(id, user)) {
		d, _ := w.Check(ctx, usher.Request{Account: id, Subject: user, Permission: openDoor})
		assert.False(h.t, d.Allowed(), "others do not see it")
	}
	return true
}

// Random hosts commit, roll back, crash and retry, beside a writer without transactions and
// readers. Every row has its commit, every commit its row, and no check ever shows a commit
// that is not committed.
func TestRandomHosts(t *testing.T) {
	mem := new(memstore.Store)
	accounts := []usher.AccountID{"a", "b", "c"}
	var engines []*world
	for i := range 2 {
		engines = append(engines, openOn(t, mem, func(o *engine.Options) {
			o.Accounts, o.Clock = 1+i, time.Now // some accounts leave memory
			if i == 0 {
				o.Store = mem // with InTx, and Versions
			}
		}))
	}
	for _, id := range accounts {
		engines[0].must(id, host, account.CreateAccount{Owner: "olivia"})
	}
	rows := &hostRows{stored: map[string]bool{}, uncommitted: map[string]bool{}}
	const hosts, each = 6, 20
	var stop atomic.Bool
	var readers, writers sync.WaitGroup
	for _, w := range engines {
		readers.Go(func() {
			last := map[usher.AccountID]uint64{}
			for ; !stop.Load(); time.Sleep(time.Millisecond) {
				for _, id := range accounts {
					view, err := w.View(ctx, id)
					if !assert.NoError(t, err) {
						return
					}
					assert.GreaterOrEqual(t, view.Version(), last[id], "versions never go back")
					last[id] = view.Version()
					for u := range view.Users("") {
						assert.False(t, rows.isUncommitted(rowOf(id, u.ID)), "%s", u.ID)
					}
				}
			}
		})
	}
	for i := range hosts {
		writers.Go(func() {
			h := &randomHost{t, engines, mem, rows, rand.New(rand.NewPCG(uint64(i), 12)), fmt.Sprint("host", i)}
			for n := range each {
				h.transaction(n, accounts)
			}
		})
	}
	writers.Go(func() {
		for n := range each {
			for _, id := range accounts {
				_, err := engines[n%2].Do(ctx, host, id, account.SetSeats{Pool: "desk", Total: 200 + n})
				if err != nil && !errors.Is(err, engine.ErrContention) {
					t.Error(err)
				}
			}
		}
	})
	writers.Wait()
	stop.Store(true)
	readers.Wait()

	found := map[string]bool{}
	for _, id := range accounts {
		var version uint64
		for c, err := range engines[0].Journal(ctx, id, 0) {
			require.NoError(t, err)
			version = c.Version
			for _, change := range c.Changes {
				if added, ok := change.(account.UserAdded); ok && added.User != "olivia" {
					assert.False(t, found[rowOf(id, added.User)], "added once")
					found[rowOf(id, added.User)] = true
				}
			}
		}
		for _, w := range engines {
			view, err := w.AtLeast(id, version).View(ctx, id)
			require.NoError(t, err)
			assert.Equal(t, version, view.Version())
		}
	}
	assert.Equal(t, rows.stored, found)
	assert.Greater(t, len(found), hosts*each/2)
}
