package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
)

var (
	_ usher.Authorizer = (*Reader)(nil)
	_ usher.Explainer  = (*Reader)(nil)
)

// Reader evaluates requests as its Engine does, for one account, and on the version that
// the call of At or AtLeast states. A request about another account is an error that
// wraps usher.ErrOtherAccount. A Reader is safe for concurrent use. ReaderTx and HolderTx
// return a Reader for all accounts, in one transaction and for one goroutine at a time.
// The zero Reader returns ErrClosed.
type Reader struct {
	engine  *Engine
	account usher.AccountID
	version uint64
	exact   bool                     // exactly this version, not at least this version
	loaded  atomic.Pointer[snapshot] // for At: the snapshot, once it was read; in a transaction: the last one that others see too

	inTx bool // made by ReaderTx or HolderTx, for all accounts
	tx   store.Tx
	mode store.LockMode
}

// AtLeast returns a Reader on the newest version of an account, which must not be older
// than the version given. To see a change that was made before, from this process or
// another one, pass its Result.Version. If the journal does not have that version yet,
// calls return ErrFutureVersion.
func (e *Engine) AtLeast(account usher.AccountID, version uint64) *Reader {
	return &Reader{engine: e, account: account, version: version}
}

// At returns a Reader on a past version of an account, evaluated under the current
// policy. The first call reads the journal, and the Reader keeps the result; it is meant
// for looking back, not for serving requests. Calls return ErrFutureVersion for a
// version that does not exist yet, and usher.ErrUnknownAccount for version 0. A request
// without a time is evaluated at the current time, not at that of the version, as
// Engine.Check describes.
func (e *Engine) At(account usher.AccountID, version uint64) *Reader {
	return &Reader{engine: e, account: account, version: version, exact: true}
}

// Check evaluates a request as Engine.Check does. Its error may also wrap
// ErrFutureVersion or usher.ErrOtherAccount.
func (r *Reader) Check(ctx context.Context, q usher.Request) (usher.Decision, error) {
	snap, err := r.snapshot(ctx, q.Account)
	return r.engine.check(ctx, snap, &q, err)
}

// Actions does what Engine.Actions does. The errors are those of Reader.Check.
func (r *Reader) Actions(ctx context.Context, q usher.Request) ([]policy.Action, error) {
	return r.AppendActions(ctx, nil, q)
}

// AppendActions does what Engine.AppendActions does. The errors are those of
// Reader.Check.
func (r *Reader) AppendActions(ctx context.Context, dst []policy.Action, q usher.Request) ([]policy.Action, error) {
	snap, err := r.snapshot(ctx, q.Account)
	return appendActions(dst, snap.asOf(q.Time), q, err)
}

// Explain does what Engine.Explain does. The errors are those of Reader.Check.
func (r *Reader) Explain(ctx context.Context, q usher.Request) (usher.Explanation, error) {
	snap, err := r.snapshot(ctx, q.Account)
	return explain(snap.asOf(q.Time), q, err)
}

// View does what Engine.View does. The error is an *Error that wraps an error of
// Reader.Check.
func (r *Reader) View(ctx context.Context, id usher.AccountID) (account.View, error) {
	snap, err := r.snapshot(ctx, id)
	return view(id, snap.asOf(time.Time{}), err)
}

func (r *Reader) snapshot(ctx context.Context, id usher.AccountID) (*snapshot, error) {
	if r.engine == nil {
		return nil, ErrClosed
	}
	if r.inTx {
		return r.seen(ctx, id)
	}
	if id != r.account {
		return nil, printable.Errorf("%w: the Reader reads %q, and the request is about %q", usher.ErrOtherAccount, r.account, id)
	}
	if !r.exact {
		return r.engine.current(ctx, id, max(r.version, 1))
	}
	if snap := r.loaded.Load(); snap != nil {
		return snap, nil
	}
	snap, err := r.engine.asOf(ctx, id, r.version)
	if err == nil {
		r.loaded.Store(snap)
	}
	return snap, err
}

// asOf returns the snapshot of an account at a version.
func (e *Engine) asOf(ctx context.Context, id usher.AccountID, version uint64) (*snapshot, error) {
	if version == 0 {
		return nil, usher.ErrUnknownAccount
	}
	if err := e.usable(id); err != nil {
		return nil, err
	}
	r := reading{until: version}
	if err := e.read(ctx, e.store, id, &r); err != nil {
		return nil, unknownIfErased(err)
	}
	if at := r.state.Version(); at < version {
		if at == 0 {
			return nil, usher.ErrUnknownAccount
		}
		return nil, printable.Errorf("%w: the newest is %d, and the request needs %d", ErrFutureVersion, at, version)
	}
	snap := e.bind(&cachedAccount{id: id}, r.state, checkFit(r.state, e.Policy()))
	if snap.err != nil {
		return snap, snap.err
	}
	// A request without a time is not evaluated before the newest commit's time.
	newest, err := e.current(ctx, id, version)
	switch {
	case err == nil:
		snap.floor = later(snap.floor, newest.floor)
	case !errors.Is(err, usher.ErrUnknownAccount) && !errors.As(err, new(*account.PolicyMismatchError)):
		return nil, err
	}
	return snap, nil
}

// View returns the current account under the current policy. It requires no permission;
// callers must check user.view or audit.view before they show it to a user. The error is
// an *Error that wraps an error of Check.
func (e *Engine) View(ctx context.Context, id usher.AccountID) (account.View, error) {
	snap, err := e.current(ctx, id, 1)
	return view(id, snap.asOf(time.Time{}), err)
}

func view(id usher.AccountID, snap *snapshot, err error) (account.View, error) {
	if err != nil {
		return account.View{}, &Error{Op: "view", Account: id, Err: err}
	}
	return snap.State.View(snap.policy), nil
}
