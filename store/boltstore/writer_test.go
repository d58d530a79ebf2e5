package boltstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var errDisk = errors.New("disk failure")

func openNew(t *testing.T) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	s, err := Open(path, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, path
}

// holdUp keeps the writer busy until the function that it returns is called.
func holdUp(t *testing.T, s *Store) (goOn func()) {
	t.Helper()
	busy, release := make(chan struct{}), make(chan struct{})
	go func() {
		assert.NoError(t, s.writer.do(context.Background(), &write{exclusive: true, apply: func(*tables) error {
			close(busy)
			<-release
			return nil
		}}))
	}()
	<-busy
	return func() { close(release) }
}

// queued starts calls in order, so that the writer takes all of them at once, and returns their
// errors.
func queued(t *testing.T, s *Store, calls ...func() error) []error {
	t.Helper()
	goOn := holdUp(t, s)
	errs := make([]error, len(calls))
	var group sync.WaitGroup
	for i, call := range calls {
		group.Go(func() { errs[i] = call() })
		waitFor(t, s, i+1)
	}
	goOn()
	group.Wait()
	return errs
}

// waitFor waits until n writes are queued.
func waitFor(t *testing.T, s *Store, n int) {
	t.Helper()
	eventually(s, func() bool { return len(s.writer.waiting) == n })
}

// eventually waits until condition returns true, with the writer locked.
func eventually(s *Store, condition func() bool) {
	for {
		s.writer.mu.Lock()
		done := condition()
		s.writer.mu.Unlock()
		if done {
			return
		}
		time.Sleep(50 * time.Microsecond)
	}
}

func (s *Store) appendText(account usher.AccountID, version uint64, text string) error {
	return s.Append(context.Background(), account, store.Entry{Commit: store.Commit{Version: version, Data: []byte(text)}})
}

func texts(t *testing.T, s *Store, account usher.AccountID) (all []string) {
	t.Helper()
	for c, err := range s.Commits(t.Context(), account, 0) {
		require.NoError(t, err)
		all = append(all, string(c.Data))
	}
	return all
}

// in returns a call that stores the id of its transaction.
func in(s *Store, id *int, exclusive bool) func() error {
	return func() error {
		return s.writer.do(context.Background(), &write{exclusive: exclusive, apply: func(t *tables) error {
			*id = t.tx.ID()
			return t.put(recordBucket, []byte{1}, []byte{1})
		}})
	}
}

func TestGroup(t *testing.T) {
	s, _ := openNew(t)
	var ids [7]int
	var calls []func() error
	for i := range ids {
		calls = append(calls, in(s, &ids[i], i == 3))
	}
	for _, err := range queued(t, s, calls...) {
		require.NoError(t, err)
	}
	first := ids[0]
	assert.Equal(t, [7]int{first, first, first, first + 1, first + 2, first + 2, first + 2}, ids, "the fourth has its own transaction")
}

func TestGroupHasBounds(t *testing.T) {
	s, _ := openNew(t)
	var ids [5]int
	var calls []func() error
	for i := range ids {
		calls = append(calls, func() error {
			return s.writer.do(context.Background(), &write{bytes: maxGroupBytes/2 + 1, apply: func(t *tables) error {
				ids[i] = t.tx.ID()
				return t.put(recordBucket, []byte{1}, []byte{1})
			}})
		})
	}
	for _, err := range queued(t, s, calls...) {
		require.NoError(t, err)
	}
	for i := range ids {
		assert.Equal(t, ids[0]+i, ids[i])
	}
}

