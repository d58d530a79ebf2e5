package engineproof_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/sqlstore"
)

// server is for tests that do not crash it.
var server = pgtest.Shared{Options: pgtest.Options{Fast: true, Settings: []string{"max_connections=200"}}}

// pollEvery is the time between two looks for the commits of other processes.
const pollEvery = 20 * time.Millisecond

// openPostgres opens stores on one schema, each with a pool of its own, as several processes do.
func openPostgres(t testing.TB, n int, o pgstore.Options) (all []handle) {
	ctx := context.Background()
	for range n {
		pool, err := pgxpool.New(ctx, server.Server(t).DSN("postgres", "pool_max_conns=10"))
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		require.NoError(t, pgstore.Migrate(ctx, pool, o.Schema))
		s, err := pgstore.Open(ctx, pool, o)
		require.NoError(t, err)
		t.Cleanup(s.Close)
		all = append(all, handleOnPostgres(pool, s))
	}
	return all
}

func handleOnPostgres(pool *pgxpool.Pool, s *pgstore.Store) handle {
	return handle{store: s, begin: func(ctx context.Context) (*hostTx, error) {
		tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
		if err != nil {
			return nil, err
		}
		return &hostTx{s.Tx(tx), tx.Commit, tx.Rollback}, nil
	}}
}

// openSQLite opens stores on one file, each with a pool of its own, as several processes do.
func openSQLite(t testing.TB, n int, o sqlstore.Options) (all []handle) {
	ctx := context.Background()
	o.Dialect = sqlstore.SQLite
	dsn := sqliteDSN(filepath.Join(t.TempDir(), "usher.db"))
	for range n {
		db, err := sql.Open("sqlite", dsn)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, db.Close()) })
		require.NoError(t, sqlstore.Migrate(ctx, db, o))
		s, err := sqlstore.Open(ctx, db, o)
		require.NoError(t, err)
		t.Cleanup(s.Close)
		all = append(all, handleOnSQLite(db, s))
	}
	return all
}

func sqliteDSN(path string) string {
	return "file:" + path + "?_txlock=immediate&_pragma=busy_timeout(5000)"
}

func handleOnSQLite(db *sql.DB, s *sqlstore.Store) handle {
	return handle{store: s, begin: func(ctx context.Context) (*hostTx, error) {
		// With this context, the transaction is not rolled back while usher uses it.
		ctx = context.WithoutCancel(ctx)
		tx, err := db.BeginTx(ctx, nil)
		for isBusy(err) { // SQLite has no queue, so a transaction can wait longer than busy_timeout
			tx, err = db.BeginTx(ctx, nil)
		}
		if err != nil {
			return nil, err
		}
		ends := func(f func() error) func(context.Context) error {
			return func(context.Context) error { return f() }
		}
		return &hostTx{s.Tx(tx), ends(tx.Commit), ends(tx.Rollback)}, nil
	}}
}

// isBusy reports whether other transactions on the file held its lock for too long.
func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// fullSQLRun is the number of histories on databases in a full run.
const fullSQLRun = 280

// TestLinearizableOnSQL is TestLinearizable on databases: four engines, each with a pool of its own,
// and half of the batches in transactions of hosts.
func TestLinearizableOnSQL(t *testing.T) {
	n := *histories * fullSQLRun / fullRun
	first := *seed
	if first == 0 {
		first = rand.Uint64N(1 << 40)
	}
	t.Logf("to repeat: go test ./engineproof -run TestLinearizableOnSQL -histories %d -seed %d", *histories, first)
	var places []setup
	add := func(name string, handles []handle, sights ...freshness) {
		for _, sight := range sights {
			places = append(places, setup{name: name, handles: handles, engines: len(handles), freshness: sight, transactions: true})
		}
	}
	add("pgstore", openPostgres(t, 4, pgstore.Options{Schema: "notifying", Members: true}), unwatched, watching, fresh)
	add("pgstore, polling", openPostgres(t, 4, pgstore.Options{Schema: "polling", Notify: pgstore.NotifyOff, PollEvery: pollEvery}), watching)
	add("sqlstore, SQLite", openSQLite(t, 4, sqlstore.Options{Members: true, PollEvery: pollEvery}), unwatched, watching, fresh)
	var seen counts
	runHistories(t, places, first, n, &seen, fullOnly(n >= fullSQLRun, everythingOnSQL))
	for _, p := range places {
		differences(t, p.handles[0].store, &seen)
	}
	assert.Empty(t, seen.missing("tables of members compared"))
}

// everythingOnSQL lists the events that a full run on databases must contain.
var everythingOnSQL = []string{
	"pgstore 4 unwatched transactions", "pgstore 4 watching transactions", "pgstore 4 fresh transactions", "pgstore, polling 4 watching transactions",
	"sqlstore, SQLite 4 unwatched transactions", "sqlstore, SQLite 4 watching transactions", "sqlstore, SQLite 4 fresh transactions",
	"fault-free", "rejecting", "few faults", "many faults",
	"batch done", "batch repeated", "batch idle", "batch refused", "batch reused", "batch unknown", "batch failed",
	"transaction done", "transaction repeated", "transaction idle", "transaction refused", "transaction reused", "transaction unknown",
	"transactions rolled back", "check answered", "view answered", "refused no-seats-left", "refused seats-in-use",
	"unknown, was done", "unknown, was not done", "conflicts", "ownership handed over",
	"guards", "set-role-beside done", "unset-role-beside done", "set-team-role done", "unset-team-role done",
	"request-to-join done", "admit-user done", "join-team done", "leave-team done",
}

// differences compares the tables of members with the journals, if a store has them.
func differences(t testing.TB, s store.UserDataStore, seen *counts) {
	for d, err := range s.(store.MembersStore).CheckMembers(context.Background()) {
		if err != nil {
			assert.ErrorContains(t, err, "open it with Members")
			return
		}
		t.Errorf("the tables of members differ: %s", d.Text)
	}
	seen.add("tables of members compared", 1)
}
