package sqlstore_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
	"github.com/usher-go/usher/store/storetest"
)

// txSuite returns the suite for transactions of hosts, which have a pool of their own. The statement
// broken makes a transaction fail.
func txSuite(first func(t testing.TB) handle, broken string) storetest.TxSuite {
	ctx := context.Background()
	var begun, lost sync.Map // by store.Tx: the transactions of hosts, and whether they are lost
	host := func(tx store.Tx) *sql.Tx {
		of, _ := begun.Load(tx)
		return of.(*sql.Tx)
	}
	return storetest.TxSuite{
		Open:   suite(first).Open,
		Second: suite(first).Second,
		Begin: func(t testing.TB, s store.Store) (store.Tx, func() error, func() error) {
			h := handleOf(s)
			db, err := sql.Open(h.driver, h.hostDSN)
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			of, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			tx := s.(*sqlstore.Store).Tx(of)
			begun.Store(tx, of)
			return tx, of.Commit, func() error {
				err := of.Rollback()
				if _, ok := lost.Load(tx); ok {
					return nil // SQLite has already rolled it back, and says so
				}
				return err
			}
		},
		Savepoint: func(t testing.TB, tx store.Tx) func() error {
			_, err := host(tx).ExecContext(ctx, "SAVEPOINT host")
			require.NoError(t, err)
			return func() error {
				_, err := host(tx).ExecContext(ctx, "ROLLBACK TO SAVEPOINT host")
				return err
			}
		},
		Break: func(t testing.TB, tx store.Tx) {
			_, err := host(tx).ExecContext(ctx, broken)
			require.Error(t, err)
			lost.Store(tx, true)
		},
	}
}

func TestTxSQLite(t *testing.T) {
	s := txSuite(func(t testing.TB) handle { return liteFile(t, 0) }, "INSERT OR ROLLBACK INTO usher_migrations SELECT * FROM usher_migrations")
	s.OneAtATime = true
	s.Run(t)
}

func TestTxPostgreSQL(t *testing.T) {
	server.Server(t)
	txSuite(func(t testing.TB) handle { return postgresSchema(t, 20) }, "SELECT 1 / 0").Run(t)
}
