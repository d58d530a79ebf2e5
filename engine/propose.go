package engine

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
)

// propose evaluates a batch on a snapshot. It returns a commit to store; or, with a nil
// commit, the Result or the error.
func (e *Engine) propose(ctx context.Context, records *recordCache, b *Batch) (*pending, Result, error) {
	records.snap = records.snap.asOf(time.Time{})
	snap := records.snap
	request := ""
	if b.IdempotencyKey != "" {
		request = fingerprint(b)
		if version, earlier, ok := snap.IdempotentCommit(b.Actor, b.IdempotencyKey); ok {
			result, err := repeated(ctx, records.from, snap.id, version, earlier == request)
			return nil, result, err
		}
	}
	if err := expected(records, b); err != nil {
		return nil, Result{}, err
	}
	outcome, err := outcomeOf(ctx, records, b, e.timeOf(b))
	if err != nil {
		return nil, Result{}, err
	}
	if len(outcome.Changes) == 0 {
		return nil, Result{Version: snap.version()}, nil
	}
	c := &account.Commit{
		Account: snap.id, Version: snap.version() + 1, Previous: snap.Head().Hash, ID: rand.Text(), Time: e.timeIn(snap, outcome.Next),
		Actor: b.Actor, Policy: snap.policy.Digest(), Note: b.Note, Key: b.IdempotencyKey, Request: request,
		Changes: outcome.Changes,
	}
	data, err := c.Encode()
	if err != nil {
		return nil, Result{}, err
	}
	next, err := snap.ApplyOutcome(outcome, c, data)
	if err != nil {
		return nil, Result{}, err
	}
	changed, err := records.changed(&outcome)
	if err != nil {
		return nil, Result{}, err
	}
	return &pending{
		commit: c, next: next, fit: snap.fitAfterCommit(c, next), removed: outcome.Removed,
		entry: store.Entry{Commit: store.Commit{Version: c.Version, Data: data}, Records: changed, Users: usersChanged(snap.State, next, c.Changes)},
	}, Result{}, nil
}

// fitAfterCommit returns the fit of the state after a commit that the snapshot's policy
// allowed. Such a commit keeps fitting users fitting, so all users are checked again
// only if it concerns one that did not fit.
func (s *snapshot) fitAfterCommit(c *account.Commit, next *account.State) fit {
	v := fit{policy: s.policy.Base(), hasMismatches: s.hasMismatches}
	if s.hasMismatches && slices.ContainsFunc(s.State.UsersOf(c.Changes...), func(id usher.UserID) bool { return s.decides(id) != nil }) {
		return checkFit(next, v.policy)
	}
	return v
}

// timeOf returns the time at which a batch is evaluated.
func (e *Engine) timeOf(b *Batch) time.Time {
	if b.Time.IsZero() {
		return e.options.Clock()
	}
	return b.Time
}

// timeIn returns the time of the commit that leads from snap to next: the batch's, but
// not a time in the future, since later commits could not have an earlier time. It is not
// before what is due took effect.
func (e *Engine) timeIn(snap *snapshot, next *account.State) time.Time {
	if now := e.options.Clock().UTC().Round(0); next.Time().After(now) {
		return later(now, snap.floor)
	}
	return next.Time()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func outcomeOf(ctx context.Context, records *recordCache, b *Batch, at time.Time) (account.Outcome, error) {
	snap := records.snap
	if err := b.check(snap); err != nil {
		return account.Outcome{}, err
	}
	p := b.proposal(at)
	p.Now = snap.floor // what is due now took effect in the snapshot already
	p.Interrupt, p.Value = ctx.Err, records.value
	return snap.Propose(snap.policy, p)
}

// check returns an error for a batch without commands, and for an account that the policy
// does not fit as a whole.
func (b *Batch) check(snap *snapshot) error {
	if len(b.Commands) == 0 {
		return &account.Refusal{Account: snap.id, Code: account.CodeInvalid, Text: "the batch has no commands"}
	}
	if snap.err != nil && snap.Exists() {
		return snap.err
	}
	return nil
}

// proposal returns the batch as an account.Proposal.
func (b *Batch) proposal(at time.Time) account.Proposal {
	return account.Proposal{Actor: b.Actor, Context: b.Context, Time: at, Commands: b.Commands, Resources: b.Resources, Key: b.IdempotencyKey, Note: b.Note}
}

// repeated returns the Result of an earlier batch under the same key.
func repeated(ctx context.Context, from source, id usher.AccountID, version uint64, same bool) (Result, error) {
	if !same {
		return Result{}, &Error{Op: "submit to", Account: id, Version: version, Err: ErrKeyReused}
	}
	c, err := commitAt(ctx, from, id, version)
	if err != nil {
		return Result{}, err
	}
	return Result{Version: version, Commit: c, Repeated: true}, nil
}

// Preview evaluates a batch on the current account, and returns its changes and their
// effect on each user. It stores nothing and ignores the IdempotencyKey. A concurrent
// commit may come before the batch is submitted. If ctx ends, Preview stops before the
// next command or user. The errors are those of Submit. Preview checks only whether the
// actor may run the commands; account.Preview states what the result discloses, and
// which users may see it.
func (e *Engine) Preview(ctx context.Context, b Batch) (account.Preview, error) {
	preview, err := e.preview(ctx, &b)
	if err != nil {
		return account.Preview{}, wrapped("preview", b.Account, err)
	}
	return preview, nil
}

func (e *Engine) preview(ctx context.Context, b *Batch) (account.Preview, error) {
	if err := e.open(); err != nil {
		return account.Preview{}, err
	}
	if err := b.proposal(b.Time).Check(b.Account); err != nil {
		return account.Preview{}, err
	}
	l, err := e.pin(b.Account)
	if err != nil {
		return account.Preview{}, err
	}
	defer e.release(l)
	snap, err := e.await(ctx, l, max(1, b.Expect))
	if err != nil {
		return account.Preview{}, err
	}
	at := e.timeOf(b)
	records := e.newRecordCache(ctx, e.store, snap.asOf(at))
	if err := expected(records, b); err != nil {
		return account.Preview{}, err
	}
	outcome, err := outcomeOf(ctx, records, b, at)
	if err != nil {
		return account.Preview{}, err
	}
	return snap.State.Preview(snap.policy, outcome, at)
}
