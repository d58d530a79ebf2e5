package storetest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/storetest"
)

// fault is a broken store with the rows that must fail. No other row may fail, except the rows in
// perhaps, which depend on timing.
type fault struct {
	name    string
	rows    string
	perhaps string
	hangs   bool // the rows that must fail hang, so the test waits only briefly for them
	store   broken
}

func TestFaults(t *testing.T) {
	for _, f := range slices.Concat(appendFaults, readFaults, userDataFaults, durableFaults) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.store.plain = newPlain()
			f.check(t, storetest.Suite{
				Open: func(testing.TB) store.Store {
					s := f.store
					s.plain = newPlain()
					return s
				},
				Reopen: func(_ testing.TB, s store.Store) store.Store {
					if b := s.(broken); b.reopen != nil {
						b.reopen(b.plain)
					}
					return s
				},
			})
		})
	}
}

func TestWatchFaults(t *testing.T) {
	for _, f := range watchFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.fault.check(t, storetest.Suite{Open: func(testing.TB) store.Store { return f.open() }})
		})
	}
}

// check runs all rows, and compares the failed rows with the expected ones.
func (f fault) check(t *testing.T, s storetest.Suite) {
	f.compare(t, storetest.Rows(), func(row storetest.Row, patience time.Duration) *recorder {
		s.Patience = patience
		return check(s, row.Check)
	})
}

// checkTx does what check does, for a TxSuite.
func (f fault) checkTx(t *testing.T, s storetest.TxSuite) {
	f.compare(t, storetest.TxRows(), func(row storetest.Row, patience time.Duration) *recorder {
		s.Patience = patience
		return check(s, row.CheckTx)
	})
}

func (f fault) compare(t *testing.T, rows []storetest.Row, run func(storetest.Row, time.Duration) *recorder) {
	want, perhaps := strings.Fields(f.rows), strings.Fields(f.perhaps)
	var got []string
	messages := map[string]string{}
	for _, row := range rows {
		patience := time.Minute
		if f.hangs && slices.Contains(want, row.Name) {
			patience = 500 * time.Millisecond
		}
		r := run(row, patience)
		if len(r.errors) > 0 && !slices.Contains(perhaps, row.Name) {
			got = append(got, row.Name)
			messages[row.Name] = r.errors[0]
			assert.Contains(t, r.errors[0], row.Name+": ")
		}
	}
	assert.ElementsMatch(t, want, got, "messages of the rows: %v", messages)
}
