// Package sqlbench measures journals in PostgreSQL through engines. Each benchmark runs the ways that
// it compares in turns, and only their ratios mean something on another machine:
//
//	go test ./sqlbench -run '^$' -bench SubmitTx -benchtime 20x
//	go test ./sqlbench -run '^$' -bench Visible -benchtime 200x
//	go test ./sqlbench -run '^$' -bench Open -benchtime 5x -timeout 30m
//
// The benchmarks of package pgstore measure commits beside bare INSERTs, and what the tables of
// members cost.
package sqlbench_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/pgstore"
)

// server waits for the disk. It starts with the first benchmark that needs it.
var server = pgtest.Shared{Options: pgtest.Options{Settings: []string{"max_connections=200", "max_wal_size=4GB"}}}

func TestMain(m *testing.M) { server.Main(m) }

var (
	ctx   = context.Background()
	bench = account.AsHost("bench")
)

var databases atomic.Int64

// newDatabase returns the address of a new database with the tables of usher.
func newDatabase(b *testing.B) string {
	b.Helper()
	s, name := server.Server(b), fmt.Sprint("bench", databases.Add(1))
	_, err := newPool(b, s.DSN("postgres"), 1).Exec(ctx, "CREATE DATABASE "+name)
	require.NoError(b, err)
	address := s.DSN(name)
	require.NoError(b, pgstore.Migrate(ctx, newPool(b, address, 1), ""))
	return address
}

func newPool(b *testing.B, address string, connections int) *pgxpool.Pool {
	b.Helper()
	p, err := pgxpool.New(ctx, fmt.Sprintf("%s pool_max_conns=%d", address, connections))
	require.NoError(b, err)
	b.Cleanup(p.Close)
	return p
}

// instance is a store with its pool and an engine.
type instance struct {
	*engine.Engine
	store *pgstore.Store
	pool  *pgxpool.Pool
}

func start(b *testing.B, address string, connections int, o pgstore.Options) *instance {
	b.Helper()
	in := &instance{pool: newPool(b, address, connections)}
	var err error
	in.store, err = pgstore.Open(ctx, in.pool, o)
	require.NoError(b, err)
	b.Cleanup(in.store.Close)
	p, err := preset.Load("oncehub")
	require.NoError(b, err)
	in.Engine, err = engine.Open(engine.Options{Policy: p, Store: in.store})
	require.NoError(b, err)
	b.Cleanup(func() { _ = in.Close() })
	return in
}

// way is a way to do something, number i of its kind.
type way struct {
	name string
	do   func(i int) error
	took []time.Duration // of each round
}

// round measures n calls of concurrent writers. Each writer has numbers of its own.
func (w *way) round(b *testing.B, writers, n, numbers int) {
	var next atomic.Int64
	var running sync.WaitGroup
	begun := time.Now()
	for writer := range writers {
		running.Go(func() {
			for k := 0; next.Add(1) <= int64(n); k++ {
				if err := w.do((writer + k*writers) % (numbers / writers * writers)); err != nil {
					b.Errorf("%s: %v", w.name, err)
					return
				}
			}
		})
	}
	running.Wait()
	w.took = append(w.took, time.Since(begun))
}

// compare runs rounds of each way in turns, after one that does not count. It reports how much
// each way does in the time of the first one, the median of all rounds.
func compare(b *testing.B, ways []*way, round func(*way)) {
	for _, w := range ways {
		round(w)
		w.took = nil
	}
	for n := 0; b.Loop(); n++ {
		for i := range ways {
			round(ways[(i+n)%len(ways)])
		}
	}
	for _, w := range ways[1:] {
		var shares []float64
		for n := range w.took {
			shares = append(shares, ways[0].took[n].Seconds()/w.took[n].Seconds())
		}
		slices.Sort(shares)
		b.ReportMetric(shares[len(shares)/2], w.name+"-of-"+ways[0].name)
	}
	b.ReportMetric(0, "ns/op")
}

func accountID(i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("account-%06d", i)) }
