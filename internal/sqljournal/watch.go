package sqljournal

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// maxHints is the number of changes that a look for changes returns. If there may be more, Watch
// yields the zero Hint instead.
const maxHints = 4096

// Watch implements store.Watcher. Each loop looks for changes by itself, at regular times and after
// Wake, so that a slow body delays only its own loop.
func (j *Journal) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return func(yield func(store.Hint, error) bool) {
		if err := j.begin(ctx); err != nil {
			yield(store.Hint{}, wrap("watch", "", 0, err))
			return
		}
		w := j.watchers.add()
		defer j.watchers.remove(w)
		_, next, err := j.look(ctx, -1)
		if err == nil {
			j.watch(ctx, w, next, yield)
			return
		}
		if ctx.Err() == nil {
			yield(store.Hint{}, wrap("watch", "", 0, err))
		}
	}
}

// watch yields the zero Hint and then the changes after a point. After a look that began after a call
// of Confirm, it yields the mark of that call.
func (j *Journal) watch(ctx context.Context, w chan struct{}, since int64, yield func(store.Hint, error) bool) {
	marked := j.watchers.marks.Load()
	if !yield(store.Hint{}, nil) {
		return
	}
	tick := time.NewTicker(j.pollEvery)
	defer tick.Stop()
	hinted, missed := map[usher.AccountID]int64{}, false
	for {
		select {
		case <-ctx.Done():
			return
		case <-w:
		case <-tick.C:
		}
		if j.closed.Load() {
			yield(store.Hint{}, wrap("watch", "", 0, store.ErrClosed))
			return
		}
		mark := j.watchers.marks.Load()
		changed, next, err := j.look(ctx, since)
		if err != nil {
			// A server that comes back may have other changes than before, for example after a
			// restore.
			missed = true
			continue
		}
		if missed || len(changed) >= maxHints {
			if !yield(store.Hint{}, nil) {
				return
			}
		} else {
			for id, version := range changed {
				if before, ok := hinted[id]; ok && before == version {
					continue // the change was found again
				}
				if ctx.Err() != nil || !yield(store.Hint{Account: id, Version: uint64(max(version, 0))}, nil) {
					return
				}
			}
		}
		if mark > marked {
			if ctx.Err() != nil || !yield(store.Hint{Mark: mark}, nil) {
				return
			}
			marked = mark
		}
		since, hinted, missed = next, changed, false
	}
}

// Confirm implements store.Confirmer. A look for changes finds every commit that was acknowledged
// before it began, so the mark of the call is that of the next look.
func (j *Journal) Confirm(ctx context.Context) (mark uint64, err error) {
	if err := j.begin(ctx); err != nil {
		return 0, wrap("confirm", "", 0, err)
	}
	mark = j.watchers.marks.Add(1)
	Wake(j)
	return mark, nil
}

// maxLook is the time that a look for changes may take, with the wait for a connection.
const maxLook = 30 * time.Second

func (j *Journal) look(ctx context.Context, since int64) (changed map[usher.AccountID]int64, next int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()
	return j.dialect.changes(ctx, j.db, since, maxHints)
}

// ownEvery is the least time between two looks for changes after own commits.
const ownEvery = 50 * time.Millisecond

// Wake makes the loops of Watch look for changes now. It does not block.
func Wake(j *Journal) { j.watchers.wake() }

// WakeForOwn does what Wake does after a commit of the Journal itself, but not more often than every
// ownEvery. A process with many commits would otherwise look for each of them, although its callers
// know them.
func WakeForOwn(j *Journal) { j.watchers.wakeForOwn() }

// watchers are the running loops of Watch.
type watchers struct {
	mu  sync.Mutex
	all map[chan struct{}]bool // each has room for one value

	last time.Time // when the loops last woke up
	soon bool      // they will wake up for own commits

	marks atomic.Uint64 // of Confirm so far
}

func (ws *watchers) add() chan struct{} {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = map[chan struct{}]bool{}
	}
	w := make(chan struct{}, 1)
	ws.all[w] = true
	return w
}

func (ws *watchers) remove(w chan struct{}) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

func (ws *watchers) wake() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.wakeAll()
}

func (ws *watchers) wakeForOwn() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.soon {
		return
	}
	wait := time.Until(ws.last.Add(ownEvery))
	if wait <= 0 {
		ws.wakeAll()
		return
	}
	ws.soon = true
	time.AfterFunc(wait, func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		ws.soon = false
		ws.wakeAll()
	})
}

// wakeAll needs ws.mu.
func (ws *watchers) wakeAll() {
	ws.last = time.Now()
	for w := range ws.all {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}
