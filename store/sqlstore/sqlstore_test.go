package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
	"github.com/usher-go/usher/store/storetest"
)

// handles contains the pool and the options of each store that a test opened.
var handles sync.Map

type handle struct {
	driver, dsn string
	hostDSN     string // for transactions of a host
	connections int    // 0 for no limit
	options     sqlstore.Options
	db          *sql.DB
}

// open opens a store, with tables if it is the first one on the data.
func (h handle) open(t testing.TB) *sqlstore.Store {
	db, err := sql.Open(h.driver, h.dsn)
	require.NoError(t, err)
	db.SetMaxOpenConns(h.connections)
	h.db = db
	require.NoError(t, sqlstore.Migrate(context.Background(), db, h.options))
	s, err := sqlstore.Open(context.Background(), db, h.options)
	require.NoError(t, err)
	handles.Store(s, h)
	t.Cleanup(func() { h.close(t, s) })
	return s
}

// close closes a store and its pool. It may be called twice.
func (h handle) close(t testing.TB, s *sqlstore.Store) {
	s.Close()
	assert.NoError(t, h.db.Close())
}

// handleOf returns the handle of a store that was opened with open.
func handleOf(s store.Store) handle {
	h, _ := handles.Load(s)
	return h.(handle)
}

// liteFile returns a handle on a new file.
func liteFile(t testing.TB, connections int) handle {
	dsn := "file:" + filepath.Join(t.TempDir(), "usher.db")
	return handle{
		driver: "sqlite", dsn: dsn, hostDSN: dsn + "?_txlock=immediate&_pragma=busy_timeout(1000)",
		connections: connections, options: sqlstore.Options{Dialect: sqlstore.SQLite},
	}
}

// suite returns the suite for stores whose data has a handle.
func suite(first func(t testing.TB) handle) storetest.Suite {
	return storetest.Suite{
		Open: func(t testing.TB) store.Store { return first(t).open(t) },
		Reopen: func(t testing.TB, s store.Store) store.Store {
			h := handleOf(s)
			h.close(t, s.(*sqlstore.Store))
			return h.open(t)
		},
		Remains: remains,
		Second:  func(t testing.TB, s store.Store) store.Store { return handleOf(s).open(t) },
	}
}

// remains describes the rows of an account, except for the mark of an erased one.
func remains(t testing.TB, s store.Store, account usher.AccountID) (found string) {
	h := handleOf(s)
	place, parameter := `"usher_`, "?"
	if h.options.Dialect == sqlstore.PostgreSQL {
		place, parameter = `"`+h.options.Schema+`"."`, "$1"
	}
	for _, table := range []string{"commits", "snapshots", "records", "last_active"} {
		condition := ""
		if table == "commits" {
			condition = " AND version > 0"
		}
		var n int
		query := "SELECT count(*) FROM " + place + table + `" WHERE account = ` + parameter + condition
		require.NoError(t, h.db.QueryRowContext(context.Background(), query, []byte(account)).Scan(&n))
		if n > 0 {
			found += fmt.Sprintf("%d rows in %s ", n, table)
		}
	}
	return found
}

// Under the race detector, which makes SQLite in Go about seven times slower, only the first pool runs the
// suite. The others run the same code of usher, with fewer concurrent statements.
func TestSQLite(t *testing.T) {
	pools := []struct {
		name string
		run  func(t *testing.T)
	}{
		{"many connections", func(t *testing.T) {
			suite(func(t testing.TB) handle { return liteFile(t, 0) }).Run(t)
		}},
		{"one connection", func(t *testing.T) {
			suite(func(t testing.TB) handle { return liteFile(t, 1) }).Run(t)
		}},
		// A transaction has the only connection, so that other calls wait for its end; the rows with
		// calls while a transaction is open do not apply.
		{"in memory", func(t *testing.T) {
			memory := handle{driver: "sqlite", dsn: ":memory:", connections: 1, options: sqlstore.Options{Dialect: sqlstore.SQLite, LockTimeout: time.Minute}}
			storetest.Run(t, func(t testing.TB) store.Store { return struct{ plain }{memory.open(t)} })
		}},
	}
	for _, pool := range pools[:raced.Part(len(pools), 1)] {
		t.Run(pool.name, pool.run)
	}
}

// plain hides the transactions of a store.
type plain interface {
	store.UserDataStore
	Watch(ctx context.Context) iter.Seq2[store.Hint, error]
}

// The parts of a Store, which are packages of this repository only, are not visible.
func TestHidden(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[sqlstore.Store]()) {
		assert.False(t, field.IsExported(), field.Name)
	}
}
