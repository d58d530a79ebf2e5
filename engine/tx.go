package engine

import (
	"context"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

var errNoTx = errors.New("the store.Tx is nil (want one that the module of the store made from the host's transaction)")

// seenBy returns the snapshot of an account as a transaction sees it, after it has locked the
// account. It costs one call of the store if the cached snapshot or memo, which may be nil, is of
// the transaction's version.
//
// Commits of the transaction may be rolled back, and others do not see them before. The result
// may therefore contain more than the cache, and the cache never learns of these commits here.
func (e *Engine) seenBy(ctx context.Context, tx store.Tx, id usher.AccountID, mode store.LockMode, memo *snapshot) (*snapshot, store.Position, error) {
	if tx == nil {
		return nil, store.Position{}, errNoTx
	}
	before := e.find(id).version()
	at, err := tx.Lock(ctx, id, mode)
	switch {
	case errors.Is(err, store.ErrErased):
		e.hint(store.Hint{Account: id})
		return nil, at, err
	case err != nil:
		return nil, at, err
	case mode != store.WriteLock && at.Last == 0:
		// A concurrent commit may create the account now, but Lock has not locked it.
		return nil, at, usher.ErrUnknownAccount
	case mode == store.WriteLock && at.Last < before:
		return nil, at, e.lost(id, at.Last, before)
	}
	for _, snap := range []*snapshot{e.find(id), memo} {
		if snap.version() == at.Last && at.Last > 0 && snap.id == id && snap.policy.Base() == e.Policy() {
			return snap, at, nil
		}
	}
	snap, err := e.readTx(ctx, tx, id, mode, at)
	return snap, at, err
}

// lost drops an account from the cache whose journal has fewer commits than before, and returns
// an error. A transaction that does not see the account at all may have begun before it was
// created, and then finds it when it runs again.
func (e *Engine) lost(id usher.AccountID, now, before uint64) error {
	l, err := e.pin(id)
	if err != nil {
		return err
	}
	defer e.release(l)
	e.invalidate(l)
	if now == 0 {
		return printable.Errorf("%w: the transaction does not see the account, which had version %d before: it was created after the transaction began, or the store lost it", store.ErrRetry, before)
	}
	return errEndsBefore(now, before)
}

// errEndsBefore returns the error for a journal that has fewer commits than before.
func errEndsBefore(now, before uint64) error {
	return damage{printable.Errorf("%w: the journal ends at version %d, and had version %d before; restore the store from a backup", errLost, now, before)}
}

// readTx reads an account through a transaction, up to a position, beginning at the cached
// snapshot if that is not newer.
func (e *Engine) readTx(ctx context.Context, tx store.Tx, id usher.AccountID, mode store.LockMode, at store.Position) (*snapshot, error) {
	l, err := e.pin(id)
	if err != nil {
		return nil, err
	}
	defer e.release(l)
	e.mu.Lock()
	known := l.snap
	e.mu.Unlock()
	r := reading{until: at.Last, keep: at.Committed}
	if known.version() <= at.Last {
		r.state = known.State
	}
	if at.Last == 0 {
		r.until = newest // the account is not locked, and Append finds out whether it was created
	}
	if err := e.read(ctx, tx, id, &r); err != nil {
		return nil, err
	}
	if v := r.state.Version(); v < at.Last {
		return nil, damage{printable.Errorf("the journal ends at version %d, and the transaction sees version %d", v, at.Last)}
	}
	// An account that was not in memory may have changed, and left memory, since the transaction
	// began. Only its lock shows that the cache never had a newer version.
	if r.kept != nil && (known.State != nil || mode == store.WriteLock) {
		if known.State == nil {
			// The transaction may see less than the hints that came before the account was in memory.
			e.mu.Lock()
			l.doubt(0)
			e.mu.Unlock()
		}
		e.publishRead(l, known, r.kept, known.lastConfirmed(), 0)
		if snap := e.find(id); snap.version() == at.Last {
			return snap, nil
		}
	}
	v := known.fitAfterLoad(&r)
	if p := e.Policy(); v.policy != p {
		v = checkFit(r.state, p)
	}
	snap := e.bind(l, r.state, v)
	snap.floor = later(snap.floor, known.floor)
	return snap, nil
}
