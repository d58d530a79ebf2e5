package memstore

import (
	"context"
	"iter"
	"sync"

	"github.com/usher-go/usher"
)

// mostPending is how many accounts a watcher that is slow remembers, before it
// takes all for changed.
const mostPending = 1024

// Watch implements store.Watcher.
func (s *Store) Watch(ctx context.Context) iter.Seq2[usher.AccountID, error] {
	return loop(ctx, "watch", "", func(yield func(usher.AccountID) bool) error {
		w := s.watching.join()
		defer s.watching.leave(w)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-w.ready:
			}
			for _, id := range w.take() {
				if ctx.Err() != nil || !yield(id) {
					return nil
				}
			}
		}
	})
}

// watchers are the loops that watch.
type watchers struct {
	mu  sync.RWMutex
	all map[*watcher]bool
}

// watcher collects what changed until its loop comes for it.
type watcher struct {
	ready chan struct{} // holds one while there is something pending

	mu      sync.Mutex
	pending map[usher.AccountID]bool // "" among them stands for any
}

func (ws *watchers) join() *watcher {
	w := &watcher{ready: make(chan struct{}, 1)}
	ws.mu.Lock()
	if ws.all == nil {
		ws.all = map[*watcher]bool{}
	}
	ws.all[w] = true
	ws.mu.Unlock()
	w.tell("")
	return w
}

func (ws *watchers) leave(w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

func (ws *watchers) tell(id usher.AccountID) {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	for w := range ws.all {
		w.tell(id)
	}
}

func (w *watcher) tell(id usher.AccountID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) >= mostPending {
		w.pending, id = nil, ""
	}
	if w.pending == nil {
		w.pending = map[usher.AccountID]bool{}
	}
	w.pending[id] = true
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// take returns what is pending: "" alone if that is among them.
func (w *watcher) take() []usher.AccountID {
	w.mu.Lock()
	pending := w.pending
	w.pending = nil
	w.mu.Unlock()
	if pending[""] {
		return []usher.AccountID{""}
	}
	var ids []usher.AccountID
	for id := range pending {
		ids = append(ids, id)
	}
	return ids
}
