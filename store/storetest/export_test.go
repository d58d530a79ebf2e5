package storetest

import (
	"testing"

	"github.com/usher-go/usher/store"
)

// Row lets tests run single rows.
type Row = row

// Rows returns all rows.
func Rows() []Row { return rows() }

// TxRows returns all rows of a TxSuite.
func TxRows() []Row { return txRows() }

// CheckTx runs one row of a TxSuite.
func (r row) CheckTx(t testing.TB, s TxSuite) { r.test(t, s.suite()) }

// Check runs one row.
func (r row) Check(t testing.TB, s Suite) { r.test(t, s) }

// ArchiveRow lets tests run single rows of RunArchive.
type ArchiveRow = archiveRow

// ArchiveRows returns all rows of RunArchive.
func ArchiveRows() []ArchiveRow { return archiveRows }

// CheckArchive runs one row.
func (r archiveRow) CheckArchive(t testing.TB, open func(testing.TB) store.Archive) { r.run(t, open) }
