package engine

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
)

// policySwap is a change to a new policy that is in progress.
type policySwap struct {
	policy     *policy.Policy
	inMemory   bool                         // accounts that are not in memory are not checked
	left       map[usher.AccountID]struct{} // accounts that left memory and may have to be checked again
	mismatches                              // found so far
}

// SetPolicy replaces the policy, while checks and batches continue. Each decision is
// made under one policy. Every call that begins after SetPolicy has returned uses the
// new one. Concurrent calls of SetPolicy wait for each other. The error is an *Error.
//
// SetPolicy first compares every account in the store with the new policy. If the policy
// does not fit an account, the error wraps a *PolicyMismatchError with the list, and
// nothing changes; nothing changes either if an account cannot be read. The list
// includes grants, settings and roles on resources that would become effective again, and
// names that would get another meaning.
//
// With InMemory it compares only the accounts in memory, and the others when they are read.
//
// With Accept the policy is installed in spite of a list. Checks of users that it does
// not fit then return an error, and these users cannot change anything, until they get a
// role that the policy has, or lose what it lacks. Commits of other processes under the
// old policy have the same effect when this Engine reads them. To avoid that, give all
// processes the new policy, or remove what it lacks first.
func (e *Engine) SetPolicy(ctx context.Context, p *policy.Policy, options ...SetPolicyOption) error {
	if err := e.setPolicy(ctx, p, options); err != nil {
		return &Error{Op: "set policy", Err: err}
	}
	return nil
}

func (e *Engine) setPolicy(ctx context.Context, p *policy.Policy, options []SetPolicyOption) error {
	if p == nil || len(p.Roles()) == 0 {
		return errors.New("the policy is not compiled")
	}
	p = p.Base()
	if err := e.enter(); err != nil {
		return err
	}
	defer e.leave()
	select {
	case e.swapping <- struct{}{}:
		defer func() { <-e.swapping }()
	case <-ctx.Done():
		return ctx.Err()
	}
	x := &policySwap{policy: p, left: map[usher.AccountID]struct{}{}, mismatches: mismatches{policy: p.Digest()}}
	for _, o := range options {
		o.accept(&x.mismatches)
		x.inMemory = x.inMemory || o.inMemory
	}
	e.mu.Lock()
	e.policySwap = x
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.policySwap = nil
		e.mu.Unlock()
	}()

	if !x.inMemory {
		for id, err := range e.store.Accounts(ctx, "") {
			if err == nil {
				err = e.examine(ctx, id, x)
			}
			if err != nil {
				return err
			}
		}
	}
	for {
		// Check what changed meanwhile while batches go on, until few accounts are left.
		for left := fewLeft + 1; left > fewLeft; {
			ids := e.unchecked(x)
			if err := e.examineAll(ctx, ids, x); err != nil {
				return err
			}
			left = len(ids)
		}
		if err := x.err(); err != nil {
			return err
		}
		done, err := e.swapNow(ctx, x)
		if done || err != nil {
			return err
		}
	}
}

// fewLeft limits the accounts that are checked while batches are paused.
const fewLeft = 16

// examine compares one account with a policy, as it is in memory or else in the store.
func (e *Engine) examine(ctx context.Context, id usher.AccountID, x *policySwap) error {
	if err := e.open(); err != nil {
		return err
	}
	e.mu.Lock()
	l := e.inMemory(id)
	var snap *snapshot
	if l != nil && l.snap.State != nil {
		snap = l.snap
	}
	e.mu.Unlock()
	r := reading{until: newest}
	if snap != nil {
		r.state = snap.State.AtCommit()
	} else if err := e.read(ctx, e.store, id, &r); err != nil {
		if errors.Is(err, store.ErrErased) {
			return nil
		}
		return &Error{Op: "read", Account: id, Err: err}
	}
	before := e.Policy()
	err := r.state.FitsAfter(before, x.policy, e.options.Clock())
	var reasons *account.PolicyMismatchError
	if err != nil && !errors.As(err, &reasons) {
		return &Error{Op: "check fit of", Account: id, Err: err}
	}
	x.record(id, reasons)
	if snap != nil {
		v := fit{policy: x.policy}
		if err != nil {
			v = checkFit(r.state, x.policy) // the list may have mismatches that do not prevent a decision
		}
		e.mu.Lock()
		l.checked = checkedFit{v, snap}
		e.mu.Unlock()
	}
	return nil
}

