package pgstore_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/storetest"
)

// hosts are the open transactions of a host.
type hosts struct {
	mu  sync.Mutex
	all map[store.Tx]pgx.Tx
}

func (h *hosts) of(tx store.Tx) pgx.Tx {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[tx]
}

// txSuite returns the suite of the contract for transactions of an isolation level.
func txSuite(level pgx.TxIsoLevel) storetest.TxSuite {
	ctx := context.Background()
	s := suite(pgstore.Options{}, "pool_max_conns=4")
	h := &hosts{all: map[store.Tx]pgx.Tx{}}
	return storetest.TxSuite{
		Open:   s.Open,
		Second: s.Second,
		Begin: func(t testing.TB, s store.Store) (store.Tx, func() error, func() error) {
			c, err := pgx.Connect(ctx, server.Server(t).DSN("postgres", "options='-c lock_timeout=1s'"))
			require.NoError(t, err)
			t.Cleanup(func() { _ = c.Close(ctx) })
			host, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: level})
			require.NoError(t, err)
			tx := s.(*pgstore.Store).Tx(host)
			h.mu.Lock()
			defer h.mu.Unlock()
			h.all[tx] = host
			return tx, func() error { return host.Commit(ctx) }, func() error { return host.Rollback(ctx) }
		},
		Savepoint: func(t testing.TB, tx store.Tx) func() error {
			savepoint, err := h.of(tx).Begin(ctx)
			require.NoError(t, err)
			return func() error { return savepoint.Rollback(ctx) }
		},
		Break: func(t testing.TB, tx store.Tx) {
			_, err := h.of(tx).Exec(ctx, "SELECT 1 / 0")
			require.Error(t, err)
		},
	}
}

func TestTx(t *testing.T) {
	server.Server(t)
	txSuite(pgx.ReadCommitted).Run(t)
}
