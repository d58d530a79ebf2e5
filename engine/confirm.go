package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// confirmations find out, with one call of the store for all accounts in memory, that those without
// an unsettled hint have not changed. The zero value confirms nothing.
type confirmations struct {
	store store.Confirmer // nil if the store is not one, or no limit of the age is set

	all     atomic.Int64  // when a confirmation that succeeded began, as a result of Engine.elapsed
	failed  atomic.Int64  // when the last one failed
	watched atomic.Bool   // loop is not nil
	asked   atomic.Bool   // a confirmation is due or in progress
	ask     chan struct{} // holds a value while one is due

	// Guarded by Engine.mu.
	next    *confirmation // the one that will end next
	loop    *watchLoop    // nil while the store is not watched
	waiting chan struct{} // closed when loop changes or yields a mark
}

// confirmation is one call for all accounts.
type confirmation struct{ done chan struct{} }

// watchLoop is a loop over the hints of the store.
type watchLoop struct{ mark uint64 }

func (c *confirmations) init() {
	c.all.Store(neverConfirmed)
	c.failed.Store(neverConfirmed)
	c.ask = make(chan struct{}, 1)
	c.next = &confirmation{make(chan struct{})}
	c.waiting = make(chan struct{})
}

// confirmedAt returns when the store last had no newer version of an account.
func (e *Engine) confirmedAt(snap *snapshot) time.Duration {
	// The order matters: whatever was confirmed had its hints before, and a hint sets doubtful.
	all := e.confirmations.all.Load()
	if snap.doubtful.Load() {
		all = neverConfirmed
	}
	return time.Duration(max(all, snap.confirmed.Load()))
}

// askConfirmation makes the background confirm all accounts, unless it does so already.
func (e *Engine) askConfirmation() {
	c := &e.confirmations
	if !c.asked.Load() && c.asked.CompareAndSwap(false, true) {
		c.ask <- struct{}{}
	}
}

// canConfirm reports whether a confirmation of all accounts is of use for a snapshot: nothing shows
// that it is old, the store is watched, and the last confirmation did not fail a moment ago.
func (e *Engine) canConfirm(snap *snapshot, now time.Duration) bool {
	c := &e.confirmations
	if c.store == nil || !c.watched.Load() || snap.State == nil || snap.doubtful.Load() {
		return false
	}
	since := now - time.Duration(c.failed.Load())
	return since < 0 || since > e.options.MaxStaleness/2
}

// awaitable returns the confirmation that will end next, or nil if none is of use for a snapshot. It
// needs e.mu.
func (e *Engine) awaitable(snap *snapshot) *confirmation {
	if !e.canConfirm(snap, e.elapsed()) {
		return nil
	}
	e.askConfirmation()
	return e.confirmations.next
}

// confirmAll runs the confirmations that are due.
func (e *Engine) confirmAll() {
	defer e.background.Done()
	c := &e.confirmations
	for {
		select {
		case <-c.ask:
		case <-e.backgroundCtx.Done():
			e.mu.Lock()
			close(c.next.done)
			c.next = &confirmation{make(chan struct{})}
			e.mu.Unlock()
			return
		}
		begun := e.elapsed()
		err := safely(e.confirmOnce)
		if err == nil {
			c.all.Store(int64(begun))
		} else {
			c.failed.Store(int64(e.elapsed()))
			if e.backgroundCtx.Err() == nil {
				e.failed("confirm", "", err)
			}
		}
		e.mu.Lock()
		close(c.next.done)
		c.next = &confirmation{make(chan struct{})}
		c.asked.Store(false)
		e.mu.Unlock()
	}
}

// Limits of the time of a confirmation, which is half of MaxStaleness between them.
const (
	minConfirmTimeout = 100 * time.Millisecond
	maxConfirmTimeout = 5 * time.Second
)

var (
	errNotWatched = errors.New("the store is not watched at the moment")
	errRewatched  = errors.New("the watch of the store ended meanwhile")
	errLateMark   = errors.New("the store did not confirm in time that nothing has changed")
)

// confirmOnce returns nil when the hints of everything that was acknowledged before the call have
// been received.
func (e *Engine) confirmOnce() error {
	c := &e.confirmations
	e.mu.Lock()
	loop := c.loop
	e.mu.Unlock()
	if loop == nil {
		return errNotWatched
	}
	timeout := min(max(e.options.MaxStaleness/2, minConfirmTimeout), maxConfirmTimeout)
	ctx, cancel := context.WithTimeout(e.backgroundCtx, timeout)
	defer cancel()
	mark, err := c.store.Confirm(ctx)
	if err == nil && mark == 0 {
		err = printable.Errorf("the store returned mark 0 (want 1 or more)")
	}
	for err == nil {
		e.mu.Lock()
		now, yielded, changed := c.loop, loop.mark, c.waiting
		e.mu.Unlock()
		switch {
		case now != loop:
			return errRewatched
		case yielded >= mark:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			err = errLateMark
		}
	}
	return err
}

// watching notes that a loop over the hints began, or for nil that it ended.
func (e *Engine) watching(loop *watchLoop) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.confirmations.loop = loop
	e.confirmations.watched.Store(loop != nil)
	e.confirmations.changed()
}

// marked notes a mark of the current loop. It needs e.mu.
func (c *confirmations) marked(mark uint64) {
	if c.loop != nil {
		c.loop.mark = max(c.loop.mark, mark)
		c.changed()
	}
}

// changed wakes the confirmation in progress. It needs e.mu.
func (c *confirmations) changed() {
	close(c.waiting)
	c.waiting = make(chan struct{})
}
