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

// pending is a commit on its way into the store. An account has at most one until its
// outcome is known; meanwhile nothing is proposed for its version, the account stays in
// memory, and the batch counts as underway.
type pending struct {
	commit  *account.Commit
	entry   store.Entry
	next    *account.State // the state after the commit
	fit     fit            // of next to the policy that allowed the commit
	removed []usher.UserID
	active  []store.LastActive // of renamed users, under their new ids
	tried   bool               // an Append has begun, so an unknown outcome is possible
}

// appendOutcome is the outcome of a pending commit. The zero value means unknown.
type appendOutcome uint8

const (
	outcomeStored    appendOutcome = iota + 1
	outcomeOvertaken               // another commit has the version
	outcomeRejected                // the store does not have it, and never will
)

// commit stores and publishes a commit.
func (e *Engine) commit(ctx context.Context, l *cachedAccount, p *pending, done *[]*account.Commit) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	e.setPending(l, p)
	was, err := e.attempt(ctx, l, done)
	return e.concluded(ctx, l, p, was, err, done)
}

// setPending makes p the pending commit of an account. It needs l.writer.
func (e *Engine) setPending(l *cachedAccount, p *pending) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.pins++
	l.pending = p
	l.doubts.expected = p.commit.Version
}

// result returns the Result of a stored commit.
func (p *pending) result() Result { return Result{Version: p.commit.Version, Commit: p.commit} }

// concluded returns the Result of a commit after its first attempt. It retries while the
// outcome is unknown.
func (e *Engine) concluded(ctx context.Context, l *cachedAccount, p *pending, was appendOutcome, err error, done *[]*account.Commit) (Result, error) {
	if was == 0 {
		was, err = e.retryAppend(context.WithoutCancel(ctx), l, done, err)
	}
	switch was {
	case outcomeStored:
		return p.result(), nil
	case outcomeOvertaken:
		return Result{}, errOvertaken
	case outcomeRejected:
		return Result{}, err
	default:
		if store.IsRejected(err) {
			err = errors.New(printable.Cause(err)) // only of the last attempt, not of the commit
		}
		err = printable.Errorf("%w: commit %s; a retry with the same IdempotencyKey returns the outcome: %w", ErrOutcomeUnknown, p.commit.ID, err)
		return Result{}, &Error{Op: "submit to", Account: l.id, Version: p.commit.Version, Err: err}
	}
}

// attempt appends the pending commit of an account, always with the same bytes. It needs
// l.writer.
func (e *Engine) attempt(ctx context.Context, l *cachedAccount, done *[]*account.Commit) (appendOutcome, error) {
	p, begun := l.pending, e.elapsed()
	first := !p.tried
	p.tried = true
	return e.settle(ctx, l, first, begun, e.store.Append(ctx, l.id, p.entry), done)
}

// settle finds out the outcome of an attempt to append the pending commit, which began at a
// time and returned err, and clears pending if it is known. It needs l.writer.
func (e *Engine) settle(ctx context.Context, l *cachedAccount, first bool, begun time.Duration, err error, done *[]*account.Commit) (appendOutcome, error) {
	p, was := l.pending, appendOutcome(0)
	switch {
	case err == nil:
		was = outcomeStored
	case errors.Is(err, store.ErrConflict):
		was, err = e.resolveConflict(ctx, l, first)
	case errors.Is(err, store.ErrRefused) && !first:
		was, err = e.rejected(ctx, l, err)
	case errors.Is(err, store.ErrErased), first && store.IsRejected(err):
		was = outcomeRejected
	}
	switch was {
	case 0:
		e.mu.Lock()
		e.appended(l)
		e.mu.Unlock()
		return 0, err
	case outcomeStored:
		*done = append(*done, p.commit)
		e.committed(l, p, begun)
	case outcomeOvertaken:
		l.floor = p.commit.Version
	case outcomeRejected:
		if errors.Is(err, store.ErrErased) || errors.Is(err, store.ErrGap) {
			e.invalidate(l) // the store has fewer commits than the cache
		}
	}
	e.mu.Lock()
	l.pending = nil
	e.appended(l)
	e.unpin(l)
	e.mu.Unlock()
	return was, err
}

