package filter

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/usher-go/usher/internal/printable"
)

// Dialect is the SQL of a database. The zero Dialect is none.
type Dialect uint8

// The dialects.
const (
	PostgreSQL Dialect = iota + 1 // 12 or later; parameters are $1
	SQLite                        // 3.38 or later; parameters are ?1
)

var dialectNames = [...]string{"no dialect", "PostgreSQL", "SQLite"}

// String returns the name of the dialect.
func (d Dialect) String() string {
	if int(d) < len(dialectNames) {
		return dialectNames[d]
	}
	return fmt.Sprintf("Dialect(%d)", uint8(d))
}

// Mapping says where a query finds what rules look at. All columns of the row are
// written with the table or its alias, as "c.host_id", so that no subquery of a
// condition can take them for its own. Names are taken as they are written: in
// PostgreSQL those of a table created without quotes are in lower case.
//
// Ids and the account are compared byte by byte, as in a check, whatever the collation
// of their columns: an id is what a driver reads as a string, of a char(n) with its
// padding. A query is fast where an index has the collation of its column, and that is,
// in SQLite, BINARY. The keys of a Join are compared as the database compares these
// columns, and in SQLite byte by byte; in PostgreSQL no key may have a nondeterministic
// collation. PostgreSQL's encoding must be UTF8.
//
// What a row has is never an error, so that one row with odd data does not end a list.
// For a check to say the same of such a row, the Party of the host's resource returns
// an empty id for what is not an id of the Kind, such as NULL among several: an empty id
// refers to no user and no team, but counts as a party, so that neither sole nor team
// holds.
type Mapping struct {
	Type       string               // the type of resource: calendar
	Account    Column               // the account's id
	Parties    map[string]Party     // by their names in the policy
	Attributes map[string]Attribute // by their names in the policy
}

// Party says where the ids of a party are: a Column, a Join, an Array, or Nobody if
// there never are any. Unknown says that they are not to be found out.
type Party interface {
	party(d Dialect) (place, error)
}

// Attribute says where a yes/no fact of the resource is: a Column of booleans, in
// which NULL means that it is not known, and in SQLite whatever is not 0 or 1; or
// Unknown.
type Attribute interface {
	attribute() (column string, err error)
}

// Kind is the type of a column of ids. It must be the column's own. In SQLite, where a
// column has values of any type, a list finds a text by its own type only: a text that is
// stored as a blob is not found, but counts where a rule forbids.
type Kind uint8

// The kinds of ids. An id that a column of its kind cannot have is in no row: of an
// Integer "007", of a UUID one in capitals, of Text in PostgreSQL one with a NUL
// byte or bytes that are no UTF-8.
const (
	Text    Kind = iota // text, varchar or char(n)
	Integer             // smallint, integer or bigint; in SQLite an integer
	UUID                // uuid; in SQLite text
)

// Column is a column of the row. NULL means that the party is empty.
type Column struct {
	Name string
	Kind Kind // of ids; it says nothing of an attribute

	// EmptyMeansNone declares that an empty text in the column means an empty party: the
	// Party of the host's resource then returns no id for it. It is for the column of a
	// party; for the account or an attribute it is an error. Default: an empty text is
	// an empty id, which refers to no user and no team, but counts as a party.
	EmptyMeansNone bool
}

// Join is a table with a row for each id in the party. It reads well with an index
// on the key and the id, and one on the id.
type Join struct {
	Table   string            // with its schema, if it needs one
	Key     map[string]string // its columns that must equal those of the row: {"calendar_id": "c.id"}
	ID      Column            // its column with the id; NULL there is an unknown party, even with EmptyMeansNone
	Account Column            // its column with the account's id, where it has one
}

// Array is a column with all ids of the party: in PostgreSQL an array, text[] for
// Text, in SQLite the text of a JSON array. NULL means that the party is empty, and so
// does in SQLite whatever is not a JSON array: the JSON null, an object, a text that is
// not JSON. A NULL among the ids is an unknown party, and so is in SQLite each element
// that is not a text, or for Integer not an integer. Of an array in PostgreSQL
// with several dimensions, all elements count.
type Array struct {
	Name string
	Kind Kind

	// EmptyMeansNone declares that an empty text among the ids names no party. Default:
	// it is an unknown party.
	EmptyMeansNone bool
}

