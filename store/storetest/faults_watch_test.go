package storetest_test

import (
	"context"
	"iter"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// watcher is a store with another Watch.
type watcher struct {
	*memstore.Store
	watch func(iter.Seq2[usher.AccountID, error]) iter.Seq2[usher.AccountID, error]
}

func (w watcher) Watch(ctx context.Context) iter.Seq2[usher.AccountID, error] {
	return w.watch(w.Store.Watch(ctx))
}

// blocking is a store whose Append waits for the loop body of its watcher.
type blocking struct {
	*memstore.Store
	yielding *sync.Mutex
}

func (b blocking) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	b.yielding.Lock()
	defer b.yielding.Unlock()
	return b.Store.Append(ctx, id, e)
}

func (b blocking) Watch(ctx context.Context) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		for id, err := range b.Store.Watch(ctx) {
			b.yielding.Lock()
			more := yield(id, err)
			b.yielding.Unlock()
			if !more {
				return
			}
		}
	}
}

var watchFaults = []struct {
	fault
	open func() store.Store
}{
	{
		fault{name: `does not yield "" first`, rows: "WatchBegins WatchCommits WatchEnds WatchErased WatchNames WatchSlowly", hangs: true},
		func() store.Store {
			return watcher{new(memstore.Store), func(loop iter.Seq2[usher.AccountID, error]) iter.Seq2[usher.AccountID, error] {
				return func(yield func(usher.AccountID, error) bool) {
					for id, err := range loop {
						if (id != "" || err != nil) && !yield(id, err) {
							return
						}
					}
				}
			}}
		},
	},
	{
		fault{name: `yields only ""`, rows: "WatchCommits WatchErased WatchNames", hangs: true},
		func() store.Store {
			return watcher{new(memstore.Store), func(loop iter.Seq2[usher.AccountID, error]) iter.Seq2[usher.AccountID, error] {
				return func(yield func(usher.AccountID, error) bool) {
					for id, err := range loop {
						if (id == "" || err != nil) && !yield(id, err) {
							return
						}
					}
				}
			}}
		},
	},
	{
		fault{name: "ends with an error when the context is canceled", rows: "WatchEnds", perhaps: "WatchCommits WatchErased WatchNames"},
		func() store.Store {
			return watcher{new(memstore.Store), func(loop iter.Seq2[usher.AccountID, error]) iter.Seq2[usher.AccountID, error] {
				return func(yield func(usher.AccountID, error) bool) {
					for id, err := range loop {
						if !yield(id, err) {
							return
						}
					}
					yield("", context.Canceled)
				}
			}}
		},
	},
	{
		fault{name: "a slow watcher delays Append", rows: "WatchSlowly", hangs: true},
		func() store.Store { return blocking{new(memstore.Store), new(sync.Mutex)} },
	},
}
