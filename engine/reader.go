package engine

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
)

var (
	_ usher.Authorizer = (*Reader)(nil)
	_ usher.Explainer  = (*Reader)(nil)
)

// Reader answers questions as its Engine does, but about one account only, and on the
// version of it that the call to At or AtLeast named. A question about another account
// is an error that wraps usher.ErrOtherAccount. A Reader may be used by many goroutines
// at the same time. The zero Reader answers with ErrClosed.
type Reader struct {
	engine  *Engine
	account usher.AccountID
	version uint64
	past    bool                     // exactly this version, not at least
	read    atomic.Pointer[snapshot] // of the past: the account as the journal has it
}

// AtLeast returns a Reader that answers on the newest version of an account, which must
// not be older than the version given. A caller that knows of a change, from its own
// Result or from another process, passes Result.Version and sees the change. If the
// journal has not come that far, a question returns ErrFutureVersion.
func (e *Engine) AtLeast(account usher.AccountID, version uint64) *Reader {
	return &Reader{engine: e, account: account, version: version}
}

// At returns a Reader that answers on an account as it was at a version, under the
// current policy. The first question reads the journal, and the Reader keeps the result,
// so it is for looking back and not for serving requests. A version that does not exist
// yet is ErrFutureVersion, and version 0 is usher.ErrUnknownAccount. A request without a time is
// evaluated as of now, not of then, as Engine.Check describes.
func (e *Engine) At(account usher.AccountID, version uint64) *Reader {
	return &Reader{engine: e, account: account, version: version, past: true}
}

// Check decides as Engine.Check does. Its error may also wrap ErrFutureVersion, or
// usher.ErrOtherAccount.
func (r *Reader) Check(ctx context.Context, q usher.Request) (usher.Decision, error) {
	snap, err := r.snapshot(ctx, q.Account)
	if err == nil {
		err = snap.decides(q.Subject)
	}
	if err != nil {
		return r.engine.unanswered(ctx, q, err)
	}
	d, err := snap.policy.Decide(snap, &q)
	d = decision.On(d, snap.basis)
	if r.engine.options.Observer.Decided != nil {
		r.engine.options.Observer.Decided(ctx, q, d, err)
	}
	return d, err
}

// Actions answers as Engine.Actions does.
func (r *Reader) Actions(ctx context.Context, q usher.Request) ([]policy.Action, error) {
	return r.AppendActions(ctx, nil, q)
}

// AppendActions answers as Engine.AppendActions does.
func (r *Reader) AppendActions(ctx context.Context, dst []policy.Action, q usher.Request) ([]policy.Action, error) {
	snap, err := r.snapshot(ctx, q.Account)
	return appendActions(dst, snap, q, err)
}

// Explain answers as Engine.Explain does.
func (r *Reader) Explain(ctx context.Context, q usher.Request) (usher.Explanation, error) {
	snap, err := r.snapshot(ctx, q.Account)
	return explain(snap, q, err)
}

// View returns the account as Engine.View does.
func (r *Reader) View(ctx context.Context, id usher.AccountID) (account.View, error) {
	snap, err := r.snapshot(ctx, id)
	return view(id, snap, err)
}

func (r *Reader) snapshot(ctx context.Context, id usher.AccountID) (*snapshot, error) {
	if r.engine == nil {
		return nil, ErrClosed
	}
	if id != r.account {
		return nil, printable.Errorf("%w: the Reader is of %q, and %q was asked for", usher.ErrOtherAccount, r.account, id)
	}
	if !r.past {
		return r.engine.current(ctx, id, max(r.version, 1))
	}
	if snap := r.read.Load(); snap != nil {
		return snap, nil
	}
	snap, err := r.engine.asOf(ctx, id, r.version)
	if err == nil {
		r.read.Store(snap)
	}
	return snap, err
}

// asOf returns an account as it was at a version.
func (e *Engine) asOf(ctx context.Context, id usher.AccountID, version uint64) (*snapshot, error) {
	if version == 0 {
		return nil, usher.ErrUnknownAccount
	}
	if err := e.usable(id); err != nil {
		return nil, err
	}
	r := reading{until: version}
	if err := e.read(ctx, id, &r); err != nil {
		return nil, unknownIfErased(err)
	}
	if at := r.state.Version(); at < version {
		if at == 0 {
			return nil, usher.ErrUnknownAccount
		}
		return nil, printable.Errorf("%w: it is at %d, and %d was asked for", ErrFutureVersion, at, version)
	}
	snap := e.bind(&cachedAccount{id: id}, r.state, checkFit(r.state, e.Policy()))
	if snap.err != nil {
		return snap, snap.err
	}
	// The last commit counts for the time, not only those up to the version.
	newest, err := e.current(ctx, id, version)
	switch {
	case err == nil:
		snap.floor = later(snap.floor, newest.floor)
	case !errors.Is(err, usher.ErrUnknownAccount) && !errors.As(err, new(*account.PolicyMismatchError)):
		return nil, err
	}
	return snap, nil
}

// View returns the account as it is now, under the policy of now. Reading asks no
// permission: whoever shows it checks user.view or audit.view first. The error is
// an *Error that wraps what Check's do.
func (e *Engine) View(ctx context.Context, id usher.AccountID) (account.View, error) {
	snap, err := e.current(ctx, id, 1)
	return view(id, snap, err)
}

func view(id usher.AccountID, snap *snapshot, err error) (account.View, error) {
	if err != nil {
		return account.View{}, &Error{Op: "view", Account: id, Err: err}
	}
	return snap.State.View(snap.policy), nil
}
