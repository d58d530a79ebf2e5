package engine

import (
	"math/rand/v2"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// How long it takes until the store is watched again after it stopped telling.
const (
	firstRewatch   = 100 * time.Millisecond
	longestRewatch = 30 * time.Second
)

// watch follows the hints of the store until the Engine is closed.
func (e *Engine) watch(w store.Watcher) {
	defer e.background.Done()
	wait := firstRewatch
	for {
		err := safely(func() error {
			for id, err := range w.Watch(e.life) {
				if err != nil {
					return err
				}
				wait = firstRewatch
				e.hint(id)
			}
			return nil
		})
		if e.life.Err() != nil {
			return
		}
		if err != nil {
			e.failed("watch", "", err)
		}
		if e.sleep(e.life, wait/2+rand.N(wait)) != nil {
			return
		}
		wait = min(2*wait, longestRewatch)
	}
}

// hint has an account read again, if it is in memory; "" stands for all.
func (e *Engine) hint(id usher.AccountID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
	case id != "":
		if l := e.inMemory(id); l != nil {
			e.renew(l)
		}
	case !e.sweeping:
		e.sweeping = true
		e.background.Add(1)
		go e.sweep()
	}
}

// renew has an account read from a time that is later than the call. It needs e.mu.
func (e *Engine) renew(l *cachedAccount) {
	if l.load != nil {
		l.load.again = true
		return
	}
	e.startLoad(l)
}

// sweep has all accounts in memory read again, one after the other.
func (e *Engine) sweep() {
	defer e.background.Done()
	e.mu.Lock()
	var all []*cachedAccount
	e.index.each(func(snap *snapshot) bool {
		all = append(all, snap.live)
		return true
	})
	e.sweeping = false // a hint from now on begins anew
	e.mu.Unlock()
	for _, l := range all {
		e.mu.Lock()
		if e.closed {
			e.mu.Unlock()
			return
		}
		var f *load
		if !l.gone && e.inMemory(l.id) == l {
			e.renew(l)
			f = l.load
		}
		e.mu.Unlock()
		if f != nil {
			<-f.done
		}
	}
}
