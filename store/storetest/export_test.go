package storetest

import "testing"

// Row lets tests run single rows.
type Row = row

// Rows returns all rows.
func Rows() []Row { return rows() }

// Check runs one row.
func (r row) Check(t testing.TB, s Suite) { r.test(t, s) }
