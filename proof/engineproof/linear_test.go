// Package engineproof_test tests the promises of package engine to concurrent callers. Each history
// of calls and results must be linearizable: a single account with sequential calls could have
// returned the same results. A reported commit must survive a kill of the process.
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

	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// fullRun is the number of histories in a full run.
const fullRun = 1000

var (
	histories = flag.Int("histories", raced.Part(fullRun, 150), "the number of histories")
	questions = flag.Int("questions", 6, "the number of calls of each client in a history, without retries")
	seed      = flag.Uint64("seed", 0, "the seed of the first history; the others follow; 0 draws one")
)

// TestLinearizable has clients call one to three engines concurrently, while the store fails
// sometimes. A seed repeats the setup and all random choices, but not the schedule of the
// goroutines. It may be necessary to repeat a failed history many times.
func TestLinearizable(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64N(1 << 40)
	}
	t.Logf("to repeat: go test ./engineproof -run TestLinearizable -histories %d -seed %d", *histories, first)
	var seen counts
	places := append(setupsOf("memstore", inMemory()), setupsOf("boltstore", []handle{{store: openBolt(t)}})...)
	runHistories(t, places, first, *histories, &seen, fullOnly(*histories >= fullRun, everything))
}

// runHistories runs n histories with these setups in turn, and checks them. It goes on until each of
// the events has occurred.
func runHistories(t *testing.T, places []setup, first uint64, n int, seen *counts, events []string) {
	var began atomic.Uint64
	together(6, func() {
		for i := began.Add(1) - 1; seen.goOn(int(i), n, events) && !t.Failed(); i = began.Add(1) - 1 {
			seed := first + i
			p := places[seed%uint64(len(places))]
			p.faultLevel = faultLevel(seed / uint64(len(places)) % uint64(len(faultLevelNames)))
			h := begin(t, p, seed)
			h.run(6+int(seed%3), *questions)
			h.check(seen)
		}
	})
	t.Logf("counts:\n%v", seen)
	assert.Empty(t, seen.missing(events...))
}

// everything lists the events that a full run must contain.
var everything = []string{
	"memstore 1 unwatched", "memstore 1 watching", "memstore 2 unwatched", "memstore 2 watching", "memstore 2 fresh",
	"memstore 3 unwatched", "memstore 3 watching", "memstore 3 fresh",
	"memstore 1 unwatched transactions", "memstore 4 watching transactions", "memstore 4 fresh transactions",
	"boltstore 1 unwatched", "boltstore 2 unwatched", "boltstore 2 fresh", "boltstore 3 unwatched", "boltstore 3 fresh",
	"fault-free", "rejecting", "few faults", "many faults",
	"batch done", "batch repeated", "batch idle", "batch refused", "batch reused", "batch unknown", "batch failed",
	"check answered", "check failed", "view answered", "view failed",
	"refused denied", "refused unknown-user", "refused exists", "refused unique-role", "refused seat-required",
	"refused no-seats-left", "refused seats-in-use", "refused inactive", "refused invalid", "guards",
	"set-role-beside done", "set-role-beside refused", "unset-role-beside done", "set-team-role done", "unset-team-role done",
	"request-to-join done", "request-to-join refused", "withdraw-request done", "withdraw-request refused", "admit-user done", "admit-user refused",
	"join-team done", "join-team refused", "leave-team done",
	"invite done", "revoke-invitation done", "accept-invitation done", "accept-invitation refused",
	"request done", "approve done", "approve refused", "decline done", "refused unknown-request",
	"batch rejected by the store", "appends rejected by the store",
	"transaction done", "transaction repeated", "transaction idle", "transaction refused", "transaction reused", "transaction unknown",
	"transaction failed", "transactions rolled back",
	"unknown, was done", "unknown, was not done", "conflicts", "ownership handed over",
}

// setupsOf returns the setups over a store, with and without transactions of a host.
func setupsOf(name string, handles []handle) (all []setup) {
	_, watches := handles[0].store.(store.Watcher)
	for engines := 1; engines <= mostEngines; engines++ {
		for _, sight := range []freshness{unwatched, watching, fresh} {
			if sight == watching && !watches || sight == fresh && engines == 1 {
				continue
			}
			all = append(all, setup{name: name, handles: handles, engines: engines, freshness: sight})
			if handles[0].begin != nil {
				all = append(all, setup{name: name, handles: handles, engines: engines, freshness: sight, transactions: true})
			}
		}
	}
	return all
}

func (p setup) String() string {
	text := fmt.Sprintf("%s %d %s", p.name, p.engines, p.freshness)
	if p.transactions {
		text += " transactions"
	}
	return text
}

func openBolt(t testing.TB) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "journal"), boltstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// together runs f on n goroutines concurrently, and waits for all.
func together(n int, f func()) {
	var busy sync.WaitGroup
	for range n {
		busy.Go(f)
	}
	busy.Wait()
}
