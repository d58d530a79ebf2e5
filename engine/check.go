package engine

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
)

var (
	_ usher.Authorizer = (*Engine)(nil)
	_ usher.Explainer  = (*Engine)(nil)
)

// Check evaluates a request. If the account is in memory, Check takes no lock, and
// allocates nothing if the request's resource does not. The decision has the version of
// the account and the digest of the policy. A request without a time is evaluated at
// Options.Clock, or at the time of the account's last commit if that is later, so that a
// clock that was set back does not revive an expired grant. A request with a time is
// evaluated at that time, which may be in the past. Check does not recover a panic of a
// Resource, such as a nil pointer of the host application's type.
//
// The error is an *usher.RequestError. It wraps an error of policy.Decide, or
//
//   - usher.ErrUnknownAccount: the account does not exist, or was deleted
//   - an *account.PolicyMismatchError: the policy lacks the role, a team role or a seat of
//     the subject, or cannot decide for any user of the account
//   - ErrStale, ErrClosed, or an error of the context or the store
func (e *Engine) Check(ctx context.Context, r usher.Request) (usher.Decision, error) {
	if snap := e.direct(r.Account); snap != nil {
		return snap.binding.Check(&r)
	}
	snap, err := e.snapshot(ctx, r.Account)
	return e.check(ctx, snap, &r, err)
}

// check decides a request on a snapshot, and reports the result to the Observer.
func (e *Engine) check(ctx context.Context, snap *snapshot, r *usher.Request, err error) (usher.Decision, error) {
	if err != nil {
		return e.failCheck(ctx, *r, err)
	}
	if snap.due != nil {
		snap = snap.asOf(r.Time)
	}
	if snap.hasMismatches {
		if err := snap.decidesFor(r); err != nil {
			return e.failCheck(ctx, *r, err)
		}
	}
	d, err := snap.binding.Check(r)
	if e.options.Observer.Decided != nil {
		e.options.Observer.Decided(ctx, *r, d, err)
	}
	return d, err
}

// failCheck reports a failed check to the Observer, and returns it.
func (e *Engine) failCheck(ctx context.Context, r usher.Request, err error) (usher.Decision, error) {
	err = requestError("check", r, err)
	if e == nil {
		return usher.Decision{}, err // of the zero Reader
	}
	if e.options.Observer.Decided != nil {
		e.options.Observer.Decided(ctx, r, usher.Decision{}, err)
	}
	return usher.Decision{}, err
}

// Actions returns every action that the subject may perform on the request's resource,
// as policy.Actions does. The errors are those of Check.
func (e *Engine) Actions(ctx context.Context, r usher.Request) ([]policy.Action, error) {
	return e.AppendActions(ctx, nil, r)
}

// AppendActions appends the result of Actions to dst. On an error it returns dst
// unchanged.
func (e *Engine) AppendActions(ctx context.Context, dst []policy.Action, r usher.Request) ([]policy.Action, error) {
	if snap := e.direct(r.Account); snap != nil {
		return snap.binding.AppendActions(dst, &r)
	}
	snap, err := e.current(ctx, r.Account, 1)
	return appendActions(dst, snap.asOf(r.Time), r, err)
}

// Explain evaluates a request as Check does, and describes the reason in a sentence. For
// a denial it also searches for remedies. The sentence of an allowance states until when it holds, if something
// ends or begins that changes it; see account.View.AllowedUntil. The errors are those of Check. It requires no
// permission; usher.Explanation states what the result discloses, and which users may
// see it.
func (e *Engine) Explain(ctx context.Context, r usher.Request) (usher.Explanation, error) {
	snap, err := e.current(ctx, r.Account, 1)
	return explain(snap.asOf(r.Time), r, err)
}

func appendActions(dst []policy.Action, snap *snapshot, r usher.Request, err error) ([]policy.Action, error) {
	var a policy.Asker
	if err == nil {
		a, err = snap.as(&r)
	}
	if err != nil {
		return dst, requestError("actions", r, err)
	}
	return a.AppendActions(dst, r.Resource)
}

