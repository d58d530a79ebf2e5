package agreement_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher/filter"
)

// base is a database with a table of resources and, for each party, a place in each form: a column,
// a joined table, an array.
type base struct {
	dialect filter.Dialect
	db      *sql.DB
}

const (
	own   = 4                      // columns of every resource
	slots = levels * slotsOfALevel // parties
	links = 3 * levels             // columns about containers
	facts = 4                      // attributes
)

func newBase(t testing.TB, d filter.Dialect) *base {
	t.Helper()
	b := &base{dialect: d}
	text, list, truth := "text", "text[]", "boolean"
	if d == filter.SQLite {
		b.db = openSQLite(t)
		list, truth = "text", "integer"
	} else {
		b.db = openPostgres(t, "jit=off") // compiling a condition takes longer than evaluating it on a few rows
	}
	columns := []string{"id bigint PRIMARY KEY", "account " + text, "kind " + text, "local " + text}
	for i := range slots {
		columns = append(columns, fmt.Sprintf("c%d %s, a%d %s", i, text, i, list))
	}
	for i := range facts {
		columns = append(columns, fmt.Sprintf("b%d %s", i, truth))
	}
	for i := range levels {
		columns = append(columns, fmt.Sprintf("in%d bigint, in%d_local text, in%d_account text", i, i, i))
	}
	mustExec(t, b.db, "CREATE TABLE things ("+strings.Join(columns, ", ")+")")
	mustExec(t, b.db, "CREATE INDEX things_account ON things (account, local)")
	for i := range slots {
		mustExec(t, b.db, fmt.Sprintf("CREATE TABLE m%d (thing bigint, account text, local text, member text)", i))
		mustExec(t, b.db, fmt.Sprintf("CREATE INDEX m%d_thing ON m%d (thing)", i, i))
		mustExec(t, b.db, fmt.Sprintf("CREATE INDEX m%d_local ON m%d (account, local)", i, i))
	}
	createMembers(t, b.db, d)
	return b
}

