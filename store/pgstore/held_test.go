package pgstore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
)

func commit(version uint64, data string) store.Entry {
	return store.Entry{Commit: store.Commit{Version: version, Data: []byte(data)}}
}

// journal returns the data of the commits of an account.
func journal(t testing.TB, s store.Store, account usher.AccountID) (all []string) {
	t.Helper()
	for c, err := range s.Commits(context.Background(), account, 0) {
		require.NoError(t, err)
		all = append(all, string(c.Data))
	}
	return all
}

// host begins a transaction on a connection of its own, and rolls it back at the end of the test.
func host(t testing.TB, o pgx.TxOptions) pgx.Tx {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server.Server(t).DSN("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close(ctx) })
	tx, err := c.BeginTx(ctx, o)
	require.NoError(t, err)
	return tx
}

// hold locks an account in a transaction of the host, and returns a function that ends it.
func hold(t testing.TB, s *pgstore.Store, account usher.AccountID) (release func()) {
	t.Helper()
	tx := host(t, pgx.TxOptions{})
	_, err := s.Tx(tx).Lock(context.Background(), account, store.WriteLock)
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback(context.Background())) }
}

// within returns a context that ends long before the lock timeout of the stores in these tests.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// A call that waits for a locked account until its deadline has certainly stored nothing.
func TestHeldLock(t *testing.T) {
	ctx := context.Background()
	s := open(t, pgstore.Options{Schema: newSchema(), LockTimeout: time.Hour})
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	release := hold(t, s, "acme")
	require.ErrorIs(t, s.Append(within(t), "acme", commit(2, "two")), store.ErrNotStored)
	require.ErrorIs(t, s.Erase(within(t), "acme"), store.ErrNotStored)
	require.NoError(t, s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 1}), "a snapshot waits only for an erasure")
	require.NoError(t, s.SaveLastActive(ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}}))
	require.NoError(t, s.Append(ctx, "other", commit(1, "one")), "another account is not delayed")
	require.NoError(t, s.Append(ctx, "other", commit(2, "two")))

	waited := make(chan error)
	go func() { waited <- s.Append(ctx, "acme", commit(2, "two")) }()
	release()
	require.NoError(t, <-waited)
	assert.Equal(t, []string{"one", "two"}, journal(t, s, "acme"))
}

// The options limit the wait of a call without a deadline.
func TestLockTimeout(t *testing.T) {
	ctx := context.Background()
	s := open(t, pgstore.Options{Schema: newSchema(), LockTimeout: 50 * time.Millisecond})
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	defer hold(t, s, "acme")()
	for range 3 {
		require.ErrorIs(t, s.Append(ctx, "acme", commit(2, "two")), store.ErrNotStored)
		require.ErrorIs(t, s.Erase(ctx, "acme"), store.ErrNotStored)
	}
	err := s.InTx(ctx, func(tx store.Tx) error {
		_, err := tx.Lock(ctx, "acme", store.ShareLock)
		return err
	})
	require.ErrorIs(t, err, store.ErrRetry)
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))
}

// A locked account does not delay the entries that are stored in one group with its own.
func TestHeldInGroup(t *testing.T) {
	ctx := context.Background()
	s := open(t, pgstore.Options{Schema: newSchema(), LockTimeout: time.Hour}, "pool_max_conns=8")
	ids := []usher.AccountID{"a", "b", "c", "d", "e", "f", "g", "h"}
	for _, id := range ids {
		require.NoError(t, s.Append(ctx, id, commit(1, "one")))
	}
	release := hold(t, s, "d")
	held := make(chan error)
	go func() { held <- s.Append(ctx, "d", commit(2, "two")) }()
	var others sync.WaitGroup
	for _, id := range ids {
		if id != "d" {
			others.Go(func() {
				for version := uint64(2); version < 50; version++ {
					assert.NoError(t, s.Append(ctx, id, commit(version, "more")))
				}
			})
		}
	}
	others.Wait()
	release()
	require.NoError(t, <-held)
}

// Entries of concurrent calls share transactions.
func TestGroups(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema()}
	s := open(t, o)
	var writers sync.WaitGroup
	for i := range 32 {
		writers.Go(func() {
			id := usher.AccountID(rune('A' + i))
			for version := uint64(1); version <= 50; version++ {
				e := commit(version, "data")
				e.Records = []store.Record{{User: "mia", Data: []byte{byte(version)}}}
				assert.NoError(t, s.Append(ctx, id, e))
			}
			data, err := s.Record(ctx, id, "mia")
			assert.NoError(t, err)
			assert.Equal(t, []byte{50}, data)
		})
	}
	writers.Wait()
	var commits, transactions int
	require.NoError(t, connect(t).QueryRow(ctx, "SELECT count(*), count(DISTINCT xid) FROM "+pgx.Identifier{o.Schema, "commits"}.Sanitize()).Scan(&commits, &transactions))
	assert.Equal(t, 32*50, commits)
	assert.Less(t, transactions, commits)
}

// A transaction of the host that has the only connection makes a write end, not wait forever.
func TestOnlyConnection(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), LockTimeout: 50 * time.Millisecond}
	require.NoError(t, pgstore.Migrate(ctx, connect(t), o.Schema))
	pool := connect(t, "pool_max_conns=1")
	s, err := pgstore.Open(ctx, pool, o)
	require.NoError(t, err)
	defer s.Close()
	tx, err := pool.Begin(ctx)
	require.NoError(t, err)
	require.NoError(t, s.Tx(tx).Append(ctx, "acme", commit(1, "one")))
	require.ErrorIs(t, s.Append(ctx, "other", commit(1, "one")), store.ErrNotStored)
	require.ErrorIs(t, s.Erase(ctx, "other"), store.ErrNotStored)
	require.NoError(t, tx.Commit(ctx))
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))
	assert.Empty(t, journal(t, s, "other"))
}
