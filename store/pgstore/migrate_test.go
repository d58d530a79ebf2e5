package pgstore_test

import (
	"context"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store/pgstore"
)

// in returns the name of a table as it is written in a statement.
func in(schema, table string) string { return pgx.Identifier{schema, table}.Sanitize() }

func TestMigrate(t *testing.T) {
	ctx := context.Background()
	pool := connect(t)
	for _, schema := range []string{newSchema(), `od"d ' na.me %s {schema}`, "MiXed", "ünïcode"} {
		_, err := pgstore.Open(ctx, pool, pgstore.Options{Schema: schema})
		require.ErrorIs(t, err, pgstore.ErrSchema, "%q", schema)
		assert.ErrorContains(t, err, "missing migrations")
		assert.ErrorContains(t, err, "0001_journal")
		assert.ErrorContains(t, err, "usher migrate")
		var running sync.WaitGroup
		for range 8 {
			running.Go(func() { assert.NoError(t, pgstore.Migrate(ctx, pool, schema)) })
		}
		running.Wait()
		require.NoError(t, pgstore.Migrate(ctx, pool, schema))
		s, err := pgstore.Open(ctx, pool, pgstore.Options{Schema: schema})
		require.NoError(t, err)
		require.NoError(t, s.Append(ctx, "acme", commit(1, "one")))
		s.Close()
	}
}

// A host may run the files with a tool of its own, each in one transaction.
func TestMigrations(t *testing.T) {
	ctx := context.Background()
	schema, pool := newSchema(), connect(t)
	files, err := pgstore.Migrations(schema)
	require.NoError(t, err)
	names, err := fs.Glob(files, "*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		f, err := files.Open(name)
		require.NoError(t, err)
		info, err := f.Stat()
		require.NoError(t, err)
		assert.EqualValues(t, len(text), info.Size())
		require.NoError(t, f.Close())
		require.NoError(t, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, string(text))
			return err
		}))
	}
	require.NoError(t, pgstore.Migrate(ctx, pool, schema))
	s, err := pgstore.Open(ctx, pool, pgstore.Options{Schema: schema})
	require.NoError(t, err)
	s.Close()
}

// Tables that this version does not know are neither used nor changed.
func TestOtherSchema(t *testing.T) {
	ctx := context.Background()
	pool := connect(t)
	for change, want := range map[string]string{
		"INSERT INTO %s.migrations VALUES ('9999_later', '')":                "a newer version of usher",
		"UPDATE %s.migrations SET checksum = '' WHERE name = '0001_journal'": "is different",
		"DROP TABLE %s.records": `no table "records"`,
	} {
		schema := newSchema()
		require.NoError(t, pgstore.Migrate(ctx, pool, schema))
		name := pgx.Identifier{schema}.Sanitize()
		_, err := pool.Exec(ctx, fmt.Sprintf(change, name))
		require.NoError(t, err)
		_, err = pgstore.Open(ctx, pool, pgstore.Options{Schema: schema})
		require.ErrorIs(t, err, pgstore.ErrSchema, change)
		assert.ErrorContains(t, err, want)
	}
}

// A migration that fails leaves nothing behind, and one that must wait ends with its context.
func TestMigrateFails(t *testing.T) {
	ctx := context.Background()
	pool, schema := connect(t), newSchema()
	_, err := pool.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{schema}.Sanitize()+"; CREATE TABLE "+in(schema, "snapshots")+" ()")
	require.NoError(t, err)
	require.Error(t, pgstore.Migrate(ctx, pool, schema))
	var n int
	require.NoError(t, pool.QueryRow(ctx, "SELECT count(*) FROM pg_tables WHERE schemaname = $1", schema).Scan(&n))
	assert.Equal(t, 1, n)

	tx := host(t, pgx.TxOptions{})
	_, err = tx.Exec(ctx, "SELECT pg_advisory_xact_lock(504447395186)")
	require.NoError(t, err)
	require.ErrorIs(t, pgstore.Migrate(within(t), pool, newSchema()), context.DeadlineExceeded)
	require.NoError(t, tx.Rollback(ctx))
}

func TestOptions(t *testing.T) {
	ctx := context.Background()
	pool := connect(t)
	for want, o := range map[string]pgstore.Options{
		"Options.PollEvery is -1s":     {PollEvery: -time.Second},
		"Options.LockTimeout is 1ns":   {LockTimeout: 1},
		"Options.Notify is 7":          {Notify: 7},
		"want a name without $ and NU": {Schema: "a$b"},
		"has 64 bytes (want at most":   {Schema: strings.Repeat("x", 64)},
	} {
		_, err := pgstore.Open(ctx, pool, o)
		assert.ErrorContains(t, err, want)
	}
	assert.Error(t, pgstore.Migrate(ctx, pool, "a\x00"))
	_, err := pgstore.Migrations("$")
	assert.Error(t, err)
}

// The parts of a Store, which are packages of this repository only, are not visible.
func TestHidden(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[pgstore.Store]()) {
		assert.False(t, field.IsExported(), field.Name)
	}
}
