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
	watch func(iter.Seq2[store.Hint, error]) iter.Seq2[store.Hint, error]
}

func (w watcher) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
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

func (b blocking) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return func(yield func(store.Hint, error) bool) {
		for h, err := range b.Store.Watch(ctx) {
			b.yielding.Lock()
			more := yield(h, err)
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
		fault{name: "does not yield the zero Hint first", rows: "WatchBegins WatchCommits WatchEnds WatchErased WatchErasedVersion WatchNames WatchSlowly WatchVersion ShortenHints ConfirmAnswers ConfirmAscends ConfirmHints ConfirmMany ConfirmMarks", hangs: true},
		func() store.Store {
			return watcher{new(memstore.Store), func(loop iter.Seq2[store.Hint, error]) iter.Seq2[store.Hint, error] {
				return func(yield func(store.Hint, error) bool) {
					for h, err := range loop {
						if (h != (store.Hint{}) || err != nil) && !yield(h, err) {
							return
						}
					}
				}
			}}
		},
	},
	{
		fault{name: "yields only the zero Hint", rows: "WatchCommits WatchErased WatchErasedVersion WatchNames WatchVersion ShortenHints ConfirmHints", perhaps: "ConfirmMany", hangs: true},
		func() store.Store {
			return watcher{new(memstore.Store), func(loop iter.Seq2[store.Hint, error]) iter.Seq2[store.Hint, error] {
				return func(yield func(store.Hint, error) bool) {
					for h, err := range loop {
						if (h.Account == "" || err != nil) && !yield(h, err) {
							return
						}
					}
				}
			}}
		},
	},
	{
		fault{name: "ends with an error when the context is canceled", rows: "WatchEnds", perhaps: "WatchCommits WatchErased WatchErasedVersion WatchNames WatchVersion ConfirmAnswers ConfirmAscends ConfirmHints ConfirmMany ConfirmMarks"},
		func() store.Store {
			return watcher{new(memstore.Store), func(loop iter.Seq2[store.Hint, error]) iter.Seq2[store.Hint, error] {
				return func(yield func(store.Hint, error) bool) {
					for h, err := range loop {
						if !yield(h, err) {
							return
						}
					}
					yield(store.Hint{}, context.Canceled)
				}
			}}
		},
	},
	{
		fault{name: "a slow watcher delays Append", rows: "WatchSlowly", hangs: true},
		func() store.Store { return blocking{new(memstore.Store), new(sync.Mutex)} },
	},
}
