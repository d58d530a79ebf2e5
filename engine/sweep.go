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
// confirms the others. It returns all accounts if the versions cannot be read at once. It spoils those of
// which the store has an earlier version than the memory had before the call: the store lost commits.
func (e *Engine) changed(accounts []*cachedAccount, timeout time.Duration) []*cachedAccount {
	if e.versions == nil {
		return accounts
	}
	ids, hints, known := make([]usher.AccountID, len(accounts)), make([]uint64, len(accounts)), make([]uint64, len(accounts))
	begun := e.elapsed()
	e.mu.Lock()
	for i, l := range accounts {
		ids[i], hints[i], known[i] = l.id, l.doubts.hints, l.snap.version()
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
	var changed []*cachedAccount
	for i, l := range accounts {
		if versions[i] < known[i] {
			err := errEndsBefore(versions[i], known[i])
			e.spoil(l, err)
			e.failed("confirm", l.id, err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, l := range accounts {
		if versions[i] < known[i] {
			continue
		}
		if l.snap.State == nil || l.snap.version() < versions[i] {
			changed = append(changed, l)
			continue
		}
		l.snap.confirm(begun)
		l.settle(hints[i])
	}
	return changed
}

// spoil makes an error the result of all checks of an account, until it leaves the memory. The older account that
// the store has is not read.
func (e *Engine) spoil(l *cachedAccount, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.gone || e.stopped || l.snap.State == nil {
		return
	}
	snap := e.bind(l, l.snap.State, fit{policy: e.policy, err: err})
	snap.confirmed.Store(l.snap.confirmed.Load())
	e.put(l, snap)
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
