package memstore

import (
	"context"
	"iter"
	"sync"

	"github.com/usher-go/usher"
)

// maxPending is the number of pending accounts of a slow watcher. When more change, they are
// replaced by "", which stands for any account.
const maxPending = 1024

// Watch implements store.Watcher.
func (s *Store) Watch(ctx context.Context) iter.Seq2[usher.AccountID, error] {
	return loop(ctx, "watch", "", func(yield func(usher.AccountID) bool) error {
		w := s.watchers.add()
		defer s.watchers.remove(w)
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

// watchers contains the running loops of Watch.
type watchers struct {
	mu  sync.RWMutex
	all map[*watcher]bool
}

// watcher collects changed accounts until its loop takes them.
type watcher struct {
	ready chan struct{} // contains a value while accounts are pending

	mu      sync.Mutex
	pending map[usher.AccountID]bool // "" stands for any account
}

func (ws *watchers) add() *watcher {
	w := &watcher{ready: make(chan struct{}, 1)}
	ws.mu.Lock()
	if ws.all == nil {
		ws.all = map[*watcher]bool{}
	}
	ws.all[w] = true
	ws.mu.Unlock()
	w.notify("")
	return w
}

func (ws *watchers) remove(w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

func (ws *watchers) notify(id usher.AccountID) {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	for w := range ws.all {
		w.notify(id)
	}
}

func (w *watcher) notify(id usher.AccountID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) >= maxPending {
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

// take returns the pending accounts, or only "" if "" is pending.
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