func explain(snap *snapshot, r usher.Request, err error) (usher.Explanation, error) {
	var a policy.Asker
	if err == nil {
		a, err = snap.as(&r)
	}
	if err != nil {
		return usher.Explanation{}, requestError("explain", r, err)
	}
	return a.Explain(r.Permission, r.Resource)
}

// requestError wraps err in an *usher.RequestError.
func requestError(op string, r usher.Request, err error) error {
	e := &usher.RequestError{Op: op, Subject: r.Subject, Permission: r.Permission, Err: err}
	if r.Resource != nil {
		e.Resource = r.Resource.Ref()
	}
	return e
}

// current returns a snapshot of at least a version whose err is nil, or an error. It
// reads the store only if the cached snapshot does not suffice.
func (e *Engine) current(ctx context.Context, id usher.AccountID, atLeast uint64) (*snapshot, error) {
	if snap := e.find(id); e.suffices(snap, atLeast) {
		return snap, snap.err
	}
	if err := e.open(); err != nil {
		return nil, err
	}
	l, err := e.pin(id)
	if err != nil {
		return nil, err
	}
	defer e.release(l)
	snap, err := e.await(ctx, l, atLeast)
	switch {
	case err != nil:
		return nil, err
	case snap.err != nil:
		return nil, snap.err
	case snap.version() < atLeast:
		return nil, printable.Errorf("%w: the newest is %d, and the request needs %d", ErrFutureVersion, snap.version(), atLeast)
	}
	return snap, nil
}

// find returns the cached snapshot of an account, or nil.
func (e *Engine) find(id usher.AccountID) *snapshot {
	if e == nil {
		return nil
	}
	return e.index.find(id)
}

// suffices reports whether a snapshot can be used without a load.
func (e *Engine) suffices(snap *snapshot, atLeast uint64) bool {
	return snap != nil && snap.State != nil && snap.version() >= atLeast && e.fresh(snap)
}

// fresh reports whether a snapshot is not older than MaxStaleness. If the clock was set
// back, it is not fresh.
func (e *Engine) fresh(snap *snapshot) bool {
	if e.options.MaxStaleness == 0 {
		return true
	}
	now := e.elapsed()
	age := now - e.confirmedAt(snap)
	if age > e.options.MaxStaleness/2 && e.canConfirm(snap, now) {
		e.askConfirmation() // in time, so that no check has to wait for it
	}
	return age >= 0 && age <= e.options.MaxStaleness
}

// await returns the newest snapshot of a pinned account. It waits until the snapshot
// suffices, or until a load that began after the call has ended, whatever version that
// load found.
func (e *Engine) await(ctx context.Context, l *cachedAccount, atLeast uint64) (*snapshot, error) {
	var before uint64 // the loads that had started before the call
	confirmed := false
	for first := true; ; first = false {
		e.mu.Lock()
		if first {
			before = l.loadsStarted
		}
		snap, ld, asked := l.snap, l.load, l.lastLoaded > before
		switch {
		case e.stopped:
			e.mu.Unlock()
			return nil, ErrClosed
		case l.gone:
			e.mu.Unlock()
			return nil, usher.ErrUnknownAccount
		case snap.State != nil && (asked || e.suffices(snap, atLeast)):
			e.mu.Unlock()
			return snap, nil
		}
		if ld == nil && !confirmed && snap.version() >= atLeast {
			if c := e.awaitable(snap); c != nil {
				confirmed = true
				e.mu.Unlock()
				select {
				case <-c.done:
				case <-ctx.Done():
					return nil, ctx.Err()
				}
				continue
			}
		}
		if ld == nil {
			ld = e.startLoad(l)
		}
		e.mu.Unlock()
		select {
		case <-ld.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if ld.err != nil {
			if e.backgroundCtx.Err() != nil {
				return nil, ErrClosed
			}
			if ld.count <= before {
				continue // this load began before the call; try another one
			}
			if snap.State != nil && snap.version() >= atLeast {
				return nil, printable.Errorf("%w: %w", ErrStale, ld.err)
			}
			return nil, ld.err
		}
	}
}
