package engine

import (
	"context"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// sweepBatch is the number of accounts whose versions are read in one call of the store.
const sweepBatch = 1000

// sweep loads all accounts in memory again that may have changed, one by one.
func (e *Engine) sweep() {
	defer e.background.Done()
	e.mu.Lock()
	var all []*cachedAccount
	e.index.each(func(snap *snapshot) bool {
		all = append(all, snap.cached)
		return true
	})
	e.sweeping = false // a later hint starts another sweep
	e.mu.Unlock()
	for batch := range slices.Chunk(all, sweepBatch) {
		for _, l := range e.changed(batch, loadTimeout) {
			if !e.reloadNow(l) {
				return
			}
		}
	}
}

// changed returns the accounts of which the store has a later version than the memory, and
// confirms the others. It returns all accounts if the versions cannot be read at once.
func (e *Engine) changed(accounts []*cachedAccount, timeout time.Duration) []*cachedAccount {
	if e.versions == nil {
		return accounts
	}
	ids, hints := make([]usher.AccountID, len(accounts)), make([]uint64, len(accounts))
	begun := e.elapsed()
	e.mu.Lock()
	for i, l := range accounts {
		ids[i], hints[i] = l.id, l.doubts.hints
	}
	e.mu.Unlock()
	ctx, cancel := context.WithTimeout(e.backgroundCtx, timeout)
	defer cancel()
	var versions []uint64
	err := safely(func() (err error) {
		versions, err = e.versions.Versions(ctx, ids)
		if err == nil && len(versions) != len(ids) {
			err = printable.Errorf("the store returned %d versions (want %d)", len(versions), len(ids))
		}
		return err
	})
	if err != nil {
		if e.backgroundCtx.Err() == nil {
			e.failed("read versions", "", err)
		}
		return accounts
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var changed []*cachedAccount
	for i, l := range accounts {
		if l.snap.State == nil || l.snap.version() < versions[i] {
			changed = append(changed, l)
			continue
		}
		l.snap.confirm(begun)
		l.settle(hints[i])
	}
	return changed
}

// reloadNow loads an account again, if it is still in memory, and waits. It returns false
// if the Engine is closed.
func (e *Engine) reloadNow(l *cachedAccount) bool {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return false
	}
	var ld *load
	if !l.gone && e.inMemory(l.id) == l {
		e.reload(l)
		ld = l.load
	}
	e.mu.Unlock()
	if ld != nil {
		<-ld.done
	}
	return true
}