func (e *Engine) examineAll(ctx context.Context, ids []usher.AccountID, x *policySwap) error {
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.examine(ctx, id, x); err != nil {
			return err
		}
	}
	return nil
}

// unchecked returns the accounts that may have changed since they were checked.
func (e *Engine) unchecked(x *policySwap) []usher.AccountID {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.uncheckedLocked(x)
}

// uncheckedLocked is unchecked for a caller that holds e.mu.
func (e *Engine) uncheckedLocked(x *policySwap) []usher.AccountID {
	var ids []usher.AccountID
	for id := range x.left {
		if !x.inMemory {
			ids = append(ids, id)
		}
	}
	clear(x.left)
	e.index.each(func(snap *snapshot) bool {
		if snap.version() > 0 && !snap.cached.checked.of(x.policy, snap) {
			ids = append(ids, snap.id)
		}
		return true
	})
	return ids
}

// Limits of one pause of batches: how long running batches may take to end, and how
// often accounts that changed meanwhile are checked. After that the batches go on for a
// while, and the swap is tried again.
const (
	maxPause  = 100 * time.Millisecond
	maxRounds = 8
)

// swapNow pauses batches, waits for running ones, checks the accounts that they changed,
// and installs the new policy. It returns false if that takes too long.
func (e *Engine) swapNow(ctx context.Context, x *policySwap) (done bool, err error) {
	idle, resume := e.pauseBatches()
	defer resume()
	timer := time.NewTimer(maxPause)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
		return false, e.letBatchesRun(ctx, resume)
	case <-ctx.Done():
		return false, ctx.Err()
	}
	for range maxRounds {
		e.mu.Lock()
		ids := e.uncheckedLocked(x)
		if len(ids) == 0 {
			switch {
			case !x.inMemory:
				e.policyBefore = nil
			case e.policyBefore == nil: // an earlier one covers more
				e.policyBefore = e.policy
			}
			e.replace(x.policy)
			e.mu.Unlock()
			return true, nil
		}
		e.mu.Unlock()
		if err := e.examineAll(ctx, ids, x); err != nil {
			return false, err
		}
		if err := x.err(); err != nil {
			return false, err
		}
	}
	return false, e.letBatchesRun(ctx, resume)
}

// letBatchesRun ends the pause for a while.
func (e *Engine) letBatchesRun(ctx context.Context, resume func()) error {
	resume()
	return e.sleep(ctx, maxPause)
}

// replace installs a policy, and binds all cached accounts to it. It needs e.mu.
func (e *Engine) replace(p *policy.Policy) {
	e.policy = p
	e.index.each(func(snap *snapshot) bool {
		l := snap.cached
		v := fit{policy: p}
		if l.checked.of(p, snap) {
			v = l.checked.fit
		}
		l.checked = checkedFit{}
		if errors.Is(snap.err, errLost) {
			v.err = snap.err // whatever the policy is
		}
		if snap.State != nil {
			bound := e.bind(l, snap.State.AtCommit(), v)
			bound.confirmed.Store(snap.confirmed.Load())
			l.replaceSnapshot(bound)
			e.index.put(bound)
		}
		return true
	})
}

// begin counts a batch as underway, after waiting for the end of a pause.
func (e *Engine) begin(ctx context.Context) error {
	for {
		e.mu.Lock()
		paused := e.paused
		if paused == nil {
			e.underway++
			e.mu.Unlock()
			return nil
		}
		e.mu.Unlock()
		select {
		case <-paused:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// finish ends the batch that begin counted.
func (e *Engine) finish() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.underway--
	e.signalIdle()
}

// finishUnlessPending does what finish does, unless the outcome of the batch is unknown.
func (e *Engine) finishUnlessPending(l *cachedAccount) {
	if l.pending == nil {
		e.finish()
	}
}

// signalIdle closes e.idle if no batch is underway. It needs e.mu.
func (e *Engine) signalIdle() {
	if e.idle != nil && e.underway == 0 {
		close(e.idle)
		e.idle = nil
	}
}

// pauseBatches stops new batches until resume is called, which may be called repeatedly.
// The channel idle is closed when no batch is underway.
func (e *Engine) pauseBatches() (idle <-chan struct{}, resume func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	paused, ended := make(chan struct{}), make(chan struct{})
	e.paused, e.idle = paused, ended
	e.signalIdle()
	return ended, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.paused == paused {
			close(paused)
			e.paused, e.idle = nil, nil
		}
	}
}
