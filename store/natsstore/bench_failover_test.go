package natsstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/natstest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/natsstore"
)

// publishTimeout is how long a bare client waits for a response before it publishes again.
const publishTimeout = 100 * time.Millisecond

// BenchmarkLeaderKilled measures how long writers wait after kill -9 of the server that leads the stream of
// their accounts. Three stores, each connected to another server first, append to accounts. Beside
// them, bare clients publish to the same stream. The shortest wait of a bare client is the election of the
// servers, and at most 100 ms more. An iteration is one kill.
func BenchmarkLeaderKilled(b *testing.B) {
	c, err := natstest.Start(natstest.Options{})
	require.NoError(b, err)
	b.Cleanup(c.Stop)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	var appends, publishes []*writer
	for i := range c.Servers {
		appends = append(appends, &writer{write: appending(openOn(b, c, i, natsstore.Options{Partitions: 1}), usher.AccountID(fmt.Sprint("a", i)))})
		client, err := jetstream.New(connect(b, c, i))
		require.NoError(b, err)
		publishes = append(publishes, &writer{write: func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, publishTimeout)
			defer cancel()
			_, err := client.Publish(ctx, "usher.0.j.bare", []byte("data"), jetstream.WithRetryAttempts(0))
			return err
		}})
	}
	nc := connect(b, c, 0)
	all := slices.Concat(appends, publishes)
	for _, w := range all {
		running.Go(func() { w.run(ctx) })
	}
	var waits, elections []time.Duration
	for b.Loop() {
		require.NoError(b, c.Wait(time.Minute))
		leader := -1
		require.Eventually(b, func() bool {
			name := leaderOf(nc, "usher-journal-0")
			leader = slices.IndexFunc(c.Servers, func(s *natstest.Server) bool { return s.Name == name })
			return leader >= 0
		}, time.Minute, 100*time.Millisecond)
		eachWrites(b, all)
		for _, w := range all {
			w.longest.Store(0)
		}
		require.NoError(b, c.Servers[leader].Kill())
		eachWrites(b, all)
		election := time.Hour
		for _, w := range publishes {
			election = min(election, time.Duration(w.longest.Load()))
		}
		elections = append(elections, election)
		for _, w := range appends {
			waits = append(waits, time.Duration(w.longest.Load()))
		}
		require.NoError(b, c.Servers[leader].Start())
	}
	slices.Sort(waits)
	slices.Sort(elections)
	for name, list := range map[string][]time.Duration{"append": waits, "election": elections} {
		b.ReportMetric(list[len(list)/2].Seconds(), name+"-p50-s")
		b.ReportMetric(list[len(list)-1].Seconds(), name+"-max-s")
	}
	b.ReportMetric(0, "ns/op")
}

// appending returns a function that appends one commit to an account that only it writes.
func appending(s *natsstore.Store, account usher.AccountID) func(context.Context) error {
	version := uint64(1)
	return func(ctx context.Context) error {
		err := s.Append(ctx, account, store.Entry{Commit: store.Commit{Version: version, Data: []byte("data")}})
		if err == nil || errors.Is(err, store.ErrConflict) { // the outcome of the call before was unknown
			version++
		}
		return err
	}
}

// writer writes again and again.
type writer struct {
	write   func(context.Context) error
	begun   atomic.Int64 // when the last call that returned nil began, in nanoseconds since 1970
	longest atomic.Int64 // the longest time between the ends of two such calls
}

func (w *writer) run(ctx context.Context) {
	for last := time.Now(); ctx.Err() == nil; {
		start := time.Now()
		if w.write(ctx) != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		now := time.Now()
		w.longest.Store(max(w.longest.Load(), int64(now.Sub(last))))
		w.begun.Store(start.UnixNano())
		last = now
	}
}

// eachWrites waits until each writer has made a call that begins from now on.
func eachWrites(b *testing.B, all []*writer) {
	b.Helper()
	now := time.Now().UnixNano()
	for _, w := range all {
		require.Eventually(b, func() bool { return w.begun.Load() > now }, time.Minute, time.Millisecond)
	}
}
