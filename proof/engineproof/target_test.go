package engineproof_test

import (
	"context"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
)

// target is the object that clients call: an engine, or an engine with a fault. AtLeast 0 requires
// no version.
type target interface {
	Submit(ctx context.Context, b engine.Batch) (engine.Result, error)
	SubmitTx(ctx context.Context, tx store.Tx, b engine.Batch) (engine.Result, error)
	Check(ctx context.Context, r usher.Request, atLeast uint64) (usher.Decision, error)
	View(ctx context.Context, id usher.AccountID, atLeast uint64) (account.View, error)
}

// engineTarget is an engine without a fault.
type engineTarget struct{ *engine.Engine }

func (f engineTarget) Check(ctx context.Context, r usher.Request, atLeast uint64) (usher.Decision, error) {
	if atLeast == 0 {
		return f.Engine.Check(ctx, r)
	}
	return f.AtLeast(r.Account, atLeast).Check(ctx, r)
}

func (f engineTarget) View(ctx context.Context, id usher.AccountID, atLeast uint64) (account.View, error) {
	if atLeast == 0 {
		return f.Engine.View(ctx, id)
	}
	return f.AtLeast(id, atLeast).View(ctx, id)
}

// answerTo makes a call to a target.
func (h *history) answerTo(ctx context.Context, d target, q *question) *answer {
	switch q.what {
	case submit:
		batch := engine.Batch{
			Actor: q.actor.actor(), Account: h.account, Commands: commands(q.ops), IdempotencyKey: q.key, Note: q.id + h.padding,
			Resources: []usher.Resource{frontDoor},
		}
		host := h.handle(q.engine)
		if h.broken.wrapHost != nil {
			host = h.broken.wrapHost(host)
		}
		a := host.submit(ctx, d, q.end, q.pause, batch)
		if q.end != noTx && a.result == unknown && a.err != errLost {
			h.errorf("%v → %v, without a fault", q, a)
		}
		return a
	case viewAccount:
		v, err := d.View(ctx, h.account, q.atLeast)
		if err != nil {
			return &answer{err: err}
		}
		seen, err := plain(v)
		if err != nil {
			h.errorf("%v: %v", q, err)
		}
		return &answer{result: answered, version: v.Version(), seen: seen}
	default:
		r := usher.Request{Account: h.account, Subject: names[q.user], Permission: doorOpen}
		switch q.what {
		case lockDoor:
			r.Permission = doorLock
		case guardDoor:
			r.Permission, r.Resource = doorGuard, frontDoor
		}
		decision, err := d.Check(ctx, r, q.atLeast)
		if err != nil {
			if decision.Allowed() {
				h.errorf("%v: allowed, with the error %v", q, err)
			}
			return &answer{err: err}
		}
		return &answer{result: answered, version: decision.Detail().Version, allowed: decision.Allowed()}
	}
}

// answerOf interprets the result of Submit by its documentation.
func answerOf(result engine.Result, err error) *answer {
	var r *account.Refusal
	var e *engine.Error
	switch {
	case err == nil && result.Repeated:
		return &answer{result: repeated, version: result.Version, commit: result.Commit.ID}
	case err == nil && result.Commit != nil:
		return &answer{result: done, version: result.Version, commit: result.Commit.ID}
	case err == nil:
		return &answer{result: idle, version: result.Version}
	case errors.As(err, &r):
		return &answer{result: refused, refusal: refusal{r.Code, r.Index}}
	case errors.Is(err, engine.ErrKeyReused):
		return &answer{result: reused}
	case errors.Is(err, engine.ErrOutcomeUnknown) && errors.As(err, &e):
		return &answer{result: unknown, version: e.Version, err: err}
	}
	return &answer{err: err}
}

// expected reports whether a call may return an error if the store fails.
func expected(err error) bool {
	for _, reason := range []error{
		engine.ErrContention, engine.ErrStale, storefault.ErrInjected, store.ErrReadOnly, store.ErrRefused, store.ErrRetry, errRolledBack, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
