package memstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

func open(testing.TB) store.Store { return memstore.WithLockTimeout(200 * time.Millisecond) }

// A store in memory has no second handle: all callers share one.
func same(_ testing.TB, s store.Store) store.Store { return s }

func TestStore(t *testing.T) {
	storetest.Suite{Open: open, Second: same}.Run(t)
}

func TestTx(t *testing.T) {
	storetest.TxSuite{
		Open: open,
		Begin: func(t testing.TB, s store.Store) (store.Tx, func() error, func() error) {
			tx := s.(*memstore.Store).Begin()
			return tx, func() error { return tx.Commit(context.Background()) }, tx.Rollback
		},
		Savepoint: func(_ testing.TB, tx store.Tx) func() error {
			rollback := tx.(*memstore.Tx).Savepoint()
			return func() error {
				rollback()
				return nil
			}
		},
	}.Run(t)
}
