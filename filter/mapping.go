package filter

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/printable"
)

// Dialect is the SQL of a database. Mapping.Compile rejects the zero Dialect.
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

// Mapping states which columns have the values that rules depend on, for a query of one type of
// resource. Columns of the row are qualified with the table or its alias, as "c.host_id", so that
// no subquery of a condition can confuse them with its own columns. Names are quoted without
// changes: the names of a PostgreSQL table that was created without quotes are in lower case.
//
// Ids and the account are compared byte by byte, as in a check, whatever the collation of their
// columns. An id is the string that a driver reads; a char(n) has its padding. A query is fast if
// the index has the collation of its column, which in SQLite is BINARY. The keys of a Join are
// compared as the database compares these columns, in SQLite byte by byte. In PostgreSQL, no key
// may have a nondeterministic collation, and the encoding must be UTF8.
//
// Malformed data in a row is never an error, so that one row does not break a list. For a check to
// decide the same about such a row, the Party method of the application's resource must return an
// empty id for a value that is not an id of the [Kind], such as NULL among several ids. An empty id
// refers to no user and no team, but the party has it, so that the scopes sole and team do not
// hold.
type Mapping struct {
	Type       string               // the type of resource: calendar
	Account    Column               // the account's id
	ID         Column               // the id of the resource, for rules with here; default: not mapped, and such a rule is an error
	Parties    map[string]Party     // by their names in the policy
	Teams      map[string]Party     // the teams of parties of users and teams, whose users are in Parties
	Attributes map[string]Attribute // by their names in the policy

	// In states what contains the rows, for rules with "or above". Default: not mapped; such a rule
	// is an error.
	In Container

	// Members names the tables in which a store of usher keeps the members of teams. Conditions on
	// large sets of users then read these tables. Default: conditions carry all ids.
	Members Members
}

// Party states where the ids of a party are: in a [Column], a [Join] or an [Array]; or that the
// party is always [Empty], or [Unknown].
type Party interface {
	party(d Dialect) (columnRef, error)
}

// Attribute states where a yes/no fact of the resource is: in a [Column] of booleans; or that
// it is [Unknown]. NULL means that the fact is unknown; so does, in SQLite, a value other than
// 0 and 1.
type Attribute interface {
	attribute() (column string, err error)
}

// Kind is the type of a column of ids, as declared in the database. In SQLite, where a column can
// have values of any type, a list finds a text only if it is stored as a text. An id that is stored
// as a blob is not found, but counts in rules that forbid. Default: Text.
type Kind uint8

// The kinds of ids. An id that a column of its kind cannot contain is in no row: for Integer "007",
// for UUID one in capitals, for Text in PostgreSQL one with a NUL byte or with bytes that are not
// UTF-8.
const (
	Text    Kind = iota // text, varchar or char(n)
	Integer             // smallint, integer or bigint; in SQLite an integer
	UUID                // uuid; in SQLite text
)

// Column is a column of the row. NULL means that the party is empty.
type Column struct {
	Name string
	Kind Kind // of ids; for an attribute it has no effect

	// EmptyMeansNone states that an empty text in the column means an empty party. The Party method
	// of the application's resource must then return no id for it. For the account or an attribute,
	// it is an error. Default: an empty text is an empty id, which refers to no user and no team,
	// but counts as an id of the party.
	EmptyMeansNone bool
}

// Join is a table with a row for each id of the party. For speed, it needs an index on the key
// and the id, and one on the id.
type Join struct {
	Table   string            // with its schema, if it needs one
	Key     map[string]string // its columns that must equal those of the row: {"calendar_id": "c.id"}
	ID      Column            // its column with the id; NULL there is an empty id, even with EmptyMeansNone
	Account Column            // its column with the account's id, if it has one
}

