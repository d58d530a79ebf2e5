package natsstore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/turns"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/natsstore"
)

const benchAccounts = 1000

// BenchmarkCommits stores commits of 1,000 accounts in four ways, in turns: by bare publishes of the
// same bytes to a stream with three replicas, by such publishes that the server rejects unless they follow
// the last message of their account, by Append, and by Engine.Do. It reports the rates of the others as a
// share of the first. The servers wait for the disk.
func BenchmarkCommits(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			turns.Compare(b, turns.Load{Workers: writers, Things: benchAccounts, Calls: 64 * writers}, benchWays(b)...)
		})
	}
}

func benchWays(b *testing.B) []turns.Way {
	ctx, name := context.Background(), newName()
	s := open(b, 0, natsstore.Options{Name: name, Partitions: 4})
	e := benchEngine(b, s)
	roles := [2]role.Name{"member", "admin"}
	submitted, versions := make([]int, benchAccounts), make([]uint64, benchAccounts)
	id := func(way string, i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("%s-%06d", way, i)) }
	submit := func(i int) error {
		submitted[i]++
		_, err := e.Do(ctx, account.AsHost("bench"), id("submit", i), account.SetRole{User: "mia", Role: roles[submitted[i]%2]})
		return err
	}
	for i := range benchAccounts {
		_, err := e.Do(ctx, account.AsHost("bench"), id("submit", i), account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
		require.NoError(b, err)
	}
	require.NoError(b, submit(0))
	var data []byte
	for c, err := range s.Commits(ctx, id("submit", 0), 1) {
		require.NoError(b, err)
		data = c.Data
	}
	appendOne := func(i int) error {
		versions[i]++
		return s.Append(ctx, id("append", i), store.Entry{Commit: store.Commit{Version: versions[i], Data: data}})
	}
	for i := range benchAccounts {
		require.NoError(b, appendOne(i))
	}
	js, err := jetstream.New(connect(b, cluster(b), 0))
	require.NoError(b, err)
	for p := range 4 {
		_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: fmt.Sprint(name, "-bare-", p), Subjects: []string{fmt.Sprint(name, ".bare.", p, ".*")}, Replicas: 3})
		require.NoError(b, err)
	}
	b.Logf("commits of %d bytes", len(data))
	last := make([]uint64, benchAccounts)
	return []turns.Way{
		{Name: "bare", Do: func(i int) error {
			_, err := js.Publish(ctx, fmt.Sprint(name, ".bare.", i%4, ".", i), data)
			return err
		}},
		{Name: "fenced", Do: func(i int) error {
			ack, err := js.Publish(ctx, fmt.Sprint(name, ".bare.", i%4, ".fenced-", i), data, jetstream.WithExpectLastSequencePerSubject(last[i]))
			if err == nil {
				last[i] = ack.Sequence
			}
			return err
		}},
		{Name: "append", Do: appendOne},
		{Name: "submit", Do: submit},
	}
}

func benchEngine(b *testing.B, s store.Store) *engine.Engine {
	b.Helper()
	p, err := preset.Load("oncehub")
	require.NoError(b, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: s, Accounts: 4 * benchAccounts})
	require.NoError(b, err)
	b.Cleanup(func() { _ = e.Close() })
	return e
}

// BenchmarkVisible measures the time from the end of a commit by one engine until a check by another
// one, on another server, sees it.
func BenchmarkVisible(b *testing.B) {
	name := newName()
	one := benchEngine(b, open(b, 0, natsstore.Options{Name: name, Partitions: 4}))
	other := benchEngine(b, open(b, 1, natsstore.Options{Name: name}))
	_, err := one.Do(context.Background(), account.AsHost("bench"), "acme", account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
	require.NoError(b, err)
	_, err = check(other)
	require.NoError(b, err)
	time.Sleep(2 * time.Second) // until both watch
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for i := range took {
		result, err := one.Do(context.Background(), account.AsHost("bench"), "acme", account.SetRole{User: "mia", Role: [2]role.Name{"admin", "member"}[i%2]})
		if err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		for {
			d, err := check(other)
			if err != nil {
				b.Fatal(err)
			}
			if d.Detail().Version >= result.Version {
				break
			}
			time.Sleep(100 * time.Microsecond)
		}
		took[i] = time.Since(begun)
		time.Sleep(10 * time.Millisecond) // idle
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}
