package engine

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// live is an account in memory: its newest snapshot, and who is at work on it. It
// is in the index from the first pin to its eviction. Engine.mu guards what is not
// said to be guarded otherwise.
type cachedAccount struct {
	id   usher.AccountID
	snap *snapshot // the one in the index
	pins int       // who needs it to stay in memory
	gone bool      // it was erased, and is not in the index any more

	load     *load  // under way to the store
	launched uint64 // flights that have begun
	loaded   uint64 // the last of them that brought what the store had
	high     uint64 // the highest version that was ever in the index; it never goes back
	judged   verdictOn

	// What was stored since the last snapshot in the store, for the next one.
	since, saved int // bytes of commits, bytes of the snapshot
	saving       bool

	writer chan struct{} // holds one while somebody writes; nil before the first

	// Guarded by writer.
	pending   *pending // a commit of which nobody knows whether it is stored
	resolving bool     // somebody in the background finds out
	floor     uint64   // the journal has at least this version
}

// verdictOn is a verdict of a policy that is to be, on a snapshot.
type verdictOn struct {
	verdict fit
	snap    *snapshot
}

// of reports whether it is about a policy and a snapshot.
func (v verdictOn) of(p *policy.Policy, snap *snapshot) bool {
	return v.verdict.policy == p && v.snap == snap
}

// pin returns an account, which stays in memory until release. Nothing may be
// known of it yet.
func (e *Engine) pin(id usher.AccountID) (*cachedAccount, error) {
	if err := checkAccount(id); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return nil, ErrClosed
	}
	l := e.inMemory(id)
	if l == nil {
		l = &cachedAccount{id: id}
		e.put(l, unread(l))
	}
	l.pins++
	return l, nil
}

// inMemory returns an account that is in memory, or nil. It needs e.mu.
func (e *Engine) inMemory(id usher.AccountID) *cachedAccount {
	if i := e.index.at(id); i >= 0 {
		return e.index.in(i).live
	}
	return nil
}

func (e *Engine) release(l *cachedAccount) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unpin(l)
}

// unpin lets an account go that nobody needs any more. One of which nothing is
// known does not stay: the store is asked anew whenever somebody names it, so
// that an account that others make shows at once. It needs e.mu.
func (e *Engine) unpin(l *cachedAccount) {
	l.pins--
	if l.pins == 0 && !l.gone && l.snap.version() == 0 {
		e.forget(l)
	}
}

// put makes a snapshot that of its account, and makes room for it if it takes any:
// to ask about accounts that there are not pushes none out. It needs e.mu.
func (e *Engine) put(l *cachedAccount, snap *snapshot) {
	e.addUsage(l.snap, -1)
	e.addUsage(snap, 1)
	l.snap = snap
	e.index.put(snap)
	for e.accounts > e.options.Accounts || e.users > e.options.Users {
		i := e.index.unused(func(other *cachedAccount) bool { return other.pins == 0 && other != l })
		if i < 0 {
			return
		}
		e.forgetAt(i)
	}
}

// weigh counts what a snapshot takes of the room there is, or with -1 gives back.
func (e *Engine) addUsage(snap *snapshot, by int) {
	if snap.version() > 0 {
		e.accounts += by
		e.users += by * snap.State.Users()
	}
}

// forget takes an account out of memory. It needs e.mu.
func (e *Engine) forget(l *cachedAccount) {
	if i := e.index.at(l.id); i >= 0 {
		e.forgetAt(i)
	}
}

func (e *Engine) forgetAt(i int) {
	l := e.index.in(i).live
	e.addUsage(l.snap, -1)
	e.index.remove(i)
	if e.policySwap != nil && l.snap.version() > 0 {
		e.policySwap.left[l.id] = struct{}{}
	}
}

// acquire pins an account and locks it for writing, or returns the context's error. The caller
// calls done at the end.
func (e *Engine) acquire(ctx context.Context, id usher.AccountID) (l *cachedAccount, done func(), err error) {
	if l, err = e.pin(id); err != nil {
		return nil, nil, err
	}
	if err := e.lock(ctx, l); err != nil {
		e.release(l)
		return nil, nil, err
	}
	return l, func() {
		e.unlock(l)
		e.release(l)
	}, nil
}

// lock makes the caller the one who writes to an account, or returns the
// context's error.
func (e *Engine) lock(ctx context.Context, l *cachedAccount) error {
	e.mu.Lock()
	if l.writer == nil {
		l.writer = make(chan struct{}, 1)
	}
	writer := l.writer
	e.mu.Unlock()
	select {
	case writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Engine) unlock(l *cachedAccount) { <-l.writer }
