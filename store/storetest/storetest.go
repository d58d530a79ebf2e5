// Package storetest tests whether a store keeps the contract of package store. Each sentence of
// the contract is a row, which is a subtest whose failures quote the sentence. The test of a
// store runs all rows:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(testing.TB) store.Store { return new(memstore.Store) })
//	}
package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Run runs all rows for a store that is not durable. A store that is durable uses a [Suite] with
// Reopen.
func Run(t *testing.T, open func(t testing.TB) store.Store) {
	t.Helper()
	Suite{Open: open}.Run(t)
}

// Suite opens the stores to test. Open is required.
type Suite struct {
	// Open returns a new and empty store, and closes it with t.Cleanup. Each row has its own.
	Open func(t testing.TB) store.Store

	// Reopen closes a store that Open or Reopen returned, and opens its data again. Default: the
	// rows about durability are skipped.
	Reopen func(t testing.TB, s store.Store) store.Store

	// Refuse makes the store reject each later entry to an account, by a rule of its own such
	// as a quota. Default: the rows about store.ErrRefused are skipped.
	Refuse func(t testing.TB, s store.Store, account usher.AccountID)

	// Patience is how long a row may take before it fails as hanging. Default: five minutes.
	Patience time.Duration
}

// Run runs all rows, one after the other, each as a subtest. Rows about Keeper or Watcher are
// skipped, with a message, if the store is not one.
func (s Suite) Run(t *testing.T) {
	t.Helper()
	for _, row := range rows() {
		t.Run(row.Name, func(t *testing.T) {
			t.Helper()
			row.test(t, s)
		})
	}
}

// rows returns all rows.
func rows() []row {
	return slices.Concat(
		appendRows, refusedRows, commitRows, snapshotRows, accountRows, eraseRows,
		idRows, dataRows, loopRows, raceRows, durableRows,
		recordRows, sightingRows, watchRows,
	)
}
