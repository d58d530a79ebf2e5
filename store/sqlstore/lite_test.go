package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

func entry(version uint64, data string) store.Entry {
	return store.Entry{Commit: store.Commit{Version: version, Data: []byte(data)}}
}

// journal returns the data of the commits of an account.
func journal(t testing.TB, s *sqlstore.Store, account usher.AccountID) (data []string) {
	for c, err := range s.Commits(context.Background(), account, 0) {
		require.NoError(t, err)
		data = append(data, string(c.Data))
	}
	return data
}

// pool opens a pool, which the test closes.
func pool(t testing.TB, driver, dsn string, connections int) *sql.DB {
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	db.SetMaxOpenConns(connections)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// A deferred transaction that has read cannot write after another one. It fails before it has
// written anything, and the error says how to begin.
func TestDeferred(t *testing.T) {
	h := liteFile(t, 0)
	s := h.open(t)
	ctx := t.Context()
	require.NoError(t, s.Append(ctx, "acme", entry(1, "one")))
	db := pool(t, "sqlite", h.dsn, 0) // deferred
	begin := func() *sql.Tx {
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		t.Cleanup(func() { _ = tx.Rollback() })
		return tx
	}
	stale, stuck := begin(), begin()
	for _, tx := range []*sql.Tx{stale, stuck} {
		position, err := s.Tx(tx).Lock(ctx, "acme", store.NoLock)
		require.NoError(t, err)
		assert.Equal(t, store.Position{Last: 1}, position)
	}
	first := begin()
	_, err := s.Tx(first).Lock(ctx, "acme", store.WriteLock)
	require.NoError(t, err, "a deferred transaction that begins with a lock")
	require.NoError(t, s.Tx(first).Append(ctx, "acme", entry(2, "two")))
	for _, mode := range []store.LockMode{store.ShareLock, store.WriteLock} {
		_, err = s.Tx(stuck).Lock(ctx, "acme", mode)
		require.ErrorIs(t, err, store.ErrRetry, "while another transaction writes")
		assert.ErrorContains(t, err, "_txlock=immediate")
	}
	require.NoError(t, first.Commit())
	for name, err := range map[string]error{
		"Append": s.Tx(stale).Append(ctx, "acme", entry(2, "other")),
		"Lock":   func() error { _, err := s.Tx(stale).Lock(ctx, "acme", store.WriteLock); return err }(),
	} {
		require.ErrorIs(t, err, store.ErrRetry, name)
		assert.ErrorContains(t, err, "BEGIN IMMEDIATE", name)
	}
	require.NoError(t, stale.Rollback())
	assert.Equal(t, []string{"one", "two"}, journal(t, s, "acme"))
}

// With a pool or with a connection without a transaction, a Tx writes nothing.
func TestNotATransaction(t *testing.T) {
	h := liteFile(t, 0)
	s := h.open(t)
	ctx := t.Context()
	db := pool(t, "sqlite", h.dsn, 0)
	c, err := db.Conn(ctx)
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	wrapped := struct{ *sql.DB }{db}
	for name, on := range map[string]sqlstore.DBTX{"pool": db, "wrapped pool": wrapped, "connection": c} {
		assert.Error(t, s.Tx(on).Append(ctx, "acme", entry(1, "one")), name)
		_, err := s.Tx(on).Lock(ctx, "acme", store.WriteLock)
		assert.Error(t, err, name)
		_, err = s.Tx(on).Snapshot(ctx, "acme")
		assert.Error(t, err, name)
	}
	for _, none := range []sqlstore.DBTX{nil, (*sql.Tx)(nil)} {
		assert.ErrorContains(t, s.Tx(none).Append(ctx, "acme", entry(1, "one")), "the DBTX is nil")
	}
	assert.ErrorContains(t, s.Tx(db).Append(ctx, "acme", entry(1, "one")), "*sql.DB is a pool of connections (want a transaction, such as *sql.Tx)")
	assert.Empty(t, journal(t, s, "acme"))

	_, err = c.ExecContext(ctx, "BEGIN IMMEDIATE")
	require.NoError(t, err)
	require.NoError(t, s.Tx(c).Append(ctx, "acme", entry(1, "one")))
	_, err = c.ExecContext(ctx, "COMMIT")
	require.NoError(t, err)
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))
}

