package pgstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
)

// waiting waits until a statement of the database waits for a lock, and returns the number of its
// server process.
func waiting(t testing.TB, schema string) (process int) {
	t.Helper()
	pool := connect(t)
	require.Eventually(t, func() bool {
		err := pool.QueryRow(context.Background(), "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 in query) > 0 LIMIT 1", schema).Scan(&process)
		return err == nil
	}, time.Minute, 5*time.Millisecond)
	return process
}

// The outcome is unknown if the server ends the connection while a statement runs.
func TestKilledBackend(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), LockTimeout: time.Hour}
	s := open(t, o)
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	release := hold(t, s, "acme")
	outcome := make(chan error)
	go func() { outcome <- s.Append(ctx, "acme", commit(2, "two")) }()
	_, err := connect(t).Exec(ctx, "SELECT pg_terminate_backend($1)", waiting(t, o.Schema))
	require.NoError(t, err)
	err = <-outcome
	require.Error(t, err)
	assert.False(t, store.IsRejected(err), "%v", err)
	release()
	require.NoError(t, s.Append(ctx, "acme", commit(2, "two")), "the same entry again")

	// In a transaction, nothing is stored before COMMIT.
	release = hold(t, s, "acme")
	go func() { outcome <- s.Erase(ctx, "acme") }()
	_, err = connect(t).Exec(ctx, "SELECT pg_terminate_backend($1)", waiting(t, o.Schema))
	require.NoError(t, err)
	require.ErrorIs(t, <-outcome, store.ErrNotStored)
	release()
	assert.Equal(t, []string{"one", "two"}, journal(t, s, "acme"))
}

// The outcome is unknown if a connection ends after a statement or COMMIT was sent, in each protocol,
// whether or not the server has committed.
func TestLostResponse(t *testing.T) {
	ctx := context.Background()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		t.Run(mode.String(), func(t *testing.T) {
			o := pgstore.Options{Schema: newSchema()}
			intact := open(t, o)
			config, err := pgxpool.ParseConfig(server.Server(t).DSN("postgres"))
			require.NoError(t, err)
			var lossy atomic.Pointer[[]byte]
			config.ConnConfig.DefaultQueryExecMode = mode
			config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := new(net.Dialer).DialContext(ctx, network, address)
				return &lossyConn{Conn: c, after: &lossy}, err
			}
			pool, err := pgxpool.NewWithConfig(ctx, config)
			require.NoError(t, err)
			t.Cleanup(pool.Close)
			s, err := pgstore.Open(ctx, pool, o)
			require.NoError(t, err)
			t.Cleanup(s.Close)
			// The statements are prepared, where they are.
			require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
			require.NoError(t, s.Append(ctx, "acme", commit(2, "two")))
			require.NoError(t, s.Append(ctx, "other", commit(1, "one")))

			in := []byte("three")
			lossy.Store(&in)
			err = s.Append(ctx, "acme", commit(3, "three"))
			require.Error(t, err)
			assert.False(t, store.IsRejected(err), "append: %v", err)
			require.ErrorIs(t, intact.Append(ctx, "acme", commit(3, "three")), store.ErrConflict)

			in = []byte("commit\x00")
			lossy.Store(&in)
			err = s.InTx(ctx, func(tx store.Tx) error { return tx.Append(ctx, "acme", commit(4, "four")) })
			require.Error(t, err)
			assert.False(t, store.IsRejected(err), "commit: %v", err)
			require.ErrorIs(t, intact.Append(ctx, "acme", commit(4, "four")), store.ErrConflict)
			assert.Nil(t, lossy.Load())
		})
	}
}

// lossyConn is a connection that ends when the server responds to a message with some bytes.
type lossyConn struct {
	net.Conn
	after *atomic.Pointer[[]byte] // nil for no bytes; set to nil then
	lost  atomic.Bool
}

func (c *lossyConn) Write(data []byte) (int, error) {
	if after := c.after.Load(); after != nil && (bytes.Contains(data, *after) || bytes.Contains(data, fmt.Appendf(nil, "%x", *after))) {
		c.lost.Store(true)
		c.after.Store(nil)
	}
	return c.Conn.Write(data)
}

func (c *lossyConn) Read(data []byte) (int, error) {
	n, err := c.Conn.Read(data)
	if err == nil && c.lost.Load() {
		_ = c.Conn.Close()
		return 0, io.EOF
	}
	return n, err
}

// A canceled statement is an error of the server, so the outcome is known.
func TestCanceledStatement(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), LockTimeout: time.Hour}
	s := open(t, o)
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	defer hold(t, s, "acme")()
	outcome := make(chan error)
	go func() { outcome <- s.Append(ctx, "acme", commit(2, "two")) }()
	_, err := connect(t).Exec(ctx, "SELECT pg_cancel_backend($1)", waiting(t, o.Schema))
	require.NoError(t, err)
	require.ErrorIs(t, <-outcome, store.ErrNotStored)
}

