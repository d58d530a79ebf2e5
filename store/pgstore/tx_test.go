package pgstore_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
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

// A transaction that sees an older state than the newest one cannot change the account, but can read
// it.
func TestTxIsolation(t *testing.T) {
	ctx := context.Background()
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable} {
		t.Run(string(level), func(t *testing.T) {
			s := open(t, pgstore.Options{Schema: newSchema()})
			last := uint64(1)
			require.NoError(t, s.Append(ctx, "acme", commit(last, "")))
			for name, change := range map[string]func(store.Tx) error{
				"write lock": func(tx store.Tx) error { _, err := tx.Lock(ctx, "acme", store.WriteLock); return err },
				"share lock": func(tx store.Tx) error { _, err := tx.Lock(ctx, "acme", store.ShareLock); return err },
				"append":     func(tx store.Tx) error { return tx.Append(ctx, "acme", commit(last, "late")) },
				"create":     func(tx store.Tx) error { return tx.Append(ctx, "create", commit(1, "late")) },
			} {
				late := host(t, pgx.TxOptions{IsoLevel: level})
				tx := s.Tx(late)
				before, err := tx.Lock(ctx, "acme", store.NoLock)
				require.NoError(t, err)
				last++
				require.NoError(t, s.Append(ctx, "acme", commit(last, "")))
				require.NoError(t, s.Append(ctx, usher.AccountID(name), commit(1, "")))
				again, err := tx.Lock(ctx, "acme", store.NoLock)
				require.NoError(t, err)
				assert.Equal(t, before, again)
				require.ErrorIs(t, change(tx), store.ErrRetry, name)
				_, err = tx.Snapshot(ctx, "acme")
				require.ErrorIs(t, err, store.ErrRetry, "the transaction is lost")
				require.NoError(t, late.Rollback(ctx))
			}
			tx := host(t, pgx.TxOptions{IsoLevel: level})
			require.NoError(t, s.Tx(tx).Append(ctx, "acme", commit(last+1, "")))
			require.NoError(t, s.Tx(tx).Append(ctx, "acme", commit(last+2, "")))
			p, err := s.Tx(tx).Lock(ctx, "acme", store.WriteLock)
			require.NoError(t, err)
			assert.Equal(t, store.Position{Last: last + 2, Committed: last}, p)
			require.NoError(t, tx.Commit(ctx))
			assert.Len(t, journal(t, s, "acme"), int(last)+2)
		})
	}
}

// Two transactions that lock two accounts in opposite orders end in a deadlock, which one of them
// survives.
func TestTxDeadlock(t *testing.T) {
	ctx := context.Background()
	s := open(t, pgstore.Options{Schema: newSchema()})
	ids := []usher.AccountID{"a", "b"}
	for _, id := range ids {
		require.NoError(t, s.Append(ctx, id, commit(1, "one")))
	}
	var outcomes [2]error
	var both, ended sync.WaitGroup
	both.Add(2)
	for i := range 2 {
		tx := host(t, pgx.TxOptions{})
		ended.Go(func() {
			assert.NoError(t, s.Tx(tx).Append(ctx, ids[i], commit(2, "two")))
			both.Done()
			both.Wait()
			outcomes[i] = s.Tx(tx).Append(ctx, ids[1-i], commit(2, "two"))
			if outcomes[i] == nil {
				assert.NoError(t, tx.Commit(ctx))
			} else {
				assert.NoError(t, tx.Rollback(ctx))
			}
		})
	}
	ended.Wait()
	lost := slices.IndexFunc(outcomes[:], func(err error) bool { return err != nil })
	require.NotEqual(t, -1, lost)
	require.ErrorIs(t, outcomes[lost], store.ErrRetry)
	require.NoError(t, outcomes[1-lost])
	assert.Equal(t, []string{"one", "two"}, journal(t, s, "a"))
	assert.Equal(t, []string{"one", "two"}, journal(t, s, "b"))
}

// A wait that the host's statement_timeout or lock_timeout ends loses the transaction.
func TestTxTimeouts(t *testing.T) {
	ctx := context.Background()
	s := open(t, pgstore.Options{Schema: newSchema()})
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	defer hold(t, s, "acme")()
	for _, setting := range []string{"statement_timeout", "lock_timeout"} {
		tx := host(t, pgx.TxOptions{})
		_, err := tx.Exec(ctx, "SET LOCAL "+setting+" = 20")
		require.NoError(t, err)
		_, err = s.Tx(tx).Lock(ctx, "acme", store.WriteLock)
		require.ErrorIs(t, err, store.ErrRetry, setting)
		require.NoError(t, tx.Rollback(ctx))
	}
}

// A prepared transaction is invisible until COMMIT PREPARED, also to Watch.
func TestTxPrepared(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), Notify: pgstore.NotifyOff, PollEvery: soon, LockTimeout: 50 * time.Millisecond}
	s := open(t, o)
	found := hints(t, s)
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	assert.EqualValues(t, "acme", next(t, found))
	tx := host(t, pgx.TxOptions{})
	require.NoError(t, s.Tx(tx).Append(ctx, "acme", commit(2, "two")))
	_, err := tx.Exec(ctx, "PREPARE TRANSACTION 'usher test'")
	require.NoError(t, err)
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))
	require.ErrorIs(t, s.Append(ctx, "acme", commit(2, "another")), store.ErrNotStored)
	_, err = connect(t).Exec(ctx, "COMMIT PREPARED 'usher test'")
	require.NoError(t, err)
	assert.EqualValues(t, "acme", next(t, found))
	assert.Equal(t, []string{"one", "two"}, journal(t, s, "acme"))
}

// A COMMIT that fails has stored nothing: here one that a statement before it has made impossible.
func TestInTxCommitFails(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema()}
	s := open(t, o)
	_, err := connect(t).Exec(ctx, "CREATE FUNCTION "+in(o.Schema, "refuse")+"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$; "+
		"CREATE CONSTRAINT TRIGGER late AFTER INSERT ON "+in(o.Schema, "commits")+" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "+in(o.Schema, "refuse")+"()")
	require.NoError(t, err)
	err = s.InTx(ctx, func(tx store.Tx) error { return tx.Append(ctx, "acme", commit(1, "one")) })
	require.ErrorIs(t, err, store.ErrNotStored)
	require.ErrorIs(t, s.Append(ctx, "acme", commit(1, "one")), store.ErrNotStored)
	assert.Empty(t, journal(t, s, "acme"))
}
