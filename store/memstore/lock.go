package memstore

import (
	"context"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// lockTimeout is how long a call waits for transactions that have locked an account. It also ends
// deadlocks.
const lockTimeout = 3 * time.Second

// locks contains the transactions that have locked an account. The mutex of the journal guards it.
// The zero value is unlocked.
type locks struct {
	holders  map[*Tx]store.LockMode
	released chan struct{} // closed at the next release; nil if no call waits
}

// free reports whether tx, or a call outside of transactions if tx is nil, may lock the account in
// the mode.
func (l *locks) free(tx *Tx, mode store.LockMode) bool {
	for holder, held := range l.holders {
		if holder != tx && (mode != store.ShareLock || held != store.ShareLock) {
			return false
		}
	}
	return true
}

// hold adds a transaction, or raises its mode.
func (l *locks) hold(tx *Tx, mode store.LockMode) {
	if l.holders == nil {
		l.holders = map[*Tx]store.LockMode{}
	}
	l.holders[tx] = max(mode, l.holders[tx])
}

func (l *locks) release(tx *Tx) {
	delete(l.holders, tx)
	if l.released != nil {
		close(l.released)
		l.released = nil
	}
}

// whenFree calls f with the journal locked. If f returns false, another transaction prevents it:
// whenFree waits for a release, and calls f again. It gives up with store.ErrNotStored when the
// context ends or after the timeout.
func (j *journal) whenFree(ctx context.Context, timeout time.Duration, f func() (done bool, err error)) error {
	var expired <-chan time.Time
	for {
		released, err := j.try(f)
		if released == nil {
			return err
		}
		if expired == nil {
			expired = time.After(timeout)
		}
		select {
		case <-released:
		case <-ctx.Done():
			return printable.Errorf("%w: %w", store.ErrNotStored, ctx.Err())
		case <-expired:
			return printable.Errorf("%w: a transaction has held the account for %s", store.ErrNotStored, timeout)
		}
	}
}

// try calls f. If f returns false, try returns a channel that is closed at the next release.
func (j *journal) try(f func() (done bool, err error)) (<-chan struct{}, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if done, err := f(); done || err != nil {
		return nil, err
	}
	if j.locks.released == nil {
		j.locks.released = make(chan struct{})
	}
	return j.locks.released, nil
}
