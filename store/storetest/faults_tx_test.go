package storetest_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

// hostTx is a transaction in memory that a statement of the host can break, with one fault.
type hostTx struct {
	*memstore.Tx
	store  *memstore.Store
	broken bool
	slices [][]byte // the data of appended entries, for one of the faults
	fault  txFault
}

// txFault replaces methods of a hostTx with the functions that are not nil.
type txFault struct {
	append     func(*hostTx, context.Context, usher.AccountID, store.Entry) error
	commits    func(*hostTx, context.Context, usher.AccountID, uint64) iter.Seq2[store.Commit, error]
	lock       func(*hostTx, context.Context, usher.AccountID, store.LockMode) (store.Position, error)
	record     func(*hostTx, context.Context, usher.AccountID, usher.UserID) ([]byte, error)
	snapshot   func(*hostTx, context.Context, usher.AccountID) (store.Snapshot, error)
	rollback   func(*hostTx) error
	savepoint  func(*hostTx) func()
	unbreaking bool // a statement of the host that fails has no effect
}

func (h *hostTx) lost() error {
	if h.broken {
		return store.ErrRetry
	}
	return nil
}

func (h *hostTx) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if err := h.lost(); err != nil {
		return err
	}
	if h.fault.append != nil {
		return h.fault.append(h, ctx, id, e)
	}
	return h.Tx.Append(ctx, id, e)
}

func (h *hostTx) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	if h.broken {
		return list(func() ([]store.Commit, error) { return nil, store.ErrRetry })
	}
	if h.fault.commits != nil {
		return h.fault.commits(h, ctx, id, after)
	}
	return h.Tx.Commits(ctx, id, after)
}

func (h *hostTx) Lock(ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
	if err := h.lost(); err != nil {
		return store.Position{}, err
	}
	if h.fault.lock != nil {
		return h.fault.lock(h, ctx, id, mode)
	}
	return h.Tx.Lock(ctx, id, mode)
}

func (h *hostTx) Snapshot(ctx context.Context, id usher.AccountID) (store.Snapshot, error) {
	if err := h.lost(); err != nil {
		return store.Snapshot{}, err
	}
	if h.fault.snapshot != nil {
		return h.fault.snapshot(h, ctx, id)
	}
	return h.Tx.Snapshot(ctx, id)
}

func (h *hostTx) Record(ctx context.Context, id usher.AccountID, user usher.UserID) ([]byte, error) {
	if err := h.lost(); err != nil {
		return nil, err
	}
	if h.fault.record != nil {
		return h.fault.record(h, ctx, id, user)
	}
	return h.Tx.Record(ctx, id, user)
}

func (f txFault) suite() storetest.TxSuite {
	return storetest.TxSuite{
		Open:   func(testing.TB) store.Store { return new(memstore.Store) },
		Second: func(_ testing.TB, s store.Store) store.Store { return s },
		Begin: func(_ testing.TB, s store.Store) (store.Tx, func() error, func() error) {
			m := s.(*memstore.Store)
			h := &hostTx{Tx: m.Begin(), store: m, fault: f}
			commit := func() error { return h.Tx.Commit(context.Background()) }
			if f.rollback != nil {
				return h, commit, func() error { return f.rollback(h) }
			}
			return h, commit, h.Tx.Rollback
		},
		Savepoint: func(_ testing.TB, tx store.Tx) func() error {
			h := tx.(*hostTx)
			rollback := h.Tx.Savepoint()
			if f.savepoint != nil {
				rollback = f.savepoint(h)
			}
			return func() error {
				rollback()
				return nil
			}
		},
		Break: func(_ testing.TB, tx store.Tx) { tx.(*hostTx).broken = !f.unbreaking },
	}
}

// A Tx without a fault passes all rows, also where transactions come one after the other.
func TestTxSuite(t *testing.T) {
	t.Run("concurrent", func(t *testing.T) { txFault{}.suite().Run(t) })
	t.Run("one at a time", func(t *testing.T) {
		s := txFault{}.suite()
		s.OneAtATime = true
		var open sync.Mutex
		begin := s.Begin
		s.Begin = func(t testing.TB, s store.Store) (store.Tx, func() error, func() error) {
			if !open.TryLock() {
				t.Errorf("two transactions are open")
			}
			tx, commit, rollback := begin(t, s)
			ending := func(end func() error) func() error {
				return func() error {
					defer open.Unlock()
					return end()
				}
			}
			return tx, ending(commit), ending(rollback)
		}
		s.Run(t)
	})
	t.Run("without user data", func(t *testing.T) {
		s := txFault{
			append: func(h *hostTx, ctx context.Context, id usher.AccountID, e store.Entry) error {
				if len(e.Records) > 0 {
					return store.ErrNoUserData
				}
				return h.Tx.Append(ctx, id, e)
			},
			record: func(*hostTx, context.Context, usher.AccountID, usher.UserID) ([]byte, error) {
				return nil, store.ErrNoUserData
			},
		}.suite()
		begin := s.Begin
		s.Open = func(testing.TB) store.Store { return bare{new(memstore.Store)} }
		s.Second = nil
		s.Begin = func(t testing.TB, s store.Store) (store.Tx, func() error, func() error) {
			return begin(t, s.(bare).Store)
		}
		s.Run(t)
	})
}

