package engine

import (
	"context"
	"errors"

	"github.com/usher-go/usher/store"
)

// leastSaved is how many bytes of commits make a snapshot due at the least; it is
// due when there are as many as the last one had, so that what is written for
// snapshots is never more than for commits, and what is replayed on a start never
// much more than what is read for a snapshot.
const leastSaved = 32 << 10

// saveSoon has a snapshot of the account stored, if one is due.
func (e *Engine) saveSoon(l *cachedAccount) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.saving || l.gone || l.since < max(leastSaved, l.saved) || l.snap.version() == 0 {
		return
	}
	l.saving = true
	l.pins++
	e.saves = append(e.saves, l)
	select {
	case e.saveNow <- struct{}{}:
	default:
	}
}

// save stores snapshots, one after the other, beside all that goes on.
func (e *Engine) save() {
	defer e.background.Done()
	for {
		select {
		case <-e.saveNow:
			e.saveAll(e.life)
		case <-e.closing:
			return
		}
	}
}

// saveAll stores the snapshots that are due, and returns what went wrong, of which
// the Observer is told, too.
func (e *Engine) saveAll(ctx context.Context) (errs []error) {
	e.saver.Lock()
	defer e.saver.Unlock()
	for {
		e.mu.Lock()
		if len(e.saves) == 0 {
			e.mu.Unlock()
			return errs
		}
		l := e.saves[0]
		e.saves = e.saves[1:]
		snap, since := l.snap, l.since
		e.mu.Unlock()

		size := 0
		err := safely(func() error {
			if snap.version() == 0 {
				return nil
			}
			data := snap.Encode()
			size = len(data)
			ctx, cancel := context.WithTimeout(ctx, longestFlight)
			defer cancel()
			return e.store.SaveSnapshot(ctx, l.id, store.Snapshot{Version: snap.version(), Data: data})
		})
		if errors.Is(err, store.ErrErased) || errors.Is(err, store.ErrReadOnly) {
			err = nil // there is nothing to save any more, or nobody who may
		}
		if err != nil {
			e.failed("save snapshot", l.id, err)
			errs = append(errs, &Error{Op: "save snapshot", Account: l.id, Version: snap.version(), Err: err})
		}

		e.mu.Lock()
		l.saving = false
		l.since -= since // also on an error: it is tried again after as much
		if size > 0 {
			l.saved = size
		}
		e.unpin(l)
		e.mu.Unlock()
	}
}
