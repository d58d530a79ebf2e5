package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// due is what a snapshot needs to know about its schedule. A snapshot of an account that schedules
// nothing has none, so its checks compare one pointer and do not read the clock.
type due struct {
	at   time.Time                // when the next entry takes effect
	mu   sync.Mutex               // makes the next snapshot once, for all callers (single flight)
	next atomic.Pointer[snapshot] // after at; nil until it is made
}

// dueOf returns the due of a state.
func dueOf(s *account.State) *due {
	at, ok := s.NextDue()
	if !ok || !s.Exists() {
		return nil
	}
	return &due{at: at}
}

// asOf returns the snapshot as it is at the time of a request, or now if that is zero.
// Everything that is due by then has taken effect.
func (s *snapshot) asOf(at time.Time) *snapshot {
	if s == nil || s.due == nil || s.err != nil {
		return s
	}
	now := s.Now()
	for s.due != nil && !now.Before(s.due.at) {
		s = s.advanced(now)
	}
	if s.due != nil && !at.IsZero() && !at.Before(s.due.at) {
		return s.after(at) // a time in the future: no other request needs it
	}
	return s
}

// advanced returns the snapshot after what is due now took effect, and stores it in the index in
// the place of s. The version stays.
func (s *snapshot) advanced(now time.Time) *snapshot {
	d := s.due
	if next := d.next.Load(); next != nil {
		return next
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if next := d.next.Load(); next != nil {
		return next
	}
	next := s.after(now)
	e, l := s.engine, s.cached
	e.mu.Lock()
	next.confirmed.Store(s.confirmed.Load())
	if l.snap == s && !l.gone && !e.stopped {
		e.put(l, next)
	}
	e.mu.Unlock()
	d.next.Store(next)
	return next
}

// after returns the snapshot after what is due up to a time took effect.
func (s *snapshot) after(at time.Time) *snapshot {
	state := s.State.At(s.policy, at)
	next := newSnapshot(s.cached)
	next.State, next.policy, next.basis, next.engine, next.hasMismatches = state, s.policy, s.basis, s.engine, s.hasMismatches
	next.binding = *state.Bind(next.policy, next, next.basis)
	next.floor, next.due = later(s.floor, s.due.at), dueOf(state)
	next.confirmed.Store(s.confirmed.Load())
	if state == s.State {
		next.due = nil // nothing can take effect under this policy
	}
	happened := state.Due()[len(s.State.Due()):]
	if s.hasMismatches {
		next.hasMismatches = checkFit(state, s.policy).hasMismatches
	} else {
		next.hasMismatches = anyMismatch(state, s, account.UsersOf(happened...))
	}
	for _, c := range happened {
		if c, ok := c.(account.Due); ok {
			next.floor = later(next.floor, c.At)
		}
	}
	next.setDirect()
	return next
}

func anyMismatch(state *account.State, s *snapshot, users []usher.UserID) bool {
	for _, id := range users {
		if state.FitsUser(s.policy, id) != nil {
			return true
		}
	}
	return false
}
