package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher/store"
)

// TxSuite configures the rows for the store.Tx that a store makes from a transaction of the host.
type TxSuite struct {
	// Open returns a new, empty store, and closes it with t.Cleanup. Each row calls it. Required.
	Open func(t testing.TB) store.Store

	// Begin begins a transaction of the host, and returns the Tx for it, with the functions that
	// commit and roll it back. A row ends each transaction once, and up to three may be open. The
	// rows expect that a transaction sees what others have committed since it began, as in the
	// isolation level READ COMMITTED. Required.
	Begin func(t testing.TB, s store.Store) (tx store.Tx, commit, rollback func() error)

	// OneAtATime states that a second transaction cannot begin while one is open, as in SQLite.
	// The rows with concurrent transactions are then skipped. Default: false.
	OneAtATime bool

	// Second is Suite.Second. While a transaction is open, rows read through this handle. Default:
	// rows use the store of Open.
	Second func(t testing.TB, s store.Store) store.Store

	// Savepoint sets a savepoint in the transaction of a Tx that Begin returned, and returns a
	// function that rolls back to it. Default: the rows about savepoints are skipped.
	Savepoint func(t testing.TB, tx store.Tx) (rollback func() error)

	// Break makes a statement of the host fail, so that the transaction of a Tx that Begin returned
	// is lost. Default: the rows about lost transactions are skipped.
	Break func(t testing.TB, tx store.Tx)

	// Patience is Suite.Patience.
	Patience time.Duration
}

// Run runs all rows, one after the other, each as a subtest. It skips the rows whose requirements
// are not met.
func (s TxSuite) Run(t *testing.T) {
	t.Helper()
	for _, row := range txRows() {
		t.Run(row.Name, func(t *testing.T) {
			t.Helper()
			if s.Begin == nil {
				t.Fatalf("%s: TxSuite.Begin is nil (want a function that begins a transaction)", row.Name)
			}
			row.test(t, s.suite())
		})
	}
}

func (s TxSuite) suite() Suite {
	return Suite{Open: s.Open, Second: s.Second, Patience: s.Patience, host: s}
}

// txRows returns the rows of a TxSuite.
func txRows() []row {
	return slices.Concat(txAppendRows, txRejectedRows, txEndRows, txLockRows, txReadRows, txIndexRows)
}
