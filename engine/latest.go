package engine

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// Latest returns a Reader on the version that is the newest at the time of the call, and not
// older than the version given. Unlike a Reader of AtLeast, it stays on that version, and on
// the policy of the call, so that all parts of a page show the same account. Unlike At, it
// serves requests: if the account is in memory, it reads nothing. The Reader keeps the version
// in memory. The error is an *Error that wraps an error of Reader.Check.
func (e *Engine) Latest(ctx context.Context, id usher.AccountID, version uint64) (*Reader, error) {
	snap, err := e.current(ctx, id, max(version, 1))
	if err != nil {
		return nil, &Error{Op: "read", Account: id, Err: err}
	}
	r := &Reader{engine: e, account: id, version: snap.version(), exact: true}
	r.loaded.Store(snap)
	return r, nil
}

// Propose evaluates a batch on the Reader's version, and returns what it would change. It
// stores nothing. It serves to find out which commands a user may run: it is cheaper than
// Preview, and does not read values of custom fields, so each SetField is a change. It ignores
// Expect and IdempotencyKey. The errors are those of Preview.
func (r *Reader) Propose(ctx context.Context, b Batch) (account.Outcome, error) {
	outcome, err := r.propose(ctx, &b)
	if err != nil {
		return account.Outcome{}, wrapped("propose to", b.Account, err)
	}
	return outcome, nil
}

func (r *Reader) propose(ctx context.Context, b *Batch) (account.Outcome, error) {
	snap, err := r.snapshot(ctx, b.Account)
	if err != nil {
		return account.Outcome{}, err
	}
	snap = snap.asOf(b.Time)
	if err := b.check(snap); err != nil {
		return account.Outcome{}, err
	}
	p := b.proposal(r.engine.timeOf(b))
	p.Now = snap.floor
	p.Interrupt = ctx.Err
	return snap.Propose(snap.policy, p)
}
