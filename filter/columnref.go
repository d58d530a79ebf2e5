package filter

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// columnRef is a column with the ids of a party. Its names are quoted. The zero columnRef is
// unmapped.
type columnRef struct {
	form   columnForm
	kind   Kind
	column string // in the row; for a join, in the joined table

	emptyIsNone bool // an empty text is not an id

	table       string
	keys        []key
	account     string // a column of the joined table; "" for none
	accountKind Kind
}

type columnForm uint8

const (
	unmapped columnForm = iota
	single
	joined
	array
	empty
)

// key is a pair of columns that must be equal.
type key struct{ inner, row string }

func (c Column) party(Dialect) (columnRef, error) {
	column, err := rowColumn(c.Name)
	if err == nil {
		err = c.Kind.check()
	}
	return columnRef{form: single, kind: c.Kind, column: column, emptyIsNone: c.EmptyMeansNone}, err
}

func (a Array) party(Dialect) (columnRef, error) {
	column, err := rowColumn(a.Name)
	if err == nil {
		err = a.Kind.check()
	}
	return columnRef{form: array, kind: a.Kind, column: column, emptyIsNone: a.EmptyMeansNone}, err
}

func (Unknown) party(Dialect) (columnRef, error) { return columnRef{}, nil }

func (Empty) party(Dialect) (columnRef, error) { return columnRef{form: empty}, nil }

func (j Join) party(Dialect) (columnRef, error) {
	p := columnRef{form: joined, kind: j.ID.Kind, accountKind: j.Account.Kind, emptyIsNone: j.ID.EmptyMeansNone}
	var err error
	if p.table, err = quoted(j.Table, 1, 2); err != nil {
		return columnRef{}, printable.Errorf("table: %w", err)
	}
	if p.column, err = quoted(j.ID.Name, 1, 1); err != nil {
		return columnRef{}, printable.Errorf("id: %w", err)
	}
	if err := errors.Join(j.ID.Kind.check(), j.Account.Kind.check()); err != nil {
		return columnRef{}, err
	}
	if j.Account.EmptyMeansNone {
		return columnRef{}, printable.Errorf("account: %w", errNotParty)
	}
	if j.Account != (Column{}) {
		if p.account, err = quoted(j.Account.Name, 1, 1); err != nil {
			return columnRef{}, printable.Errorf("account: %w", err)
		}
	}
	if len(j.Key) == 0 {
		return columnRef{}, errors.New("a join needs a Key: its columns that must equal columns of the row")
	}
	if p.keys, err = keysOf(j.Key); err != nil {
		return columnRef{}, err
	}
	return p, nil
}

// keysOf compiles the columns of a table that must equal columns of the row.
func keysOf(columns map[string]string) (keys []key, err error) {
	for _, inner := range slices.Sorted(maps.Keys(columns)) {
		var k key
		if k.inner, err = quoted(inner, 1, 1); err != nil {
			return nil, printable.Errorf("key: %w", err)
		}
		if k.row, err = rowColumn(columns[inner]); err != nil {
			return nil, printable.Errorf("key: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func (c Column) attribute() (string, error) {
	if c.EmptyMeansNone {
		return "", errNotParty
	}
	return rowColumn(c.Name)
}

var errNotParty = errors.New("EmptyMeansNone is only for the column of a party")

func (Unknown) attribute() (string, error) { return "", nil }

func rowColumn(name string) (string, error) {
	if !strings.Contains(name, ".") {
		return "", printable.Errorf("column %q: qualify it with its table or alias, such as c.host_id", name)
	}
	column, err := quoted(name, 2, 3)
	if err != nil {
		return "", printable.Errorf("column %w", err)
	}
	return column, nil
}

func (k Kind) check() error {
	if k > UUID {
		return printable.Errorf("unknown Kind %d (want Text, Integer or UUID)", uint8(k))
	}
	return nil
}
