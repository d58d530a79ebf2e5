package engine

import (
	"time"

	"github.com/usher-go/usher"
)

// LastConfirmed returns when the store last had no newer version of an account in memory, as a time
// since the Engine was opened.
func LastConfirmed(e *Engine, id usher.AccountID) time.Duration {
	if snap := e.index.find(id); snap != nil {
		return e.confirmedAt(snap)
	}
	return neverConfirmed
}

// Watched reports whether the store is watched, and no account is about to be compared because of the
// first hint.
func Watched(e *Engine) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.confirmations.watched.Load() && !e.sweeping
}

// InDoubt reports whether an account in memory has a hint that is not settled.
func InDoubt(e *Engine, id usher.AccountID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.inMemory(id)
	return l == nil || l.inDoubt()
}

// Loading reports whether an account in memory is loaded at the moment.
func Loading(e *Engine) (loading bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.index.each(func(snap *snapshot) bool {
		loading = snap.cached.load != nil
		return !loading
	})
	return loading
}

// HeldSightings returns how many users have an unwritten last-active time in memory, and
// the bytes of their ids.
func HeldSightings(e *Engine) (users, bytes int) {
	for _, sh := range e.activity.all() {
		sh.mu.Lock()
		for w := range sh.waiting {
			users++
			bytes += len(w.account) + len(w.user)
		}
		for w := range sh.writing {
			users++
			bytes += len(w.account) + len(w.user)
		}
		sh.mu.Unlock()
	}
	return users, bytes
}

// MostUnconfirmed is how many of these users may be of accounts that are not in memory.
const MostUnconfirmed = maxUnconfirmed

// WriteSightings writes the last-active times now.
func WriteSightings(e *Engine) { e.writeActivity(e.backgroundCtx) }
