// Package engineproof_test holds what package engine promises to those who ask from many
// sides at once: each history of questions and answers is one that a single account could have
// given, one question after the other; and what was answered outlives a kill.
package engineproof_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/memstore"
)

// fullRun is how many histories a full run has.
const fullRun = 1000

var (
	histories = flag.Int("histories", fullRun, "how many histories are held against the model")
	questions = flag.Int("questions", 6, "how often each client asks in a history; some batches under a key are asked again")
	seed      = flag.Uint64("seed", 0, "of the first history, those of the others follow; 0 draws one")
)

// TestLinearizable has clients of one to three engines ask at the same time, while the store
// fails now and then. A seed makes the place and all that is left to chance again, but not the
// schedule, which is the machine's: a history that failed may have to be tried often.
func TestLinearizable(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64N(1 << 40)
	}
	t.Logf("again: go test ./engineproof -run TestLinearizable -histories %d -seed %d", *histories, first)
	places := append(placesOf("memstore", new(memstore.Store)), placesOf("boltstore", openBolt(t))...)
	var began atomic.Uint64
	var seen tally
	together(6, func() {
		for i := began.Add(1) - 1; i < uint64(*histories); i = began.Add(1) - 1 {
			seed := first + i
			p := places[seed%uint64(len(places))]
			p.weather = weather(seed / uint64(len(places)) % uint64(len(weatherNames)))
			h := begin(t, p, seed)
			h.run(6+int(seed%3), *questions)
			h.judge(&seen)
		}
	})
	t.Logf("what came of it:\n%v", &seen)
	if *histories >= fullRun {
		assert.Empty(t, seen.missing(everything...))
	}
}

// everything is what a full run must have come across.
var everything = []string{
	"memstore 1 deaf", "memstore 1 watching", "memstore 2 deaf", "memstore 2 watching", "memstore 2 fresh",
	"memstore 3 deaf", "memstore 3 watching", "memstore 3 fresh",
	"boltstore 1 deaf", "boltstore 2 deaf", "boltstore 2 fresh", "boltstore 3 deaf", "boltstore 3 fresh",
	"fair", "gusty", "windy", "stormy",
	"batch done", "batch repeated", "batch idle", "batch refused", "batch reused", "batch unknown", "batch failed",
	"check answered", "check failed", "view answered", "view failed",
	"refused denied", "refused unknown-user", "refused exists", "refused unique-role", "refused seat-required",
	"refused no-seats-left", "refused seats-in-use",
	"batch rejected by the store", "appends rejected by the store",
	"unknown, was done", "unknown, was not done", "conflicts", "ownership handed over",
}

// placesOf returns where histories take place on a store.
func placesOf(name string, s store.UserDataStore) (all []place) {
	_, watches := s.(store.Watcher)
	for engines := 1; engines <= mostEngines; engines++ {
		for _, sight := range []sight{deaf, watching, fresh} {
			if sight == watching && !watches || sight == fresh && engines == 1 {
				continue
			}
			all = append(all, place{name: name, store: s, engines: engines, sight: sight})
		}
	}
	return all
}

func (p place) String() string { return fmt.Sprintf("%s %d %s", p.name, p.engines, p.sight) }

func openBolt(t testing.TB) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "journal"), boltstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// together runs f on n goroutines at the same time, and waits for all.
func together(n int, f func()) {
	var busy sync.WaitGroup
	for range n {
		busy.Go(f)
	}
	busy.Wait()
}
