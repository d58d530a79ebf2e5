package engine_test

import (
	"context"
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

// submitTx submits commands in a transaction. It fails the test on an error.
func (w *world) submitTx(tx store.Tx, actor account.Actor, commands ...account.Command) engine.Result {
	w.t.Helper()
	result, err := w.SubmitTx(ctx, tx, engine.Batch{Actor: actor, Account: "acme", Commands: commands})
	require.NoError(w.t, err)
	return result
}

// opensIn reports whether a user of acme may open the door, as a Reader sees it.
func opensIn(t testing.TB, r *engine.Reader, user usher.UserID) bool {
	t.Helper()
	d, err := r.Check(ctx, ask(user, openDoor))
	require.NoError(t, err)
	return d.Allowed()
}

// Two batches of one transaction, of which the second needs what the first gave, with a
// rejected one between them.
func TestSubmitTx(t *testing.T) {
	var committed, rejected []string
	w := open(t, func(o *engine.Options) {
		unwatched(o)
		o.Observer.Committed = func(_ context.Context, c *account.Commit) { committed = append(committed, c.ID) }
		o.Observer.Rejected = func(_ context.Context, b engine.Batch, err error) { rejected = append(rejected, err.Error()) }
	}).found()
	committed = nil
	tx := w.mem.Begin()
	first := w.submitTx(tx, host, setRole("max", "admin"))
	assert.Equal(t, uint64(2), first.Version)
	_, err := w.SubmitTx(ctx, tx, engine.Batch{Actor: account.AsUser("cleo"), Account: "acme", Commands: []account.Command{setRole("cleo", "admin")}})
	assert.ErrorIs(t, err, usher.ErrDenied)
	second := w.submitTx(tx, account.AsUser("max"), setRole("adam", "member"))
	assert.Equal(t, uint64(3), second.Version)
	unchanged := w.submitTx(tx, host, setRole("adam", "member"))
	assert.Equal(t, engine.Result{Version: 3}, unchanged)

	assert.False(t, w.opens("max"), "not committed yet")
	assert.True(t, opensIn(t, w.ReaderTx(tx), "max"))
	assert.False(t, opensIn(t, w.ReaderTx(tx), "adam"))
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(1), view.Version())
	assert.Len(t, w.journal(), 1)

	require.NoError(t, tx.Commit(ctx))
	after := w.AtLeast("acme", second.Version)
	assert.True(t, opensIn(t, after, "max"))
	assert.False(t, opensIn(t, after, "adam"))
	assert.Equal(t, []*account.Commit{first.Commit, second.Commit}, w.journal()[1:])
	assert.Empty(t, committed, "the host has Result.Commit")
	assert.Len(t, rejected, 1)
}

// After a rollback nothing remains, in the store and in memory, and the version is used
// again.
func TestSubmitTxRollback(t *testing.T) {
	w := open(t, nil).found()
	tx := w.mem.Begin()
	result := w.submitTx(tx, host, setRole("max", "admin"), account.RemoveUser{User: "adam"})
	assert.True(t, opensIn(t, w.ReaderTx(tx), "max"))
	require.NoError(t, tx.Rollback())
	assert.False(t, w.opens("max"))
	assert.True(t, w.opens("adam"))
	_, err := w.AtLeast("acme", result.Version).Check(ctx, ask("max", openDoor))
	assert.ErrorIs(t, err, engine.ErrFutureVersion)
	again := w.must("acme", host, setRole("max", "clerk"))
	assert.Equal(t, result.Version, again.Version)
	_, err = w.SubmitTx(ctx, tx, engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{setRole("max", "admin")}})
	assert.ErrorContains(t, err, "the transaction has ended")
}

// A rollback to a savepoint takes commits back, and the next commits get their versions. A
// Reader does not mix up the commits.
func TestSubmitTxSavepoint(t *testing.T) {
	w := open(t, unwatched).found()
	tx := w.mem.Begin()
	r := w.ReaderTx(tx)
	w.submitTx(tx, host, setRole("max", "admin"))
	rollback := tx.Savepoint()
	w.submitTx(tx, host, setRole("max", "member"))
	assert.False(t, opensIn(t, r, "max"))
	rollback()
	assert.True(t, opensIn(t, w.ReaderTx(tx), "max"))
	again := w.submitTx(tx, account.AsUser("max"), account.RemoveUser{User: "cleo"})
	assert.Equal(t, uint64(3), again.Version)
	assert.True(t, opensIn(t, r, "max"))
	require.NoError(t, tx.Commit(ctx))
	assert.True(t, opensIn(t, w.AtLeast("acme", 3), "max"))
	assert.Len(t, w.journal(), 3)
}

