package engine

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/archived"
)

// Erase removes an account from the store: its journal and its user data. It cannot be
// undone, and the id cannot be used again; this also holds for an id that never had an
// account, so callers must be sure of the id. Erase requires no permission. It is for
// the host application alone, after account.DeleteAccount and the retention period of
// laws and contracts. Further calls do nothing. The error is an *Error.
//
// With Options.Archive, Erase erases the account there first. If it fails or the process ends between the
// two, the store still has the account, and another call erases it: as long as the archive may have data of
// an account, Accounts lists it. Without Options.Archive, the error for an account whose first commits
// are in an archive wraps store.ErrShortened, and nothing is erased.
func (e *Engine) Erase(ctx context.Context, id usher.AccountID) error {
	if err := e.erase(ctx, id); err != nil {
		return wrapped("erase", id, err)
	}
	return nil
}

func (e *Engine) erase(ctx context.Context, id usher.AccountID) error {
	if err := e.enter(); err != nil {
		return err
	}
	defer e.leave()
	l, done, err := e.acquire(ctx, id)
	if err != nil {
		return err
	}
	defer done()
	defer e.activity.forgetAccount(id)
	if err := e.eraseArchived(ctx, id); err != nil {
		return err
	}
	err = e.store.Erase(ctx, id)
	if err != nil {
		e.invalidate(l) // the store may have erased it in spite of the error
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !l.gone {
		e.forget(l)
		l.gone = true
	}
	if l.pending != nil { // its outcome no longer matters
		l.pending = nil
		e.unpin(l)
		e.underway--
		e.signalIdle()
	}
	return nil
}

// eraseArchived erases an account in the archive.
func (e *Engine) eraseArchived(ctx context.Context, id usher.AccountID) error {
	if e.options.Archive != nil {
		return e.options.Archive.Erase(ctx, id)
	}
	// A journal that cannot be read can be erased.
	if of, _ := archived.Shortened(ctx, e.store, id); of != nil {
		return of
	}
	return nil
}