// An Append that fails after its first statement leaves nothing in the transaction of the host,
// which can go on and commit.
func TestAppendPartly(t *testing.T) {
	h := liteFile(t, 0)
	s := h.open(t)
	ctx := t.Context()
	db := pool(t, "sqlite", h.hostDSN, 0)
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, s.Tx(tx).Append(ctx, "acme", entry(1, "one")))
	_, err = tx.ExecContext(ctx, "CREATE TRIGGER fail BEFORE INSERT ON usher_records BEGIN SELECT RAISE(ABORT, 'no records today'); END")
	require.NoError(t, err)
	failing := entry(2, "two")
	failing.Records = []store.Record{{User: "mia", Data: []byte("Mia")}}
	require.ErrorContains(t, s.Tx(tx).Append(ctx, "acme", failing), "no records today")
	position, err := s.Tx(tx).Lock(ctx, "acme", store.NoLock)
	require.NoError(t, err)
	assert.Equal(t, uint64(1), position.Last)
	require.NoError(t, tx.Commit())
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))

	require.ErrorIs(t, s.Append(ctx, "acme", failing), store.ErrNotStored)
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))
	require.NoError(t, s.Append(ctx, "acme", entry(2, "two")))
}

// shortTimeout is the lock timeout of tests in which calls wait in vain.
const shortTimeout = 300 * time.Millisecond

// While another process holds the lock, writes end in ErrNotStored, and reads go on.
func TestLockedElsewhere(t *testing.T) {
	h := liteFile(t, 0)
	h.options.LockTimeout = shortTimeout
	s := h.open(t)
	ctx := t.Context()
	require.NoError(t, s.Append(ctx, "acme", entry(1, "one")))
	tx, err := pool(t, "sqlite", h.hostDSN, 0).BeginTx(ctx, nil)
	require.NoError(t, err)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	err = s.Append(short, "acme", entry(2, "two"))
	require.ErrorIs(t, err, store.ErrNotStored)
	for name, err := range map[string]error{
		"Append":         s.Append(ctx, "acme", entry(2, "two")),
		"first Append":   s.Append(ctx, "other", entry(1, "one")),
		"SaveSnapshot":   s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 1}),
		"SaveLastActive": s.SaveLastActive(ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}}),
		"Erase":          s.Erase(ctx, "acme"),
		"InTx":           s.InTx(ctx, func(store.Tx) error { return errors.New("called") }),
	} {
		assert.ErrorIs(t, err, store.ErrNotStored, name)
	}
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))
	require.NoError(t, tx.Rollback())
	require.NoError(t, s.Append(ctx, "acme", entry(2, "two")))
}

// With one connection, a call of the store in a transaction of the host ends in a rejection.
func TestOnlyConnectionTaken(t *testing.T) {
	h := liteFile(t, 1)
	h.options.LockTimeout = shortTimeout
	s := h.open(t)
	ctx := t.Context()
	tx, err := handleOf(s).db.BeginTx(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, s.Tx(tx).Append(ctx, "acme", entry(1, "one")))
	require.ErrorIs(t, s.Append(ctx, "other", entry(1, "one")), store.ErrNotStored)
	require.NoError(t, tx.Commit())
	assert.Equal(t, []string{"one"}, journal(t, s, "acme"))
	assert.Empty(t, journal(t, s, "other"))
}

// Commits wait for the disk whatever the connection's settings are, and leave the settings as they
// were.
func TestSynchronous(t *testing.T) {
	for setting, level := range map[string]int{"OFF": 0, "NORMAL": 1, "FULL": 2, "EXTRA": 3} {
		h := liteFile(t, 1)
		h.dsn += "?_pragma=synchronous(" + setting + ")"
		s := h.open(t)
		synchronous := func() (level int) {
			require.NoError(t, handleOf(s).db.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&level))
			return level
		}
		require.NoError(t, s.Append(t.Context(), "acme", entry(1, "one")))
		assert.Equal(t, level, synchronous(), setting)
		require.Error(t, s.InTx(t.Context(), func(store.Tx) error { return errors.New("rolled back") }))
		assert.Equal(t, level, synchronous(), setting)
	}
}

