package engine

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// load reads one account from the store, for all callers that wait for it (single
// flight). It goes on if they stop waiting.
type load struct {
	done  chan struct{}
	count uint64 // the number of this load among those of the account
	err   error  // may be read once done is closed
	again bool   // a hint arrived during the load; guarded by Engine.mu
}

// loadTimeout limits a load, and a write in the background.
const loadTimeout = 30 * time.Second

// startLoad starts a load of an account. It needs e.mu.
func (e *Engine) startLoad(l *cachedAccount) *load {
	l.loadsStarted++
	ld := &load{done: make(chan struct{}), count: l.loadsStarted}
	l.load = ld
	l.pins++
	e.background.Add(1)
	go e.runLoad(l, ld)
	return ld
}

func (e *Engine) runLoad(l *cachedAccount, ld *load) {
	defer e.background.Done()
	ctx, cancel := context.WithTimeout(e.backgroundCtx, loadTimeout)
	defer cancel()
	err := safely(func() error { return e.refresh(ctx, l) })
	e.mu.Lock()
	ld.err = err
	l.load = nil
	if err == nil {
		l.lastLoaded = ld.count
	}
	if ld.again && !e.closed && !l.gone {
		e.startLoad(l)
	}
	e.unpin(l)
	e.mu.Unlock()
	close(ld.done)
}

// refresh updates a cached account to the newest version in the store.
func (e *Engine) refresh(ctx context.Context, l *cachedAccount) error {
	begun := e.elapsed()
	e.mu.Lock()
	known, hints := l.snap, l.doubts.hints
	e.mu.Unlock()
	r := reading{state: known.State, until: newest}
	switch err := e.read(ctx, e.store, l.id, &r); {
	case errors.Is(err, store.ErrErased):
		e.invalidate(l)
		return unknownIfErased(err)
	case isDamage(err):
		// The journal has more commits than the snapshot, and they cannot be read.
		e.invalidate(l)
		return err
	case err != nil:
		return err
	}
	if e.isOld(l, r.state) {
		// The read began before a commit that was published and evicted since.
		r = reading{until: newest}
		if err := e.read(ctx, e.store, l.id, &r); err != nil {
			return err
		}
		if e.isOld(l, r.state) {
			return damage{printable.Errorf("%w: the journal ends at version %d, and had more commits before; restore the store from a backup", errLost, r.state.Version())}
		}
	}
	if r.whole {
		e.reportFit(l.id, r.state)
	}
	e.publishRead(l, known, &r, begun, hints)
	return nil
}

// publishRead publishes an account that was read, beginning at the snapshot known, after a number of
// hints.
func (e *Engine) publishRead(l *cachedAccount, known *snapshot, r *reading, confirmed time.Duration, hints uint64) {
	v := known.fitAfterLoad(r)
	for !e.publish(l, known, r.state, v, confirmed, hints, func() { l.read(r) }) {
		v = checkFit(r.state, e.Policy())
	}
	e.activity.forget(l.id, r.removed)
	if r.state.Deleted() {
		e.activity.forgetAccount(l.id)
	}
	e.saveSoon(l)
}

// fitAfterLoad returns the fit of a loaded state to the snapshot's policy. Commits that
// this policy allowed do not change the fit.
func (s *snapshot) fitAfterLoad(r *reading) fit {
	if s.State == nil || s.policy == nil {
		return fit{}
	}
	p := s.policy.Base()
	if s.hasMismatches && r.state == s.State {
		return fit{policy: p, hasMismatches: true}
	}
	if r.whole || s.err != nil || s.hasMismatches {
		return checkFit(r.state, p)
	}
	for digest := range r.policies {
		if digest != p.Digest() {
			return checkFit(r.state, p)
		}
	}
	return fit{policy: p}
}

// read updates the sizes that decide when the next snapshot is due. It needs Engine.mu.
func (l *cachedAccount) read(r *reading) {
	if r.whole {
		l.since, l.saved = 0, r.saved
	}
	l.since += r.since
}

// publish installs a state as the newest of an account, unless a newer one is known, or the
// account was invalidated since its snapshot was from, which is nil for a state that was not
// read. The state is not older than a number of hints. It returns false, and does nothing, if v is not
// the fit of the current policy. If the state is new, publish calls note with e.mu held.
func (e *Engine) publish(l *cachedAccount, from *snapshot, s *account.State, v fit, confirmed time.Duration, hints uint64, note func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case l.gone || e.stopped:
		return true
	case v.policy != e.policy:
		return false
	case l.snap.State != nil && l.snap.version() >= s.Version():
		l.snap.confirm(confirmed)
		l.settle(hints)
		return true
	case from != nil && from != l.snap && l.snap.State == nil:
		return true // for example, the account was erased after the state was read
	case s.Version() < l.maxVersion:
		return true // callers that need more start another load
	}
	l.maxVersion = s.Version()
	snap := e.bind(l, s, v)
	snap.confirmed.Store(int64(confirmed))
	note()
	e.put(l, snap)
	l.settle(hints)
	return true
}

// isOld reports whether a state is older than one published before.
func (e *Engine) isOld(l *cachedAccount, s *account.State) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return s.Version() < l.maxVersion && l.snap.State == nil
}

// invalidate drops the snapshot of an account, so that the next call loads it again.
func (e *Engine) invalidate(l *cachedAccount) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !l.gone && !e.stopped {
		if e.policySwap != nil {
			e.policySwap.left[l.id] = struct{}{}
		}
		e.put(l, unread(l))
	}
}

// safely calls f, and returns a panic as an error. A panic in the background would end
// the host application's process, and its waiting callers would never return.
func safely(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = printable.Errorf("panic: %v", r)
		}
	}()
	return f()
}