// Array is a column with all ids of the party: in PostgreSQL an array, such as text[] for Text, in
// SQLite the text of a JSON array. NULL means that the party is empty; so does, in SQLite, a value
// other than a JSON array, such as the JSON null. NULL among the ids is an empty id; so is, in
// SQLite, an element that is not a text, or for Integer not an integer. In PostgreSQL, an array
// with several dimensions has all its elements as ids.
type Array struct {
	Name string
	Kind Kind

	// EmptyMeansNone states that an empty text among the ids is ignored. Default: it is an empty
	// id, which refers to no user and no team, but counts as an id of the party.
	EmptyMeansNone bool
}

// Empty states that a party is always empty: the party team of calendars that only users host.
// A check decides the same if the Party method of the resource returns no ids, and true. As a
// [Container], it states that nothing contains the rows.
type Empty struct{}

// Unknown states that the table does not have a party, an attribute or a container, although
// resources have it.
// Then no rule that depends on it allows, and each rule under never that depends on it forbids. If
// the scopes own, sole, team and shared depend on the party, few rules remain except those with the
// scope any.
type Unknown struct{}

// Table is a compiled Mapping for one dialect. It is immutable and safe for concurrent use. With
// the zero Table, each condition is an error.
type Table struct {
	dialect    Dialect
	typ        string
	account    columnRef
	parties    map[criteria.Party]*columnRef
	attributes map[string]string // "" for Unknown
	in         *container        // nil if it is not mapped
	members    memberTables
}

// ErrMapping is the sentinel of errors about a Mapping or a Table that is incomplete or wrong.
var ErrMapping = errors.New("mapping")

// Compile checks the mapping. The error wraps [ErrMapping] and names the faulty part.
func (m Mapping) Compile(d Dialect) (*Table, error) {
	if d == 0 {
		return nil, printable.Errorf("%w of %s: the dialect is missing (want PostgreSQL or SQLite)", ErrMapping, m.Type)
	}
	if d != PostgreSQL && d != SQLite {
		return nil, printable.Errorf("%w of %s: unknown dialect %v (want PostgreSQL or SQLite)", ErrMapping, m.Type, d)
	}
	return m.compile(place{dialect: d, columns: new(qualifier)})
}

func (m Mapping) compile(at place) (*Table, error) {
	if m.Type == "" {
		return nil, printable.Errorf("%w without a type of resource", ErrMapping)
	}
	d := at.dialect
	t := &Table{dialect: d, typ: m.Type, parties: map[criteria.Party]*columnRef{}, attributes: map[string]string{}}
	var err error
	if t.account, err = m.accountColumn(at); err != nil {
		return nil, m.wrong("account", err)
	}
	if m.ID != (Column{}) {
		if t.parties[criteria.Party{Name: criteria.ResourceID}], err = m.idColumn(d); err != nil {
			return nil, m.wrong("id", err)
		}
	}
	if t.members, err = m.Members.compile(d); err != nil {
		return nil, m.wrong("members", err)
	}
	if err := m.compileParties(t, "party ", m.Parties, false); err != nil {
		return nil, err
	}
	if err := m.compileParties(t, "the teams of party ", m.Teams, true); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		if m.Attributes[name] == nil {
			return nil, m.wrong("attribute "+name, errors.New("it is nil; "+withoutAttribute))
		}
		if t.attributes[name], err = m.Attributes[name].attribute(); err != nil {
			return nil, m.wrong("attribute "+name, err)
		}
	}
	t.account.renameRow(at.columns)
	for _, p := range t.parties {
		p.renameRow(at.columns)
	}
	if m.In != nil {
		if t.in, err = m.In.container(m, at); err != nil {
			return nil, m.wrong("in", err)
		}
	}
	if err := at.columns.err(); err != nil {
		return nil, m.wrong("columns", err)
	}
	return t, nil
}

func (m Mapping) accountColumn(at place) (columnRef, error) {
	switch {
	case m.Account == (Column{}) && at.inRow:
		return columnRef{}, nil // the row has an account
	case m.Account == (Column{}):
		return columnRef{}, errors.New("the column is missing (every condition requires it)")
	case m.Account.EmptyMeansNone:
		return columnRef{}, errNotParty
	}
	return m.Account.party(at.dialect)
}

