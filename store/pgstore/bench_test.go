package pgstore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/internal/turns"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
)

const benchAccounts = 1000

// BenchmarkCommits stores commits of 1,000 accounts in three ways, in turns: by bare INSERTs of the
// same bytes, each in a transaction of its own, by Append, and by Engine.Do. It reports the rates of
// the latter two as a share of the first.
func BenchmarkCommits(b *testing.B) {
	durable := durableServer(b)
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			turns.Compare(b, benchLoad(writers), benchWays(b, durable, newSchema(), writers)...)
		})
	}
}

// benchLoad is a turn of writers.
func benchLoad(writers int) turns.Load {
	return turns.Load{Workers: writers, Things: benchAccounts, Calls: 128 * writers}
}

func benchWays(b *testing.B, durable *pgtest.Server, schema string, writers int) []turns.Way {
	ctx := context.Background()
	pool := newPool(b, durable.DSN("postgres", fmt.Sprintf("pool_max_conns=%d", max(writers, 4))))
	require.NoError(b, pgstore.Migrate(ctx, pool, schema))
	s, err := pgstore.Open(ctx, pool, pgstore.Options{Schema: schema})
	require.NoError(b, err)
	b.Cleanup(s.Close)
	p, err := preset.Load("oncehub")
	require.NoError(b, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: s, Accounts: 4 * benchAccounts})
	require.NoError(b, err)
	b.Cleanup(func() { _ = e.Close() })

	roles := [2]role.Name{"member", "admin"}
	submitted, versions, rows := make([]int, benchAccounts), make([]uint64, benchAccounts), make([]int64, benchAccounts)
	name := func(way string, i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("%s-%06d", way, i)) }
	submit := func(i int) error {
		submitted[i]++
		_, err := e.Do(ctx, account.AsHost("bench"), name("submit", i), account.SetRole{User: "mia", Role: roles[submitted[i]%2]})
		return err
	}
	for i := range benchAccounts {
		_, err := e.Do(ctx, account.AsHost("bench"), name("submit", i), account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
		require.NoError(b, err)
	}
	require.NoError(b, submit(0))
	var data []byte
	for c, err := range s.Commits(ctx, name("submit", 0), 1) {
		require.NoError(b, err)
		data = c.Data
	}
	appendOne := func(i int) error {
		versions[i]++
		return s.Append(ctx, name("append", i), store.Entry{Commit: store.Commit{Version: versions[i], Data: data}})
	}
	for i := range benchAccounts {
		require.NoError(b, appendOne(i))
	}
	table := `"` + schema + `".bare`
	_, err = pool.Exec(ctx, "CREATE TABLE "+table+" (account bytea, version bigint, xid bigint, data bytea, PRIMARY KEY (account, version))")
	require.NoError(b, err)
	_, err = pool.Exec(ctx, "VACUUM ANALYZE")
	require.NoError(b, err)
	b.Logf("commits of %d bytes", len(data))
	return []turns.Way{
		{Name: "bare", Do: func(i int) error {
			rows[i]++
			_, err := pool.Exec(ctx, "INSERT INTO "+table+" (account, version, xid, data) VALUES ($1, $2, 0, $3)", []byte(name("bare", i)), rows[i], data)
			return err
		}},
		{Name: "append", Do: appendOne},
		{Name: "submit", Do: submit},
	}
}

// BenchmarkHint measures the time from the end of an Append on one instance until Watch yields the
// account on another.
func BenchmarkHint(b *testing.B) {
	durable, err := pgtest.Start(pgtest.Options{})
	require.NoError(b, err)
	b.Cleanup(durable.Stop)
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	var instances [2]*pgstore.Store
	for i := range instances {
		pool := newPool(b, durable.DSN("postgres"))
		require.NoError(b, pgstore.Migrate(ctx, pool, ""))
		instances[i], err = pgstore.Open(ctx, pool, pgstore.Options{})
		require.NoError(b, err)
		b.Cleanup(instances[i].Close)
	}
	found := make(chan time.Time, 1000)
	go func() {
		for h, err := range instances[1].Watch(ctx) {
			if err == nil && h.Account == "acme" {
				found <- time.Now()
			}
		}
	}()
	time.Sleep(time.Second) // until the listener has its connection
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for i := range took {
		if err := instances[0].Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: uint64(i) + 1}}); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		took[i] = max((<-found).Sub(start), 0)
		time.Sleep(20 * time.Millisecond) // idle
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}
