// Package storetest holds a store to its contract. Each sentence of package store
// is a row that quotes it; whoever writes a store runs them all:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(testing.TB) store.Store { return new(memstore.Store) })
//	}
//
// For the tests of those who use a store there is Faulty, which makes calls fail.
package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Run tests a store that forgets when it is closed, a subtest for each row.
func Run(t *testing.T, open func(t testing.TB) store.Store) {
	t.Helper()
	Suite{Open: open}.Run(t)
}

// Suite says how to come by the stores that are tested. Open is required.
type Suite struct {
	// Open returns a new and empty store. Each row has its own; t.Cleanup is the
	// place to close it.
	Open func(t testing.TB) store.Store

	// Reopen closes a store that Open or Reopen returned, and opens what it left
	// behind. Nil skips the rows that ask what is durable.
	Reopen func(t testing.TB, s store.Store) store.Store

	// Refuse has the store reject every entry to an account from then on, by a rule of
	// its own such as a quota. Nil skips the rows about store.ErrRefused.
	Refuse func(t testing.TB, s store.Store, account usher.AccountID)

	// Patience is how long a row may take before it counts as hanging. Zero means
	// five minutes. No row needs to be fast.
	Patience time.Duration
}

// Run runs all rows, one after the other, each as a subtest. Rows about Keeper or
// Watcher are skipped, and say so, if the store is none.
func (s Suite) Run(t *testing.T) {
	t.Helper()
	for _, row := range Rows() {
		t.Run(row.Name, func(t *testing.T) {
			t.Helper()
			row.Check(t, s)
		})
	}
}

// Rows returns the rows of the suite.
func Rows() []Row {
	return slices.Concat(
		appendRows, refusedRows, commitRows, snapshotRows, accountRows, eraseRows,
		idRows, dataRows, loopRows, raceRows, durableRows,
		recordRows, sightingRows, watchRows,
	)
}
