package engine

import (
	"context"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/archived"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Erase removes an account from the store: its journal and its user data. It cannot be
// undone, and the id cannot be used again; this also holds for an id that never had an
// account, so callers must be sure of the id. Erase requires no permission. It is for
// the host application alone, after account.DeleteAccount and the retention period of
// laws and contracts. Further calls do nothing. The error is an *Error.
//
// With Options.Archive, Erase erases the account there first. If it fails or the process ends between the
// two, the store still has the account, and another call erases it: as long as the archive may have data of
// an account, Accounts lists it. If the archive lacks the commits that the store has deleted, or has another
// account with this id, nothing is erased, and the error wraps store.ErrArchiveDamaged: it may be the archive
// of another store. Without Options.Archive, the error for an account whose first commits are in an archive
// wraps store.ErrShortened, and nothing is erased. If the journal or the archive cannot be read, so that
// this is unknown, nothing is erased either, and Erase returns the error.
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
	if a := e.options.Archive; a != nil {
		if err := archived.CheckOwner(ctx, e.store, a, id); err != nil {
			return printable.Errorf("%w; with another archive, or without this one, call Erase of the store and of the archive themselves", err)
		}
		return a.Erase(ctx, id)
	}
	of, err := archived.Shortened(ctx, e.store, id)
	if of != nil {
		return of
	}
	if err == nil || errors.Is(err, store.ErrErased) || archived.NeverShortened(ctx, e.store, id) {
		return nil
	}
	return printable.Errorf("%w; it is unknown whether an archive has commits of the account: set Options.Archive, or call Erase of the store itself", err)
}
