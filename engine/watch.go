package engine

import (
	"math/rand/v2"
	"time"

	"github.com/usher-go/usher/store"
)

// Waits before the store is watched again after a watch ended.
const (
	firstRewatch = 100 * time.Millisecond
	maxRewatch   = 30 * time.Second
)

// watch follows the store's hints until the Engine is closed.
func (e *Engine) watch(w store.Watcher) {
	defer e.background.Done()
	wait := firstRewatch
	for {
		err := safely(func() error {
			first := true
			for h, err := range w.Watch(e.backgroundCtx) {
				if err != nil {
					return err
				}
				wait = firstRewatch
				e.hint(h)
				if first {
					first = false
					e.watching(&watchLoop{})
				}
			}
			return nil
		})
		e.watching(nil)
		if e.backgroundCtx.Err() != nil {
			return
		}
		if err != nil {
			e.failed("watch", "", err)
		}
		if e.sleep(e.backgroundCtx, wait/2+rand.N(wait)) != nil {
			return
		}
		wait = min(2*wait, maxRewatch)
	}
}

// hintTimeout limits a comparison of accounts that had a hint. Later hints wait for it.
const hintTimeout = 5 * time.Second

// hint loads an account again if it is in memory and may have changed, or all accounts for
// the zero Hint.
func (e *Engine) hint(h store.Hint) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
	case h.Mark > 0:
		e.confirmations.marked(h.Mark)
	case h.Account != "":
		if l := e.inMemory(h.Account); l != nil {
			e.hintAt(l, h.Version)
		}
	default:
		e.index.each(func(snap *snapshot) bool {
			snap.cached.doubt(0)
			return true
		})
		if !e.sweeping {
			e.sweeping = true
			e.background.Add(1)
			go e.sweep()
		}
	}
}

// hintAt looks at an account of which the store may have a version, 0 for unknown. A hint for a commit
// of this Engine itself needs no look, but may come before the store has acknowledged the commit. It
// needs e.mu.
func (e *Engine) hintAt(l *cachedAccount, version uint64) {
	if version > 0 && l.snap.version() >= version {
		return
	}
	l.doubt(version)
	if version > 0 && version == l.doubts.expected {
		l.doubts.deferred = true
		return
	}
	e.compareSoon(l)
}

// appended notes the end of the first Append of the pending commit, and looks at an account with a
// hint that may have been for it. It needs e.mu.
func (e *Engine) appended(l *cachedAccount) {
	deferred := l.doubts.deferred
	l.doubts.expected, l.doubts.deferred = 0, false
	if deferred && l.inDoubt() && !l.gone && !e.closed {
		e.compareSoon(l)
	}
}

// compareSoon adds an account to the next comparison with the store. It needs e.mu.
func (e *Engine) compareSoon(l *cachedAccount) {
	if e.versions == nil {
		e.reload(l)
		return
	}
	if !l.hinted {
		l.hinted = true
		e.hinted = append(e.hinted, l)
	}
	if !e.comparing {
		e.comparing = true
		e.background.Add(1)
		go e.compareHinted()
	}
}

// compareHinted loads the accounts again that had a hint and have changed. A hint may come
// from the Engine's own commit, so it compares the versions of all of them in one call of
// the store first. A single account is loaded at once, since that is one call too.
func (e *Engine) compareHinted() {
	defer e.background.Done()
	for {
		e.mu.Lock()
		if e.closed || len(e.hinted) == 0 {
			e.hinted, e.comparing = nil, false
			e.mu.Unlock()
			return
		}
		batch := e.hinted[:min(len(e.hinted), sweepBatch)]
		e.hinted = e.hinted[len(batch):]
		for _, l := range batch {
			l.hinted = false // a later hint needs another comparison
		}
		e.mu.Unlock()
		if len(batch) > 1 {
			batch = e.changed(batch, hintTimeout)
		}
		e.mu.Lock()
		for _, l := range batch {
			if !e.closed && !l.gone && e.inMemory(l.id) == l {
				e.reload(l)
			}
		}
		e.mu.Unlock()
	}
}

// reload starts a load that begins after the call. It needs e.mu.
func (e *Engine) reload(l *cachedAccount) {
	if l.load != nil {
		l.load.again = true
		return
	}
	e.startLoad(l)
}
