package filter

import (
	"errors"
	"strconv"
	"strings"

	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/printable"
)

// Container states what directly contains the rows of a type that a policy declares with in: a row
// to which they refer ([ContainerRow]), or a resource whose parties are in the row itself
// ([ContainerColumns]); or that nothing contains them ([Empty]), or that the table does not have
// the container ([Unknown]). Only rules with "or above" depend on it.
type Container interface {
	container(of Mapping, at place) (*container, error)
}

// ContainerRow is a row that contains other rows: the calendar of an event. NULL in a column of the
// row that Key names means that nothing contains the row.
//
// If Table has no row with the key and the account of the request, the container is unknown: no rule
// that depends on it allows, and each such rule under never forbids. So is a calendar of another
// account, where a check returns an error. At most one row of an account may have a key. For speed,
// Table needs an index on the columns in Key, such as a primary key.
type ContainerRow struct {
	Table string            // of the containers, with its schema, if it needs one
	Key   map[string]string // its columns that must equal those of the row: {"id": "e.calendar_id"}

	// Of is the mapping of the containers, with their account, their parties and what contains them.
	// It may be the mapping for lists of them: a condition replaces the table or alias of its
	// columns by an alias of its own, so they must all have the same. Attributes and Members have no
	// effect. Default: the mapping that this ContainerRow is part of, for rows in a tree, such as
	// folders in folders.
	Of Mapping
}

// ContainerColumns states that the row itself has the parties of its container: an event with the
// host of its calendar. If nothing contains a row, they must be empty. The application must change
// them with the container.
type ContainerColumns struct {
	// Of is the mapping of the container. Its columns, and those in the keys of its joins, are
	// columns of the row. Its Account is the column with the account of the container: NULL there
	// means that nothing contains the row, and with another account the container is unknown.
	// Default: each row has a container, in the account of the row. Attributes and Members have no
	// effect.
	Of Mapping
}

// container is a compiled Container.
type container struct {
	form  containerForm
	of    *Table // of a container in a row or in columns
	table string // of a row
	alias string // of the table in conditions
	keys  []key  // of a row
}

type containerForm uint8

const (
	noContainer containerForm = iota // nothing contains the rows
	unknownContainer
	containerRow
	containerColumns
)

// isTree reports whether the containers contain each other, in one table.
func (in *container) isTree() bool { return in.of != nil && in.of.in != nil && in.of.in.of == in.of }

// place is the position of a mapping in a condition.
type place struct {
	dialect Dialect
	depth   int        // 0 for the rows of the query, 1 for their containers, and so on
	columns *qualifier // of the row
	inRow   bool       // it is a mapping of ContainerColumns
}

// containerAlias and the depth are the alias of a table of containers.
const containerAlias = reservedPrefix + "c"

func (Empty) container(Mapping, place) (*container, error) {
	return &container{form: noContainer}, nil
}

func (Unknown) container(Mapping, place) (*container, error) {
	return &container{form: unknownContainer}, nil
}

func (r ContainerRow) container(of Mapping, at place) (*container, error) {
	above, err := at.above()
	if err != nil {
		return nil, err
	}
	in := &container{form: containerRow, alias: containerAlias + strconv.Itoa(above.depth)}
	if in.table, err = quoted(r.Table, 1, 2); err != nil {
		return nil, printable.Errorf("table: %w", err)
	}
	keys, err := r.keys()
	if err != nil {
		return nil, err
	}
	in.keys = at.columns.renamed(keys)
	above.columns = &qualifier{as: in.alias}
	switch tree := r.Of.isZero(); {
	case tree && at.inRow:
		return nil, errors.New("a ContainerRow needs Of here: only rows of a table contain each other, not their columns")
	case !tree:
		of = r.Of
		up, isRow := of.In.(ContainerRow)
		if !isRow || !up.Of.isZero() || up.Table != r.Table {
			in.of, err = of.compile(above)
			return in, err
		}
		if keys, err = up.keys(); err != nil { // the containers are in a tree
			return nil, of.wrong("in", err)
		}
	}
	of.In = nil
	if in.of, err = of.compile(above); err != nil {
		return nil, err
	}
	up := *in
	up.keys = above.columns.renamed(keys)
	in.of.in = &up
	if err := above.columns.err(); err != nil {
		return nil, of.wrong("columns", err)
	}
	return in, nil
}

