package storetest_test

import (
	"context"
	"iter"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// watcher is a store whose Watch is changed.
type watcher struct {
	*memstore.Store
	watch func(iter.Seq2[usher.AccountID, error]) iter.Seq2[usher.AccountID, error]
}

func (w watcher) Watch(ctx context.Context) iter.Seq2[usher.AccountID, error] {
	return w.watch(w.Store.Watch(ctx))
}

// blocking is a store that appends only when its watcher has heard of the last.
type blocking struct {
	*memstore.Store
	hearing *sync.Mutex
}

func (b blocking) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	b.hearing.Lock()
	defer b.hearing.Unlock()
	return b.Store.Append(ctx, id, e)
}

func (b blocking) Watch(ctx context.Context) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		for id, err := range b.Store.Watch(ctx) {
			b.hearing.Lock()
			more := yield(id, err)
			b.hearing.Unlock()
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
		fault{name: "does not say that it watches", rows: "WatchBegins WatchCommits WatchEnds WatchErased WatchSlowly", hangs: true},
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
		fault{name: "hears nothing", rows: "WatchCommits WatchErased", hangs: true},
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
		fault{name: "ends with an error when it is cancelled", rows: "WatchEnds", perhaps: "WatchCommits WatchErased"},
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
		fault{name: "lets a slow watcher hold up who appends", rows: "WatchSlowly", hangs: true},
		func() store.Store { return blocking{new(memstore.Store), new(sync.Mutex)} },
	},
}
