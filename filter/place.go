package filter

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// place is where a party is, its names in quotes. The zero place is unknown.
type place struct {
	form   form
	kind   Kind
	column string // of the row; of the joined table for a join

	emptyIsNone bool // an empty text is nobody

	table       string
	keys        []key
	account     string // the joined table's column, "" for none
	accountKind Kind
}

type form uint8

const (
	unknown form = iota
	single
	joined
	array
	empty
)

// key is a pair of columns that must be equal.
type key struct{ theirs, row string }

func (c Column) party(Dialect) (place, error) {
	column, err := rowColumn(c.Name)
	if err == nil {
		err = c.Kind.check()
	}
	return place{form: single, kind: c.Kind, column: column, emptyIsNone: c.EmptyMeansNone}, err
}

func (a Array) party(Dialect) (place, error) {
	column, err := rowColumn(a.Name)
	if err == nil {
		err = a.Kind.check()
	}
	return place{form: array, kind: a.Kind, column: column, emptyIsNone: a.EmptyMeansNone}, err
}

func (Unknown) party(Dialect) (place, error) { return place{}, nil }

func (Nobody) party(Dialect) (place, error) { return place{form: empty}, nil }

func (j Join) party(Dialect) (place, error) {
	p := place{form: joined, kind: j.ID.Kind, accountKind: j.Account.Kind, emptyIsNone: j.ID.EmptyMeansNone}
	var err error
	if p.table, err = quoted(j.Table, 1, 2); err != nil {
		return place{}, printable.Errorf("table: %w", err)
	}
	if p.column, err = quoted(j.ID.Name, 1, 1); err != nil {
		return place{}, printable.Errorf("id: %w", err)
	}
	if err := errors.Join(j.ID.Kind.check(), j.Account.Kind.check()); err != nil {
		return place{}, err
	}
	if j.Account.EmptyMeansNone {
		return place{}, printable.Errorf("account: %w", errNoParty)
	}
	if j.Account != (Column{}) {
		if p.account, err = quoted(j.Account.Name, 1, 1); err != nil {
			return place{}, printable.Errorf("account: %w", err)
		}
	}
	if len(j.Key) == 0 {
		return place{}, errors.New("a join needs a key: which of its columns equals which column of the row")
	}
	for _, theirs := range slices.Sorted(maps.Keys(j.Key)) {
		var k key
		if k.theirs, err = quoted(theirs, 1, 1); err != nil {
			return place{}, printable.Errorf("key: %w", err)
		}
		if k.row, err = rowColumn(j.Key[theirs]); err != nil {
			return place{}, printable.Errorf("key: %w", err)
		}
		p.keys = append(p.keys, k)
	}
	return p, nil
}

func (c Column) attribute() (string, error) {
	if c.EmptyMeansNone {
		return "", errNoParty
	}
	return rowColumn(c.Name)
}

var errNoParty = errors.New("EmptyMeansNone is for the column of a party")

func (Unknown) attribute() (string, error) { return "", nil }

func rowColumn(name string) (string, error) {
	if !strings.Contains(name, ".") {
		return "", printable.Errorf("column %q: write it with its table or the alias of that, as c.host_id", name)
	}
	column, err := quoted(name, 2, 3)
	if err != nil {
		return "", printable.Errorf("column %w", err)
	}
	return column, nil
}

func (k Kind) check() error {
	if k > UUID {
		return printable.Errorf("%d is no kind of ids: Text, Integer or UUID", uint8(k))
	}
	return nil
}
