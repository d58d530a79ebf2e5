package engine_test

import (
	"context"
	"errors"
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

// oldTx sees the journals up to a version, like a transaction of a stricter isolation level
// that began then. The last version that it sees is committed.
type oldTx struct {
	countedTx
	last uint64
}

func (tx *oldTx) Lock(ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
	p, err := tx.countedTx.Lock(ctx, id, mode)
	return store.Position{Last: min(p.Last, tx.last), Committed: min(p.Committed, tx.last)}, err
}

func (tx *oldTx) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		for c, err := range tx.Tx.Commits(ctx, id, after) {
			if c.Version > tx.last || !yield(c, err) {
				return
			}
		}
	}
}

// A Reader of a transaction uses the version that the transaction sees, though memory is
// newer, and reads it once. Memory stays as it is.
func TestReaderTxOfAnOldTransaction(t *testing.T) {
	w := open(t, unwatched).found()
	w.must("acme", host, setRole("adam", "member"))
	tx := &oldTx{countedTx{Tx: w.mem.Begin()}, 1}
	r := w.ReaderTx(tx)
	for range 3 {
		assert.True(t, opensIn(t, r, "adam"))
		assert.False(t, w.opens("adam"))
	}
	assert.Equal(t, 3, tx.locks)
	assert.Equal(t, 1, tx.reads)
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)))
	assert.False(t, opensIn(t, r, "adam"), "under the new policy")

	// An account that is not in memory does not get there from an old transaction.
	cold := openOn(t, w.mem, unwatched)
	assert.True(t, opensIn(t, cold.ReaderTx(tx), "adam"))
	assert.False(t, cold.opens("adam"))
}

// A clock that was set back does not revive a grant that had ended when the account last
// changed, also for a transaction that does not see that change.
func TestReaderTxClock(t *testing.T) {
	mem := new(memstore.Store)
	w := lent(t, mem, noon.Add(2*time.Hour))
	w.clock.add(-2 * time.Hour)
	tx := &oldTx{countedTx{Tx: mem.Begin()}, 1}
	view, err := w.ReaderTx(tx).View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(1), view.Version())
	assert.False(t, opensIn(t, w.ReaderTx(tx), "max"))
}

// From a transaction, the engine learns of commits that others see too.
func TestReaderTxUpdatesMemory(t *testing.T) {
	w := open(t, unwatched).found()
	other := openOn(t, w.mem, nil)
	other.must("acme", host, setRole("adam", "member"))
	assert.True(t, w.opens("adam"), "not read yet")
	tx := w.mem.Begin()
	other.submitTx(tx, host, setRole("max", "admin"))
	assert.True(t, opensIn(t, w.ReaderTx(tx), "max"))
	assert.False(t, w.opens("adam"), "the commit of the other engine")
	assert.False(t, w.opens("max"), "not the commit of the transaction")
	require.NoError(t, tx.Rollback())
}

// A commit that a transaction showed does not make the cached account look fresh.
func TestReaderTxConfirmsNothing(t *testing.T) {
	w := open(t, func(o *engine.Options) { unwatched(o); o.MaxStaleness = time.Minute }).found()
	other := openOn(t, w.mem, nil)
	other.must("acme", host, setRole("max", "admin"))
	w.clock.add(50 * time.Second)
	tx := &oldTx{countedTx{Tx: w.mem.Begin()}, 2}
	assert.True(t, opensIn(t, w.ReaderTx(tx), "max"))
	other.must("acme", host, setRole("max", "member"))
	w.clock.add(20 * time.Second)
	assert.False(t, w.opens("max"), "read from the store")

	cold := openOn(t, w.mem, func(o *engine.Options) { unwatched(o); o.MaxStaleness = time.Minute })
	hold := w.mem.Begin()
	cold.submitTx(hold, host, account.RemoveUser{User: "max"})
	require.NoError(t, hold.Commit(ctx))
	_, err := cold.Check(ctx, ask("max", openDoor))
	require.NoError(t, err)
	view, err := cold.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(4), view.Version())
}

// All calls of a Reader see the transaction, for any account.
func TestReaderTxCalls(t *testing.T) {
	w := open(t, nil).found()
	w.must("other", host, account.CreateAccount{Owner: "oscar"})
	tx := w.mem.Begin()
	w.submitTx(tx, host, setRole("max", "admin"))
	for _, r := range []*engine.Reader{w.ReaderTx(tx), w.HolderTx(tx)} {
		d, err := r.Check(ctx, ask("max", openDoor))
		require.NoError(t, err)
		assert.Equal(t, uint64(2), d.Detail().Version)
		x, err := r.Explain(ctx, ask("max", openDoor))
		require.NoError(t, err)
		assert.True(t, x.Decision.Allowed())
		actions, err := r.Actions(ctx, usher.Request{Account: "acme", Subject: "max", Resource: &usher.Object{Type: "door"}})
		require.NoError(t, err)
		assert.NotEmpty(t, actions)
		f, err := r.Filter(ctx, ask("max", openDoor))
		require.NoError(t, err)
		assert.False(t, f.None())
		var who []usher.UserID
		for s, err := range r.WhoMay(ctx, ask("", openDoor), "") {
			require.NoError(t, err)
			who = append(who, s.ID)
		}
		assert.Equal(t, []usher.UserID{"adam", "max", "olivia"}, who)
		view, err := r.View(ctx, "acme")
		require.NoError(t, err)
		assert.Equal(t, uint64(2), view.Version())
		_, err = r.View(ctx, "other")
		require.NoError(t, err)
		_, err = r.View(ctx, "none")
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
		_, err = r.View(ctx, "")
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	}
	require.NoError(t, tx.Rollback())
}