// A call whose context ends while it waits for its turn has stored nothing; the group before it goes
// on to its end.
func TestCanceledTurn(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema()}
	s := open(t, o)
	for _, id := range []usher.AccountID{"acme", "other"} {
		require.NoError(t, s.Append(ctx, id, commit(1, "one")))
	}
	tx := host(t, pgx.TxOptions{})
	_, err := tx.Exec(ctx, "LOCK TABLE "+pgx.Identifier{o.Schema, "accounts"}.Sanitize()+" IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	first, cancel := context.WithCancel(ctx)
	outcome := make(chan error)
	go func() { outcome <- s.Append(first, "acme", commit(2, "two")) }()
	waiting(t, o.Schema)
	err = s.Append(within(t), "other", commit(2, "two"))
	require.ErrorIs(t, err, store.ErrNotStored)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	cancel() // its statement runs, so the call waits for the outcome
	require.NoError(t, tx.Rollback(ctx))
	require.NoError(t, <-outcome)
	assert.Equal(t, []string{"one", "two"}, journal(t, s, "acme"))
	assert.Equal(t, []string{"one"}, journal(t, s, "other"))
}

// An error of the server rejects entries, and an entry that it rejects does not make others fail.
func TestServerRejects(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema()}
	s := open(t, o)
	ids := []usher.AccountID{"a", "b", "c", "d", "e", "f"}
	for _, id := range ids {
		require.NoError(t, s.Append(ctx, id, commit(1, "one")))
	}
	_, err := connect(t).Exec(ctx, "ALTER TABLE "+pgx.Identifier{o.Schema, "commits"}.Sanitize()+" ADD CHECK (data <> 'bad')")
	require.NoError(t, err)
	var writers sync.WaitGroup
	for _, id := range ids {
		writers.Go(func() {
			for version := uint64(2); version < 40; version++ {
				err := s.Append(ctx, id, commit(version, "bad"))
				assert.ErrorIs(t, err, store.ErrNotStored)
				assert.NoError(t, s.Append(ctx, id, commit(version, "good")))
			}
		})
	}
	writers.Wait()
}

func TestReadOnly(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema()}
	require.NoError(t, open(t, o).Append(ctx, "acme", commit(1, "one")))
	s, err := pgstore.Open(ctx, connect(t, "options='-c default_transaction_read_only=on'"), o)
	require.NoError(t, err)
	defer s.Close()
	require.ErrorIs(t, s.Append(ctx, "acme", commit(2, "two")), store.ErrReadOnly)
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))
}

// The store works where transactions have another isolation level by default, and with each way to
// run statements that a pooler may require.
func TestSettings(t *testing.T) {
	for _, setting := range []string{
		"options='-c default_transaction_isolation=serializable'", "options='-c default_transaction_isolation=repeatable\\\\ read'",
		"default_query_exec_mode=simple_protocol", "default_query_exec_mode=exec", "default_query_exec_mode=describe_exec", "default_query_exec_mode=cache_describe",
	} {
		t.Run(setting, func(t *testing.T) {
			ctx := context.Background()
			s := open(t, pgstore.Options{Schema: newSchema()}, setting, "pool_max_conns=16")
			var writers sync.WaitGroup
			var wins sync.Map
			for i := range 16 {
				writers.Go(func() {
					for version := uint64(1); version <= 20; version++ {
						e := commit(version, "\x00\xff")
						e.Records = []store.Record{{User: "mia", Data: []byte{byte(i)}}, {User: "max"}}
						err := s.Append(ctx, "acme", e)
						if err == nil {
							_, twice := wins.LoadOrStore(version, i)
							assert.False(t, twice)
						} else if !errors.Is(err, store.ErrNotStored) {
							assert.ErrorIs(t, err, store.ErrConflict)
						}
						other := usher.AccountID(rune('a' + i))
						assert.NoError(t, s.Append(ctx, other, e))
						assert.NoError(t, s.SaveLastActive(ctx, other, []store.LastActive{{User: "mia", At: time.Unix(int64(version), 0)}}))
						assert.NoError(t, s.SaveSnapshot(ctx, other, store.Snapshot{Version: version, Data: []byte("state")}))
					}
				})
			}
			writers.Wait()
			assert.Len(t, journal(t, s, "acme"), 20)
			assert.Len(t, journal(t, s, "p"), 20)
			versions, err := s.Versions(ctx, []usher.AccountID{"acme", "none", "p"})
			require.NoError(t, err)
			assert.Equal(t, []uint64{20, 0, 20}, versions)
			require.NoError(t, s.Erase(ctx, "p"))
			require.NoError(t, s.InTx(ctx, func(tx store.Tx) error {
				p, err := tx.Lock(ctx, "acme", store.WriteLock)
				assert.Equal(t, store.Position{Last: 20, Committed: 20}, p)
				assert.NoError(t, err)
				return tx.Append(ctx, "acme", commit(21, "last"))
			}))
		})
	}
}
