package natsstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/natsstore"
)

// BenchmarkColdCheck measures the first check in each of b.N accounts of 20 users, which loads the account
// from three servers on this machine: -benchtime 5000x. It reports the median, p99, and the messages that a
// check sends. The program in examples/tenmillion computes with these figures.
func BenchmarkColdCheck(b *testing.B) {
	ctx, name := context.Background(), newName()
	id := func(i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("account-%08d", i)) }
	user := func(i int) usher.UserID { return usher.UserID(fmt.Sprintf("user-%08d", i)) }
	seed := account.Seed{Users: map[usher.UserID]policy.User{user(0): {Role: "owner"}}}
	for i := 1; i < 20; i++ {
		seed.Users[user(i)] = policy.User{Role: "member"}
	}
	writer := benchEngine(b, open(b, 0, natsstore.Options{Name: name, Partitions: 16}))
	for i := range b.N {
		_, err := writer.Do(ctx, account.AsHost("bench"), id(i), account.Import{Seed: seed})
		require.NoError(b, err)
	}
	nc := connect(b, cluster(b), 1)
	s, err := natsstore.Open(ctx, nc, natsstore.Options{Name: name})
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	p, err := preset.Load("oncehub")
	require.NoError(b, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: s, Accounts: b.N})
	require.NoError(b, err)
	b.Cleanup(func() { _ = e.Close() })
	view := permission.MustParse("calendar.view")
	took := make([]time.Duration, b.N)
	order, sent := rand.Perm(b.N), nc.Stats().OutMsgs
	b.ResetTimer()
	for n, i := range order {
		begun := time.Now()
		_, err := e.Check(ctx, usher.Request{Account: id(i), Subject: user(rand.IntN(20)), Permission: view})
		took[n] = time.Since(begun)
		if err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(nc.Stats().OutMsgs-sent)/float64(b.N), "messages/check")
	b.ReportMetric(0, "ns/op")
}
