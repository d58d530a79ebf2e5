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

// hint loads an account again if it is in memory, or all accounts for "".
func (e *Engine) hint(id usher.AccountID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
	case id != "":
		if l := e.inMemory(id); l != nil {
			e.reload(l)
		}
	case !e.sweeping:
		e.sweeping = true
		e.background.Add(1)
		go e.sweep()
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
