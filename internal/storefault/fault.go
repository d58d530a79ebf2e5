// Package storefault makes the calls of a store fail, for tests of packages that use a store.
package storefault

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// ErrInjected is the error of the faults that Random makes.
var ErrInjected = errors.New("injected fault")

// Call is one call of a method of a store. The call of an iterator is made when its loop begins.
type Call struct {
	Method  string // Append, Commits, SaveSnapshot, Snapshot, Accounts, Erase, Record, Records, Seen, Sightings or Watch
	Account usher.AccountID
	Version uint64 // of the entry or snapshot; for Commits, the version after which the loop begins
	Try     int    // 1 for the first call with these values, 2 for the next, and so on
}

// Fault is what happens to a call, in the order of the fields. With the zero Fault, the call
// succeeds or fails as the store does.
type Fault struct {
	// Delay is how long the call waits first. If its context ends before that, the call
	// returns the context's error.
	Delay time.Duration

	// Before is the error of a call that does not reach the store.
	Before error

	// Rival is appended to the account before the entry of an Append, which then conflicts.
	// If the store rejects it, it has no effect.
	Rival *store.Entry

	// After is the error of a call that reaches the store: the caller does not learn the
	// store's result. A loop yields as many values as Items, and then this error.
	After error

	// Items is the number of values that a loop yields before the error After.
	Items int
}

// Faults returns the fault of each call. It is called concurrently, and may block to delay a
// call.
type Faults func(ctx context.Context, c Call) Fault

// Rates has the probability of each fault that Random makes: 0 for never, 1 for always.
type Rates struct {
	Before float64 // ErrInjected, and the store was not reached
	After  float64 // ErrInjected, and the store was reached; in a loop after up to 9 values
	Delay  float64 // of up to MaxDelay
	Rival  float64 // of an Append, made by NewRival

	MaxDelay time.Duration             // default: a millisecond
	NewRival func(c Call) *store.Entry // may return nil; default: no rivals
}

// Random returns random faults. The same seed and call always give the same fault, whatever the
// order and the goroutines of the calls.
func Random(seed uint64, rates Rates) Faults {
	if rates.MaxDelay == 0 {
		rates.MaxDelay = time.Millisecond
	}
	return func(_ context.Context, c Call) (f Fault) {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s %q %d %d", c.Method, string(c.Account), c.Version, c.Try)
		chance := rand.New(rand.NewPCG(seed, h.Sum64()))
		if chance.Float64() < rates.Delay {
			f.Delay = time.Duration(chance.Float64() * float64(rates.MaxDelay))
		}
		if chance.Float64() < rates.Before {
			f.Before = ErrInjected
		}
		if chance.Float64() < rates.After {
			f.After, f.Items = ErrInjected, chance.IntN(10)
		}
		if c.Method == "Append" && rates.NewRival != nil && chance.Float64() < rates.Rival {
			f.Rival = rates.NewRival(c)
		}
		return f
	}
}