// What a HolderTx allowed cannot be taken away before the transaction ends.
func TestHolderTx(t *testing.T) {
	w := open(t, nil).found()
	tx, second := w.mem.Begin(), w.mem.Begin()
	assert.True(t, opensIn(t, w.HolderTx(tx), "adam"))
	assert.True(t, opensIn(t, w.HolderTx(second), "adam"), "holders do not delay each other")
	require.NoError(t, second.Rollback())

	var err error
	for limit := 10 * time.Millisecond; !errors.Is(err, engine.ErrContention); limit *= 2 { // a short limit may end before the append
		hasty, cancel := context.WithTimeout(ctx, limit)
		_, err = w.Do(hasty, host, "acme", setRole("adam", "member"))
		cancel()
		require.True(t, errors.Is(err, engine.ErrContention) || errors.Is(err, context.DeadlineExceeded), "%v", err)
	}
	assert.ErrorIs(t, err, store.ErrNotStored)
	assert.NotErrorIs(t, err, engine.ErrOutcomeUnknown)
	assert.ErrorContains(t, err, "the account is busy")

	ended := make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		close(begun)
		_, err := w.Do(ctx, host, "acme", setRole("adam", "member"))
		ended <- err
	}()
	<-begun
	assert.True(t, w.opens("adam"))
	assert.True(t, opensIn(t, w.HolderTx(tx), "adam"))
	require.Empty(t, ended, "it waits")
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, <-ended)
	assert.False(t, w.opens("adam"))
}

// lateTx reports no commits, like a lock that came before the account was created.
type lateTx struct{ store.Tx }

func (lateTx) Lock(context.Context, usher.AccountID, store.LockMode) (store.Position, error) {
	return store.Position{}, nil
}

// An account that is created after the lock found none is not locked, so a HolderTx does not
// allow anything in it.
func TestHolderTxOfANewAccount(t *testing.T) {
	w := open(t, nil).found()
	tx := w.mem.Begin()
	for _, r := range []*engine.Reader{w.HolderTx(lateTx{tx}), w.ReaderTx(lateTx{tx})} {
		d, err := r.Check(ctx, ask("adam", openDoor))
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
		assert.False(t, d.Allowed())
	}
	require.NoError(t, tx.Rollback())
}

// An account that was erased is unknown to a transaction, and leaves memory.
func TestReaderTxErased(t *testing.T) {
	w := open(t, unwatched).found()
	require.NoError(t, w.mem.Erase(ctx, "acme"))
	assert.True(t, w.opens("adam"), "not read yet")
	tx := w.mem.Begin()
	_, err := w.ReaderTx(tx).Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	eventually(t, "it leaves memory", func() bool {
		_, err := w.Check(ctx, ask("adam", openDoor))
		return err != nil
	})
	require.NoError(t, tx.Rollback())
}

// erasingTx erases an account after its commits were read, before the engine has them.
type erasingTx struct {
	store.Tx
	erase func()
}

func (tx *erasingTx) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		var all []store.Commit
		for c, err := range tx.Tx.Commits(ctx, id, after) {
			if err != nil {
				yield(c, err)
				return
			}
			all = append(all, c)
		}
		tx.erase()
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// An account that was erased while a transaction read it does not return to memory.
func TestReaderTxOfAnErasedAccount(t *testing.T) {
	w := open(t, unwatched).found()
	other := openOn(t, w.mem, nil)
	other.must("acme", host, setRole("adam", "member"))
	tx := &erasingTx{w.mem.Begin(), func() {
		require.NoError(t, other.Erase(ctx, "acme"))
		_, err := w.AtLeast("acme", 9).Check(ctx, ask("olivia", openDoor))
		require.ErrorIs(t, err, usher.ErrUnknownAccount)
	}}
	_, err := w.ReaderTx(tx).Check(ctx, ask("olivia", openDoor))
	require.NoError(t, err, "as the transaction sees it")
	_, err = w.Check(ctx, ask("olivia", openDoor))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
}

// A transaction that does not see an account, because it was created later, is to be run again.
func TestSubmitTxOlderThanTheAccount(t *testing.T) {
	w := open(t, unwatched).found()
	create := engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{account.CreateAccount{Owner: "eve"}}}
	tx := w.mem.Begin()
	_, err := w.SubmitTx(ctx, &oldTx{countedTx{Tx: tx}, 0}, create)
	require.ErrorIs(t, err, store.ErrRetry)
	assert.ErrorContains(t, err, "it was created after the transaction began")
	require.NoError(t, tx.Rollback())
	tx = w.mem.Begin()
	_, err = w.SubmitTx(ctx, tx, create)
	require.ErrorIs(t, err, account.CodeExists)
	require.NoError(t, tx.Rollback())
}
