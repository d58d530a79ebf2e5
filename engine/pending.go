package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// pending is a commit on its way into the store. An account has at most one, and
// keeps it until it is known whether the store has it: nothing is proposed for its
// version before. While there is one, the account stays in memory and the batch
// counts as under way.
type pending struct {
	commit  *account.Commit
	entry   store.Entry
	next    *account.State // with the commit
	fit     fit            // of the policy that allowed it
	removed []usher.UserID
	tried   bool // an Append was begun of which the outcome is unknown
}

// fate is what became of a pending commit. The zero value is not known.
type appendOutcome uint8

const (
	outcomeStored    appendOutcome = iota + 1
	outcomeOvertaken               // another commit has its version
	outcomeRejected                // the store has not got it, and will not
)

// commit stores a commit, and publishes it.
func (e *Engine) commit(ctx context.Context, l *cachedAccount, p *pending, done *[]*account.Commit) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	e.mu.Lock()
	l.pins++
	l.pending = p
	e.mu.Unlock()
	was, err := e.attempt(ctx, l, done)
	if was == 0 {
		was, err = e.retryAppend(context.WithoutCancel(ctx), l, done, err)
	}
	switch was {
	case outcomeStored:
		return Result{Version: p.commit.Version, Commit: p.commit}, nil
	case outcomeOvertaken:
		return Result{}, errOvertaken
	case outcomeRejected:
		return Result{}, err
	default:
		err = printable.Errorf("%w, as commit %s; to try again under the same Key tells: %w", ErrOutcomeUnknown, p.commit.ID, err)
		return Result{}, &Error{Op: "submit to", Account: l.id, Version: p.commit.Version, Err: err}
	}
}

// attempt appends the pending commit of an account, always the same bytes, and
// closes the case as soon as its fate is known. It needs l.writer.
func (e *Engine) attempt(ctx context.Context, l *cachedAccount, done *[]*account.Commit) (appendOutcome, error) {
	p, begun := l.pending, e.elapsed()
	first := !p.tried
	p.tried = true
	err := e.store.Append(ctx, l.id, p.entry)
	was := appendOutcome(0)
	switch {
	case err == nil:
		was = outcomeStored
	case errors.Is(err, store.ErrConflict):
		was, err = e.resolveConflict(ctx, l)
	case errors.Is(err, store.ErrRefused) && !first:
		was, err = e.rejected(ctx, l, err)
	case errors.Is(err, store.ErrErased), first && store.IsRejected(err):
		was = outcomeRejected
	}
	switch was {
	case 0:
		return 0, err
	case outcomeStored:
		*done = append(*done, p.commit)
		e.committed(l, p, begun)
	case outcomeOvertaken:
		l.floor = p.commit.Version
	case outcomeRejected:
		if errors.Is(err, store.ErrErased) || errors.Is(err, store.ErrGap) {
			e.invalidate(l) // the store has less than what is known
		}
	}
	e.mu.Lock()
	l.pending = nil
	e.unpin(l)
	e.mu.Unlock()
	return was, err
}

// whose finds out whose commit has the version of the pending one. It may be the
// same one, from a try before or from one that the store made itself.
func (e *Engine) resolveConflict(ctx context.Context, l *cachedAccount) (appendOutcome, error) {
	c, err := e.commitAt(ctx, l.id, l.pending.commit.Version)
	switch {
	case err == nil && c.ID == l.pending.commit.ID:
		return outcomeStored, nil
	case err == nil, isDamage(err): // what cannot be read is not what is pending
		return outcomeOvertaken, nil
	case errors.Is(err, store.ErrErased):
		return outcomeRejected, err
	default:
		return 0, err
	}
}

// rejected finds out what became of a commit that the store rejects for good, after a
// try of which the outcome is unknown. By the contract none of the tries has stored it;
// this also holds for a store that looks at its rule before it looks for a conflict.
func (e *Engine) rejected(ctx context.Context, l *cachedAccount, refusal error) (appendOutcome, error) {
	was, err := e.resolveConflict(ctx, l)
	if errors.Is(err, ErrFutureVersion) {
		return outcomeRejected, refusal
	}
	return was, err
}

// landed publishes a commit that is stored.
func (e *Engine) committed(l *cachedAccount, p *pending, begun time.Duration) {
	v := p.fit
	for !e.publish(l, p.next, v, begun, func() { l.since += len(p.entry.Data) }) {
		v = checkFit(p.next, e.Policy())
	}
	e.activity.forget(l.id, p.removed)
	e.saveSoon(l)
}

// insist goes on until the fate of the pending commit is known, for as long as the
// options say. Err is why it is not known yet.
func (e *Engine) retryAppend(ctx context.Context, l *cachedAccount, done *[]*account.Commit, err error) (appendOutcome, error) {
	ctx, cancel := context.WithTimeout(ctx, e.options.CommitTimeout)
	defer cancel()
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		if e.sleep(ctx, wait/2+rand.N(wait)) != nil {
			return 0, err
		}
		was, newer := e.attempt(ctx, l, done)
		if was != 0 {
			return was, newer
		}
		if ctx.Err() == nil {
			err = newer
		}
	}
}

// How long it takes until a commit is appended again: by a writer, and then in the
// background.
const (
	firstWait   = time.Millisecond
	longestWait = 250 * time.Millisecond
	longestRest = 5 * time.Second
)

// resolvePending finds out about a commit that was there before the caller's, whose
// own batch waits for it.
func (e *Engine) resolvePending(ctx context.Context, l *cachedAccount, done *[]*account.Commit) error {
	version := l.pending.commit.Version
	was, err := e.attempt(ctx, l, done)
	if was == 0 {
		was, err = e.retryAppend(ctx, l, done, err)
	}
	if was == 0 {
		return printable.Errorf("%w: it is not known yet whether commit %d is stored; nothing was done: %w", ErrContention, version, err)
	}
	e.finish()
	return nil
}

// resolveSoon has it found out in the background whether a commit is stored. It
// needs l.writer.
func (e *Engine) resolveSoon(l *cachedAccount) {
	if l.pending == nil || l.resolving {
		return
	}
	l.resolving = true
	e.background.Add(1)
	go func() {
		defer e.background.Done()
		for wait := longestWait; ; wait = min(2*wait, longestRest) {
			if e.sleep(e.life, wait/2+rand.N(wait)) != nil || e.lock(e.life, l) != nil {
				return
			}
			if e.resolveNow(l) {
				return
			}
		}
	}()
}

// resolveNow makes one attempt, with l.writer held, which it gives back.
func (e *Engine) resolveNow(l *cachedAccount) (over bool) {
	ctx, cancel := context.WithTimeout(e.life, longestFlight)
	defer cancel()
	var done []*account.Commit
	defer func() {
		_ = safely(func() error { e.tell(ctx, done); return nil })
	}()
	defer e.unlock(l)
	if l.pending != nil {
		var was appendOutcome
		err := safely(func() (err error) { was, err = e.attempt(ctx, l, &done); return err })
		if was == 0 {
			e.failed("settle", l.id, err)
			return false
		}
		e.finish()
	}
	l.resolving = false
	return true
}