// A write that fails after a change is undone, and no other write is.
func TestFailedWrite(t *testing.T) {
	s, _ := openNew(t)
	failing := func(how func() error) func() error {
		return func() error {
			return s.writer.do(context.Background(), &write{apply: func(t *tables) error {
				if err := t.put(recordBucket, userKey(accountKey("acme"), "failing"), []byte("half")); err != nil {
					return err
				}
				return how()
			}})
		}
	}
	errs := queued(
		t, s,
		func() error { return s.appendText("acme", 1, "one") },
		failing(func() error { return errDisk }),
		func() error { return s.appendText("acme", 2, "two") },
		failing(func() error { panic("a mistake") }),
		func() error { return s.appendText("acme", 2, "too late") },
		func() error { return s.appendText("other", 1, "one") },
		failing(func() error { return store.ErrInvalid }),
	)
	assert.NoError(t, errs[0])
	assert.ErrorIs(t, errs[1], errDisk)
	assert.NoError(t, errs[2])
	assert.ErrorIs(t, errs[3], ErrDamaged)
	assert.ErrorContains(t, errs[3], "a mistake")
	assert.ErrorIs(t, errs[4], store.ErrConflict)
	assert.NoError(t, errs[5])
	assert.ErrorIs(t, errs[6], store.ErrInvalid)
	assert.Equal(t, []string{"one", "two"}, texts(t, s, "acme"))
	assert.Equal(t, []string{"one"}, texts(t, s, "other"))
	data, err := s.Record(t.Context(), "acme", "failing")
	assert.Nil(t, data)
	assert.NoError(t, err)
}

// If a commit fails, no call returns a conflict with a write that was not stored.
func TestFailedCommit(t *testing.T) {
	s, _ := openNew(t)
	require.NoError(t, s.appendText("acme", 1, "one"))
	s.writer.commit = func(tx *bbolt.Tx) error { return errors.Join(errDisk, tx.Rollback()) }
	errs := queued(
		t, s,
		func() error { return s.appendText("acme", 2, "mine") },
		func() error { return s.appendText("acme", 2, "theirs") },
		func() error { return s.appendText("other", 1, "one") },
		func() error { return s.appendText("other", 1, "another") },
		func() error { return s.appendText("acme", 9, "far") },
	)
	for i, err := range errs {
		assert.ErrorIs(t, err, errDisk, "call %d", i)
		assert.False(t, store.IsRejected(err), "the outcome of call %d is unknown", i)
	}
	s.writer.commit = (*bbolt.Tx).Commit
	assert.Equal(t, []string{"one"}, texts(t, s, "acme"))
	assert.NoError(t, s.appendText("acme", 2, "theirs"), "the disk works again")
	assert.NoError(t, s.appendText("other", 1, "another"))
	assert.Equal(t, []string{"one", "theirs"}, texts(t, s, "acme"))
}

// After a failed sync, the state on the disk is unknown and must not be overwritten.
func TestFailedSync(t *testing.T) {
	s, path := openNew(t)
	require.NoError(t, s.appendText("acme", 1, "one"))
	s.writer.commit = func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), errDisk) }
	err := s.appendText("acme", 2, "two")
	assert.ErrorIs(t, err, errDisk)
	assert.False(t, store.IsRejected(err))
	s.writer.commit = (*bbolt.Tx).Commit
	err = s.appendText("acme", 2, "two")
	assert.ErrorIs(t, err, errDisk)
	assert.ErrorContains(t, err, "open it again")
	assert.False(t, store.IsRejected(err))
	assert.Equal(t, []string{"one", "two"}, texts(t, s, "acme"), "reads still work")
	require.NoError(t, s.Close())

	again, err := Open(path, Options{})
	require.NoError(t, err)
	defer again.Close()
	assert.ErrorIs(t, again.appendText("acme", 2, "two"), store.ErrConflict)
	assert.NoError(t, again.appendText("acme", 3, "three"))
}

func TestPanicInCommit(t *testing.T) {
	s, path := openNew(t)
	require.NoError(t, s.appendText("acme", 1, "one"))
	s.writer.commit = func(*bbolt.Tx) error { panic("a page is freed twice") }
	assert.ErrorIs(t, s.appendText("acme", 2, "two"), ErrDamaged)
	s.writer.commit = (*bbolt.Tx).Commit
	assert.ErrorContains(t, s.appendText("acme", 2, "two"), "open it again")
	require.NoError(t, s.Close())
	again, err := Open(path, Options{})
	require.NoError(t, err)
	defer again.Close()
	assert.Equal(t, []string{"one"}, texts(t, again, "acme"))
}

