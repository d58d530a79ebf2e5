package engine

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// flight is a reading of one account that is under way to the store, for all who
// wait for it. It belongs to none of them: who stops waiting does not stop it.
type load struct {
	done  chan struct{}
	count uint64 // of the account's flights, this one among them
	err   error  // to be read once done is closed
	again bool   // somebody hinted meanwhile; guarded by Engine.mu
}

// longestFlight is how long the store may take to have an account read.
const longestFlight = 30 * time.Second

// launch starts a flight for an account. It needs e.mu.
func (e *Engine) startLoad(l *cachedAccount) *load {
	l.launched++
	f := &load{done: make(chan struct{}), count: l.launched}
	l.load = f
	l.pins++
	e.background.Add(1)
	go e.runLoad(l, f)
	return f
}

func (e *Engine) runLoad(l *cachedAccount, f *load) {
	defer e.background.Done()
	ctx, cancel := context.WithTimeout(e.life, longestFlight)
	defer cancel()
	err := safely(func() error { return e.refresh(ctx, l) })
	e.mu.Lock()
	f.err = err
	l.load = nil
	if err == nil {
		l.loaded = f.count
	}
	if f.again && !e.closed && !l.gone {
		e.startLoad(l)
	}
	e.unpin(l)
	e.mu.Unlock()
	close(f.done)
}

// refresh brings an account up to what the store has.
func (e *Engine) refresh(ctx context.Context, l *cachedAccount) error {
	begun := e.elapsed()
	e.mu.Lock()
	known := l.snap
	e.mu.Unlock()
	r := reading{state: known.State, until: newest}
	switch err := e.read(ctx, l.id, &r); {
	case errors.Is(err, store.ErrErased):
		e.invalidate(l)
		return unknownIfErased(err)
	case isDamage(err):
		// There is more than what is known, and it cannot be told what.
		e.invalidate(l)
		return err
	case err != nil:
		return err
	}
	if e.isOld(l, r.state) {
		// It was read before a commit that was published and forgotten since.
		r = reading{until: newest}
		if err := e.read(ctx, l.id, &r); err != nil {
			return err
		}
		if e.isOld(l, r.state) {
			return damage{printable.Errorf("the journal went back: it ends at version %d, and had more", r.state.Version())}
		}
	}
	v := known.verdictOn(&r)
	for !e.publish(l, r.state, v, begun, func() { l.read(&r) }) {
		v = checkFit(r.state, e.Policy())
	}
	e.activity.forget(l.id, r.removed)
	if r.state.Deleted() {
		e.activity.forgetAccount(l.id)
	}
	e.saveSoon(l)
	return nil
}

// verdictOn returns the verdict of the snapshot's policy on what was read. Commits
// that this very policy allowed leave an account fit.
func (s *snapshot) verdictOn(r *reading) fit {
	if s.State == nil || s.policy == nil {
		return fit{}
	}
	if s.misfits && r.state == s.State {
		return fit{policy: s.policy, misfits: true}
	}
	if r.whole || s.err != nil || s.misfits {
		return checkFit(r.state, s.policy)
	}
	for digest := range r.policies {
		if digest != s.policy.Digest() {
			return checkFit(r.state, s.policy)
		}
	}
	return fit{policy: s.policy}
}

// read keeps account of what the next snapshot in the store would save. It needs
// Engine.mu.
func (l *cachedAccount) read(r *reading) {
	if r.whole {
		l.since, l.saved = 0, r.saved
	}
	l.since += r.since
}

// publish makes a state the newest that is known of an account, if it is that. It
// refuses, and reports false, if the verdict is not that of the policy of now. The
// note is taken with e.mu held, if the state is news.
func (e *Engine) publish(l *cachedAccount, s *account.State, v fit, confirmed time.Duration, note func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case l.gone || e.stopped:
		return true
	case v.policy != e.policy:
		return false
	case l.snap.State != nil && l.snap.version() >= s.Version():
		l.snap.confirm(confirmed)
		return true
	case s.Version() < l.high:
		return true // who waits for more asks the store anew
	}
	l.high = s.Version()
	snap := e.bind(l, s, v)
	snap.confirmed.Store(int64(confirmed))
	note()
	e.put(l, snap)
	return true
}

// isOld reports whether a state is older than one that was published before.
func (e *Engine) isOld(l *cachedAccount, s *account.State) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return s.Version() < l.high && l.snap.State == nil
}

// unknow forgets what is known of an account, so that it is read anew.
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

// safely calls f, and makes an error of a panic: one in the background would end
// the host's process, and those who wait would wait for ever.
func safely(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = printable.Errorf("panic: %v", r)
		}
	}()
	return f()
}
