package engine

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// cachedAccount is an account in memory: its newest snapshot, and the state of its load
// and its writer. It is in the index from the first pin to its eviction. Engine.mu
// guards all fields without another note.
type cachedAccount struct {
	id   usher.AccountID
	snap *snapshot // the snapshot in the index
	pins int       // callers that need it to stay in memory
	gone bool      // it was erased and is no longer in the index

	hinted       bool   // it is in Engine.hinted
	load         *load  // the load in progress, or nil
	loadsStarted uint64 // the number of loads started so far
	lastLoaded   uint64 // the number of the last load that succeeded
	maxVersion   uint64 // the highest version that the index ever had; it never decreases
	doubts       doubts
	checked      checkedFit

	// Bytes of commits since the last stored snapshot, and bytes of that snapshot.
	since, saved int
	saving       bool

	writer chan struct{} // holds one value while a writer works; nil before the first writer

	// Guarded by writer.
	pending   *pending // a commit whose outcome is unknown, or nil
	resolving bool     // a goroutine resolves pending in the background
	floor     uint64   // the journal has at least this version
}

// checkedFit is the fit of a snapshot to a policy that a swap will install.
type checkedFit struct {
	fit  fit
	snap *snapshot
}

// of reports whether v was computed for this policy and snapshot.
func (v checkedFit) of(p *policy.Policy, snap *snapshot) bool {
	return v.fit.policy == p && v.snap == snap
}

// pin returns a cached account, and keeps it in memory until release. The account may
// not be loaded yet.
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

// inMemory returns a cached account, or nil. It needs e.mu.
func (e *Engine) inMemory(id usher.AccountID) *cachedAccount {
	if i := e.index.slotOf(id); i >= 0 {
		return e.index.snapshotAt(i).cached
	}
	return nil
}

func (e *Engine) release(l *cachedAccount) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unpin(l)
}

// unpin ends a pin. An account that is not loaded or does not exist leaves the cache
// with its last pin, so that the next call reads the store again and finds an account
// created since. It needs e.mu.
func (e *Engine) unpin(l *cachedAccount) {
	l.pins--
	if l.pins == 0 && !l.gone && l.snap.version() == 0 {
		e.forget(l)
	}
}

// put installs a snapshot, and evicts other accounts if there are too many. Unknown
// accounts do not count, so requests for them evict nothing. It needs e.mu.
func (e *Engine) put(l *cachedAccount, snap *snapshot) {
	e.addUsage(l.snap, -1)
	e.addUsage(snap, 1)
	l.replaceSnapshot(snap)
	e.index.put(snap)
	for e.accounts > e.options.Accounts || e.users > e.options.Users {
		i := e.index.unused(func(other *cachedAccount) bool { return other.pins == 0 && other != l })
		if i < 0 {
			return
		}
		e.forgetAt(i)
	}
}

// addUsage adds a snapshot to the counts of accounts and users, or with -1 subtracts it.
func (e *Engine) addUsage(snap *snapshot, by int) {
	if snap.version() > 0 {
		e.accounts += by
		e.users += by * snap.State.Users()
	}
}

// forget removes an account from memory. It needs e.mu.
func (e *Engine) forget(l *cachedAccount) {
	if i := e.index.slotOf(l.id); i >= 0 {
		e.forgetAt(i)
	}
}

func (e *Engine) forgetAt(i int) {
	l := e.index.snapshotAt(i).cached
	e.addUsage(l.snap, -1)
	l.snap.doubtful.Store(true) // it has no hints any more
	e.index.remove(i)
	if e.policySwap != nil && l.snap.version() > 0 {
		e.policySwap.left[l.id] = struct{}{}
	}
}

// acquire pins an account and locks it for writing, or returns the context's error. The
// caller must call done at the end.
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

// lock makes the caller the only writer of an account in this Engine, or returns the
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
