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

// exchange is a policy on its way in.
type policySwap struct {
	policy     *policy.Policy
	left       map[usher.AccountID]struct{} // gone from memory since they may have been judged
	mismatches                              // what was found so far
}

// SetPolicy exchanges the policy, while checks and batches go on. A decision is
// made under the old one or the new one, never under a mixture; once SetPolicy has
// returned, all are made under the new one.
//
// Every account in the store is held against the new policy first. If it does not
// fit one of them, the error is a *PolicyMismatchError with the list, and nothing changes;
// nor does it if an account cannot be read. The list also has the grants and settings
// that would become effective again, or whose names become something else. With Accept
// the policy takes its place in spite of a list. Then it decides for all users but those
// whom it does not fit: for them every question is an error, and nothing can be done by
// them, until they get a role that it has, or lose what it lacks. What other processes
// commit under the old policy meanwhile is found out when it is read, and has the same
// effect: give them all the new policy, or take away first what it lacks.
func (e *Engine) SetPolicy(ctx context.Context, p *policy.Policy, options ...SetPolicyOption) error {
	if err := e.setPolicy(ctx, p, options); err != nil {
		return &Error{Op: "set policy", Err: err}
	}
	return nil
}

func (e *Engine) setPolicy(ctx context.Context, p *policy.Policy, options []SetPolicyOption) error {
	if p == nil || p.UniqueRole().Name == "" {
		return errors.New("the policy is empty: it was not compiled")
	}
	if err := e.enter(); err != nil {
		return err
	}
	defer e.leave()
	select {
	case e.exchanging <- struct{}{}:
		defer func() { <-e.exchanging }()
	case <-ctx.Done():
		return ctx.Err()
	}
	x := &policySwap{policy: p, left: map[usher.AccountID]struct{}{}, mismatches: mismatches{policy: p.Digest()}}
	for _, o := range options {
		o.accept(&x.mismatches)
	}
	e.mu.Lock()
	e.policySwap = x
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.policySwap = nil
		e.mu.Unlock()
	}()

	for id, err := range e.store.Accounts(ctx, "") {
		if err == nil {
			err = e.examine(ctx, id, x)
		}
		if err != nil {
			return err
		}
	}
	for {
		// What changed meanwhile is looked at while batches go on, until it is little.
		for left := littleLeft + 1; left > littleLeft; {
			ids := e.unexamined(x)
			if err := e.examineAll(ctx, ids, x); err != nil {
				return err
			}
			left = len(ids)
		}
		if err := x.unfit(); err != nil {
			return err
		}
		done, err := e.exchangeNow(ctx, x)
		if done || err != nil {
			return err
		}
	}
}

// littleLeft is how many accounts may be looked at while batches wait.
const littleLeft = 16

// examine holds one account against a policy, as it is in memory or else in the
// store.
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
		r.state = snap.State
	} else if err := e.read(ctx, id, &r); err != nil {
		if errors.Is(err, store.ErrErased) {
			return nil
		}
		return &Error{Op: "read", Account: id, Err: err}
	}
	before := e.Policy()
	err := r.state.FitsAfter(before, x.policy, e.options.Clock())
	var reasons *account.PolicyMismatchError
	if err != nil && !errors.As(err, &reasons) {
		return &Error{Op: "judge", Account: id, Err: err}
	}
	x.found(id, reasons)
	if snap != nil {
		v := fit{policy: x.policy}
		if err != nil {
			v = checkFit(r.state, x.policy) // the list may have more than what keeps it from deciding
		}
		e.mu.Lock()
		l.judged = verdictOn{v, snap}
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

// unexamined returns the accounts that may have changed since they were looked at.
func (e *Engine) unexamined(x *policySwap) []usher.AccountID {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.unjudged(x)
}

// unjudged needs e.mu.
func (e *Engine) unjudged(x *policySwap) []usher.AccountID {
	var ids []usher.AccountID
	for id := range x.left {
		ids = append(ids, id)
	}
	clear(x.left)
	e.index.each(func(snap *snapshot) bool {
		if snap.version() > 0 && !snap.live.judged.of(x.policy, snap) {
			ids = append(ids, snap.id)
		}
		return true
	})
	return ids
}

// While batches wait for a policy to be exchanged, those under way have so long to
// end, and what else was read meanwhile is looked at so often, before the batches
// go on and it is tried again.
const (
	longestBar = 100 * time.Millisecond
	mostRounds = 8
)

// exchangeNow keeps batches from beginning, waits for those under way, looks at
// what they changed, and puts the new policy in place. It reports false if that
// would take too long.
func (e *Engine) exchangeNow(ctx context.Context, x *policySwap) (done bool, err error) {
	quiet, resume := e.pauseBatches()
	defer resume()
	timer := time.NewTimer(longestBar)
	defer timer.Stop()
	select {
	case <-quiet:
	case <-timer.C:
		return false, e.breathe(ctx, resume)
	case <-ctx.Done():
		return false, ctx.Err()
	}
	for range mostRounds {
		e.mu.Lock()
		ids := e.unjudged(x)
		if len(ids) == 0 {
			e.replace(x.policy)
			e.mu.Unlock()
			return true, nil
		}
		e.mu.Unlock()
		if err := e.examineAll(ctx, ids, x); err != nil {
			return false, err
		}
		if err := x.unfit(); err != nil {
			return false, err
		}
	}
	return false, e.breathe(ctx, resume)
}

// breathe lets batches begin for a while.
func (e *Engine) breathe(ctx context.Context, resume func()) error {
	resume()
	return e.sleep(ctx, longestBar)
}

// replace binds everything in memory to a policy that it was held against. It needs e.mu.
func (e *Engine) replace(p *policy.Policy) {
	e.policy = p
	e.index.each(func(snap *snapshot) bool {
		l := snap.live
		v := fit{policy: p}
		if l.judged.of(p, snap) {
			v = l.judged.verdict
		}
		l.judged = verdictOn{}
		if snap.State != nil {
			l.snap = e.bind(l, snap.State, v)
			l.snap.confirmed.Store(snap.confirmed.Load())
			e.index.put(l.snap)
		}
		return true
	})
}

// begin notes that a batch is under way, as soon as none is kept from it.
func (e *Engine) begin(ctx context.Context) error {
	for {
		e.mu.Lock()
		barred := e.paused
		if barred == nil {
			e.underway++
			e.mu.Unlock()
			return nil
		}
		e.mu.Unlock()
		select {
		case <-barred:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// finish ends what begin began.
func (e *Engine) finish() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.underway--
	e.signalIdle()
}

// hush tells who waits for it that no batch is under way. It needs e.mu.
func (e *Engine) signalIdle() {
	if e.quiet != nil && e.underway == 0 {
		close(e.quiet)
		e.quiet = nil
	}
}

// bar keeps batches from beginning, until lift is called, which may be more than
// once. Quiet is closed when none is under way.
func (e *Engine) pauseBatches() (quiet <-chan struct{}, resume func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	barred, quietly := make(chan struct{}), make(chan struct{})
	e.paused, e.quiet = barred, quietly
	e.signalIdle()
	return quietly, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.paused == barred {
			close(barred)
			e.paused, e.quiet = nil, nil
		}
	}
}
