// Package storefault wraps a store and injects faults into its calls: delays, errors, and
// concurrent writers. It is for tests.
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

// ErrInjected is the error of the faults of Random.
var ErrInjected = errors.New("injected fault")

// Call is a call of a method of a store. For a method that returns an iterator, the call occurs
// when a loop begins.
type Call struct {
	Method  string // such as "Append"
	Account usher.AccountID
	Version uint64 // of the entry or snapshot; for Commits, the version after which the loop begins
	Try     int    // 1 for the first call with these values, 2 for the next, and so on
}

// Fault is applied to a call, in the order of the fields. The zero Fault has no effect.
type Fault struct {
	// Delay is how long the call waits first. If the context is done during the delay, the call
	// returns the context's error.
	Delay time.Duration

	// Before is returned without a call of the store.
	Before error

	// Rival is appended to the account before the entry of an Append, which then conflicts.
	// If the store rejects it, it has no effect.
	Rival *store.Entry

	// After is returned after a call of the store, instead of the store's result. A loop yields up
	// to Items values, and then this error.
	After error

	// Items is the number of values that a loop yields before the error After.
	Items int
}

// Faults returns the fault of a call. It must be safe for concurrent calls, and may block to delay
// the call.
type Faults func(ctx context.Context, c Call) Fault

// Rates configures Random. It contains the probability of each kind of fault, from 0 to 1. The zero
// Rates injects no faults.
type Rates struct {
	Before float64 // ErrInjected, without a call of the store
	After  float64 // ErrInjected, after a call of the store; in a loop after up to 9 values
	Delay  float64 // of up to MaxDelay
	Rival  float64 // of an Append, made by NewRival

	MaxDelay time.Duration             // Default: a millisecond
	NewRival func(c Call) *store.Entry // may return nil. Default: no rivals
}

// Random returns random faults. The fault of a call depends only on the seed and the call, not on
// the order or the goroutines of the calls.
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
