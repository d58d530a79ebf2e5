package engine

import (
	"context"

	"github.com/usher-go/usher"
)

// Erase removes all that there is of an account: its journal, and the personal data
// beside it. It cannot be undone, and the id is never used again; whoever erases
// must be sure of the id, for one that never was is marked too. Nobody is asked:
// this is for the host alone, after account.DeleteAccount and whatever time the
// law or a contract gives. To erase again does nothing.
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
		e.invalidate(l) // it may have been erased all the same
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !l.gone {
		e.forget(l)
		l.gone = true
	}
	if l.pending != nil { // whatever became of it is gone
		l.pending = nil
		e.unpin(l)
		e.underway--
		e.signalIdle()
	}
	return nil
}
