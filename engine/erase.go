package engine

import (
	"context"

	"github.com/usher-go/usher"
)

// Erase removes an account from the store: its journal and its user data. It cannot be
// undone, and the id cannot be used again; this also holds for an id that never had an
// account, so callers must be sure of the id. Erase requires no permission. It is for
// the host application alone, after account.DeleteAccount and the retention period of
// laws and contracts. Further calls do nothing. The error is an *Error.
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