// countedTx counts the calls of a transaction.
type countedTx struct {
	store.Tx
	locks, appends, reads int
}

func (tx *countedTx) Lock(ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
	tx.locks++
	return tx.Tx.Lock(ctx, id, mode)
}

func (tx *countedTx) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	tx.appends++
	return tx.Tx.Append(ctx, id, e)
}

func (tx *countedTx) Snapshot(ctx context.Context, id usher.AccountID) (store.Snapshot, error) {
	tx.reads++
	return tx.Tx.Snapshot(ctx, id)
}

// The engine calls the store as rarely as documented, and only through the transaction.
func TestTxCalls(t *testing.T) {
	w := open(t, unwatched).found()
	tx := &countedTx{Tx: w.mem.Begin()}
	outside := w.calls.all()
	w.submitTx(tx, host, setRole("max", "admin"))
	assert.Equal(t, []int{1, 1, 0}, []int{tx.locks, tx.appends, tx.reads})
	require.NoError(t, tx.Tx.(*memstore.Tx).Rollback())

	tx = &countedTx{Tx: w.mem.Begin()}
	for range 3 {
		assert.False(t, opensIn(t, w.ReaderTx(tx), "max"))
		assert.True(t, opensIn(t, w.HolderTx(tx), "adam"))
	}
	assert.Equal(t, []int{6, 0, 0}, []int{tx.locks, tx.appends, tx.reads})
	require.NoError(t, tx.Tx.(*memstore.Tx).Rollback())
	assert.Equal(t, outside, w.calls.all(), "all calls are made through the transaction")

	// An account that is not in memory is read through the transaction, and is in memory then.
	cold := openOn(t, w.mem, unwatched)
	tx = &countedTx{Tx: w.mem.Begin()}
	cold.submitTx(tx, host, setRole("max", "admin"))
	assert.Equal(t, []int{1, 1, 1}, []int{tx.locks, tx.appends, tx.reads})
	assert.False(t, cold.opens("max"))
	assert.Zero(t, cold.calls.of("Snapshot"))
	require.NoError(t, tx.Tx.(*memstore.Tx).Rollback())
}

// A key is applied once, also within a transaction, and is free again after a rollback.
func TestSubmitTxKey(t *testing.T) {
	w := open(t, nil).found()
	add := keyed("k1", account.AddUser{User: "eve"})
	for range 2 {
		tx := w.mem.Begin()
		first, err := w.SubmitTx(ctx, tx, add)
		require.NoError(t, err)
		assert.False(t, first.Repeated)
		again, err := w.SubmitTx(ctx, tx, add)
		require.NoError(t, err)
		assert.True(t, again.Repeated)
		assert.Equal(t, first.Commit, again.Commit)
		_, err = w.SubmitTx(ctx, tx, keyed("k1", account.AddUser{User: "ian"}))
		assert.ErrorIs(t, err, engine.ErrKeyReused)
		require.NoError(t, tx.Rollback())
	}
	tx := w.mem.Begin()
	_, err := w.SubmitTx(ctx, tx, add)
	require.NoError(t, err)
	require.NoError(t, tx.Commit(ctx))
	// The host does not know whether its transaction has committed.
	tx = w.mem.Begin()
	again, err := w.SubmitTx(ctx, tx, add)
	require.NoError(t, err)
	assert.True(t, again.Repeated)
	require.NoError(t, tx.Rollback())
	assert.Len(t, w.journal(), 2)
}

// The values of custom fields are read and written through the transaction.
func TestSubmitTxValues(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, account.DefineField{Field: "town", Type: account.TextField})
	set := func(field, value string) account.Command {
		return account.SetField{User: "max", Field: field, Value: account.Value(value)}
	}
	tx := w.mem.Begin()
	w.submitTx(tx, host, set("phone", "1"))
	w.submitTx(tx, host, set("town", "Rome"))
	assert.Nil(t, w.submitTx(tx, host, set("phone", "1")).Commit, "it has this value")
	assert.Empty(t, w.values("max"))
	require.NoError(t, tx.Commit(ctx))
	assert.Equal(t, map[string]account.Value{"phone": "1", "town": "Rome"}, w.values("max"))

	plain := openOn(t, new(memstore.Store), journalsOnly).found()
	plain.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField})
	tx = plain.mem.Begin()
	_, err := plain.SubmitTx(ctx, tx, engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{set("phone", "1")}})
	assert.ErrorIs(t, err, store.ErrNoUserData)
	plain.submitTx(tx, host, setRole("max", "admin"))
	require.NoError(t, tx.Commit(ctx))
}

