package engine

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// ReaderTx returns a Reader that evaluates requests on accounts as a transaction of the
// host sees them, with the transaction's own commits. The module of the store makes tx
// from the host's transaction. It serves every account, and, like the transaction, one
// goroutine at a time.
//
// Each call reads the position of the account's journal from the store, and reads commits
// only if they are not in memory. A check of the Engine in a transaction is faster, but may
// see another version, and needs a second connection if the account is not in memory.
//
// A rejected or failed call denies. Its error wraps store.ErrRetry if the transaction is
// lost, also because an earlier statement of the host failed.
func (e *Engine) ReaderTx(tx store.Tx) *Reader {
	return &Reader{engine: e, inTx: true, tx: tx, mode: store.NoLock}
}

// HolderTx does what ReaderTx does, and each call also locks its account against changes
// until the transaction ends. What a check allowed is then still allowed when the
// transaction commits, by the account's state; the clock goes on. Concurrent holders do not
// delay each other. If the lock takes too long, the error wraps ErrContention. To also
// change the account, call SubmitTx before HolderTx: two holders that both want to change
// it wait for each other.
//
// An account that does not exist cannot be locked, and all requests about it are errors.
func (e *Engine) HolderTx(tx store.Tx) *Reader {
	return &Reader{engine: e, inTx: true, tx: tx, mode: store.ShareLock}
}

// seen returns the snapshot of an account as the Reader's transaction sees it.
func (r *Reader) seen(ctx context.Context, id usher.AccountID) (*snapshot, error) {
	if err := r.engine.usable(id); err != nil {
		return nil, err
	}
	snap, at, err := r.engine.seenBy(ctx, r.tx, id, r.mode, r.loaded.Load())
	if err != nil {
		return nil, explained(err)
	}
	// A later version may be rolled back to a savepoint, and then stand for another commit.
	if snap.version() <= at.Committed {
		r.loaded.Store(snap)
	}
	return snap, snap.err
}