// Nobody says that a party is always empty: of calendars that are hosted by users
// and never by a team, the party team. A check on such a resource then has the same
// answer, if its Party returns no ids, and true.
type Nobody struct{}

// Unknown says that the table does not have it, though there may be somebody. Then no
// rule allows that looks at it, and all rules under never that do forbid. Of a party
// that is considered by own, sole, team and shared, little more than any is left.
type Unknown struct{}

// Table is a Mapping that was checked. The zero Table is of no use: each condition
// for it is an error.
type Table struct {
	dialect    Dialect
	typ        string
	account    place
	parties    map[string]*place
	attributes map[string]string // "" where it is unknown
}

// ErrMapping is wrapped by every error about a Mapping or a Table.
var ErrMapping = errors.New("mapping")

// Compile checks the mapping. The error wraps ErrMapping, and names what is wrong.
func (m Mapping) Compile(d Dialect) (*Table, error) {
	if d == 0 {
		return nil, printable.Errorf("%w of %s: name a dialect: PostgreSQL or SQLite", ErrMapping, m.Type)
	}
	if d != PostgreSQL && d != SQLite {
		return nil, printable.Errorf("%w of %s: %v is no dialect: PostgreSQL or SQLite", ErrMapping, m.Type, d)
	}
	if m.Type == "" {
		return nil, printable.Errorf("%w without a type of resource", ErrMapping)
	}
	t := &Table{dialect: d, typ: m.Type, parties: map[string]*place{}, attributes: map[string]string{}}
	var err error
	if m.Account == (Column{}) {
		return nil, m.wrong("account", errors.New("the column is missing, and every condition needs it"))
	}
	if m.Account.EmptyMeansNone {
		return nil, m.wrong("account", errNoParty)
	}
	if t.account, err = m.Account.party(d); err != nil {
		return nil, m.wrong("account", err)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Parties)) {
		if m.Parties[name] == nil {
			return nil, m.wrong("party "+name, errors.New("it is nil; "+withoutParty))
		}
		p, err := m.Parties[name].party(d)
		if err != nil {
			return nil, m.wrong("party "+name, err)
		}
		t.parties[name] = &p
	}
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		if m.Attributes[name] == nil {
			return nil, m.wrong("attribute "+name, errors.New("it is nil; "+withoutAttribute))
		}
		if t.attributes[name], err = m.Attributes[name].attribute(); err != nil {
			return nil, m.wrong("attribute "+name, err)
		}
	}
	return t, nil
}

// What helps where a Mapping says nothing of something.
const (
	withoutParty     = "say Nobody if it is always empty, or Unknown if the table does not have it"
	withoutAttribute = "say Unknown if the table does not have it"
)

func (m Mapping) wrong(what string, err error) error {
	return printable.Errorf("%w of %s: %s: %w", ErrMapping, m.Type, what, err)
}

// Type returns the type of resource that is in the table.
func (t *Table) Type() string {
	if t == nil {
		return ""
	}
	return t.typ
}

// Names returns the parties and the attributes of which the table says something,
// sorted.
func (t *Table) Names() (parties, attributes []string) {
	if t == nil {
		return nil, nil
	}
	return slices.Sorted(maps.Keys(t.parties)), slices.Sorted(maps.Keys(t.attributes))
}

// Check reports what the table lacks of some parties and attributes. The error wraps
// ErrMapping.
func (t *Table) Check(parties, attributes []string) error {
	if t == nil || t.dialect == 0 {
		return printable.Errorf("%w: the table is zero; make one with Mapping.Compile", ErrMapping)
	}
	for _, name := range parties {
		if _, ok := t.parties[name]; !ok {
			return printable.Errorf("%w of %s: rules look at the party %s, and it says nothing of it; %s", ErrMapping, t.typ, name, withoutParty)
		}
	}
	for _, name := range attributes {
		if _, ok := t.attributes[name]; !ok {
			return printable.Errorf("%w of %s: rules look at the attribute %s, and it says nothing of it; %s", ErrMapping, t.typ, name, withoutAttribute)
		}
	}
	return nil
}
