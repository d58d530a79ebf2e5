package pgstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/storetest"
)

// server has enough connections for the pools of several stores.
var server = pgtest.Shared{Options: pgtest.Options{Fast: true, Settings: []string{"max_connections=300"}}}

func TestMain(m *testing.M) { server.Main(m) }

// schemas counts the schemas of the tests. Each test has one of its own.
var schemas atomic.Int64

func newSchema() string { return fmt.Sprintf("test %d", schemas.Add(1)) }

// connect returns a pool.
func connect(t testing.TB, settings ...string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), server.Server(t).DSN("postgres", settings...))
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

// suite returns the suite of the contract for stores with options.
func suite(o pgstore.Options, settings ...string) storetest.Suite {
	o.PollEvery = 20 * time.Millisecond
	options := map[store.Store]pgstore.Options{}
	again := func(t testing.TB, o pgstore.Options) store.Store {
		s := open(t, o, settings...)
		options[s] = o
		return s
	}
	return storetest.Suite{
		Open: func(t testing.TB) store.Store {
			o := o
			o.Schema = newSchema()
			return again(t, o)
		},
		Reopen: func(t testing.TB, s store.Store) store.Store {
			s.(*pgstore.Store).Close()
			return again(t, options[s])
		},
	}
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
