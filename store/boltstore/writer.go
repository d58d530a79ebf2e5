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

// At most so many writes, or so many bytes and one write, share a transaction.
const (
	mostWrites = 1024
	mostBytes  = 16 << 20
)

// mostInVain bounds how seldom the writer lingers: after 1024 groups at the least.
const mostInVain = 11

// write is one change to the file.
type write struct {
	apply func(*tables) error // looks first, then changes: a refusal leaves nothing behind
	bytes int
	alone bool // shares no transaction

	err  error
	done chan struct{} // closed when err stands
}

// writer is the one goroutine that changes the file. Whatever waits when it is free
// goes into one transaction, and so shares its sync; who comes alone waits for
// nobody.
type writer struct {
	file   *file
	commit func(*bbolt.Tx) error

	mu      sync.Mutex
	waiting []*write
	closed  bool
	enough  int           // so many must wait before the goroutine is told of it
	ready   chan struct{} // holds one when it is told
	done    chan struct{} // closed when the goroutine has ended

	// Of the goroutine alone:
	broken error // why nothing can be written any more
	vain   int   // how often in a row it lingered in vain
	skip   int   // after so many groups it does not linger
}

func newWriter(f *file) *writer {
	return &writer{
		file:   f,
		commit: (*bbolt.Tx).Commit,
		ready:  make(chan struct{}, 1),
		done:   make(chan struct{}),
	}
}

// do waits until w is on the disk or refused. A context that is done takes back
// what has not begun; what has is waited for, since that is short, and knowing the
// outcome is worth it.
func (wr *writer) do(ctx context.Context, w *write) error {
	w.done = make(chan struct{})
	wr.mu.Lock()
	if wr.closed {
		wr.mu.Unlock()
		return store.ErrClosed
	}
	wr.waiting = append(wr.waiting, w)
	if len(wr.waiting) >= wr.enough {
		wr.wake()
	}
	wr.mu.Unlock()
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	if wr.takeBack(w) {
		return ctx.Err()
	}
	<-w.done
	return w.err
}

func (wr *writer) takeBack(w *write) bool {
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

// close lets the goroutine finish what waits, and takes nothing more.
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
		wr.perform(group)
		for _, w := range group {
			close(w.done)
		}
		if len(group) > 1 {
			wr.linger(len(group), time.Since(began)/2)
		}
	}
}

// take returns the longest beginning of what waits that may share a transaction.
func (wr *writer) take() (group []*write, closed bool) {
	wr.mu.Lock()
	defer wr.mu.Unlock()
	n, size := 0, 0
	for n < len(wr.waiting) && n < mostWrites {
		w := wr.waiting[n]
		size += w.bytes
		if n > 0 && (w.alone || size > mostBytes) {
			break
		}
		n++
		if w.alone {
			break
		}
	}
	group, wr.waiting = wr.waiting[:n:n], wr.waiting[n:]
	return group, wr.closed
}

// linger gives those who were just told their outcome the time to come back with
// the next, for otherwise the first of them would have a sync to itself. Where they
// do not come, it is tried again after one group, then after two, four, and so on.
func (wr *writer) linger(company int, most time.Duration) {
	if wr.skip > 0 {
		wr.skip--
		return
	}
	wr.mu.Lock()
	select {
	case <-wr.ready:
	default:
	}
	back := len(wr.waiting) >= company
	wr.enough = company
	wr.mu.Unlock()
	if !back {
		timer := time.NewTimer(most)
		select {
		case <-wr.ready:
		case <-timer.C:
		}
		timer.Stop()
	}
	wr.mu.Lock()
	back = len(wr.waiting) >= company
	wr.enough = 0
	wr.mu.Unlock()
	if back {
		wr.vain = 0
		return
	}
	wr.vain = min(wr.vain+1, mostInVain)
	wr.skip = 1 << (wr.vain - 1)
}

// perform gives every write of a group its outcome.
func (wr *writer) perform(group []*write) {
	group = slices.Clone(group)
	for len(group) > 0 {
		culprit, err := wr.attempt(group)
		if culprit < 0 {
			if err != nil {
				// A refusal may rest on a neighbour's change that came to nothing.
				for _, w := range group {
					w.err = err
				}
			}
			return
		}
		group[culprit].err = err
		group = slices.Delete(group, culprit, culprit+1)
	}
}

// attempt applies a group in one transaction. A write that failed with its changes
// half made is the culprit: all is undone, and the others deserve another attempt.
func (wr *writer) attempt(group []*write) (culprit int, err error) {
	if wr.broken != nil {
		return -1, wr.broken
	}
	tx, err := wr.file.begin(true)
	if err != nil {
		return -1, err
	}
	defer func() {
		_ = guarded(tx.Rollback) // fails after a commit, where there is nothing to undo
	}()
	t := &tables{tx: tx, sealed: wr.file.sealed}
	for i, w := range group {
		before := t.changes
		w.err = guarded(func() error { return w.apply(t) })
		if w.err != nil && (t.changes > before || errors.Is(w.err, ErrDamaged)) {
			return i, w.err
		}
	}
	if t.changes == 0 {
		return -1, nil
	}
	id := tx.ID()
	if err := guarded(func() error { return wr.commit(tx) }); err != nil {
		wr.doubt(id, err)
		return -1, err
	}
	return -1, nil
}

// doubt decides whether the file can be written to after a commit that failed. It
// can if nothing of that commit shows. If it shows, its sync failed: what the disk
// has is unknown, and the next commit might overwrite pages that the state on the
// disk still needs.
func (wr *writer) doubt(id int, cause error) {
	shows := true
	err := wr.file.view(func(tx *bbolt.Tx) error {
		shows = tx.ID() >= id
		return nil
	})
	if err != nil || shows || errors.Is(cause, ErrDamaged) {
		wr.broken = printable.Errorf("nothing can be written any more: an earlier write left the file in an unknown state; close it, look after the disk, and open it again: %w", cause)
	}
}