// resolveConflict finds out which commit has the pending one's version. It may be the
// same commit, stored by an earlier attempt or by a retry within the store. After the first attempt it is not,
// if the commit was deleted in the store since, so no archive is needed.
func (e *Engine) resolveConflict(ctx context.Context, l *cachedAccount, first bool) (appendOutcome, error) {
	from := source(e.store)
	if !first {
		from = e.whole(e.store)
	}
	c, err := commitAt(ctx, from, l.id, l.pending.commit.Version)
	switch {
	case first && errors.Is(err, store.ErrShortened):
		return outcomeOvertaken, nil
	case err == nil && c.ID == l.pending.commit.ID:
		return outcomeStored, nil
	case err == nil, isDamage(err): // a commit that cannot be read is not the pending one
		return outcomeOvertaken, nil
	case errors.Is(err, store.ErrErased):
		return outcomeRejected, err
	default:
		return 0, err
	}
}

// rejected resolves a commit that the store rejects for good after an attempt with an
// unknown outcome. By the contract no attempt has stored it. A store that checks its
// rule before it checks for a conflict may have stored it all the same.
func (e *Engine) rejected(ctx context.Context, l *cachedAccount, refusal error) (appendOutcome, error) {
	was, err := e.resolveConflict(ctx, l, false)
	if errors.Is(err, ErrFutureVersion) {
		return outcomeRejected, refusal
	}
	return was, err
}

// committed publishes a stored commit.
func (e *Engine) committed(l *cachedAccount, p *pending, begun time.Duration) {
	v := p.fit
	for !e.publish(l, nil, p.next, v, begun, 0, func() { l.since += len(p.entry.Data) }) {
		v = checkFit(p.next, e.Policy())
	}
	e.activity.forget(l.id, p.removed)
	e.activity.noteAll(l.id, p.active)
	e.saveSoon(l)
}

// retryAppend retries until the outcome is known, for at most CommitTimeout. The error
// err is that of the last attempt.
func (e *Engine) retryAppend(ctx context.Context, l *cachedAccount, done *[]*account.Commit, err error) (appendOutcome, error) {
	ctx, cancel := context.WithTimeout(ctx, e.options.CommitTimeout)
	defer cancel()
	for wait := firstRetryWait; ; wait = min(2*wait, maxRetryWait) {
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

// Waits between two attempts to append: at first, at most by a writer, and at most in
// the background.
const (
	firstRetryWait    = time.Millisecond
	maxRetryWait      = 250 * time.Millisecond
	maxBackgroundWait = 5 * time.Second
)

// resolvePending resolves an earlier commit, for which the caller's batch waits.
func (e *Engine) resolvePending(ctx context.Context, l *cachedAccount, done *[]*account.Commit) error {
	version := l.pending.commit.Version
	was, err := e.attempt(ctx, l, done)
	if was == 0 {
		was, err = e.retryAppend(ctx, l, done, err)
	}
	if was == 0 {
		return printable.Errorf("%w: it is not known yet whether commit %d is stored; no changes were made, retry later: %w", ErrContention, version, err)
	}
	e.finish()
	return nil
}

// resolveSoon starts a goroutine that resolves the pending commit. It needs l.writer.
func (e *Engine) resolveSoon(l *cachedAccount) {
	if l.pending == nil || l.resolving {
		return
	}
	l.resolving = true
	e.background.Add(1)
	go func() {
		defer e.background.Done()
		for wait := maxRetryWait; ; wait = min(2*wait, maxBackgroundWait) {
			if e.sleep(e.backgroundCtx, wait/2+rand.N(wait)) != nil || e.lock(e.backgroundCtx, l) != nil {
				return
			}
			if e.resolveNow(l) {
				return
			}
		}
	}()
}

// resolveNow makes one attempt. The caller holds l.writer; resolveNow unlocks it. It
// reports whether the outcome is known.
func (e *Engine) resolveNow(l *cachedAccount) (over bool) {
	ctx, cancel := context.WithTimeout(e.backgroundCtx, loadTimeout)
	defer cancel()
	var done []*account.Commit
	defer func() {
		_ = safely(func() error { e.notifyCommitted(ctx, done); return nil })
	}()
	defer e.unlock(l)
	if l.pending != nil {
		var was appendOutcome
		err := safely(func() (err error) { was, err = e.attempt(ctx, l, &done); return err })
		if was == 0 {
			e.failed("resolve commit of", l.id, err)
			return false
		}
		e.finish()
	}
	l.resolving = false
	return true
}
