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

// propose works out what a batch comes to on a snapshot: a commit to be stored, or
// a Result at once.
func (e *Engine) propose(ctx context.Context, kept *kept, b *Batch) (*pending, Result, error) {
	snap := kept.snap
	request := ""
	if b.IdempotencyKey != "" {
		request = fingerprint(b)
		if version, earlier, ok := snap.IdempotentCommit(b.Actor, b.IdempotencyKey); ok {
			result, err := e.repeated(ctx, snap.id, version, earlier == request)
			return nil, result, err
		}
	}
	outcome, err := outcomeOf(ctx, kept, b, e.timeOf(b))
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
	records, err := kept.records(&outcome)
	if err != nil {
		return nil, Result{}, err
	}
	return &pending{
		commit: c, next: next, fit: snap.verdictAfter(c, next), removed: outcome.Removed,
		entry: store.Entry{Commit: store.Commit{Version: c.Version, Data: data}, Records: records},
	}, Result{}, nil
}

// verdictAfter returns the verdict of the snapshot's policy on what a commit leaves that
// it allowed. It leaves the users fit who were, so only where one who was not is named
// all are looked at again.
func (s *snapshot) verdictAfter(c *account.Commit, next *account.State) fit {
	v := fit{policy: s.policy, misfits: s.misfits}
	if s.misfits && slices.ContainsFunc(account.UsersOf(c.Changes...), func(id usher.UserID) bool { return s.decides(id) != nil }) {
		return checkFit(next, s.policy)
	}
	return v
}

// timeOf returns the time as of which a batch is asked.
func (e *Engine) timeOf(b *Batch) time.Time {
	if b.Time.IsZero() {
		return e.options.Clock()
	}
	return b.Time
}

// timeIn returns the time of the commit that makes next of snap: the batch's, but
// none that is still to come, or the journal would stay there.
func (e *Engine) timeIn(snap *snapshot, next *account.State) time.Time {
	if now := e.options.Clock().UTC().Round(0); next.Time().After(now) {
		return later(now, snap.Time())
	}
	return next.Time()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func outcomeOf(ctx context.Context, kept *kept, b *Batch, at time.Time) (account.Outcome, error) {
	snap := kept.snap
	if len(b.Commands) == 0 {
		return account.Outcome{}, &account.Refusal{Account: snap.id, Code: account.CodeInvalid, Text: "there are no commands in the batch"}
	}
	if snap.err != nil && snap.Exists() {
		return account.Outcome{}, snap.err // the policy does not fit
	}
	p := b.proposal(at)
	p.Interrupt, p.Value = ctx.Err, kept.value
	return snap.Propose(snap.policy, p)
}

// proposal returns what is proposed to the account.
func (b *Batch) proposal(at time.Time) account.Proposal {
	return account.Proposal{Actor: b.Actor, Context: b.Context, Time: at, Commands: b.Commands, Key: b.IdempotencyKey, Note: b.Note}
}

// repeated returns what was done under a key before.
func (e *Engine) repeated(ctx context.Context, id usher.AccountID, version uint64, same bool) (Result, error) {
	if !same {
		return Result{}, &Error{Op: "submit to", Account: id, Version: version, Err: ErrKeyReused}
	}
	c, err := e.commitAt(ctx, id, version)
	if err != nil {
		return Result{}, err
	}
	return Result{Version: version, Commit: c, Repeated: true}, nil
}

// Preview says what a batch would come to, on the account as it is now: the
// changes, and for whom what changes. Nothing is stored; a Key plays no part, and
// another one's commit may come before the batch is submitted. If ctx ends, Preview
// stops before the next command or user. The errors are those of Submit. It checks
// only whether the actor may do the commands; what the result discloses, and to which
// users it may be shown, stands at account.Preview.
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
	snap, err := e.await(ctx, l, 1)
	if err != nil {
		return account.Preview{}, err
	}
	at := e.timeOf(b)
	outcome, err := outcomeOf(ctx, e.kept(ctx, snap), b, at)
	if err != nil {
		return account.Preview{}, err
	}
	return snap.State.Preview(snap.policy, outcome, at)
}
