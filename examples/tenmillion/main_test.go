package main

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

func Example_main() {
	main()
	// Output:
	// 10 million accounts of 20 users, 8 processes with 200000 accounts each
	// memory: 1.7 GB in each process
	//
	//                                                   from a database      from JetStream
	// requests go to                       hit rate       p50       p99       p50       p99
	// any process, Zipf 0.8                   30.7%     670µs     6.4ms     7.7ms      38ms
	// the account's process, Zipf 0.8         57.4%     2.2µs     5.5ms     2.2µs      34ms
	// any process, Zipf 1.0                   69.1%     1.9µs     4.9ms     1.9µs      31ms
	// the account's process, Zipf 1.0         84.6%     1.8µs     3.7ms     1.8µs      26ms
	// any process, Zipf 1.2                   93.9%     1.7µs     2.4ms     1.7µs      19ms
	// the account's process, Zipf 1.2         97.6%     1.7µs     1.3ms     1.7µs      12ms
}

// counted counts the loads of accounts.
type counted struct {
	store.Store
	loads int
}

func (c *counted) Snapshot(ctx context.Context, id usher.AccountID) (store.Snapshot, error) {
	c.loads++
	return c.Store.Snapshot(ctx, id)
}

// The computed hit rate is that of an engine.
func TestHitRateIsThatOfAnEngine(t *testing.T) {
	const accounts, held, checks = 2000, 200, 20_000
	mem := new(memstore.Store)
	p, err := preset.Load("oncehub")
	require.NoError(t, err)
	fill, err := engine.Open(engine.Options{Policy: p, Store: mem})
	require.NoError(t, err)
	for i := range accounts {
		_, err := fill.Do(context.Background(), account.AsHost("import"), accountID(i), account.Import{Seed: company(2)})
		require.NoError(t, err)
	}
	require.NoError(t, fill.Close())
	for _, exponent := range []float64{0.8, 1.1} {
		from := &counted{Store: mem}
		e, err := engine.Open(engine.Options{Policy: p, Store: from, Accounts: held})
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(1, 2))
		groups := zipf(accounts, exponent)
		draw := func() usher.AccountID {
			at := random.Float64()
			first := 0
			for _, g := range groups {
				if at < g.accounts*g.share {
					return accountID(first + random.IntN(int(g.accounts)))
				}
				at -= g.accounts * g.share
				first += int(g.accounts)
			}
			return accountID(0)
		}
		check := func(n int) {
			for range n {
				_, err := e.Check(context.Background(), usher.Request{Account: draw(), Subject: userID(1), Permission: viewCalendar})
				require.NoError(t, err)
			}
		}
		check(checks / 4) // to fill the cache
		from.loads = 0
		check(checks)
		computed := service{accounts: accounts, processes: 1, held: held}.hitRate(exponent, false)
		assert.InDelta(t, 1-float64(from.loads)/checks, computed, 0.04, exponent)
		require.NoError(t, e.Close())
	}
}

func TestZipf(t *testing.T) {
	accounts, shares := 0.0, 0.0
	for _, g := range zipf(100_000, 1) {
		accounts += g.accounts
		shares += g.accounts * g.share
	}
	assert.EqualValues(t, 100_000, accounts)
	assert.InDelta(t, 1, shares, 1e-9)
	all := service{accounts: 1000, processes: 4, held: 1000}
	assert.InDelta(t, 1, all.hitRate(1, false), 1e-3)
	assert.Greater(t, service{accounts: 1000, processes: 4, held: 100}.hitRate(1, true), service{accounts: 1000, processes: 4, held: 100}.hitRate(1, false))
}

func TestQuantile(t *testing.T) {
	c := costs{check: spread{time.Microsecond, 2 * time.Microsecond}}
	from := source{load: spread{time.Millisecond / 2, 2 * time.Millisecond}, reads: 2, read: spread{time.Millisecond / 4, time.Millisecond}}
	assert.InEpsilon(t, time.Microsecond, c.quantile(from, 1, 0.5), 0.01)
	assert.InEpsilon(t, 2*time.Microsecond, c.quantile(from, 1, 0.99), 0.01)
	assert.InEpsilon(t, time.Millisecond, c.quantile(from, 0, 0.5), 0.01)
	assert.Greater(t, c.quantile(from, 0.98, 0.99), time.Millisecond/2, "more than one in a hundred checks loads")
}

// Measure works; its figures are those of the machine.
func TestMeasure(t *testing.T) {
	c, err := measure(200, 20)
	require.NoError(t, err)
	assert.Positive(t, c.check.p50)
	assert.Greater(t, c.load.p50, c.check.p50)
	assert.Positive(t, c.account)
}
