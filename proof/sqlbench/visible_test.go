package sqlbench_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/store/pgstore"
)

// BenchmarkVisible measures the time from the return of a commit on one instance until a Check on
// another one has the new result, while nothing else happens.
func BenchmarkVisible(b *testing.B) {
	for _, o := range []pgstore.Options{
		{},
		{Notify: pgstore.NotifyOff, PollEvery: 50 * time.Millisecond},
		{Notify: pgstore.NotifyOff, PollEvery: time.Second},
	} {
		name := "notify"
		if o.Notify == pgstore.NotifyOff {
			name = fmt.Sprint("poll-", o.PollEvery)
		}
		b.Run(name, func(b *testing.B) {
			address := newDatabase(b)
			here, there := start(b, address, 4, o), start(b, address, 4, o)
			_, err := here.Do(ctx, bench, "acme", account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
			require.NoError(b, err)
			request := usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("account.configure")}
			took := make([]time.Duration, 0, b.N)
			for n := range b.N + 5 { // the first ones do not count
				time.Sleep(rand.N(max(o.PollEvery, 40*time.Millisecond))) // idle, until a random time between two polls
				c := account.SetRole{User: "mia", Role: "admin"}
				if n%2 == 1 {
					c.Role = "member"
				}
				if _, err := here.Do(ctx, bench, "acme", c); err != nil {
					b.Fatal(err)
				}
				begun := time.Now()
				for {
					d, err := there.Check(ctx, request)
					if err != nil {
						b.Fatal(err)
					}
					if d.Allowed() == (n%2 == 0) {
						break
					}
					if time.Since(begun) > time.Minute {
						b.Fatal("the commit does not become visible")
					}
					time.Sleep(50 * time.Microsecond) // leaves the processor to the others
				}
				if n >= 5 {
					took = append(took, time.Since(begun))
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
