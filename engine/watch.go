package engine

import (
	"math/rand/v2"
	"time"

	"github.com/usher-go/usher"
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
			for id, err := range w.Watch(e.backgroundCtx) {
				if err != nil {
					return err
				}
				wait = firstRewatch
				e.hint(id)
			}
			return nil
		})
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
// "".
func (e *Engine) hint(id usher.AccountID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
	case id != "":
		if l := e.inMemory(id); l != nil {
			e.hintAt(l)
		}
	case !e.sweeping:
		e.sweeping = true
		e.background.Add(1)
		go e.sweep()
	}
}

// hintAt adds an account to the next comparison with the store. It needs e.mu.
func (e *Engine) hintAt(l *cachedAccount) {
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
