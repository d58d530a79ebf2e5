package engine

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
)

// Filter returns a filter for the resources of the account on which the subject has the
// permission, as policy.Filter does. The filter keeps the current snapshot of the
// account. The request must not have a resource. The errors are those of Check.
func (e *Engine) Filter(ctx context.Context, r usher.Request) (filter.Filter, error) {
	snap, err := e.current(ctx, r.Account, 1)
	return filterOf(snap.asOf(r.Time), r, err)
}

// WhoMay evaluates a request for all users of the account, and yields those with access,
// as policy.WhoMay does: users, after a Subject for visitors if they have access too. The
// users are sorted by id, and begin after the id given. A long
// loop keeps using the snapshot of its start. The errors are those of Check. If the
// policy cannot decide for a user who may have access, WhoMay yields the user's id with an error:
// without that user the list is not complete.
func (e *Engine) WhoMay(ctx context.Context, r usher.Request, after usher.UserID) iter.Seq2[policy.Subject, error] {
	return func(yield func(policy.Subject, error) bool) {
		snap, err := e.current(ctx, r.Account, 1)
		whoMay(ctx, snap.asOf(r.Time), r, after, err, yield)
	}
}

// Filter does what Engine.Filter does. The errors are those of Reader.Check.
func (r *Reader) Filter(ctx context.Context, q usher.Request) (filter.Filter, error) {
	snap, err := r.snapshot(ctx, q.Account)
	return filterOf(snap.asOf(q.Time), q, err)
}

// WhoMay does what Engine.WhoMay does. The errors are those of Reader.Check.
func (r *Reader) WhoMay(ctx context.Context, q usher.Request, after usher.UserID) iter.Seq2[policy.Subject, error] {
	return func(yield func(policy.Subject, error) bool) {
		snap, err := r.snapshot(ctx, q.Account)
		whoMay(ctx, snap.asOf(q.Time), q, after, err, yield)
	}
}

func filterOf(snap *snapshot, r usher.Request, err error) (filter.Filter, error) {
	var a policy.Asker
	switch {
	case err == nil && r.Resource != nil:
		err = printable.Errorf("%w: a filter takes a request without a resource", usher.ErrWrongResource)
	case err == nil:
		a, err = snap.as(&r)
	}
	if err != nil {
		return filter.Filter{}, requestError("filter", r, err)
	}
	return a.Filter(r.Permission)
}

func whoMay(ctx context.Context, snap *snapshot, r usher.Request, after usher.UserID, err error, yield func(policy.Subject, error) bool) {
	if err != nil {
		yield(policy.Subject{}, requestError("who may", r, err))
		return
	}
	if r.By != "" {
		if err := snap.decides(r.By); err != nil {
			yield(policy.Subject{}, requestError("who may", r, err))
			return
		}
	}
	undecided := snap.undecided(after, snap.policy.Visitors(r.Permission))
	for who, err := range snap.policy.WhoMay(snap, &r, after) {
		if ctx.Err() != nil {
			yield(policy.Subject{}, requestError("who may", r, ctx.Err()))
			return
		}
		for ; len(undecided) > 0 && who.ID != "" && undecided[0] < who.ID; undecided = undecided[1:] {
			if !yieldUndecided(snap, r, undecided[0], yield) {
				return
			}
		}
		if len(undecided) > 0 && undecided[0] == who.ID {
			continue // the loop yields it next, with an error
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

// undecided returns the active users after an id that the policy cannot decide for,
// sorted by id; if all is set, users in any status.
func (s *snapshot) undecided(after usher.UserID, all bool) []usher.UserID {
	if !s.hasMismatches {
		return nil
	}
	var ids []usher.UserID
	for u := range s.UsersAfter(after) {
		if (all || u.User.Status == usher.Active) && s.decides(u.ID) != nil {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func yieldUndecided(snap *snapshot, r usher.Request, id usher.UserID, yield func(policy.Subject, error) bool) bool {
	r.Subject, r.Visitor = id, false
	return yield(policy.Subject{ID: id}, requestError("who may", r, snap.decides(id)))
}