var txFaults = []struct {
	fault
	tx txFault
}{
	{
		fault{name: "appends outside of the transaction", rows: "TxAppendLocks TxCommitted TxIndex TxLoopBody TxNeverEnds TxNoCommits TxOthersSee TxPosition TxRecord TxRollback TxRunAgain TxSavepoint TxSavepointFirst TxTogether"},
		txFault{append: func(h *hostTx, ctx context.Context, id usher.AccountID, e store.Entry) error {
			return h.store.Append(ctx, id, e)
		}},
	},
	{
		fault{name: "commits when it should roll back", rows: "TxIndex TxNeverEnds TxRecord TxRollback TxRunAgain TxSavepointFirst TxTogether"},
		txFault{rollback: func(h *hostTx) error { return h.Tx.Commit(context.Background()) }},
	},
	{
		fault{name: "reads outside of the transaction", rows: "TxCommits TxDone TxLoopBody TxNeverEnds TxRejected TxSavepoint TxSeesOwn"},
		txFault{commits: func(h *hostTx, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return h.store.Commits(ctx, id, after)
		}},
	},
	{
		fault{name: "reads records outside of the transaction", rows: "TxRecord"},
		txFault{record: func(h *hostTx, ctx context.Context, id usher.AccountID, user usher.UserID) ([]byte, error) {
			return h.store.Record(ctx, id, user)
		}},
	},
	{
		fault{name: "says that its own commits are committed", rows: "TxCommitted TxLoopBody TxNeverEnds TxPosition TxSavepoint TxSavepointFirst"},
		txFault{lock: func(h *hostTx, ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
			p, err := h.Tx.Lock(ctx, id, mode)
			p.Committed = p.Last
			return p, err
		}},
	},
	{
		fault{name: "locks nothing", rows: "TxAppendLocks TxDeadlock TxLockModes TxLocks"},
		txFault{lock: func(h *hostTx, ctx context.Context, id usher.AccountID, _ store.LockMode) (store.Position, error) {
			return h.Tx.Lock(ctx, id, store.NoLock)
		}},
	},
	{
		fault{name: "share locks exclude each other", rows: "TxLockModes"},
		txFault{lock: func(h *hostTx, ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
			if mode == store.ShareLock {
				mode = store.WriteLock
			}
			return h.Tx.Lock(ctx, id, mode)
		}},
	},
	{
		fault{name: "does not know the outcome after it waited for a lock", rows: "TxAppendLocks TxDeadlock TxLockModes"},
		txFault{lock: func(h *hostTx, ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
			p, err := h.Tx.Lock(ctx, id, mode)
			if errors.Is(err, store.ErrNotStored) {
				err = errLost
			}
			return p, err
		}},
	},
	{
		fault{name: "says that an erased account has no commits", rows: "TxErased"},
		txFault{lock: func(h *hostTx, ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
			p, err := h.Tx.Lock(ctx, id, mode)
			if errors.Is(err, store.ErrErased) {
				err = nil
			}
			return p, err
		}},
	},
	{
		fault{name: "a rejection breaks the transaction", rows: "TxCreators TxDone TxNeverEnds TxRejected"},
		txFault{append: func(h *hostTx, ctx context.Context, id usher.AccountID, e store.Entry) error {
			err := h.Tx.Append(ctx, id, e)
			h.broken = err != nil
			return err
		}},
	},
	{
		fault{name: "does not notice that the transaction is lost", rows: "TxBroken TxRunAgain"},
		txFault{unbreaking: true},
	},
	{
		fault{name: "does not roll back to a savepoint", rows: "TxSavepoint TxSavepointFirst"},
		txFault{savepoint: func(*hostTx) func() { return func() {} }},
	},
	{
		fault{name: "ignores the context", rows: "TxDone"},
		txFault{append: func(h *hostTx, _ context.Context, id usher.AccountID, e store.Entry) error {
			return h.Tx.Append(context.Background(), id, e)
		}},
	},
	{
		fault{name: "keeps the caller's slice", rows: "TxSlices"},
		txFault{
			append: func(h *hostTx, ctx context.Context, id usher.AccountID, e store.Entry) error {
				err := h.Tx.Append(ctx, id, e)
				if err == nil {
					h.slices = append(h.slices, e.Data)
				}
				return err
			},
			commits: func(h *hostTx, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
				return list(func() ([]store.Commit, error) {
					all, err := gather(h.Tx.Commits(ctx, id, after))
					if len(all) == 1 && len(h.slices) == 1 {
						all[0].Data = h.slices[0]
					}
					return all, err
				})
			},
		},
	},
	{
		fault{name: "reads no snapshot", rows: "TxLoopBody TxSnapshot"},
		txFault{snapshot: func(h *hostTx, ctx context.Context, id usher.AccountID) (store.Snapshot, error) {
			_, err := h.Tx.Snapshot(ctx, id)
			return store.Snapshot{}, err
		}},
	},
}

func TestTxFaults(t *testing.T) {
	for _, f := range txFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.checkTx(t, f.tx.suite())
		})
	}
}

// A store that remembers the versions of transactions that were rolled back fails.
func TestTxMemory(t *testing.T) {
	var mu sync.Mutex
	used := map[*memstore.Store]map[usher.AccountID]uint64{} // the last version of each account
	f := fault{rows: "TxIndex TxRecord TxRollback TxRunAgain TxSavepoint TxSavepointFirst"}
	f.checkTx(t, txFault{append: func(h *hostTx, ctx context.Context, id usher.AccountID, e store.Entry) error {
		mu.Lock()
		defer mu.Unlock()
		if used[h.store] == nil {
			used[h.store] = map[usher.AccountID]uint64{}
		}
		if e.Version > 1 && e.Version <= used[h.store][id] {
			return store.ErrConflict
		}
		err := h.Tx.Append(ctx, id, e)
		if err == nil {
			used[h.store][id] = e.Version
		}
		return err
	}}.suite())
}
