package storetest

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

// ErrFault is what a fault made by Random returns.
var ErrFault = errors.New("injected fault")

// Call is one call of a method of a store. For a loop it is made when the loop
// begins.
type Call struct {
	Method  string // Append, Commits, SaveSnapshot, Snapshot, Accounts, Erase, Record, Records, Seen, Sightings or Watch
	Account usher.AccountID
	Version uint64 // of the entry or snapshot; what a loop over commits is to begin after
	Try     int    // 1 for the first call like this, 2 for the next, and so on
}

// Fault is what befalls a call, in the order of its fields. The zero Fault is none.
type Fault struct {
	// Delay is how long the call is held up. If its context is done before, it
	// returns the context's error.
	Delay time.Duration

	// Before is the error of a call that does not reach the store.
	Before error

	// Rival is appended to the account first, for an Append to conflict with; if
	// the store refuses it, nothing is different.
	Rival *store.Entry

	// After is the error of a call that does reach the store: whatever that did or
	// refused, the caller does not learn. A loop yields what Items says, and then
	// this error.
	After error

	// Items is how many values a loop yields before the error After.
	Items int
}

// Faults decides what befalls each call. It may be called by many goroutines at the
// same time, and may block to hold a call up.
type Faults func(ctx context.Context, c Call) Fault

// Rates says how often Random makes which fault: 0 never, 1 each time.
type Rates struct {
	Before float64 // ErrFault, and the store was not reached
	After  float64 // ErrFault, and the store was reached; half-way in a loop
	Delay  float64 // of up to MaxDelay
	Rival  float64 // of an Append, made by NewRival

	MaxDelay time.Duration             // zero means a millisecond
	NewRival func(c Call) *store.Entry // nil makes no rivals; may return nil
}

// Random makes faults by chance. The same seed makes the same of the same call,
// in whatever order and on whatever goroutines calls are made.
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
			f.Before = ErrFault
		}
		if chance.Float64() < rates.After {
			f.After, f.Items = ErrFault, chance.IntN(10)
		}
		if c.Method == "Append" && rates.NewRival != nil && chance.Float64() < rates.Rival {
			f.Rival = rates.NewRival(c)
		}
		return f
	}
}
