// Package storetest tests whether a store keeps the contract of package store. The suite consists
// of rows. Each row is a subtest for a sentence of the contract, and its failures quote the
// sentence. The test of a store runs all rows:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(testing.TB) store.Store { return new(memstore.Store) })
//	}
//
// Under the race detector, rows with many concurrent calls make fewer of them.
package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Run runs all rows for a store that is not durable. The test of a durable store uses a [Suite]
// with Reopen.
func Run(t *testing.T, open func(t testing.TB) store.Store) {
	t.Helper()
	Suite{Open: open}.Run(t)
}

// Suite configures the rows for a store.
type Suite struct {
	// Open returns a new, empty store, and closes it with t.Cleanup. Each row calls it. Required.
	Open func(t testing.TB) store.Store

	// Reopen closes a store that Open or Reopen returned, and opens the same data again. Default:
	// the rows about durability are skipped.
	Reopen func(t testing.TB, s store.Store) store.Store

	// Refuse makes the store reject all later entries for an account by a rule of its own, such
	// as a quota. Default: the rows about store.ErrRefused are skipped.
	Refuse func(t testing.TB, s store.Store, account usher.AccountID)

	// Second opens another handle on the data of a store that Open returned, as another process
	// would, with connections of its own, and closes it with t.Cleanup. Default: the rows about
	// several processes are skipped, and the others use one handle.
	Second func(t testing.TB, s store.Store) store.Store

	// Remains reads the underlying storage without the store, and describes the data that it
	// contains of an account, such as "1 snapshot"; "" for none. The mark of an erased account is
	// not such data. Default: rows detect only the data that the store returns.
	Remains func(t testing.TB, s store.Store, account usher.AccountID) string

	// Patience is the time after which a row fails because it hangs. Default: five minutes.
	Patience time.Duration

	host TxSuite // of the rows of a TxSuite
}

// Run runs all rows, one after the other, each as a subtest. It skips the rows about optional
// interfaces that the store does not implement.
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
		recordRows, lastActiveRows, watchRows, confirmRows,
		versionRows, indexRows, shortenRows, inTxRows, lockRows, secondRows,
	)
}
