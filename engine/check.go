package engine

import (
	"context"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
)

var (
	_ usher.Authorizer = (*Engine)(nil)
	_ usher.Explainer  = (*Engine)(nil)
)

// Check answers a request about an account. Where the account is in memory it
// takes no lock, and allocates nothing if the request's resource does not. The
// decision carries the version of the account and the digest of the policy that
// it was made with. A request without a time is evaluated at Options.Clock, or at the
// time of the account's last commit if that is later: a clock that is set back revives
// no grant that has ended. A request with a time is evaluated at that time, which may
// lie in the past. A resource that is a nil pointer of the host's type is the host's
// own panic.
//
// The error is a *usher.RequestError; it wraps what policy.Decide returns, or
//
//   - usher.ErrUnknownAccount: there is no such account, or it was deleted
//   - a *account.PolicyMismatchError: the policy cannot decide for the subject, whose role, team
//     role or seat it does not have, or for no user of the account
//   - ErrStale, ErrClosed, the context's error, or that of the store
func (e *Engine) Check(ctx context.Context, r usher.Request) (usher.Decision, error) {
	snap := e.find(r.Account)
	if snap == nil || snap.err != nil || e.options.MaxStaleness > 0 {
		var err error
		if snap, err = e.current(ctx, r.Account, 1); err != nil {
			return e.unanswered(ctx, r, err)
		}
	}
	if snap.misfits {
		if err := snap.decides(r.Subject); err != nil {
			return e.unanswered(ctx, r, err)
		}
	}
	d, err := snap.policy.Decide(snap, &r)
	d = decision.On(d, snap.basis)
	if e.options.Observer.Decided != nil {
		e.options.Observer.Decided(ctx, r, d, err)
	}
	return d, err
}

// unanswered is where nobody could be asked.
func (e *Engine) unanswered(ctx context.Context, r usher.Request, err error) (usher.Decision, error) {
	err = unanswerable("check", r, err)
	if e == nil {
		return usher.Decision{}, err // of the zero Reader
	}
	if e.options.Observer.Decided != nil {
		e.options.Observer.Decided(ctx, r, usher.Decision{}, err)
	}
	return usher.Decision{}, err
}

// Actions returns everything that the subject may do on the request's resource,
// as policy.Actions does. The errors are those of Check.
func (e *Engine) Actions(ctx context.Context, r usher.Request) ([]policy.Action, error) {
	return e.AppendActions(ctx, nil, r)
}

// AppendActions is Actions into a slice that the caller keeps. On an error it
// returns dst as it was.
func (e *Engine) AppendActions(ctx context.Context, dst []policy.Action, r usher.Request) ([]policy.Action, error) {
	snap, err := e.current(ctx, r.Account, 1)
	return appendActions(dst, snap, r, err)
}

// Explain decides a request as Check does, and says in a sentence why; for a denial
// it also looks for what would turn it. The errors are those of Check. It asks for no
// permission; what the result discloses, and to which users it may be shown, stands at
// usher.Explanation.
func (e *Engine) Explain(ctx context.Context, r usher.Request) (usher.Explanation, error) {
	snap, err := e.current(ctx, r.Account, 1)
	return explain(snap, r, err)
}

func appendActions(dst []policy.Action, snap *snapshot, r usher.Request, err error) ([]policy.Action, error) {
	if err == nil {
		err = snap.decides(r.Subject)
	}
	if err != nil {
		return dst, unanswerable("actions", r, err)
	}
	n := len(dst)
	dst, err = snap.policy.AppendActions(dst, snap, &r)
	for i := n; i < len(dst); i++ {
		dst[i].Decision = decision.On(dst[i].Decision, snap.basis)
	}
	return dst, err
}

func explain(snap *snapshot, r usher.Request, err error) (usher.Explanation, error) {
	if err == nil {
		err = snap.decides(r.Subject)
	}
	if err != nil {
		return usher.Explanation{}, unanswerable("explain", r, err)
	}
	x, err := snap.policy.Explain(snap, &r)
	x.Decision = decision.On(x.Decision, snap.basis)
	return x, err
}

// unanswerable makes a RequestError.
func unanswerable(op string, r usher.Request, err error) error {
	e := &usher.RequestError{Op: op, Subject: r.Subject, Permission: r.Permission, Err: err}
	if r.Resource != nil {
		e.Resource = r.Resource.Ref()
	}
	return e
}

// current returns a snapshot of at least a version that answers, or why there is
// none: what is in memory if that is new enough, and else what the store tells.
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
		return nil, printable.Errorf("%w: it is at %d, and %d was asked for", ErrFutureVersion, snap.version(), atLeast)
	}
	return snap, nil
}

// find returns the newest snapshot of an account that is in memory, or nil.
func (e *Engine) find(id usher.AccountID) *snapshot {
	if e == nil {
		return nil
	}
	return e.index.find(id)
}

// suffices reports whether a snapshot need not be compared with the store.
func (e *Engine) suffices(snap *snapshot, atLeast uint64) bool {
	return snap != nil && snap.State != nil && snap.version() >= atLeast && e.fresh(snap)
}

// fresh reports whether a snapshot is not too old to be answered from. A clock that
// was put back makes it too old.
func (e *Engine) fresh(snap *snapshot) bool {
	if e.options.MaxStaleness == 0 {
		return true
	}
	age := e.elapsed() - time.Duration(snap.confirmed.Load())
	return age >= 0 && age <= e.options.MaxStaleness
}

// await returns the newest snapshot of a pinned account as soon as it suffices, or
// as the store has it, whatever that is: then the store was read from a time that
// is later than the call.
func (e *Engine) await(ctx context.Context, l *cachedAccount, atLeast uint64) (*snapshot, error) {
	var before uint64 // the flights that had begun when it was asked
	for first := true; ; first = false {
		e.mu.Lock()
		if first {
			before = l.launched
		}
		snap, f, asked := l.snap, l.load, l.loaded > before
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
		if f == nil {
			f = e.startLoad(l)
		}
		e.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if f.err != nil {
			if e.life.Err() != nil {
				return nil, ErrClosed
			}
			if f.count <= before {
				continue // that it failed says nothing of the store since it was asked
			}
			if snap.State != nil && snap.version() >= atLeast {
				return nil, printable.Errorf("%w: %w", ErrStale, f.err)
			}
			return nil, f.err
		}
	}
}
