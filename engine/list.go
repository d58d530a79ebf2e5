package engine

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
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
// those of Check. An active user for whom the policy cannot decide comes in their place
// with an error that names them: without them the list is not complete.
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
	if err == nil {
		err = snap.decides(r.Subject)
	}
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
	undecided := snap.undecided(after)
	for who, err := range snap.policy.WhoMay(snap, &r, after) {
		if ctx.Err() != nil {
			yield(policy.Subject{}, unanswerable("who may", r, ctx.Err()))
			return
		}
		for ; len(undecided) > 0 && who.ID != "" && undecided[0] < who.ID; undecided = undecided[1:] {
			if !yieldUndecided(snap, r, undecided[0], yield) {
				return
			}
		}
		if len(undecided) > 0 && undecided[0] == who.ID {
			continue // which is told next, as an error
		}
		who.Decision = decision.On(who.Decision, snap.basis)
		if !yield(who, err) || err != nil && who.ID == "" {
			return
		}
	}
	for _, id := range undecided {
		if !yieldUndecided(snap, r, id, yield) {
			return
		}
	}
}

// undecided returns the active users after an id for whom the policy cannot decide, in
// the order of their ids.
func (s *snapshot) undecided(after usher.UserID) []usher.UserID {
	if !s.misfits {
		return nil
	}
	var ids []usher.UserID
	for u := range s.UsersAfter(after) {
		if u.User.Status == usher.Active && s.decides(u.ID) != nil {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func yieldUndecided(snap *snapshot, r usher.Request, id usher.UserID, yield func(policy.Subject, error) bool) bool {
	r.Subject = id
	return yield(policy.Subject{ID: id}, unanswerable("who may", r, snap.decides(id)))
}
