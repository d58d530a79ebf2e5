package engine_test

import (
	"context"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// failingTx returns an error instead of calling a transaction.
type failingTx struct {
	store.Tx
	lock, append error
}

func (tx failingTx) Lock(ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
	if tx.lock != nil {
		return store.Position{}, tx.lock
	}
	return tx.Tx.Lock(ctx, id, mode)
}

func (tx failingTx) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if tx.append != nil {
		return tx.append
	}
	return tx.Tx.Append(ctx, id, e)
}

// The errors of a transaction reach the caller, with the sentinels that say what to do.
func TestSubmitTxErrors(t *testing.T) {
	w := open(t, nil).found()
	b := engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{setRole("max", "admin")}}
	for _, row := range []struct {
		lock, append error
		is           []error
	}{
		{lock: store.ErrRetry, is: []error{store.ErrRetry}},
		{append: store.ErrRetry, is: []error{store.ErrRetry}},
		{lock: store.ErrNotStored, is: []error{store.ErrNotStored, engine.ErrContention}},
		{append: store.ErrNotStored, is: []error{store.ErrNotStored, engine.ErrContention}},
		{append: store.ErrConflict, is: []error{engine.ErrContention}},
		{append: store.ErrRefused, is: []error{store.ErrRefused}},
		{lock: store.ErrErased, is: []error{usher.ErrUnknownAccount}},
		{lock: errDown, is: []error{errDown}},
		{append: errDown, is: []error{errDown}},
	} {
		inner := w.mem.Begin()
		tx := failingTx{inner, row.lock, row.append}
		result, err := w.SubmitTx(ctx, tx, b)
		assert.Zero(t, result)
		var e *engine.Error
		require.ErrorAs(t, err, &e)
		for _, is := range row.is {
			assert.ErrorIs(t, err, is, "%v %v", row.lock, row.append)
		}
		if row.lock != nil {
			d, err := w.HolderTx(tx).Check(ctx, ask("adam", openDoor))
			for _, is := range row.is {
				assert.ErrorIs(t, err, is)
			}
			assert.False(t, d.Allowed(), "fails closed")
		}
		require.NoError(t, inner.Rollback())
	}
	assert.Len(t, w.journal(), 1)
	assert.False(t, w.opens("max"))

	tx := w.mem.Begin()
	_, err := w.SubmitTx(ctx, tx, engine.Batch{})
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	_, err = w.SubmitTx(ctx, nil, b)
	assert.ErrorContains(t, err, "the store.Tx is nil")
	_, err = w.ReaderTx(nil).Check(ctx, ask("adam", openDoor))
	assert.ErrorContains(t, err, "the store.Tx is nil")
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err = w.SubmitTx(done, tx, b)
	assert.ErrorIs(t, err, context.Canceled)
	require.NoError(t, w.Close())
	_, err = w.SubmitTx(ctx, tx, b)
	assert.ErrorIs(t, err, engine.ErrClosed)
	_, err = w.HolderTx(tx).Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, engine.ErrClosed)
	require.NoError(t, tx.Rollback())
}

// A journal that is shorter than the account in memory is an error, not an older account.
func TestSubmitTxLostCommits(t *testing.T) {
	w := open(t, unwatched).found()
	w.must("acme", host, setRole("adam", "member"))
	restored := openOn(t, new(memstore.Store), nil).found()
	tx := restored.mem.Begin()
	_, err := w.SubmitTx(ctx, tx, engine.Batch{Actor: account.AsUser("adam"), Account: "acme", Commands: []account.Command{setRole("max", "admin")}})
	assert.ErrorContains(t, err, "the journal lost commits: the journal ends at version 1, and had version 2 before")
	require.NoError(t, tx.Rollback())
	assert.False(t, w.opens("adam"))
}

// emptyTx sees no commits, but the snapshots of a journal that had some.
type emptyTx struct{ store.Tx }

func (emptyTx) Lock(context.Context, usher.AccountID, store.LockMode) (store.Position, error) {
	return store.Position{}, nil
}

func (emptyTx) Commits(context.Context, usher.AccountID, uint64) iter.Seq2[store.Commit, error] {
	return func(func(store.Commit, error) bool) {}
}

// A snapshot without its commits is an error, not an account to create.
func TestSubmitTxSnapshotWithoutCommits(t *testing.T) {
	w := open(t, unwatched).found()
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)
	require.NoError(t, w.mem.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 1, Data: view.State().Encode()}))
	cold := openOn(t, w.mem, unwatched)
	tx := w.mem.Begin()
	_, err = cold.SubmitTx(ctx, emptyTx{tx}, engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{account.CreateAccount{Owner: "max"}}})
	assert.ErrorContains(t, err, "the journal lost commits")
	require.NoError(t, tx.Rollback())
}
