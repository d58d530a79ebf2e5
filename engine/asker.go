package engine

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var (
	_ usher.Resolver = (*Engine)(nil)
	_ usher.Resolver = (*Reader)(nil)
)

// As finds an account and a user once, for several checks of one request to the host. The Asker
// answers from the newest version of the account, and from the schedule of the account at the time
// of the call; facts are those of the request, such as mfa. With enough memory for the account, As
// takes no lock, and it allocates nothing unless Observer.Decided is set. A user who is not in the
// account gets an Asker whose checks deny.
//
// The Asker does not see later commits, so make one for each request, and do not store it. If
// Options.MaxStaleness is set, its methods return ErrStale once the version was last compared with
// the store too long ago. An Asker that was made before Close still answers. Observer.Decided
// receives each Check with the context of the call of As, and the error of an As that fails.
//
// The error is an *usher.RequestError. It wraps an error that Check of the user would return.
func (e *Engine) As(ctx context.Context, id usher.AccountID, user usher.UserID, facts usher.Context) (policy.Asker, error) {
	if snap := e.direct(id); snap != nil {
		return snap.binding.As(user, facts, time.Time{})
	}
	return e.AsRequest(ctx, usher.Request{Account: id, Subject: user, Context: facts})
}

// direct returns the snapshot of an account if nothing but the policy decides whether and how it
// answers a request without a time. Otherwise it returns nil.
func (e *Engine) direct(id usher.AccountID) *snapshot {
	if snap := e.find(id); snap != nil && snap.direct {
		return snap
	}
	return nil
}

// AsRequest does what As does, for everything that a request states beside its permission and its
// resource, which it ignores: also for a visitor, on behalf of a user, with a role that the
// command gives, and at another time.
func (e *Engine) AsRequest(ctx context.Context, r usher.Request) (policy.Asker, error) {
	snap, err := e.snapshot(ctx, r.Account)
	return e.asker(ctx, snap, r, err, true)
}

// Resolve implements usher.Resolver with AsRequest.
func (e *Engine) Resolve(ctx context.Context, r usher.Request) (usher.Asker, usher.Authorizer, error) {
	a, err := e.AsRequest(ctx, r)
	if err != nil {
		return nil, e, err
	}
	return &a, e, nil
}

// As does what Engine.As does, on the Reader's version. On a Reader of ReaderTx or HolderTx, the
// Asker answers from what the transaction saw at the time of the call. The errors are those of
// Reader.Check.
func (r *Reader) As(ctx context.Context, id usher.AccountID, user usher.UserID, facts usher.Context) (policy.Asker, error) {
	return r.AsRequest(ctx, usher.Request{Account: id, Subject: user, Context: facts})
}

// AsRequest does what Engine.AsRequest does, on the Reader's version.
func (r *Reader) AsRequest(ctx context.Context, q usher.Request) (policy.Asker, error) {
	snap, err := r.snapshot(ctx, q.Account)
	return r.engine.asker(ctx, snap, q, err, !r.exact && !r.inTx)
}

// Resolve implements usher.Resolver with AsRequest.
func (r *Reader) Resolve(ctx context.Context, q usher.Request) (usher.Asker, usher.Authorizer, error) {
	a, err := r.AsRequest(ctx, q)
	if err != nil {
		return nil, r, err
	}
	return &a, r, nil
}

// snapshot returns the newest snapshot of an account, which reads the store only if the cached one
// does not suffice.
func (e *Engine) snapshot(ctx context.Context, id usher.AccountID) (*snapshot, error) {
	snap := e.find(id)
	if snap == nil || snap.err != nil || e.options.MaxStaleness > 0 {
		return e.current(ctx, id, 1)
	}
	return snap, nil
}

// asker returns the Asker that a caller keeps for several checks. If ages is set, the snapshot may
// become too old.
func (e *Engine) asker(ctx context.Context, snap *snapshot, r usher.Request, err error, ages bool) (policy.Asker, error) {
	r.Permission, r.Resource = permission.Permission{}, nil
	var a policy.Asker
	if err == nil {
		snap = snap.asOf(r.Time)
		a, err = snap.as(&r)
	}
	if err != nil {
		err = requestError("ask", r, err)
		if e != nil && e.options.Observer.Decided != nil {
			e.options.Observer.Decided(ctx, r, usher.Decision{}, err)
		}
		return policy.Asker{}, err
	}
	ages = ages && e.options.MaxStaleness > 0
	switch {
	case e.options.Observer.Decided != nil:
		return a.Monitored(&observed{ctx, snap, ages}), nil
	case ages:
		return a.Monitored((*aging)(snap)), nil
	}
	return a, nil
}

// as returns the Asker for the subject of a request. The error is not wrapped.
func (s *snapshot) as(r *usher.Request) (policy.Asker, error) {
	if s.hasMismatches {
		if err := s.decidesFor(r); err != nil {
			return policy.Asker{}, err
		}
	}
	a, err := s.binding.AsRequest(r)
	if err != nil {
		return policy.Asker{}, errors.Unwrap(err)
	}
	return a, nil
}

// ready returns an error if the snapshot is too old for one more answer.
func (s *snapshot) ready() error {
	if !s.engine.fresh(s) {
		return printable.Errorf("%w: it was last compared with the store more than %v ago; call As again", ErrStale, s.engine.options.MaxStaleness)
	}
	return nil
}

// aging is the policy.Monitor of a snapshot that can become too old.
type aging snapshot

func (s *aging) Ready() error { return (*snapshot)(s).ready() }

func (*aging) Decided(usher.Request, usher.Decision, error) {}

// observed is the policy.Monitor of an Engine with an Observer.
type observed struct {
	ctx  context.Context
	snap *snapshot
	ages bool
}

func (o *observed) Ready() error {
	if !o.ages {
		return nil
	}
	return o.snap.ready()
}

func (o *observed) Decided(r usher.Request, d usher.Decision, err error) {
	o.snap.engine.options.Observer.Decided(o.ctx, r, d, err)
}
