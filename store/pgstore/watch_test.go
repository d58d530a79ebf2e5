package pgstore_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store/pgstore"
)

// hints returns the accounts of the hints of a loop of Watch after the first, until the test ends.
func hints(t *testing.T, s *pgstore.Store) <-chan usher.AccountID {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	found, begun, ended := make(chan usher.AccountID, 10_000), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		first := true
		for h, err := range s.Watch(ctx) {
			if err != nil {
				t.Errorf("Watch: %v", err)
				return
			}
			if first {
				first = false
				close(begun)
				continue
			}
			found <- h.Account
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	<-begun
	return found
}

func next(t *testing.T, found <-chan usher.AccountID) usher.AccountID {
	t.Helper()
	select {
	case id := <-found:
		return id
	case <-time.After(time.Minute):
		t.Fatal("no hint after a minute")
		return ""
	}
}

const soon = 10 * time.Millisecond

// A commit in a transaction of the host is found after COMMIT, and once, although an older
// transaction stays open.
func TestWatchHost(t *testing.T) {
	ctx := context.Background()
	s := open(t, pgstore.Options{Schema: newSchema(), Notify: pgstore.NotifyOff, PollEvery: soon})
	old := host(t, pgx.TxOptions{})
	require.NoError(t, s.Tx(old).Append(ctx, "old", commit(1, "one")))
	found := hints(t, s)
	tx := host(t, pgx.TxOptions{})
	require.NoError(t, s.Tx(tx).Append(ctx, "acme", commit(1, "one")))
	require.NoError(t, s.Append(ctx, "other", commit(1, "one")))
	assert.EqualValues(t, "other", next(t, found))
	require.NoError(t, tx.Commit(ctx))
	assert.EqualValues(t, "acme", next(t, found))
	require.NoError(t, s.Erase(ctx, "acme"))
	assert.EqualValues(t, "acme", next(t, found))
	require.NoError(t, s.Append(ctx, "other", commit(2, "two")))
	assert.EqualValues(t, "other", next(t, found))
	require.NoError(t, old.Commit(ctx))
	assert.EqualValues(t, "old", next(t, found))
}

// Rows of another cluster, which a restore brings, may have numbers of future transactions.
func TestWatchRestored(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), Notify: pgstore.NotifyOff, PollEvery: soon}
	s := open(t, o)
	require.NoError(t, s.Append(ctx, "restored", commit(1, "one")))
	pool := connect(t)
	for _, table := range []string{"accounts", "commits"} {
		_, err := pool.Exec(ctx, "UPDATE "+in(o.Schema, table)+" SET xid = $1", int64(math.MaxInt64))
		require.NoError(t, err)
	}
	found := hints(t, s)
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	assert.EqualValues(t, "acme", next(t, found))
	require.NoError(t, s.Append(ctx, "restored", commit(2, "two")))
	assert.EqualValues(t, "restored", next(t, found))
}

// After more changes than a loop of Watch looks for at once, it yields the zero Hint.
func TestWatchMany(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), Notify: pgstore.NotifyOff, PollEvery: soon}
	s := open(t, o)
	found := hints(t, s)
	_, err := connect(t).Exec(ctx, "INSERT INTO "+in(o.Schema, "commits")+
		" SELECT i::text::bytea, 1, pg_current_xact_id()::text::bigint, '' FROM generate_series(1, 5000) i")
	require.NoError(t, err)
	assert.EqualValues(t, "", next(t, found))
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	assert.EqualValues(t, "acme", next(t, found))
}

// Without polling in time, a notification of another instance brings the change, also after the
// listener has lost its connection.
func TestNotifications(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), PollEvery: time.Hour}
	s, other := open(t, o), open(t, o)
	found := hints(t, s)
	pool := connect(t)
	listening := "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
	version := uint64(0)
	for range 2 {
		require.Eventually(t, func() bool {
			var n int
			return pool.QueryRow(ctx, listening).Scan(&n) == nil && n == 1
		}, time.Minute, soon)
		version++
		require.NoError(t, other.Append(ctx, "acme", commit(version, "data")))
		assert.EqualValues(t, "acme", next(t, found))
		_, err := pool.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
		require.NoError(t, err)
	}
}

// The listener may use another address than the pool.
func TestListen(t *testing.T) {
	ctx := context.Background()
	listen, err := pgx.ParseConfig(server.Server(t).DSN("postgres", "application_name=listener"))
	require.NoError(t, err)
	o := pgstore.Options{Schema: newSchema(), PollEvery: time.Hour, Listen: listen}
	s := open(t, o)
	found := hints(t, s)
	require.Eventually(t, func() bool {
		var n int
		return connect(t).QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'listener' AND query LIKE 'LISTEN%'").Scan(&n) == nil && n == 1
	}, time.Minute, soon)
	require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
	assert.EqualValues(t, "acme", next(t, found))
}

// Close ends the loops of Watch.
func TestClose(t *testing.T) {
	ctx := context.Background()
	s := open(t, pgstore.Options{Schema: newSchema(), PollEvery: time.Hour})
	for h, err := range s.Watch(ctx) {
		if err != nil {
			require.ErrorContains(t, err, "closed")
			break
		}
		assert.Zero(t, h)
		s.Close()
		s.Close()
	}
	require.ErrorContains(t, s.Append(ctx, "acme", commit(1, "one")), "closed")
	_, err := s.Snapshot(ctx, "acme")
	require.ErrorContains(t, err, "closed")
}

// A process that commits and ends at once, such as a command, still notifies the others.
func TestNotifyBeforeClose(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema(), PollEvery: time.Hour}
	s := open(t, o)
	found := hints(t, s)
	pool := connect(t)
	require.Eventually(t, func() bool {
		var n int
		return pool.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'").Scan(&n) == nil && n == 1
	}, time.Minute, soon)
	for version := uint64(1); version <= 20; version++ {
		other := open(t, o)
		require.NoError(t, other.Append(ctx, "acme", commit(version, "data")))
		other.Close()
		assert.EqualValues(t, "acme", next(t, found))
	}
}