func (r ContainerRow) keys() ([]key, error) {
	if len(r.Key) == 0 {
		return nil, errors.New("a ContainerRow needs a Key: columns of its table that must equal columns of the row")
	}
	return keysOf(r.Key)
}

func (c ContainerColumns) container(_ Mapping, at place) (*container, error) {
	above, err := at.above()
	if err != nil {
		return nil, err
	}
	if c.Of.isZero() {
		return nil, errors.New("a ContainerColumns needs Of: the mapping of the container, with columns of the row")
	}
	above.inRow = true
	in := &container{form: containerColumns}
	in.of, err = c.Of.compile(above)
	return in, err
}

// above returns the place of the container.
func (at place) above() (place, error) {
	if at.depth == criteria.MaxDepth {
		return place{}, printable.Errorf("more than %d containers (want Empty or Unknown above them)", criteria.MaxDepth)
	}
	at.depth++
	at.inRow = false
	return at, nil
}

// isZero reports whether no field is set.
func (m Mapping) isZero() bool {
	return m.Type == "" && m.Account == (Column{}) && m.ID == (Column{}) && m.In == nil && m.Members == (Members{}) &&
		m.Parties == nil && m.Teams == nil && m.Attributes == nil
}

// qualifier replaces the table or alias of the columns of a row by another alias.
type qualifier struct {
	as     string // "" to replace none
	of     string // that of the first column, in quotes
	differ string // a different one
}

func (q *qualifier) rename(column string) string {
	at := strings.LastIndexByte(column, '.')
	if q.as == "" || at < 0 {
		return column
	}
	switch of := column[:at]; {
	case q.of == "":
		q.of = of
	case q.of != of && (q.differ == "" || of < q.differ):
		q.differ = of
	}
	return q.as + column[at:]
}

func (q *qualifier) renamed(keys []key) []key {
	list := make([]key, len(keys))
	for i, k := range keys {
		list[i] = key{k.inner, q.rename(k.row)}
	}
	return list
}

// renameRow renames the columns of the row.
func (p *columnRef) renameRow(q *qualifier) {
	if p.form == single || p.form == array {
		p.column = q.rename(p.column)
	}
	p.keys = q.renamed(p.keys)
}

func (q *qualifier) err() error {
	if q.differ == "" {
		return nil
	}
	unquoted := strings.NewReplacer(`"`, "")
	return printable.Errorf("columns of %s and of %s (want one table or alias, because a container is one row)", unquoted.Replace(q.of), unquoted.Replace(q.differ))
}

// Container returns the table of what contains the rows, nil if the mapping has none in a row or in
// columns. In a tree, it is the container of itself.
func (t *Table) Container() *Table {
	if t == nil || t.in == nil {
		return nil
	}
	return t.in.of
}

// CheckAbove returns an error that wraps [ErrMapping] if the mapping lacks containers that rules
// look at, or their parties. It is only for package policy, because the levels are internal to
// usher.
func (t *Table) CheckAbove(levels []criteria.Level) error {
	if err := t.check(nil, nil); err != nil {
		return err
	}
	for depth := 0; len(levels) > 0 && depth < criteria.MaxDepth; depth++ {
		l := levels[min(depth, len(levels)-1)]
		switch {
		case depth >= len(levels) && !l.Repeat:
			return nil
		case t.in == nil:
			return printable.Errorf("%w of %s: rules look at the %s that contains it (or above), and In is not set; set it to a ContainerRow or ContainerColumns; "+withoutContainer, ErrMapping, t.typ, l.Type)
		case t.in.of == nil:
			return nil
		case t.in.of.typ != l.Type:
			return printable.Errorf("%w of %s: In is a mapping of %s (want %s)", ErrMapping, t.typ, t.in.of.typ, l.Type)
		}
		required := make([]criteria.Party, len(l.Over))
		for i, p := range l.Over {
			required[i] = criteria.Party{Name: p.Party, Teams: p.Teams}
		}
		if err := t.in.of.check(required, nil); err != nil {
			return printable.Errorf("%w of %s: In: %w", ErrMapping, t.typ, err)
		}
		t = t.in.of
	}
	return nil
}

// withoutContainer is advice for a container that a Mapping does not have.
const withoutContainer = "use Empty if nothing contains the rows, or Unknown if the table does not have their containers"
