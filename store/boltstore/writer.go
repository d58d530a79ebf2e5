package boltstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Limits of a group, the writes that share a transaction.
const (
	maxGroup      = 1024     // writes
	maxGroupBytes = 16 << 20 // bytes; a single write may exceed it
)

// maxMisses limits the backoff of waitForMore: the writer waits after at most 1024 groups.
const maxMisses = 11

// write is one change to the file.
type write struct {
	apply     func(*tables) error // checks first, then writes; an error before the first change leaves the transaction unchanged
	bytes     int
	exclusive bool // has its own transaction

	err  error
	done chan struct{} // closed after err is set
}

// writer has the only goroutine that changes the file. It commits all waiting writes in one
// transaction (a group commit), so that they share a sync. A single write does not wait for others.
type writer struct {
	file   *file
	commit func(*bbolt.Tx) error

	mu      sync.Mutex
	waiting []*write
	closed  bool
	wakeAt  int           // the number of waiting writes that wakes the goroutine
	ready   chan struct{} // contains a value to wake the goroutine
	done    chan struct{} // closed after the goroutine has ended

	// Only the goroutine uses these fields.
	broken error // the error of all writes after a failed commit
	misses int   // consecutive waits without success
	skip   int   // groups after which it does not wait
}

func newWriter(f *file) *writer {
	return &writer{
		file:   f,
		commit: (*bbolt.Tx).Commit,
		ready:  make(chan struct{}, 1),
		done:   make(chan struct{}),
	}
}

// do waits until w is on the disk or has failed, and returns its error. If the context is done, it
// cancels a write that has not begun, and returns store.ErrNotStored and the context's error. It
// waits for a write that has begun, since this is short and the outcome is then known.
func (wr *writer) do(ctx context.Context, w *write) error {
	w.done = make(chan struct{})
	wr.mu.Lock()
	if wr.closed {
		wr.mu.Unlock()
		return store.ErrClosed
	}
	wr.waiting = append(wr.waiting, w)
	if len(wr.waiting) >= wr.wakeAt {
		wr.wake()
	}
	wr.mu.Unlock()
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	if wr.cancel(w) {
		return printable.Errorf("%w: %w", store.ErrNotStored, ctx.Err())
	}
	<-w.done
	return w.err
}

// cancel removes a waiting write. It reports false if the write has begun.
func (wr *writer) cancel(w *write) bool {
	wr.mu.Lock()
	defer wr.mu.Unlock()
	i := slices.Index(wr.waiting, w)
	if i < 0 {
		return false
	}
	wr.waiting = slices.Delete(wr.waiting, i, i+1)
	return true
}

func (wr *writer) wake() {
	select {
	case wr.ready <- struct{}{}:
	default:
	}
}

// close waits until the goroutine has finished all waiting writes. Later calls of do return
// store.ErrClosed.
func (wr *writer) close() {
	wr.mu.Lock()
	wr.closed = true
	wr.mu.Unlock()
	wr.wake()
	<-wr.done
}

func (wr *writer) run() {
	defer close(wr.done)
	for {
		group, closed := wr.take()
		if len(group) == 0 {
			if closed {
				return
			}
			<-wr.ready
			continue
		}
		began := time.Now()
		wr.runGroup(group)
		for _, w := range group {
			close(w.done)
		}
		if len(group) > 1 {
			wr.waitForMore(len(group), time.Since(began)/2)
		}
	}
}

// take removes and returns the first waiting writes that may share a transaction.
func (wr *writer) take() (group []*write, closed bool) {
	wr.mu.Lock()
	defer wr.mu.Unlock()
	n, size := 0, 0
	for n < len(wr.waiting) && n < maxGroup {
		w := wr.waiting[n]
		size += w.bytes
		if n > 0 && (w.exclusive || size > maxGroupBytes) {
			break
		}
		n++
		if w.exclusive {
			break
		}
	}
	group, wr.waiting = wr.waiting[:n:n], wr.waiting[n:]
	return group, wr.closed
}

// waitForMore waits, for at most the timeout, until as many writes wait as the last group had.
// Callers whose writes have just finished often write again; without the wait, the first of them
// would have a sync of its own. If they do not come, the next wait is after one group, then after
// two, four, and so on.
func (wr *writer) waitForMore(size int, timeout time.Duration) {
	if wr.skip > 0 {
		wr.skip--
		return
	}
	wr.mu.Lock()
	select {
	case <-wr.ready:
	default:
	}
	enough := len(wr.waiting) >= size
	wr.wakeAt = size
	wr.mu.Unlock()
	if !enough {
		timer := time.NewTimer(timeout)
		select {
		case <-wr.ready:
		case <-timer.C:
		}
		timer.Stop()
	}
	wr.mu.Lock()
	enough = len(wr.waiting) >= size
	wr.wakeAt = 0
	wr.mu.Unlock()
	if enough {
		wr.misses = 0
		return
	}
	wr.misses = min(wr.misses+1, maxMisses)
	wr.skip = 1 << (wr.misses - 1)
}

// runGroup sets the outcome of every write of a group.
func (wr *writer) runGroup(group []*write) {
	group = slices.Clone(group)
	for len(group) > 0 {
		failed, err := wr.tryGroup(group)
		if failed < 0 {
			if err != nil {
				// The error of a write may be due to another write of the group, which is not
				// stored.
				for _, w := range group {
					w.err = err
				}
			}
			return
		}
		group[failed].err = err
		group = slices.Delete(group, failed, failed+1)
	}
}

// tryGroup applies a group in one transaction. If a write fails after it has changed something,
// tryGroup rolls the transaction back and returns the index of the write; the caller retries with
// the others. Otherwise it returns -1.
func (wr *writer) tryGroup(group []*write) (failed int, err error) {
	if wr.broken != nil {
		return -1, wr.broken
	}
	tx, err := wr.file.begin(true)
	if err != nil {
		return -1, err
	}
	defer func() {
		_ = recoverFault(tx.Rollback) // returns an error after a commit
	}()
	t := &tables{tx: tx, hasHeads: wr.file.hasHeads}
	for i, w := range group {
		before := t.changes
		w.err = recoverFault(func() error { return w.apply(t) })
		if w.err != nil && (t.changes > before || errors.Is(w.err, ErrDamaged)) {
			return i, w.err
		}
	}
	if t.changes == 0 {
		return -1, nil
	}
	id := tx.ID()
	if err := recoverFault(func() error { return wr.commit(tx) }); err != nil {
		wr.checkFailedCommit(id, err)
		return -1, err
	}
	return -1, nil
}

// checkFailedCommit stops all further writes if a failed commit is visible in the file. In that
// case its sync failed and the state on the disk is unknown; the next commit might overwrite pages
// that the state on the disk still needs. It does the same if the file is damaged.
func (wr *writer) checkFailedCommit(id int, cause error) {
	visible := true
	err := wr.file.view(func(tx *bbolt.Tx) error {
		visible = tx.ID() >= id
		return nil
	})
	if err != nil || visible || errors.Is(cause, ErrDamaged) {
		wr.broken = printable.Errorf("the store rejects all writes, since an earlier write left the file in an unknown state; close it, check the disk, and open it again: %w", cause)
	}
}
