package engine

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// Can is Check with its arguments one by one: it reports whether a user has a permission on a
// resource, nil for the account as a whole, without facts of the request and at the current time.
func (e *Engine) Can(ctx context.Context, id usher.AccountID, user usher.UserID, p permission.Permission, on usher.Resource) (usher.Decision, error) {
	if snap := e.direct(id); snap != nil {
		return snap.binding.Can(user, p, on)
	}
	return e.Check(ctx, usher.Request{Account: id, Subject: user, Permission: p, Resource: on})
}

// CheckAll decides requests of one account, such as the same permission of all users in a list,
// and appends a result for each, in their order, to dst. All results are about the same version.
// An error of one request is a denial of that request only; an error of the account is that of
// each request. A request whose Account is empty is about id, and one with another account is an
// error that wraps usher.ErrOtherAccount. The errors are those of Check.
//
// It is faster than a Check for each request if there are many users, because it finds several
// users before it decides. It allocates nothing if dst has enough capacity and the requests do not
// fail. For several checks of one user, use As.
func (e *Engine) CheckAll(ctx context.Context, id usher.AccountID, dst []policy.Checked, requests []usher.Request) []policy.Checked {
	if snap := e.direct(id); snap != nil {
		return snap.binding.AppendChecks(dst, requests)
	}
	snap, err := e.snapshot(ctx, id)
	return e.checkAll(ctx, snap, id, dst, requests, err)
}

// CheckAll does what Engine.CheckAll does, on the Reader's version.
func (r *Reader) CheckAll(ctx context.Context, id usher.AccountID, dst []policy.Checked, requests []usher.Request) []policy.Checked {
	snap, err := r.snapshot(ctx, id)
	return r.engine.checkAll(ctx, snap, id, dst, requests, err)
}

// checkAll decides one request after the other on a snapshot.
func (e *Engine) checkAll(ctx context.Context, snap *snapshot, id usher.AccountID, dst []policy.Checked, requests []usher.Request, failed error) []policy.Checked {
	for i := range requests {
		r, err := requests[i], failed
		switch {
		case r.Account == "":
			r.Account = id
		case r.Account != id:
			err = printable.Errorf("%w: the batch is about %q, and the request is about %q", usher.ErrOtherAccount, id, r.Account)
		}
		var c policy.Checked
		c.Decision, c.Err = e.check(ctx, snap, &r, err)
		dst = append(dst, c)
	}
	return dst
}
