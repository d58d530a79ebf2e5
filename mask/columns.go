package mask

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Column is a column of a query. The zero Column is always hidden.
type Column struct {
	Name    string // as in the query; a column without a name is always hidden
	Field   string // the field of the policy; "" for a column that is never hidden
	Instead any    // the value that is shown if the field is hidden; nil for NULL
}

// Columns are the columns of a query, in its order. They are safe for concurrent use. Nil
// Columns show nothing.
//
//	var columns = mask.Columns{
//		{Name: "id"},
//		{Name: "starts_at"},
//		{Name: "title", Field: "title", Instead: "Booked"},
//		{Name: "place", Field: "location"},
//	}
//
// If one decision applies to all rows, select only the columns that Shown returns. If each
// row has its own decision, mask each row with Row.
type Columns []Column

// Shown returns the names of the columns that d does not hide, in their order. It returns
// none for a denial.
func (cs Columns) Shown(d usher.Decision) []string {
	if !d.Allowed() {
		return nil
	}
	hidden := d.Hidden()
	names := make([]string, 0, len(cs))
	for _, c := range cs {
		if !c.hiddenBy(hidden) {
			names = append(names, c.Name)
		}
	}
	return names
}

// Row returns a row with the columns masked that d hides: the row itself if nothing is
// hidden, otherwise a copy. For a denial it returns a row of nils. The row has the values
// of the columns, not the pointers for Scan. If the number of values is not the number of
// columns, Row returns nil and an error that wraps ErrRow.
func (cs Columns) Row(d usher.Decision, row []any) ([]any, error) {
	switch {
	case len(row) != len(cs):
		return nil, cs.wrongLength(row)
	case !d.Allowed():
		return make([]any, len(row)), nil
	}
	return cs.Without(row, d.Hidden()...)
}

// Without is Row with the names of the hidden fields, for example from Filter.Masks.
func (cs Columns) Without(row []any, hidden ...string) ([]any, error) {
	if len(row) != len(cs) {
		return nil, cs.wrongLength(row)
	}
	if !slices.ContainsFunc(cs, func(c Column) bool { return c.hiddenBy(hidden) }) {
		return row, nil
	}
	row = slices.Clone(row)
	for i, c := range cs {
		if c.hiddenBy(hidden) {
			row[i] = c.Instead
		}
	}
	return row, nil
}

// Covers is for tests, like Mask.Covers: each of the fields must have a column, and the
// Field of each column must be one of the fields. The error wraps ErrNotCovered.
func (cs Columns) Covers(fields ...string) error {
	var names []string
	for _, c := range cs {
		if c.Field != "" && !slices.Contains(names, c.Field) {
			names = append(names, c.Field)
		}
	}
	return checkCovers("columns", "column", names, fields)
}

func (c *Column) hiddenBy(hidden []string) bool {
	return c.Name == "" || c.Field != "" && slices.Contains(hidden, c.Field)
}

func (cs Columns) wrongLength(row []any) error {
	return printable.Errorf("%w: %d values for %d columns", ErrRow, len(row), len(cs))
}