// A done context cancels a waiting write, but not a write that has begun.
func TestDoneContext(t *testing.T) {
	s, _ := openNew(t)
	goOn := holdUp(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	outcome := make(chan error)
	go func() { outcome <- s.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 1}}) }()
	waitFor(t, s, 1)
	cancel()
	err := <-outcome
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, err, store.ErrNotStored)
	waitFor(t, s, 0)
	goOn()
	assert.NoError(t, s.appendText("acme", 1, "one"), "the canceled write was not stored")

	ctx, cancel = context.WithCancel(t.Context())
	s.writer.commit = func(tx *bbolt.Tx) error {
		cancel()
		return tx.Commit()
	}
	assert.NoError(t, s.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 2, Data: []byte("two")}}))
	assert.Equal(t, []string{"one", "two"}, texts(t, s, "acme"))
}

func TestCloseWaits(t *testing.T) {
	s, path := openNew(t)
	goOn := holdUp(t, s)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() { assert.NoError(t, s.appendText(usher.AccountID(fmt.Sprint("account", i)), 1, "one")) })
	}
	waitFor(t, s, 20)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	eventually(s, func() bool { return s.writer.closed })
	assert.ErrorIs(t, s.appendText("late", 1, "one"), store.ErrClosed)
	goOn()
	group.Wait()
	require.NoError(t, <-closed)
	assert.ErrorIs(t, s.appendText("late", 1, "one"), store.ErrClosed)

	again, err := Open(path, Options{})
	require.NoError(t, err)
	defer again.Close()
	n := 0
	for id, err := range again.Accounts(t.Context(), "") {
		require.NoError(t, err)
		assert.NotEqual(t, usher.AccountID("late"), id)
		n++
	}
	assert.Equal(t, 20, n)
}

// An Append works in a group with Erase of a large neighbour, although a bbolt cursor does not step
// back over pages that become empty.
func TestEraseBesideNeighbours(t *testing.T) {
	s, _ := openNew(t)
	accounts := []usher.AccountID{"a", "b", "c"}
	for version := uint64(1); version <= 300; version++ {
		var group sync.WaitGroup
		for _, account := range accounts {
			group.Go(func() { assert.NoError(t, s.appendText(account, version, fmt.Sprintf("%0200d", version))) })
		}
		group.Wait()
	}
	errs := queued(
		t, s,
		func() error { return s.Erase(context.Background(), "b") },
		func() error { return s.appendText("a", 301, "next") },
		func() error { return s.appendText("a", 1, "again") },
		func() error { return s.appendText("b", 301, "late") },
		func() error { return s.appendText("c", 301, "next") },
	)
	assert.NoError(t, errs[0])
	assert.NoError(t, errs[1])
	assert.ErrorIs(t, errs[2], store.ErrConflict)
	assert.ErrorIs(t, errs[3], store.ErrErased)
	assert.NoError(t, errs[4])
	assert.Equal(t, 301, len(texts(t, s, "a")))
	assert.Equal(t, 301, len(texts(t, s, "c")))
}

// The writer waits for callers that write again, and rarely if they do not.
func TestWaitForMore(t *testing.T) {
	wr := newWriter(nil)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	come := func(n int) {
		for range n {
			group.Go(func() { assert.ErrorIs(t, wr.do(ctx, &write{}), context.Canceled) })
		}
	}
	come(3)
	wr.waitForMore(3, time.Hour)
	assert.Equal(t, 0, wr.misses)
	go func() {
		for {
			wr.mu.Lock()
			waits := wr.wakeAt == 10
			wr.mu.Unlock()
			if waits {
				come(7)
				return
			}
		}
	}()
	wr.waitForMore(10, time.Hour)
	assert.Equal(t, 0, wr.misses)
	assert.Equal(t, 0, wr.wakeAt)

	waited := 0
	for range 5000 {
		if wr.skip == 0 {
			waited++
		}
		wr.waitForMore(11, 1)
	}
	assert.Equal(t, 14, waited, "first, after 1 group, 2, 4, … 1024, and then after each 1024")
	wr.skip = 0
	wr.waitForMore(10, time.Hour)
	assert.Equal(t, 0, wr.misses, "enough writes waited")
	cancel()
	group.Wait()
}
