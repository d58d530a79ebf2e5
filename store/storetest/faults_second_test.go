package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

// counting is a handle that checks versions against the commits that it appended itself.
type counting struct {
	*plain
	mu   sync.Mutex
	last map[usher.AccountID]uint64
}

func (c *counting) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.plain.Append(ctx, id, e)
	next := e.Version == c.last[id]+1
	if next && errors.Is(err, store.ErrConflict) {
		c.plain.mu.Lock()
		c.plain.accounts[id].commits[e.Version-1].Data = bytes.Clone(e.Data)
		c.plain.mu.Unlock()
		err = nil
	}
	if err == nil {
		c.last[id] = e.Version
	}
	return err
}

// caching is a handle that remembers the snapshots that it saved itself.
type caching struct {
	*plain
	mu    sync.Mutex
	saved map[usher.AccountID]store.Snapshot
}

func (c *caching) SaveSnapshot(ctx context.Context, id usher.AccountID, s store.Snapshot) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.plain.SaveSnapshot(ctx, id, s)
	if err == nil && s.Version >= c.saved[id].Version {
		c.saved[id] = store.Snapshot{Version: s.Version, Data: bytes.Clone(s.Data)}
	}
	return err
}

func (c *caching) Snapshot(ctx context.Context, id usher.AccountID) (store.Snapshot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.saved[id]; ok && ctx.Err() == nil {
		return store.Snapshot{Version: s.Version, Data: bytes.Clone(s.Data)}, nil
	}
	return c.plain.Snapshot(ctx, id)
}

func (c *caching) Erase(ctx context.Context, id usher.AccountID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.plain.Erase(ctx, id)
	if err == nil {
		delete(c.saved, id)
	}
	return err
}

// deaf is a handle whose Watch yields only what it changed itself.
type deaf struct {
	*memstore.Store
	changed *sync.Map
}

func (d deaf) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	d.changed.Store(id, true)
	return d.Store.Append(ctx, id, e)
}

func (d deaf) Erase(ctx context.Context, id usher.AccountID) error {
	d.changed.Store(id, true)
	return d.Store.Erase(ctx, id)
}

func (d deaf) InTx(ctx context.Context, f func(store.Tx) error) error { return d.Store.InTx(ctx, f) }

func (d deaf) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return func(yield func(store.Hint, error) bool) {
		for h, err := range d.Store.Watch(ctx) {
			if _, own := d.changed.Load(h.Account); !own && h.Account != "" {
				continue
			}
			if !yield(h, err) {
				return
			}
		}
	}
}

// leaving is a store whose SaveSnapshot checks first whether the account is erased, and then writes
// into a table of its own.
type leaving struct {
	*plain
	visible bool // Snapshot does not check whether the account is erased
	mu      sync.Mutex
	table   map[usher.AccountID]store.Snapshot
}

func (l *leaving) SaveSnapshot(ctx context.Context, id usher.AccountID, s store.Snapshot) error {
	if err := l.plain.SaveSnapshot(ctx, id, s); err != nil {
		return err
	}
	time.Sleep(20 * time.Microsecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.table[id] = store.Snapshot{Version: s.Version, Data: bytes.Clone(s.Data)}
	return nil
}

func (l *leaving) Snapshot(ctx context.Context, id usher.AccountID) (store.Snapshot, error) {
	s, err := l.plain.Snapshot(ctx, id)
	l.mu.Lock()
	defer l.mu.Unlock()
	if left, ok := l.table[id]; ok && l.visible && errors.Is(err, store.ErrErased) {
		return left, nil
	}
	return s, err
}

func (l *leaving) Erase(ctx context.Context, id usher.AccountID) error {
	if err := l.plain.Erase(ctx, id); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.table, id)
	return nil
}

func (l *leaving) remains(id usher.AccountID) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.table[id]; ok {
		return "1 snapshot"
	}
	return ""
}

func TestSecondFaults(t *testing.T) {
	for _, f := range []struct {
		fault
		open   func() store.Store
		second func(store.Store) store.Store
	}{
		{
			fault{name: "none"},
			func() store.Store { return newPlain() },
			func(s store.Store) store.Store { return s },
		},
		{
			fault{name: "counts its own commits", rows: "SecondOneWins SecondRejects"},
			func() store.Store { return &counting{plain: newPlain(), last: map[usher.AccountID]uint64{}} },
			func(s store.Store) store.Store {
				return &counting{plain: s.(*counting).plain, last: map[usher.AccountID]uint64{}}
			},
		},
		{
			fault{name: "remembers its own snapshots", rows: "SecondErases SecondEraseBeside SecondReads"},
			func() store.Store { return &caching{plain: newPlain(), saved: map[usher.AccountID]store.Snapshot{}} },
			func(s store.Store) store.Store {
				return &caching{plain: s.(*caching).plain, saved: map[usher.AccountID]store.Snapshot{}}
			},
		},
		{
			fault{name: "watches only its own changes", rows: "SecondConfirm SecondWatch", hangs: true},
			func() store.Store { return deaf{new(memstore.Store), new(sync.Map)} },
			func(s store.Store) store.Store { return deaf{s.(deaf).Store, new(sync.Map)} },
		},
		{
			fault{name: "returns a snapshot that was saved during Erase", rows: "EraseBeside SecondEraseBeside"},
			func() store.Store {
				return &leaving{plain: newPlain(), visible: true, table: map[usher.AccountID]store.Snapshot{}}
			},
			func(s store.Store) store.Store { return s },
		},
		{
			fault{name: "keeps a snapshot that was saved during Erase", rows: "EraseBeside SecondEraseBeside"},
			func() store.Store {
				return &leaving{plain: newPlain(), table: map[usher.AccountID]store.Snapshot{}}
			},
			func(s store.Store) store.Store { return s },
		},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.fault.check(t, storetest.Suite{
				Open:   func(testing.TB) store.Store { return f.open() },
				Second: func(_ testing.TB, s store.Store) store.Store { return f.second(s) },
				Remains: func(_ testing.TB, s store.Store, id usher.AccountID) string {
					if l, ok := s.(*leaving); ok {
						return l.remains(id)
					}
					return ""
				},
			})
		})
	}
}
