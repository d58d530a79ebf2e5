package engine

import (
	"context"
	"errors"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
)

// triesBeforeLock is how often a batch is overtaken before the Engine locks its account.
// Callers that lock an account first would otherwise always come before those that append
// at the end.
const triesBeforeLock = 2

// errNotRun means that a store broke the contract of InTx.
var errNotRun = errors.New("the store did not run the transaction")

// tryLocked does what try does, in a transaction of the store that locks the account.
func (e *Engine) tryLocked(ctx context.Context, l *cachedAccount, b *Batch, done *[]*account.Commit) (Result, error) {
	if err := e.begin(ctx); err != nil {
		return Result{}, err
	}
	defer e.finishUnlessPending(l)
	var result Result
	begun, ran := e.elapsed(), false
	err := e.transactor.InTx(ctx, func(tx store.Tx) (err error) {
		ran = true
		_, result, err = e.submitOnce(ctx, tx, b, func(p *pending) {
			p.tried = true // once this function returns, the commit may be stored
			e.setPending(l, p)
		})
		return err
	})
	p := l.pending
	switch {
	case p == nil && (errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrRetry)):
		return Result{}, errOvertaken
	case p == nil && err == nil && !ran:
		return Result{}, errNotRun
	case p == nil && err != nil:
		return Result{}, err
	case p == nil:
		// The cache may not have the version of the result, if the store does not know
		// Position.Committed.
		_, err := e.await(ctx, l, result.Version)
		return result, err
	}
	was, err := e.settle(ctx, l, true, begun, err, done)
	if was == outcomeRejected && errors.Is(err, store.ErrRetry) {
		return Result{}, errOvertaken
	}
	return e.concluded(ctx, l, p, was, err, done)
}
