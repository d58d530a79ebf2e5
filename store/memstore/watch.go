package memstore

import (
	"context"
	"iter"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// maxPending is the number of pending accounts of a slow watcher. When more change, they are
// replaced by the zero Hint, which stands for any account.
const maxPending = 1024

// Watch implements store.Watcher.
func (s *Store) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return loop(ctx, "watch", "", func(yield func(store.Hint) bool) error {
		w := s.watchers.add()
		defer s.watchers.remove(w)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-w.ready:
			}
			for _, hint := range w.take() {
				if ctx.Err() != nil || !yield(hint) {
					return nil
				}
			}
		}
	})
}

// Confirm implements store.Confirmer.
func (s *Store) Confirm(ctx context.Context) (mark uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, &store.Error{Op: "confirm", Err: err}
	}
	return s.watchers.confirm(), nil
}

// watchers contains the running loops of Watch.
type watchers struct {
	mu    sync.RWMutex
	all   map[*watcher]bool
	marks uint64 // of Confirm so far
}

// watcher collects hints until its loop takes them.
type watcher struct {
	ready chan struct{} // contains a value while hints are pending

	mu      sync.Mutex
	any     bool                       // any account may have changed
	pending map[usher.AccountID]uint64 // the highest version, or 0 for unknown
	mark    uint64                     // to yield after the others, or 0
}

func (ws *watchers) add() *watcher {
	w := &watcher{ready: make(chan struct{}, 1)}
	ws.mu.Lock()
	if ws.all == nil {
		ws.all = map[*watcher]bool{}
	}
	ws.all[w] = true
	ws.mu.Unlock()
	w.notify(store.Hint{})
	return w
}

func (ws *watchers) remove(w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

func (ws *watchers) notify(h store.Hint) {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	for w := range ws.all {
		w.notify(h)
	}
}

// confirm makes each loop yield a new mark after the hints of the calls that have returned.
func (ws *watchers) confirm() uint64 {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.marks++
	for w := range ws.all {
		w.notify(store.Hint{Mark: ws.marks})
	}
	return ws.marks
}

func (w *watcher) notify(h store.Hint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch version, known := w.pending[h.Account]; {
	case h.Mark > 0:
		w.mark = h.Mark
	case h.Account == "", len(w.pending) >= maxPending:
		w.any, w.pending = true, nil
	case known && (version == 0 || h.Version == 0):
		w.pending[h.Account] = 0
	default:
		if w.pending == nil {
			w.pending = map[usher.AccountID]uint64{}
		}
		w.pending[h.Account] = max(version, h.Version)
	}
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// take returns the pending hints, or the zero Hint in place of those for accounts, and then the mark.
func (w *watcher) take() (hints []store.Hint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.any {
		hints = append(hints, store.Hint{})
	} else {
		for id, version := range w.pending {
			hints = append(hints, store.Hint{Account: id, Version: version})
		}
	}
	if w.mark > 0 {
		hints = append(hints, store.Hint{Mark: w.mark})
	}
	w.any, w.pending, w.mark = false, nil, 0
	return hints
}
