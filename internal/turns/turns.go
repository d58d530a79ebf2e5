// Package turns compares, for benchmarks, several ways to do the same. They take turns, so that
// other load on the machine meets all of them.
package turns

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Way is a way to do something with thing number i. Do may be called concurrently, but not for the
// same thing.
type Way struct {
	Name string
	Do   func(i int) error

	took []time.Duration // by each turn
}

// Load is what a turn consists of.
type Load struct {
	Workers int // that work at the same time
	Things  int // each worker has some for itself
	Calls   int // of all workers together
}

// atLeast is the least time for which a way is measured.
const atLeast = 5 * time.Second

// Compare measures ways for at least five seconds each, and reports the rate of each, and for all but
// the first the median share of the first one's rate in the same round of turns. The result does not
// depend on b.N, except that there are at least as many rounds.
func Compare(b *testing.B, load Load, ways ...Way) {
	b.Helper()
	for i := range ways {
		ways[i].run(b, load) // not measured: caches, pools and plans are cold
	}
	b.ResetTimer()
	took := make([]time.Duration, len(ways))
	for round := 0; round < b.N || slices.Min(took) < atLeast; round++ {
		for k := range ways {
			i := (k + round) % len(ways)
			start := time.Now()
			ways[i].run(b, load)
			turn := time.Since(start)
			ways[i].took = append(ways[i].took, turn)
			took[i] += turn
		}
		if b.Failed() {
			return
		}
	}
	for i, w := range ways {
		b.ReportMetric(float64(load.Calls*len(w.took))/took[i].Seconds(), w.Name+"/s")
		if i > 0 {
			b.ReportMetric(share(ways[0].took, w.took), w.Name+"-of-"+ways[0].Name)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// share returns the median rate of a way as a share of the first way's rate in the same round.
func share(first, took []time.Duration) float64 {
	shares := make([]float64, len(took))
	for round := range took {
		shares[round] = first[round].Seconds() / took[round].Seconds()
	}
	slices.Sort(shares)
	return shares[len(shares)/2]
}

func (w *Way) run(b *testing.B, load Load) {
	var next atomic.Int64
	var running sync.WaitGroup
	each := load.Things / load.Workers
	for worker := range load.Workers {
		running.Go(func() {
			for k := 0; next.Add(1) <= int64(load.Calls); k++ {
				if err := w.Do(worker + k%each*load.Workers); err != nil {
					b.Errorf("%s: %v", w.Name, err)
					return
				}
			}
		})
	}
	running.Wait()
}
