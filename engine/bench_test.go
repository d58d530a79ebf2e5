package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
)

var sizes = []struct{ accounts, users int }{
	{1, 100}, {1, 10_000}, {1, 1_000_000}, {10_000, 100},
}

// BenchmarkCheck runs the same checks in the engine and in the reference, alternating,
// and reports the ratio of their times. "Serial" uses one goroutine, "parallel" one for
// each processor; "while committing" adds a goroutine that makes 10,000 commits a
// second.
func BenchmarkCheck(b *testing.B) {
	for _, size := range sizes {
		name := fmt.Sprintf("users=%d", size.accounts*size.users)
		if size.accounts > 1 {
			name += fmt.Sprintf("/accounts=%d", size.accounts)
		}
		b.Run(name, func(b *testing.B) {
			m := marketOf(b, size.accounts, size.users)
			list := m.questions(b, 1<<17)
			runtime.GC() // garbage of the set-up must not be collected during the checks
			b.Run("serial", func(b *testing.B) {
				b.ReportAllocs()
				var took [2]atomic.Int64
				m.turns(list, 0, &took, counter(b.N))
				report(b, &took)
			})
			b.Run("parallel", func(b *testing.B) { m.parallel(b, list) })
			b.Run("committing", func(b *testing.B) {
				stop := m.commitBeside(b)
				start := time.Now()
				m.parallel(b, list)
				took := time.Since(start)
				b.ReportMetric(float64(stop())/took.Seconds(), "commits/s")
			})
		})
	}
}

func (m *market) parallel(b *testing.B, list []asked) {
	var took [2]atomic.Int64
	var asker atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		m.turns(list, int(asker.Add(1))*len(list)/8, &took, pb.Next)
	})
	report(b, &took)
}

// turns runs 2048 checks at a time on each side, and adds up the times of each side. The
// sides are at different places of the list, so that neither finds in the processor's
// cache what the other side has just read.
func (m *market) turns(list []asked, from int, took *[2]atomic.Int64, next func() bool) {
	var az usher.Authorizer = m.Engine
	ctx := context.Background()
	const turn = 2048
	for i := from; ; i += turn {
		n := 0
		for n < turn && next() {
			n++
		}
		start := time.Now()
		for k := range n {
			q := &list[(i+k)&(len(list)-1)]
			sink = m.people[q.company].may(q.user, q.name, q.request.Resource)
		}
		middle := time.Now()
		for k := range n {
			q := &list[(i+k+len(list)/2)&(len(list)-1)]
			d, _ := az.Check(ctx, q.request)
			sink = d.Allowed()
		}
		took[0].Add(int64(middle.Sub(start)))
		took[1].Add(int64(time.Since(middle)))
		if n < turn {
			return
		}
	}
}

var sink bool

func counter(n int) func() bool {
	return func() bool { n--; return n >= 0 }
}

func report(b *testing.B, took *[2]atomic.Int64) {
	b.ReportMetric(0, "ns/op") // the sum of both sides has no meaning
	b.ReportMetric(float64(took[1].Load())/float64(b.N), "ns/check")
	b.ReportMetric(float64(took[1].Load())/float64(took[0].Load()), "x-reference")
}

// BenchmarkChange measures the time from the submission of a change of role until a
// check sees it.
func BenchmarkChange(b *testing.B) {
	for _, size := range sizes[:3] {
		for _, by := range []account.Actor{account.AsHost("bench"), account.AsUser("user-0000000")} {
			b.Run(fmt.Sprintf("users=%d/by=%s", size.users, by), func(b *testing.B) {
				m := marketOf(b, size.accounts, size.users)
				random := rand.New(rand.NewPCG(2, 2))
				took := make([]time.Duration, b.N)
				roles := map[string]bool{}
				runtime.GC()
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					user := userID(random.IntN(m.users)/20*20 + 2) // a member without further rights
					roles[user] = !roles[user]
					name := role.Name("member")
					if roles[user] {
						name = "admin"
					}
					ctx := context.Background()
					start := time.Now()
					_, err := m.Do(ctx, by, m.ids[0], account.SetRole{User: usher.UserID(user), Role: name})
					d, _ := m.Check(ctx, usher.Request{Account: m.ids[0], Subject: usher.UserID(user), Permission: aboutAccounts[1]})
					took[i] = time.Since(start)
					if err != nil || d.Allowed() != roles[user] {
						b.Fatalf("%s as %s: %v, %v", user, name, d, err)
					}
				}
				b.StopTimer()
				for user, admin := range roles {
					if admin {
						_, err := m.Do(context.Background(), account.AsHost("bench"), m.ids[0], account.SetRole{User: usher.UserID(user), Role: "member"})
						require.NoError(b, err)
					}
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-µs")
				b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-µs")
			})
		}
	}
}

// BenchmarkMemory loads a million users, of one account from a snapshot or of many from
// their journals. It reports the bytes in the heap for each user, beside those of the
// reference.
func BenchmarkMemory(b *testing.B) {
	for _, size := range sizes[2:] {
		b.Run(fmt.Sprintf("accounts=%d", size.accounts), func(b *testing.B) {
			m := marketOf(b, size.accounts, size.users)
			require.NoError(b, m.Close()) // stores the due snapshots
			markets.Clear()
			kept, ids := m.store, m.ids
			m = nil
			users := float64(size.accounts * size.users)
			for range b.N {
				before := heap()
				people := map[string]byHand{}
				for _, id := range ids {
					people[string(id)], _ = staff(size.users)
				}
				b.ReportMetric(float64(heap()-before)/users, "B/user-reference")
				runtime.KeepAlive(people)
				people = nil

				before = heap()
				p, err := preset.Load("oncehub")
				require.NoError(b, err)
				e, err := engine.Open(engine.Options{Policy: p, Store: kept})
				require.NoError(b, err)
				start := time.Now()
				for _, id := range ids {
					d, err := e.Check(context.Background(), usher.Request{Account: id, Subject: "user-0000000", Permission: aboutAccounts[0]})
					require.NoError(b, err)
					require.True(b, d.Allowed())
				}
				b.ReportMetric(time.Since(start).Seconds(), "s-to-load")
				b.ReportMetric(float64(heap()-before)/users, "B/user")
				runtime.KeepAlive(e)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func BenchmarkSeen(b *testing.B) {
	m := marketOf(b, 1, 100)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.MarkActive(m.ids[0], "user-0000007")
		}
	})
}