// idColumn returns the column of ID as a party with one id.
func (m Mapping) idColumn(d Dialect) (*columnRef, error) {
	if m.ID.EmptyMeansNone {
		return nil, errNotParty
	}
	p, err := m.ID.party(d)
	return &p, err
}

func (m Mapping) compileParties(t *Table, what string, parties map[string]Party, teams bool) error {
	for _, name := range slices.Sorted(maps.Keys(parties)) {
		if parties[name] == nil {
			return m.wrong(what+name, errors.New("it is nil; "+withoutParty))
		}
		p, err := parties[name].party(t.dialect)
		if err != nil {
			return m.wrong(what+name, err)
		}
		t.parties[criteria.Party{Name: name, Teams: teams}] = &p
	}
	return nil
}

// Advice for a party or an attribute that a Mapping does not have.
const (
	withoutParty     = "use Empty if it is always empty, or Unknown if the table does not have it"
	withoutAttribute = "use Unknown if the table does not have it"
)

func (m Mapping) wrong(what string, err error) error {
	return printable.Errorf("%w of %s: %s: %w", ErrMapping, m.Type, what, err)
}

// Type returns the type of resource of the rows, or "" for the zero Table.
func (t *Table) Type() string {
	if t == nil {
		return ""
	}
	return t.typ
}

// Names returns the parties and the attributes of the mapping, sorted. Teams returns the names
// in Mapping.Teams.
func (t *Table) Names() (parties, attributes []string) {
	if t == nil {
		return nil, nil
	}
	return t.partyNames(false), slices.Sorted(maps.Keys(t.attributes))
}

// Teams returns the parties of users and teams whose teams are in the mapping, sorted.
func (t *Table) Teams() []string {
	if t == nil {
		return nil
	}
	return t.partyNames(true)
}

func (t *Table) partyNames(teams bool) (names []string) {
	for p := range t.parties {
		if p.Teams == teams && p.Name != criteria.ResourceID {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Check returns an error that wraps [ErrMapping] if the mapping lacks one of the parties or
// attributes.
func (t *Table) Check(parties, attributes []string) error {
	of := make([]criteria.Party, len(parties))
	for i, name := range parties {
		of[i].Name = name
	}
	return t.check(of, attributes)
}

// CheckTeams returns an error that wraps [ErrMapping] if Mapping.Teams lacks one of the parties.
func (t *Table) CheckTeams(parties []string) error {
	of := make([]criteria.Party, len(parties))
	for i, name := range parties {
		of[i] = criteria.Party{Name: name, Teams: true}
	}
	return t.check(of, nil)
}

func (t *Table) check(parties []criteria.Party, attributes []string) error {
	if t == nil || t.dialect == 0 {
		return printable.Errorf("%w: the table is zero; make one with Mapping.Compile", ErrMapping)
	}
	for _, p := range parties {
		switch _, ok := t.parties[p]; {
		case ok:
		case p.Name == criteria.ResourceID:
			return printable.Errorf("%w of %s: rules look at roles on a single %[2]s (here), and ID is not set; set it to the column with the id of the %[2]s", ErrMapping, t.typ)
		case p.Teams:
			return printable.Errorf("%w of %s: rules depend on the teams of the party %s, which are not mapped under Teams; %s", ErrMapping, t.typ, p.Name, withoutParty)
		default:
			return printable.Errorf("%w of %s: rules depend on the party %s, which is not mapped; %s", ErrMapping, t.typ, p.Name, withoutParty)
		}
	}
	for _, name := range attributes {
		if _, ok := t.attributes[name]; !ok {
			return printable.Errorf("%w of %s: rules depend on the attribute %s, which is not mapped; %s", ErrMapping, t.typ, name, withoutAttribute)
		}
	}
	return nil
}
