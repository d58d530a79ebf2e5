package engine

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
)

// Filter answers which resources of the account the subject may do something with,
// as policy.Filter does: on the account as it is now, which the Filter keeps. The
// request has no resource. The errors are those of Check.
func (e *Engine) Filter(ctx context.Context, r usher.Request) (filter.Filter, error) {
	snap, err := e.current(ctx, r.Account, 1)
	return filterOf(snap, r, err)
}

// WhoMay answers a request for all users of the account: it yields those who may, in
// the order of their ids from the first after the one given, as policy.WhoMay does.
// The account is the one of now, also for a loop that takes long. The errors are
// those of Check.
func (e *Engine) WhoMay(ctx context.Context, r usher.Request, after usher.UserID) iter.Seq2[policy.Subject, error] {
	return func(yield func(policy.Subject, error) bool) {
		snap, err := e.current(ctx, r.Account, 1)
		whoMay(ctx, snap, r, after, err, yield)
	}
}

// Filter answers as Engine.Filter does.
func (r *Reader) Filter(ctx context.Context, q usher.Request) (filter.Filter, error) {
	snap, err := r.snapshot(ctx, q.Account)
	return filterOf(snap, q, err)
}

// WhoMay answers as Engine.WhoMay does.
func (r *Reader) WhoMay(ctx context.Context, q usher.Request, after usher.UserID) iter.Seq2[policy.Subject, error] {
	return func(yield func(policy.Subject, error) bool) {
		snap, err := r.snapshot(ctx, q.Account)
		whoMay(ctx, snap, q, after, err, yield)
	}
}

func filterOf(snap *snapshot, r usher.Request, err error) (filter.Filter, error) {
	if err != nil {
		return filter.Filter{}, unanswerable("filter", r, err)
	}
	return snap.policy.Filter(snap, &r)
}

func whoMay(ctx context.Context, snap *snapshot, r usher.Request, after usher.UserID, err error, yield func(policy.Subject, error) bool) {
	if err != nil {
		yield(policy.Subject{}, unanswerable("who may", r, err))
		return
	}
	for who, err := range snap.policy.WhoMay(snap, &r, after) {
		if ctx.Err() != nil {
			yield(policy.Subject{}, unanswerable("who may", r, ctx.Err()))
			return
		}
		who.Decision = who.Decision.On(snap.basis)
		if !yield(who, err) {
			return
		}
	}
}
