package engine

import (
	"context"
	"errors"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// SubmitTx commits a batch in a transaction of the host, so that the commit and the host's
// own rows are stored together, or neither. The module of the store makes tx from the
// host's transaction. SubmitTx never begins, commits or rolls back a transaction.
//
// SubmitTx locks the account until the transaction ends, and decides on the account as the
// transaction sees it, with its own earlier commits. A rejection is found before anything
// is written, so the transaction stays usable after an *account.Refusal. Several batches
// and accounts may be part of one transaction. To avoid deadlocks, lock accounts in the
// order of their ids.
//
// The commit is stored when the transaction commits. Until then no check sees it, except
// those of ReaderTx and HolderTx. Afterwards the Engine sees it as it sees a commit of
// another process: by a hint of a store.Watcher, within MaxStaleness, or at once with
// AtLeast of Result.Version. If the transaction is rolled back, the commit never existed,
// and another commit gets its version. If it is unknown whether the transaction has
// committed, repeat the transaction with the same IdempotencyKey: Result.Repeated reports
// whether it had.
//
// SubmitTx reports a rejection to Observer.Rejected. It does not report a commit, which
// may be rolled back: the host has Result.Commit, and Journal yields it later. The lock
// also delays Submit: a plain Submit or Erase of the account by the goroutine that holds
// the transaction waits for itself, until the store gives up.
//
// The errors are those of Submit without ErrOutcomeUnknown and ErrStale. The error also
// wraps store.ErrRetry if the transaction is lost: roll it back, and run it again from its
// beginning. ErrContention means that the lock took too long, or that another transaction
// created the account at the same time; the transaction is still usable. After any other
// error of the store, roll back.
func (e *Engine) SubmitTx(ctx context.Context, tx store.Tx, b Batch) (Result, error) {
	result, err := e.submitTx(ctx, tx, &b)
	if err != nil {
		return Result{}, e.rejectedBatch(ctx, b, err)
	}
	return result, nil
}

func (e *Engine) submitTx(ctx context.Context, tx store.Tx, b *Batch) (Result, error) {
	if err := e.enter(); err != nil {
		return Result{}, err
	}
	defer e.leave()
	if err := b.proposal(b.Time).Check(b.Account); err != nil {
		return Result{}, err
	}
	if err := checkAccount(b.Account); err != nil {
		return Result{}, err
	}
	p, result, err := e.submitOnce(ctx, tx, b, nil)
	if p != nil && errors.Is(err, store.ErrConflict) {
		// An account without commits cannot be locked. Another writer created it, so now it can.
		p, result, err = e.submitOnce(ctx, tx, b, nil)
	}
	if p != nil && errors.Is(err, store.ErrConflict) {
		err = printable.Errorf("%w: concurrent commits came first; no changes were made, retry later: %w", ErrContention, err)
	}
	if err != nil || p == nil {
		return result, err
	}
	return p.result(), nil
}

// submitOnce locks an account in a transaction, proposes a batch, and appends the commit.
// It returns the commit, also with the error of its append; or, without a commit, the
// Result or the error. It calls stored, which may be nil, after the append.
func (e *Engine) submitOnce(ctx context.Context, tx store.Tx, b *Batch, stored func(*pending)) (*pending, Result, error) {
	snap, _, err := e.seenBy(ctx, tx, b.Account, store.WriteLock, nil)
	if err != nil {
		return nil, Result{}, err
	}
	p, result, err := e.propose(ctx, e.newRecordCache(ctx, tx, snap), b)
	if err == nil && p != nil {
		err = ctx.Err()
	}
	if err != nil || p == nil {
		return nil, result, err
	}
	err = tx.Append(ctx, b.Account, p.entry)
	if err == nil && stored != nil {
		stored(p)
	}
	return p, Result{}, err
}
