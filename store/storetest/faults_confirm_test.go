package storetest_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

// confirming is a store whose loops change the hints that they yield, and whose Confirm changes its
// result.
type confirming struct {
	*memstore.Store
	hint func(store.Hint) []store.Hint
	mark func(uint64) uint64
}

func (c confirming) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	if c.hint == nil {
		return c.Store.Watch(ctx)
	}
	return func(yield func(store.Hint, error) bool) {
		for h, err := range c.Store.Watch(ctx) {
			if err != nil {
				yield(h, err)
				return
			}
			for _, h := range c.hint(h) {
				if !yield(h, nil) {
					return
				}
			}
		}
	}
}

func (c confirming) Confirm(ctx context.Context) (uint64, error) {
	mark, err := c.Store.Confirm(ctx)
	if c.mark != nil && err == nil {
		mark = c.mark(mark)
	}
	return mark, err
}

var confirmFaults = []struct {
	fault
	open func() store.Store
}{
	{
		fault{name: "yields marks but no hints after the first", rows: "ConfirmHints ShortenHints WatchCommits WatchErased WatchErasedVersion WatchNames WatchVersion", perhaps: "ConfirmMany", hangs: true},
		func() store.Store {
			var begun atomic.Bool
			return confirming{Store: new(memstore.Store), hint: func(h store.Hint) []store.Hint {
				if h.Mark == 0 && begun.Swap(true) && h != (store.Hint{}) {
					return nil
				}
				return []store.Hint{h}
			}}
		},
	},
	{
		fault{name: "yields no mark", rows: "ConfirmAnswers ConfirmAscends ConfirmHints ConfirmMany ConfirmMarks", hangs: true},
		func() store.Store {
			return confirming{Store: new(memstore.Store), hint: func(h store.Hint) []store.Hint {
				if h.Mark > 0 {
					return nil
				}
				return []store.Hint{h}
			}}
		},
	},
	{
		fault{name: "hints for an older version", rows: "ConfirmHints"},
		func() store.Store {
			return confirming{Store: new(memstore.Store), hint: func(h store.Hint) []store.Hint {
				if h.Version > 1 {
					h.Version--
				}
				return []store.Hint{h}
			}}
		},
	},
	{
		fault{name: "hints for a version that does not exist", rows: "WatchVersion"},
		func() store.Store {
			return confirming{Store: new(memstore.Store), hint: func(h store.Hint) []store.Hint {
				if h.Version > 0 {
					h.Version += 1000
				}
				return []store.Hint{h}
			}}
		},
	},
	{
		fault{name: "hints for an erased account with a version", rows: "ConfirmHints WatchErasedVersion", hangs: true},
		func() store.Store {
			return confirming{Store: new(memstore.Store), hint: func(h store.Hint) []store.Hint {
				if h.Account != "" && h.Version == 0 {
					h.Version = 1
				}
				return []store.Hint{h}
			}}
		},
	},
	{
		fault{name: "marks have an account", rows: "ConfirmAnswers"},
		func() store.Store {
			return confirming{Store: new(memstore.Store), hint: func(h store.Hint) []store.Hint {
				if h.Mark > 0 {
					h.Account = "acme"
				}
				return []store.Hint{h}
			}}
		},
	},
	{
		fault{name: "returns the same mark again", rows: "ConfirmAscends", perhaps: "ConfirmAnswers ConfirmHints"},
		func() store.Store {
			return confirming{Store: new(memstore.Store), mark: func(uint64) uint64 { return 1 }}
		},
	},
	{
		fault{name: "returns mark 0", rows: "ConfirmAnswers ConfirmAscends ConfirmHints ConfirmMany ConfirmMarks"},
		func() store.Store {
			return confirming{Store: new(memstore.Store), mark: func(uint64) uint64 { return 0 }}
		},
	},
}

func TestConfirmFaults(t *testing.T) {
	for _, f := range confirmFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.fault.check(t, storetest.Suite{Open: func(testing.TB) store.Store { return f.open() }})
		})
	}
}
