package pgstore_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/storetest"
)

// server has enough connections for the pools of several stores.
var server = pgtest.Shared{Options: pgtest.Options{Fast: true, Settings: []string{"max_connections=300", "max_prepared_transactions=10"}}}

func TestMain(m *testing.M) { server.Main(m) }

// schemas counts the schemas of the tests. Each test has one of its own.
var schemas atomic.Int64

func newSchema() string { return fmt.Sprintf("test %d", schemas.Add(1)) }

// connect returns a pool.
func connect(t testing.TB, settings ...string) *pgxpool.Pool {
	t.Helper()
	return newPool(t, server.Server(t).DSN("postgres", settings...))
}

func newPool(t testing.TB, dsn string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), dsn)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// open opens a store on a schema, which it creates if necessary.
func open(t testing.TB, o pgstore.Options, settings ...string) *pgstore.Store {
	t.Helper()
	pool := connect(t, settings...)
	require.NoError(t, pgstore.Migrate(context.Background(), pool, o.Schema))
	s, err := pgstore.Open(context.Background(), pool, o)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// stores are the options of open stores.
type stores struct {
	mu  sync.Mutex
	all map[store.Store]pgstore.Options
}

func (ss *stores) open(t testing.TB, o pgstore.Options, settings ...string) *pgstore.Store {
	t.Helper()
	s := open(t, o, settings...)
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.all[s] = o
	return s
}

func (ss *stores) options(s store.Store) pgstore.Options {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.all[s]
}

// suite returns the suite of the contract for stores with options.
func suite(o pgstore.Options, settings ...string) storetest.Suite {
	o.PollEvery = 20 * time.Millisecond
	opened := &stores{all: map[store.Store]pgstore.Options{}}
	return storetest.Suite{
		Open: func(t testing.TB) store.Store {
			o := o
			o.Schema = newSchema()
			return opened.open(t, o, settings...)
		},
		Reopen: func(t testing.TB, s store.Store) store.Store {
			s.(*pgstore.Store).Close()
			return opened.open(t, opened.options(s), settings...)
		},
		Second: func(t testing.TB, s store.Store) store.Store {
			return opened.open(t, opened.options(s), settings...)
		},
		Remains: func(t testing.TB, s store.Store, account usher.AccountID) string {
			return remains(t, opened.options(s).Schema, account)
		},
	}
}

// remains counts the rows of an account, except for the mark of an erased account.
func remains(t testing.TB, schema string, account usher.AccountID) (found string) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), server.Server(t).DSN("postgres"))
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close(context.Background())) }()
	for table, where := range map[string]string{"accounts": " AND version >= 0", "commits": " AND version >= 0", "snapshots": "", "records": "", "last_active": ""} {
		var n int
		require.NoError(t, c.QueryRow(context.Background(), "SELECT count(*) FROM "+pgx.Identifier{schema, table}.Sanitize()+" WHERE account = $1"+where, []byte(account)).Scan(&n))
		if n > 0 {
			found += fmt.Sprintf("%d in %s ", n, table)
		}
	}
	return found
}

func TestStore(t *testing.T) {
	server.Server(t) // the rows look for goroutines that they have started
	suite(pgstore.Options{}, "pool_max_conns=8").Run(t)
}

// The store works with a pool of one connection, and without notifications.
func TestStoreOneConnection(t *testing.T) {
	server.Server(t)
	suite(pgstore.Options{Notify: pgstore.NotifyOff}, "pool_max_conns=1").Run(t)
}
