package mask

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Column is a column of a query. The zero Column shows nothing.
type Column struct {
	Name    string // as it is selected; a column without a name is always hidden
	Field   string // of the policy; "" for a column that no rule hides
	Instead any    // what is shown where the field is hidden; nil for NULL
}

// Columns are what a query selects, in its order. They may be used by many
// goroutines at the same time; nil Columns show nothing.
//
//	var columns = mask.Columns{
//		{Name: "id"},
//		{Name: "starts_at"},
//		{Name: "title", Field: "title", Instead: "Booked"},
//		{Name: "place", Field: "location"},
//	}
//
// Where the decision is made before the query, Shown says what to select. Where each
// row has a decision of its own, Row masks what was read.
type Columns []Column

// Shown returns the names of the columns that d does not hide, in their order: none
// for a denial.
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

// Row returns what d lets one see of a row with a value for each column: the row
// itself where nothing is hidden, else a copy. Of a denial it is a row of nils.
// These are values, not what is given to Scan. The error, for a row with more or
// fewer values, wraps ErrRow; the row is nil then.
func (cs Columns) Row(d usher.Decision, row []any) ([]any, error) {
	switch {
	case len(row) != len(cs):
		return nil, cs.misfit(row)
	case !d.Allowed():
		return make([]any, len(row)), nil
	}
	return cs.Without(row, d.Hidden()...)
}

// Without is Row with the names of the fields to hide, such as those that a filter
// tells for a row of a list.
func (cs Columns) Without(row []any, hidden ...string) ([]any, error) {
	if len(row) != len(cs) {
		return nil, cs.misfit(row)
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

// Covers is for a test, as that of a Mask is: each of the fields must have a column,
// and each column with a Field must have one of them.
func (cs Columns) Covers(fields ...string) error {
	var names []string
	for _, c := range cs {
		if c.Field != "" && !slices.Contains(names, c.Field) {
			names = append(names, c.Field)
		}
	}
	return covers("columns", "column", names, fields)
}

func (c *Column) hiddenBy(hidden []string) bool {
	return c.Name == "" || c.Field != "" && slices.Contains(hidden, c.Field)
}

func (cs Columns) misfit(row []any) error {
	return printable.Errorf("%w: %d values for %d columns", ErrRow, len(row), len(cs))
}
