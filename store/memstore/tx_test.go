package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

func entry(version uint64, data string, records ...store.Record) store.Entry {
	return store.Entry{Commit: store.Commit{Version: version, Data: []byte(data)}, Records: records}
}

func texts(t *testing.T, commits iter.Seq2[store.Commit, error]) (all []string) {
	t.Helper()
	for c, err := range commits {
		require.NoError(t, err)
		all = append(all, fmt.Sprintf("%d:%s", c.Version, c.Data))
	}
	return all
}

// The transaction sees its own commits and records; others see them all at once after Commit.
func TestTxCommit(t *testing.T) {
	ctx, s := t.Context(), new(memstore.Store)
	require.NoError(t, s.Append(ctx, "acme", entry(1, "one")))
	tx := s.Begin()
	require.NoError(t, tx.Append(ctx, "acme", entry(2, "two", store.Record{User: "mia", Data: []byte("Mia")})))
	require.NoError(t, tx.Append(ctx, "acme", entry(3, "three")))
	require.NoError(t, tx.Append(ctx, "new", entry(1, "one")))
	require.ErrorIs(t, tx.Append(ctx, "acme", entry(3, "late")), store.ErrConflict)
	require.ErrorIs(t, tx.Append(ctx, "acme", entry(5, "far")), store.ErrGap)

	assert.Equal(t, []string{"2:two", "3:three"}, texts(t, tx.Commits(ctx, "acme", 1)))
	p, err := tx.Lock(ctx, "acme", store.WriteLock)
	assert.NoError(t, err)
	assert.Equal(t, store.Position{Last: 3, Committed: 1}, p)
	data, err := tx.Record(ctx, "acme", "mia")
	assert.NoError(t, err)
	assert.Equal(t, "Mia", string(data))
	assert.Equal(t, []string{"1:one"}, texts(t, s.Commits(ctx, "acme", 0)))

	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, tx.Rollback(), "does nothing after Commit")
	assert.Equal(t, []string{"1:one", "2:two", "3:three"}, texts(t, s.Commits(ctx, "acme", 0)))
	versions, err := s.Versions(ctx, []usher.AccountID{"new", "none", "acme"})
	assert.NoError(t, err)
	assert.Equal(t, []uint64{1, 0, 3}, versions)
	require.NoError(t, s.Append(ctx, "acme", entry(4, "four")), "the lock is released")
}

func TestTxRollback(t *testing.T) {
	ctx, s := t.Context(), new(memstore.Store)
	require.NoError(t, s.Append(ctx, "acme", entry(1, "one")))
	tx := s.Begin()
	require.NoError(t, tx.Append(ctx, "acme", entry(2, "rolled back")))
	require.NoError(t, tx.Append(ctx, "new", entry(1, "rolled back")))
	require.NoError(t, tx.Rollback())
	require.NoError(t, s.Append(ctx, "acme", entry(2, "two")))
	assert.Equal(t, []string{"1:one", "2:two"}, texts(t, s.Commits(ctx, "acme", 0)))
	assert.Empty(t, texts(t, s.Commits(ctx, "new", 0)))
	for id, err := range s.Accounts(ctx, "") {
		require.NoError(t, err)
		assert.Equal(t, usher.AccountID("acme"), id)
	}
}

// After its end, a transaction accepts no call.
func TestTxEnded(t *testing.T) {
	ctx, s := t.Context(), new(memstore.Store)
	tx := s.Begin()
	require.NoError(t, tx.Rollback())
	_, lock := tx.Lock(ctx, "acme", store.NoLock)
	_, snapshot := tx.Snapshot(ctx, "acme")
	_, record := tx.Record(ctx, "acme", "mia")
	errs := []error{lock, snapshot, record, tx.Append(ctx, "acme", entry(1, "one")), tx.Commit(ctx)}
	for _, err := range tx.Commits(ctx, "acme", 0) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 6)
	for _, err := range errs {
		assert.ErrorContains(t, err, "the transaction has ended")
		assert.True(t, store.IsRejected(err), "%v", err)
	}
}

// A Commit whose context is done stores nothing, and can be repeated.
func TestTxCommitDone(t *testing.T) {
	s := new(memstore.Store)
	tx := s.Begin()
	require.NoError(t, tx.Append(t.Context(), "acme", entry(1, "one")))
	done, cancel := context.WithCancel(t.Context())
	cancel()
	err := tx.Commit(done)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, err, store.ErrNotStored)
	assert.Empty(t, texts(t, s.Commits(t.Context(), "acme", 0)))
	require.NoError(t, tx.Commit(t.Context()))
	assert.Equal(t, []string{"1:one"}, texts(t, s.Commits(t.Context(), "acme", 0)))
}

func TestLockModes(t *testing.T) {
	for _, row := range []struct {
		first, second store.LockMode
		waits         bool
	}{
		{store.NoLock, store.WriteLock, false},
		{store.ShareLock, store.NoLock, false},
		{store.ShareLock, store.ShareLock, false},
		{store.ShareLock, store.WriteLock, true},
		{store.WriteLock, store.NoLock, false},
		{store.WriteLock, store.ShareLock, true},
		{store.WriteLock, store.WriteLock, true},
	} {
		s := memstore.WithLockTimeout(time.Millisecond)
		require.NoError(t, s.Append(t.Context(), "acme", entry(1, "one")))
		one, two := s.Begin(), s.Begin()
		_, err := one.Lock(t.Context(), "acme", row.first)
		require.NoError(t, err)
		p, err := two.Lock(t.Context(), "acme", row.second)
		if row.waits {
			assert.ErrorIs(t, err, store.ErrNotStored, "%v", row)
			require.NoError(t, one.Rollback())
			p, err = two.Lock(t.Context(), "acme", row.second)
		}
		assert.NoError(t, err, "%v", row)
		assert.Equal(t, store.Position{Last: 1, Committed: 1}, p)
	}
}