func TestOpen(t *testing.T) {
	ctx := t.Context()
	lite := sqlstore.Options{Dialect: sqlstore.SQLite}
	file := "file:" + filepath.Join(t.TempDir(), "usher.db")
	for _, row := range []struct {
		db      *sql.DB
		options sqlstore.Options
		want    string
	}{
		{nil, lite, "the *sql.DB is nil"},
		{pool(t, "sqlite", file, 0), sqlstore.Options{}, "Options.Dialect is 0 (want SQLite or PostgreSQL)"},
		{pool(t, "sqlite", file, 0), sqlstore.Options{Dialect: sqlstore.SQLite, LockTimeout: -1}, "Options.LockTimeout is -1ns"},
		{pool(t, "sqlite", file, 0), sqlstore.Options{Dialect: sqlstore.SQLite, PollEvery: -1}, "Options.PollEvery is -1ns"},
		{pool(t, "sqlite", file, 0), sqlstore.Options{Dialect: sqlstore.SQLite, Prefix: "a$1"}, `the prefix "a$1" cannot be used`},
		{pool(t, "sqlite", file, 0), sqlstore.Options{Dialect: sqlstore.SQLite, Prefix: "sqlite_"}, "SQLite reserves names that begin with sqlite_"},
		{pool(t, "sqlite", file, 0), sqlstore.Options{Dialect: sqlstore.PostgreSQL, Schema: "a$usher$; SELECT 1"}, "cannot be used (want a name without $ and NUL)"},
		{pool(t, "sqlite", file, 0), sqlstore.Options{Dialect: sqlstore.PostgreSQL, Schema: strings.Repeat("a", 64)}, "has 64 bytes (want at most 63)"},
		{pool(t, "sqlite", file, 0), sqlstore.Options{Dialect: sqlstore.PostgreSQL}, "the database does not answer as PostgreSQL does"},
		{pool(t, "pgx", server.Server(t).DSN("postgres"), 0), lite, "the database does not answer as SQLite does"},
		{pool(t, "sqlite", ":memory:", 0), lite, "the pool may open any number of connections (want db.SetMaxOpenConns(1), or a file)"},
		{pool(t, "sqlite", "file:x?mode=memory&cache=shared", 2), lite, "the pool may open 2 connections"},
		{pool(t, "sqlite", file, 0), lite, `missing migrations for the prefix "usher_": 0001_journal`},
		{pool(t, "pgx", server.Server(t).DSN("postgres"), 0), sqlstore.Options{Dialect: sqlstore.PostgreSQL, Schema: "none"}, `missing migrations for the schema "none": 0001_journal`},
	} {
		_, err := sqlstore.Open(ctx, row.db, row.options)
		assert.ErrorContains(t, err, row.want)
		if row.options.Dialect == 0 {
			assert.ErrorContains(t, sqlstore.Migrate(ctx, row.db, row.options), row.want)
		}
	}

	db := pool(t, "sqlite", file, 0)
	odd := sqlstore.Options{Dialect: sqlstore.SQLite, Prefix: `it's "odd" `}
	require.NoError(t, sqlstore.Migrate(ctx, db, lite))
	require.NoError(t, sqlstore.Migrate(ctx, db, odd))
	require.NoError(t, sqlstore.Migrate(ctx, db, odd), "again")
	s, err := sqlstore.Open(ctx, db, odd)
	require.NoError(t, err)
	require.NoError(t, s.Append(ctx, "acme", entry(1, "one")))
	s.Close()
	require.ErrorIs(t, s.Append(ctx, "acme", entry(2, "two")), store.ErrClosed)
	s, err = sqlstore.Open(ctx, db, lite)
	require.NoError(t, err)
	defer s.Close()
	assert.Empty(t, journal(t, s, "acme"), "other tables")

	_, err = db.ExecContext(ctx, "DROP TABLE usher_records")
	require.NoError(t, err)
	_, err = sqlstore.Open(ctx, db, lite)
	require.ErrorIs(t, err, sqlstore.ErrSchema)
	assert.ErrorContains(t, err, `there is no table "records"`)
}

// A file that cannot be written is readable, and a write says so.
func TestReadOnly(t *testing.T) {
	h := liteFile(t, 0)
	s := h.open(t)
	ctx := t.Context()
	require.NoError(t, s.Append(ctx, "acme", entry(1, "one")))
	only, err := sqlstore.Open(ctx, pool(t, "sqlite", h.dsn+"?mode=ro", 0), h.options)
	require.NoError(t, err)
	defer only.Close()
	assert.Equal(t, []string{"one"}, journal(t, only, "acme"))
	require.ErrorIs(t, only.Append(ctx, "acme", entry(2, "two")), store.ErrReadOnly)
	require.ErrorIs(t, only.Erase(ctx, "acme"), store.ErrReadOnly)
	assert.Equal(t, []string{"one"}, journal(t, only, "acme"))
}