func openSQLite(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // each connection has a separate database in memory
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// clear deletes all rows.
func (b *base) clear(t testing.TB) {
	t.Helper()
	mustExec(t, b.db, "DELETE FROM things")
	mustExec(t, b.db, "DELETE FROM "+membersTable[b.dialect])
	for i := range slots {
		mustExec(t, b.db, fmt.Sprintf("DELETE FROM m%d", i))
	}
}

// layout is the form in which a table has each party of a type.
type layout struct {
	typ        string
	parties    map[string]slot
	attributes map[string]int // the number of the column, -1 for an unknown attribute
	members    memberRows
	in         string // how a row has its container: row, local, columns, columns and account, none, unknown; "" for a type in nothing
	container  *layout
}

type slot struct {
	form string // column, join, local, array, none, unknown
	at   int
}

// drawLayout chooses a form for each party. A column has room for one id.
func drawLayout(d dice, typ string, parties map[string]bool, attributes []string) layout {
	l := layout{typ: typ, parties: map[string]slot{}, attributes: map[string]int{}}
	for i, name := range sortedKeys(parties) {
		l.parties[name] = slot{pick(d, []string{"column", "column", "column", "join", "join", "local", "array", "array", "unknown", "none"}), i}
		if s := l.parties[name]; (s.form == "unknown" || s.form == "none") && d.chance(60) {
			l.parties[name] = slot{"column", i}
		}
	}
	for i, name := range attributes {
		l.attributes[name] = i
		if d.chance(8) {
			l.attributes[name] = -1
		}
	}
	return l
}

func (l layout) mapping(d filter.Dialect) filter.Mapping {
	m := l.mappingAt(d, 0)
	m.Members = l.members.mapping(d)
	return m
}

// mappingAt returns the mapping of a type whose facts are in the places of a level: 0 for rows of the
// type, 1 for rows that have the facts of their container, and so on.
func (l layout) mappingAt(d filter.Dialect, level int) filter.Mapping {
	m := filter.Mapping{
		Type: l.typ, Account: filter.Column{Name: "t.account"}, In: l.inContainer(d, level),
		Parties: map[string]filter.Party{}, Teams: map[string]filter.Party{}, Attributes: map[string]filter.Attribute{},
		ID: filter.Column{Name: "t.local"},
	}
	if level > 0 {
		m.Account, m.ID = filter.Column{}, filter.Column{Name: fmt.Sprintf("t.in%d_local", level-1)}
	}
	for name, s := range l.parties {
		into := m.Parties
		if of, teams := strings.CutSuffix(name, plusTeams); teams {
			name, into = of, m.Teams
		}
		at := s.at + level*slotsOfALevel
		table := fmt.Sprintf("m%d", at)
		switch s.form {
		case "column":
			into[name] = filter.Column{Name: fmt.Sprintf("t.c%d", at)}
		case "join":
			into[name] = filter.Join{Table: table, Key: map[string]string{"thing": "t.id"}, ID: filter.Column{Name: "member"}}
		case "local": // only the account distinguishes local ids
			into[name] = filter.Join{
				Table: table, Key: map[string]string{"local": "t.local"}, ID: filter.Column{Name: "member"}, Account: filter.Column{Name: "account"},
			}
		case "array":
			into[name] = filter.Array{Name: fmt.Sprintf("t.a%d", at)}
		case "none":
			into[name] = filter.Empty{}
		default:
			into[name] = filter.Unknown{}
		}
	}
	for name, at := range l.attributes {
		m.Attributes[name] = filter.Unknown{}
		if at >= 0 {
			m.Attributes[name] = filter.Column{Name: fmt.Sprintf("t.b%d", at)}
		}
	}
	return m
}

// fit removes from a resource what the layout has no room for.
func (l layout) fit(r *resource) {
	for name, s := range l.parties {
		switch {
		case s.form == "unknown":
			r.unknown[name] = true
		case s.form == "none":
			delete(r.parties, name)
		case s.form == "column" && len(r.parties[name]) > 1:
			r.parties[name] = r.parties[name][:1]
		}
	}
	for name, at := range l.attributes {
		if at < 0 {
			delete(r.attributes, name)
		}
	}
}

// writer stores resources in both databases. In all places outside the layout, it stores ids that a
// wrong query would find.
type writer struct {
	base   *base
	tx     *sql.Tx
	things *sql.Stmt
	joins  [slots]*sql.Stmt
	member *sql.Stmt
}

func (b *base) begin(t testing.TB) *writer {
	t.Helper()
	w := &writer{base: b}
	var err error
	if w.tx, err = b.db.BeginTx(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if w.things, err = w.tx.Prepare("INSERT INTO things VALUES (" + placeholders(own+2*slots+facts+links) + ")"); err != nil {
		t.Fatal(err)
	}
	if w.member, err = w.tx.Prepare("INSERT INTO " + membersTable[b.dialect] + " VALUES ($1, $2, $3)"); err != nil {
		t.Fatal(err)
	}
	for i := range slots {
		if w.joins[i], err = w.tx.Prepare(fmt.Sprintf("INSERT INTO m%d VALUES ($1, $2, $3, $4)", i)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func placeholders(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(list, ", ")
}

func (w *writer) commit(t testing.TB) {
	t.Helper()
	if err := w.tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if w.base.dialect == filter.PostgreSQL {
		mustExec(t, w.base.db, "ANALYZE")
	}
}

func (w *writer) store(t testing.TB, l layout, r *resource) {
	t.Helper()
	args := make([]any, own+2*slots+facts+links)
	args[0], args[1], args[2], args[3] = r.id, r.account, r.typ, r.local
	if r.above {
		args[2] = "container"
	}
	for name, at := range l.attributes {
		if value, known := r.attributes[name]; at >= 0 && known {
			args[own+2*slots+at] = value
		}
	}
	w.storeLevel(t, args, l, r, r, 0)
	if _, err := w.things.Exec(args...); err != nil {
		t.Fatal(err)
	}
}

// storeLevel stores the facts of a resource, the row itself or a container of it, in the places of a
// level of the row.
func (w *writer) storeLevel(t testing.TB, args []any, l layout, row, of *resource, level int) {
	t.Helper()
	for name, s := range l.parties {
		ids, at := of.parties[name], s.at+level*slotsOfALevel
		switch s.form {
		case "column":
			if len(ids) > 0 {
				args[own+2*at] = ids[0]
			}
		case "array":
			if len(ids) > 0 || row.id%2 == 0 { // an empty array is equivalent to NULL
				args[own+2*at+1] = w.array(t, ids)
			}
		default:
			for _, id := range ids {
				if _, err := w.joins[at].Exec(row.id, row.account, row.local, id); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	link := l.storeContainer(of)
	copy(args[own+2*slots+facts+3*level:], link[:])
	if (l.in == "columns" || l.in == "columns and account") && of.in != nil {
		w.storeLevel(t, args, *l.container, row, of.in, level+1)
	}
}

func (w *writer) array(t testing.TB, ids []string) any {
	t.Helper()
	if w.base.dialect == filter.PostgreSQL {
		return append([]string{}, ids...)
	}
	text, err := json.Marshal(append([]string{}, ids...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
