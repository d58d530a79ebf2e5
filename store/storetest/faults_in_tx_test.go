package storetest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

// transactor is a store in memory with one fault: the functions that are not nil replace its
// methods.
type transactor struct {
	*memstore.Store
	append   func(*memstore.Store, context.Context, usher.AccountID, store.Entry) error
	inTx     func(*memstore.Store, context.Context, func(store.Tx) error) error
	versions func(*memstore.Store, context.Context, []usher.AccountID) ([]uint64, error)
	watch    func(*memstore.Store, context.Context) iter.Seq2[store.Hint, error]
}

func (s transactor) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if s.append != nil {
		return s.append(s.Store, ctx, id, e)
	}
	return s.Store.Append(ctx, id, e)
}

func (s transactor) InTx(ctx context.Context, f func(store.Tx) error) error {
	if s.inTx != nil {
		return s.inTx(s.Store, ctx, f)
	}
	return s.Store.InTx(ctx, f)
}

func (s transactor) Versions(ctx context.Context, ids []usher.AccountID) ([]uint64, error) {
	if s.versions != nil {
		return s.versions(s.Store, ctx, ids)
	}
	return s.Store.Versions(ctx, ids)
}

func (s transactor) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	if s.watch != nil {
		return s.watch(s.Store, ctx)
	}
	return s.Store.Watch(ctx)
}

// unlocked is a transaction whose locks have no effect.
type unlocked struct{ store.Tx }

func (u unlocked) Lock(ctx context.Context, id usher.AccountID, _ store.LockMode) (store.Position, error) {
	return u.Tx.Lock(ctx, id, store.NoLock)
}

var (
	errLost    = errors.New("connection lost")
	errDiscard = errors.New("discarded")
)

var inTxFaults = []struct {
	fault
	store transactor
}{
	{
		fault{name: "commits although f returns an error", rows: "InTxRollsBack"},
		transactor{inTx: func(s *memstore.Store, ctx context.Context, f func(store.Tx) error) error {
			var own error
			err := s.InTx(ctx, func(tx store.Tx) error {
				own = f(tx)
				return nil
			})
			return errors.Join(own, err)
		}},
	},
	{
		fault{name: "calls f twice", rows: "InTxCommits"},
		transactor{inTx: func(s *memstore.Store, ctx context.Context, f func(store.Tx) error) error {
			err := s.InTx(ctx, func(tx store.Tx) error {
				if err := f(tx); err != nil {
					return err
				}
				return errDiscard
			})
			if err != errDiscard {
				return err
			}
			return s.InTx(ctx, f)
		}},
	},
	{
		fault{
			name: "replaces the error of f", rows: "InTxRollsBack LockedAppend LockedAppendDone LockedOthers LockedReads LockedRetry",
			perhaps: "InTxMany", // if several transactions append the first commit, as no lock can hold an account before it
		},
		transactor{inTx: func(s *memstore.Store, ctx context.Context, f func(store.Tx) error) error {
			own := false
			err := s.InTx(ctx, func(tx store.Tx) error {
				err := f(tx)
				own = err != nil
				return err
			})
			if own {
				return errLost
			}
			return err
		}},
	},
	{
		fault{name: "commits when f panics", rows: "InTxPanics"},
		transactor{inTx: func(s *memstore.Store, ctx context.Context, f func(store.Tx) error) (err error) {
			var panicked any
			err = s.InTx(ctx, func(tx store.Tx) error {
				defer func() { panicked = recover() }()
				return f(tx)
			})
			if panicked != nil {
				panic(panicked)
			}
			return err
		}},
	},
	{
		fault{name: "returns a rejection after a commit", rows: "InTxCommitFails"},
		transactor{inTx: func(s *memstore.Store, ctx context.Context, f func(store.Tx) error) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.InTx(context.WithoutCancel(ctx), f); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return store.ErrNotStored
			}
			return nil
		}},
	},
	{
		fault{name: "locks nothing", rows: "LockedAppend LockedAppendDone LockedOthers"},
		transactor{inTx: func(s *memstore.Store, ctx context.Context, f func(store.Tx) error) error {
			return s.InTx(ctx, func(tx store.Tx) error { return f(unlocked{tx}) })
		}},
	},
	{
		fault{name: "does not know the outcome after it waited for a lock", rows: "LockedAppend LockedAppendDone"},
		transactor{append: func(s *memstore.Store, ctx context.Context, id usher.AccountID, e store.Entry) error {
			err := s.Append(ctx, id, e)
			if errors.Is(err, store.ErrNotStored) {
				return errLost
			}
			return err
		}},
	},
	{
		fault{name: "stores an entry later that it rejected", rows: "LockedAppend LockedAppendDone"},
		transactor{append: func(s *memstore.Store, ctx context.Context, id usher.AccountID, e store.Entry) error {
			err := s.Append(ctx, id, e)
			if errors.Is(err, store.ErrNotStored) {
				go func() { _ = s.Append(context.WithoutCancel(ctx), id, e) }()
			}
			return err
		}},
	},
	{
		fault{name: "waits for a lock without an end", rows: "LockedAppend LockedAppendDone", hangs: true},
		transactor{append: func(s *memstore.Store, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			for {
				if err := s.Append(context.WithoutCancel(ctx), id, e); !errors.Is(err, store.ErrNotStored) {
					return err
				}
			}
		}},
	},
	{
		fault{name: "returns versions in the order of sorted ids", rows: "VersionsInOrder VersionsMany"},
		transactor{versions: func(s *memstore.Store, ctx context.Context, ids []usher.AccountID) ([]uint64, error) {
			return s.Versions(ctx, slices.Sorted(slices.Values(ids)))
		}},
	},
	{
		fault{name: "accepts bad ids in Versions", rows: "VersionsBadIDs"},
		transactor{versions: func(s *memstore.Store, ctx context.Context, ids []usher.AccountID) ([]uint64, error) {
			ids = slices.Clone(ids)
			for i, id := range ids {
				if store.CheckAccount(id) != nil {
					ids[i] = "bad"
				}
			}
			return s.Versions(ctx, ids)
		}},
	},
	{
		fault{name: "returns versions of 10 and more one commit late", rows: "LoopNested ShortenOtherwise VersionsAfterCall"},
		transactor{versions: func(s *memstore.Store, ctx context.Context, ids []usher.AccountID) ([]uint64, error) {
			versions, err := s.Versions(ctx, ids)
			for i, version := range versions {
				if version >= 10 && version != store.Erased {
					versions[i]--
				}
			}
			return versions, err
		}},
	},
	{
		fault{name: `yields the zero Hint in place of an id`, rows: "WatchNames", hangs: true},
		transactor{watch: func(s *memstore.Store, ctx context.Context) iter.Seq2[store.Hint, error] {
			return func(yield func(store.Hint, error) bool) {
				for h, err := range s.Watch(ctx) {
					if !yield(store.Hint{Mark: h.Mark}, err) {
						return
					}
				}
			}
		}},
	},
}

func TestInTxFaults(t *testing.T) {
	for _, f := range inTxFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.fault.check(t, storetest.Suite{Open: func(testing.TB) store.Store {
				s := f.store
				s.Store = new(memstore.Store)
				return s
			}})
		})
	}
}