// Of concurrent transactions that create one account, one does, and all stay usable.
func TestSubmitTxCreators(t *testing.T) {
	w := open(t, nil)
	const creators = 8
	var mu sync.Mutex
	var created, existed int
	var wg sync.WaitGroup
	for i := range creators {
		wg.Go(func() {
			tx := w.mem.Begin()
			_, err := w.SubmitTx(ctx, tx, engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{account.CreateAccount{Owner: "olivia"}}})
			own := usher.AccountID([]string{"a", "b", "c", "d", "e", "f", "g", "h"}[i])
			_, second := w.SubmitTx(ctx, tx, engine.Batch{Actor: host, Account: own, Commands: []account.Command{account.CreateAccount{Owner: "olivia"}}})
			assert.NoError(t, second)
			assert.NoError(t, tx.Commit(ctx))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				created++
			} else if assert.ErrorIs(t, err, account.ErrExists) {
				existed++
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 1, created)
	assert.Equal(t, creators-1, existed)
	n := 0
	for _, err := range w.Accounts(ctx, "") {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 1+creators, n)
}

// racedTx calls created before its first Append.
type racedTx struct {
	store.Tx
	created func()
}

func (tx *racedTx) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if tx.created != nil {
		tx.created()
		tx.created = nil
	}
	return tx.Tx.Append(ctx, id, e)
}

// An account that is created after the lock found none is locked then.
func TestSubmitTxConflict(t *testing.T) {
	w := open(t, nil)
	tx := w.mem.Begin()
	raced := &racedTx{tx, func() { w.found() }}
	_, err := w.SubmitTx(ctx, raced, engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{account.CreateAccount{Owner: "max"}}})
	assert.ErrorIs(t, err, account.ErrExists)
	assert.Equal(t, uint64(2), w.submitTx(tx, host, setRole("max", "admin")).Version)
	require.NoError(t, tx.Commit(ctx))
}

// SetPolicy does not wait for a transaction. Its commit, which another policy allowed, is
// checked when the engine reads it.
func TestSubmitTxWhilePolicyChanges(t *testing.T) {
	w := open(t, nil)
	w.must("acme", host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "adam", Role: "admin"}, account.AddUser{User: "max"})
	tx := w.mem.Begin()
	result := w.submitTx(tx, host, setRole("max", "clerk"))
	require.NoError(t, w.SetPolicy(ctx, load(t, noClerks)))
	_, err := w.ReaderTx(tx).Check(ctx, ask("max", openDoor))
	assert.ErrorIs(t, err, account.ErrPolicyMismatch)
	require.NoError(t, tx.Commit(ctx))
	after := w.AtLeast("acme", result.Version)
	d, err := after.Check(ctx, ask("max", openDoor))
	assert.ErrorIs(t, err, account.ErrPolicyMismatch)
	assert.False(t, d.Allowed())
	assert.True(t, opensIn(t, after, "adam"), "the others are not affected")
}

// The unwritten last-active time of a user is dropped once others see the removal, and not
// before.
func TestSubmitTxRemovesActiveUser(t *testing.T) {
	w := open(t, unwatched).found()
	w.MarkActive("acme", "max")
	active := func() bool {
		at, err := w.LastActive(ctx, "acme", "max")
		require.NoError(t, err)
		return !at.IsZero()
	}
	require.True(t, active())
	for _, commit := range []bool{false, true} {
		tx := w.mem.Begin()
		w.submitTx(tx, host, account.RemoveUser{User: "max"})
		_, err := w.ReaderTx(tx).View(ctx, "acme") // reads the transaction's commit
		require.NoError(t, err)
		assert.True(t, active())
		if !commit {
			require.NoError(t, tx.Rollback())
			continue
		}
		require.NoError(t, tx.Commit(ctx))
	}
	_, err := w.AtLeast("acme", 2).View(ctx, "acme")
	require.NoError(t, err)
	w.must("acme", host, account.AddUser{User: "max"})
	assert.False(t, active())
}
