package engine

import (
	"context"
	"errors"

	"github.com/usher-go/usher/store"
)

// minSnapshotBytes is the least number of bytes of commits that makes a snapshot due. It
// is due when there are also as many as the last snapshot had. So snapshots never take
// more writes than commits, and a start never replays much more than it reads of a
// snapshot.
const minSnapshotBytes = 32 << 10

// saveSoon schedules a snapshot of the account, if one is due.
func (e *Engine) saveSoon(l *cachedAccount) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.saving || l.gone || l.since < max(minSnapshotBytes, l.saved) || l.snap.version() == 0 {
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

// save stores the scheduled snapshots one by one, until the Engine is closed.
func (e *Engine) save() {
	defer e.background.Done()
	for {
		select {
		case <-e.saveNow:
			e.saveAll(e.backgroundCtx)
		case <-e.closing:
			return
		}
	}
}

// saveAll stores the due snapshots. It returns the errors, and reports them to the
// Observer.
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
			ctx, cancel := context.WithTimeout(ctx, loadTimeout)
			defer cancel()
			return e.store.SaveSnapshot(ctx, l.id, store.Snapshot{Version: snap.version(), Data: data})
		})
		if errors.Is(err, store.ErrErased) || errors.Is(err, store.ErrReadOnly) {
			err = nil // the account is gone, or the store cannot be written
		}
		if err != nil {
			e.failed("save snapshot", l.id, err)
			errs = append(errs, &Error{Op: "save snapshot", Account: l.id, Version: snap.version(), Err: err})
		}

		e.mu.Lock()
		l.saving = false
		l.since -= since // also on an error: the next try comes after as many bytes
		if size > 0 {
			l.saved = size
		}
		e.unpin(l)
		e.mu.Unlock()
	}
}
