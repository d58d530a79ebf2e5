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

// door is where a client asks. A version of 0 asks for none.
type fault interface {
	Submit(ctx context.Context, b engine.Batch) (engine.Result, error)
	Check(ctx context.Context, r usher.Request, atLeast uint64) (usher.Decision, error)
	View(ctx context.Context, id usher.AccountID, atLeast uint64) (account.View, error)
}

// front is the door of an engine as it is.
type front struct{ *engine.Engine }

func (f front) Check(ctx context.Context, r usher.Request, atLeast uint64) (usher.Decision, error) {
	if atLeast == 0 {
		return f.Engine.Check(ctx, r)
	}
	return f.AtLeast(r.Account, atLeast).Check(ctx, r)
}

func (f front) View(ctx context.Context, id usher.AccountID, atLeast uint64) (account.View, error) {
	if atLeast == 0 {
		return f.Engine.View(ctx, id)
	}
	return f.AtLeast(id, atLeast).View(ctx, id)
}

// answerTo asks at a door.
func (h *history) answerTo(ctx context.Context, d fault, q *question) *answer {
	switch q.what {
	case submit:
		result, err := d.Submit(ctx, engine.Batch{
			Actor: q.actor.actor(), Account: h.account, Commands: commands(q.deeds), IdempotencyKey: q.key, Note: q.id + h.padding,
		})
		return answerOf(result, err)
	case look:
		v, err := d.View(ctx, h.account, q.atLeast)
		if err != nil {
			return &answer{err: err}
		}
		seen, err := plain(v)
		if err != nil {
			h.errorf("%v: %v", q, err)
		}
		return &answer{fate: answered, version: v.Version(), seen: seen}
	default:
		r := usher.Request{Account: h.account, Subject: names[q.whom], Permission: doorOpen}
		if q.what == lockDoor {
			r.Permission = doorLock
		}
		decision, err := d.Check(ctx, r, q.atLeast)
		if err != nil {
			if decision.Allowed() {
				h.errorf("%v: allowed, with the error %v", q, err)
			}
			return &answer{err: err}
		}
		return &answer{fate: answered, version: decision.Detail().Version, allowed: decision.Allowed()}
	}
}

// answerOf reads what Submit returned as its documentation says.
func answerOf(result engine.Result, err error) *answer {
	var r *account.Refusal
	var e *engine.Error
	switch {
	case err == nil && result.Repeated:
		return &answer{fate: repeated, version: result.Version, commit: result.Commit.ID}
	case err == nil && result.Commit != nil:
		return &answer{fate: done, version: result.Version, commit: result.Commit.ID}
	case err == nil:
		return &answer{fate: idle, version: result.Version}
	case errors.As(err, &r):
		return &answer{fate: refused, refusal: refusal{r.Code, r.Index}}
	case errors.Is(err, engine.ErrKeyReused):
		return &answer{fate: reused}
	case errors.Is(err, engine.ErrOutcomeUnknown) && errors.As(err, &e):
		return &answer{fate: unknown, version: e.Version, err: err}
	}
	return &answer{err: err}
}

// expected reports whether a question may fail so, where the store does.
func expected(err error) bool {
	for _, reason := range []error{
		engine.ErrContention, engine.ErrStale, storefault.ErrInjected, store.ErrReadOnly, store.ErrRefused, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
