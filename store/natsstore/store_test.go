package natsstore_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/natstest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/natsstore"
	"github.com/usher-go/usher/store/storetest"
)

// shared is a cluster that many tests use; tests that make servers fail have their own.
var shared struct {
	sync.Once
	cluster *natstest.Cluster
	err     error
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if shared.cluster != nil {
		shared.cluster.Stop()
	}
	natstest.Cleanup()
	os.Exit(code)
}

func cluster(t testing.TB) *natstest.Cluster {
	t.Helper()
	shared.Do(func() { shared.cluster, shared.err = natstest.Start(natstest.Options{}) })
	require.NoError(t, shared.err)
	return shared.cluster
}

// names counts the names of the stores of the tests.
var names atomic.Int64

func newName() string { return fmt.Sprintf("test%d", names.Add(1)) }

// connect connects to the servers of a cluster, first to server i.
func connect(t testing.TB, c *natstest.Cluster, i int) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(c.URLs(i), natsstore.ConnectOptions()...)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// open opens a store through server i of the shared cluster.
func open(t testing.TB, i int, o natsstore.Options) *natsstore.Store {
	t.Helper()
	return openOn(t, cluster(t), i, o)
}

// openOn opens a store through server i of a cluster.
func openOn(t testing.TB, c *natstest.Cluster, i int, o natsstore.Options) *natsstore.Store {
	t.Helper()
	s, err := natsstore.Open(context.Background(), connect(t, c, i), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// suite returns the suite of the contract. Each row has ids of its own store: the streams are shared,
// and are emptied before each row.
func suite(c *natstest.Cluster) storetest.Suite {
	var next atomic.Int64
	names := map[store.Store]string{}
	var mu sync.Mutex
	opened := func(t testing.TB, name string) store.Store {
		s := openOn(t, c, int(next.Add(1))%3, natsstore.Options{Name: name, Partitions: 2})
		mu.Lock()
		defer mu.Unlock()
		names[s] = name
		return s
	}
	name := newName()
	again := func(t testing.TB, s store.Store) store.Store {
		mu.Lock()
		name := names[s]
		mu.Unlock()
		return opened(t, name)
	}
	return storetest.Suite{
		Open: func(t testing.TB) store.Store {
			empty(t, c, name)
			return opened(t, name)
		},
		Second: again,
		Reopen: func(t testing.TB, s store.Store) store.Store {
			require.NoError(t, s.(*natsstore.Store).Close())
			return again(t, s)
		},
	}
}

// empty removes all messages of the streams of a store. What the store of the row before had sent when
// it was closed may be stored after the first purge: the server compares the expected sequence before
// the purge takes effect.
func empty(t testing.TB, c *natstest.Cluster, name string) {
	t.Helper()
	nc := connect(t, c, 0)
	defer nc.Close()
	for n := range 4 {
		for _, kind := range []string{"journal", "snapshots"} {
			_, err := nc.Request(fmt.Sprintf("$JS.API.STREAM.PURGE.%s-%s-%d", name, kind, n%2), nil, 5*time.Second)
			require.NoError(t, err)
		}
	}
}

// No row ends a server, so the servers of the rows need not wait for the disk.
func TestStore(t *testing.T) {
	c, err := natstest.Start(natstest.Options{Lazy: true}) // before the rows, which look for goroutines that they have started
	require.NoError(t, err)
	defer c.Stop()
	suite(c).Run(t)
}