// A call that waits for a lock gives up with a definite outcome.
func TestLockWait(t *testing.T) {
	ctx, s := t.Context(), memstore.WithLockTimeout(time.Millisecond)
	require.NoError(t, s.Append(ctx, "acme", entry(1, "one")))
	for _, mode := range []store.LockMode{store.ShareLock, store.WriteLock} {
		tx, other := s.Begin(), s.Begin()
		_, err := tx.Lock(ctx, "acme", mode)
		require.NoError(t, err)
		assert.ErrorIs(t, s.Append(ctx, "acme", entry(2, "two")), store.ErrNotStored)
		assert.ErrorIs(t, other.Append(ctx, "acme", entry(2, "two")), store.ErrNotStored)
		assert.ErrorIs(t, s.Erase(ctx, "acme"), store.ErrNotStored)
		assert.ErrorIs(t, s.Append(ctx, "acme", entry(1, "late")), store.ErrConflict, "needs no lock")
		assert.NoError(t, s.Append(ctx, usher.AccountID(fmt.Sprint("other", mode)), entry(1, "one")))
		require.NoError(t, tx.Rollback())
		require.NoError(t, other.Rollback())
	}

	s = memstore.WithLockTimeout(time.Hour)
	require.NoError(t, s.Append(ctx, "acme", entry(1, "one")))
	tx := s.Begin()
	require.NoError(t, tx.Append(ctx, "acme", entry(2, "mine")))
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	err := s.Append(short, "acme", entry(2, "two"))
	assert.ErrorIs(t, err, store.ErrNotStored)
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	// A call that still waits when the lock is released goes on.
	waited := make(chan error)
	go func() { waited <- s.Append(ctx, "acme", entry(2, "two")) }()
	require.NoError(t, tx.Commit(ctx))
	assert.ErrorIs(t, <-waited, store.ErrConflict)
	assert.Equal(t, []string{"1:one", "2:mine"}, texts(t, s.Commits(ctx, "acme", 0)))
}

func TestInTx(t *testing.T) {
	ctx, s := t.Context(), new(memstore.Store)
	require.NoError(t, s.InTx(ctx, func(tx store.Tx) error { return tx.Append(ctx, "acme", entry(1, "one")) }))
	mine := errors.New("mine")
	assert.Equal(t, mine, s.InTx(ctx, func(tx store.Tx) error {
		require.NoError(t, tx.Append(ctx, "acme", entry(2, "rolled back")))
		return mine
	}))
	assert.PanicsWithValue(t, "mine", func() {
		_ = s.InTx(ctx, func(tx store.Tx) error {
			require.NoError(t, tx.Append(ctx, "acme", entry(2, "rolled back")))
			panic("mine")
		})
	})
	assert.Equal(t, []string{"1:one"}, texts(t, s.Commits(ctx, "acme", 0)))
	require.NoError(t, s.Append(ctx, "acme", entry(2, "two")), "the lock is released")
}

// Watchers are notified when the transaction commits.
func TestTxWatch(t *testing.T) {
	ctx, s := t.Context(), new(memstore.Store)
	tx := s.Begin()
	require.NoError(t, tx.Append(ctx, "acme", entry(1, "one")))
	var got []store.Hint
	for hint, err := range s.Watch(ctx) {
		require.NoError(t, err)
		if got = append(got, hint); len(got) == 2 {
			break
		}
		require.NoError(t, s.Append(ctx, "other", entry(1, "one")))
	}
	assert.Equal(t, []store.Hint{{}, {Account: "other", Version: 1}}, got)
	got = nil
	for hint, err := range s.Watch(ctx) {
		require.NoError(t, err)
		if got = append(got, hint); len(got) == 2 {
			break
		}
		require.NoError(t, tx.Commit(ctx))
	}
	assert.Equal(t, []store.Hint{{}, {Account: "acme", Version: 1}}, got)
}

// Transactions on two accounts, in any order, with plain appends beside them: both journals of a
// transaction have its commits, or neither, and versions are not used twice.
func TestTxTogether(t *testing.T) {
	ctx, s := t.Context(), memstore.WithLockTimeout(2*time.Millisecond)
	accounts := []usher.AccountID{"a", "b"}
	for _, a := range accounts {
		require.NoError(t, s.Append(ctx, a, entry(1, "one")))
	}
	var mu sync.Mutex
	committed := map[string]int{} // the data of commits, with the number of accounts that have them
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			chance := rand.New(rand.NewPCG(12, uint64(g)))
			for i := range 100 {
				data, first := fmt.Sprint(g, "/", i), chance.IntN(2)
				order := []usher.AccountID{accounts[first], accounts[1-first]}
				if chance.IntN(3) == 0 {
					order = order[:1]
				}
				err := s.InTx(ctx, func(tx store.Tx) error {
					for _, a := range order {
						p, err := tx.Lock(ctx, a, store.LockMode(chance.IntN(3)))
						if err != nil {
							return err
						}
						if err := tx.Append(ctx, a, entry(p.Last+1, data)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					assert.True(t, store.IsRejected(err), "%v", err)
					continue
				}
				mu.Lock()
				committed[data] = len(order)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	found := map[string]int{}
	for _, a := range accounts {
		for c, err := range s.Commits(ctx, a, 1) {
			require.NoError(t, err)
			found[string(c.Data)]++
		}
	}
	assert.NotEmpty(t, committed)
	assert.Equal(t, committed, found)
}
