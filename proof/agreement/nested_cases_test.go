package agreement_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

// nestedCases has things in boxes, and boxes in boxes. Mia may read what she may read in a box above;
// never forbids the same.
const nestedCases = `
usher: 1
roles:
  boss:   {unique: true, hands-over-to: member}
  member: {default: true}
resources:
  box:
    in: box
    parties: {reader: users, team: teams}
    permissions: {open: {member: own or above}}
  thing:
    in: box
    parties: {reader: users, team: teams}
    permissions:
      read:   {member: own or above}
      alone:  {member: sole or above}
      theirs: {member: team or above as team}
      spare:  {member: any and not own or above}
      rest:   {everyone: any}
      pair:   {member: [own or above as reader, team or above as team]}
      both:   {member: own as reader and own or above as team}
  note:
    in: thing
    parties: {writer: users}
    permissions:
      read: {member: own or above as reader or team or writer}
      rest: {everyone: any}
      pair: {member: [own or above as reader, team or above as team]}
      lone: {member: any and not own or above as reader}
never:
  thing.rest: own or above
  note.rest: own or above as reader or team
`

// nestedRows has the rows of the tables. The boxes d1 to d20 contain each other; d20 is in nothing.
func nestedRows() (statements []string) {
	statements = []string{
		"CREATE TABLE boxes (id text PRIMARY KEY, account text, box text, reader text, team text)",
		"CREATE TABLE things (id text PRIMARY KEY, account text, box text, reader text, team text)",
		"CREATE INDEX things_box ON things (box)",
		// Mia reads the root, and the box theirs of another account.
		"INSERT INTO boxes VALUES ('root', 'acme', NULL, 'mia', NULL), ('a', 'acme', 'root', 'max', NULL), ('b', 'acme', 'a', NULL, NULL)",
		"INSERT INTO boxes VALUES ('theirs', 'other', NULL, 'mia', NULL), ('in theirs', 'acme', 'theirs', 'max', NULL)",
		"INSERT INTO boxes VALUES ('no account', NULL, NULL, 'mia', NULL)",
		"INSERT INTO boxes VALUES ('self', 'acme', 'self', 'max', NULL), ('x', 'acme', 'y', 'max', NULL), ('y', 'acme', 'x', NULL, NULL)",
		"INSERT INTO boxes VALUES ('dangling', 'acme', 'gone', 'max', NULL), ('max', 'acme', NULL, 'max', NULL), ('nobody', 'acme', NULL, NULL, NULL)",
		"INSERT INTO boxes VALUES ('sales', 'acme', NULL, NULL, 'sales'), ('mixed', 'acme', NULL, 'mia', 'ops')",
		"INSERT INTO boxes VALUES ('cycle of mia', 'acme', 'cycle of mia', 'mia', NULL)",
	}
	for i := 1; i <= 20; i++ {
		above, reader := fmt.Sprintf("'d%d'", i+1), "NULL"
		if i == 20 {
			above = "NULL"
		}
		if i == 17 {
			reader = "'mia'"
		}
		statements = append(statements, fmt.Sprintf("INSERT INTO boxes VALUES ('d%d', 'acme', %s, %s, NULL)", i, above, reader))
	}
	for _, box := range []string{
		"root", "a", "b", "thing.theirs", "in theirs", "no account", "self", "x", "dangling", "max", "nobody", "sales", "mixed", "cycle of mia",
		"d1", "d2", "d4", "d5", "d18", "gone", "",
	} {
		statements = append(statements, "INSERT INTO things VALUES ('"+box+"', 'acme', '"+box+"', NULL, NULL)")
	}
	return append(statements,
		"CREATE TABLE notes (id text PRIMARY KEY, account text, thing text, writer text)",
		"INSERT INTO things VALUES ('in nothing', 'acme', NULL, 'max', NULL), ('own', 'acme', 'gone', 'mia', NULL), ('own in root', 'acme', 'root', 'mia', 'ops'), ('own in sales', 'acme', 'sales', 'mia', NULL)",
		"INSERT INTO things VALUES ('other account', 'other', 'root', 'mia', NULL), ('other account in theirs', 'other', 'theirs', NULL, NULL)",
		"INSERT INTO notes SELECT id, 'acme', id, NULL FROM things",
		"INSERT INTO notes VALUES ('no thing', 'acme', NULL, 'tom'), ('lost thing', 'acme', 'gone!', 'tom')")
}

// TestNestedCases has each case of a container that is missing, unknown or in another account, with the
// rows that a list must have, written by hand.
func TestNestedCases(t *testing.T) {
	p, err := policyfile.Load("nested.yaml", []byte(nestedCases))
	if err != nil {
		t.Fatal(err)
	}
	w := &fixture{users: map[usher.UserID]*policy.User{
		"mia": {Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "sales"}}},
		"max": {Status: usher.Active, Role: "member"},
		"kim": {Status: usher.Active, Role: "member"},
		"tom": {Status: usher.Active, Role: "member"},
	}, parents: map[usher.TeamID]usher.TeamID{"sales": ""}}
	for _, d := range both {
		db := openDialect(t, d)
		for _, s := range nestedRows() {
			mustExec(t, db, s)
		}
		for _, row := range []struct{ user, permission, want string }{
			// 17 boxes are above the thing in d1, and the last is that of mia.
			{"mia", "thing.read", "a, b, cycle of mia, d2, d4, d5, mixed, own, own in root, own in sales, root, sales"},
			{"max", "thing.read", "a, b, dangling, in nothing, in theirs, max, self, x"},
			{"kim", "thing.read", ""},
			{"stranger", "thing.read", ""},
			// An unknown container forbids, even if mia reads nothing that is known.
			{"mia", "thing.rest", "d18, in nothing, max, nobody"},
			{"max", "thing.rest", "d18, d5, mixed, nobody, own in root, own in sales, root, sales"},
			{"kim", "thing.rest", "a, b, d18, d5, in nothing, max, mixed, nobody, own in root, own in sales, root, sales"},
			{"mia", "thing.spare", "d18, in nothing, max, nobody"},
			{"kim", "thing.spare", "a, b, d18, d5, in nothing, max, mixed, nobody, own in root, own in sales, root, sales"},
			// Sole is compared on each level alone.
			{"mia", "thing.alone", "a, b, cycle of mia, d2, d4, d5, own, own in root, own in sales, root"},
			{"mia", "thing.theirs", "own in sales, sales"},
			{"mia", "thing.both", "own in sales"},
			{"kim", "thing.both", ""},
			{"mia", "thing.pair", "a, b, cycle of mia, d2, d4, d5, mixed, own, own in root, own in sales, root, sales"},
			{"mia", "note.pair", "a, b, cycle of mia, d4, d5, mixed, own, own in root, own in sales, root, sales"},
			// A note has the thing above it, too: one box less.
			{"mia", "note.read", "a, b, cycle of mia, d4, d5, mixed, own, own in root, own in sales, root, sales"},
			{"max", "note.read", "a, b, dangling, in nothing, in theirs, max, self, x"},
			{"tom", "note.read", "lost thing, no thing"},
			{"mia", "note.rest", "d18, in nothing, max, no thing, nobody"},
			{"tom", "note.rest", "a, b, d18, in nothing, max, mixed, no thing, nobody, own in root, own in sales, root, sales"},
			{"max", "note.lone", "d18, mixed, no thing, nobody, own in root, own in sales, root, sales"},
		} {
			f, err := p.Filter(indexed{w}, &usher.Request{Account: "acme", Subject: usher.UserID(row.user), Permission: mustPermission(row.permission), Time: anyTime})
			if err != nil {
				t.Fatal(err)
			}
			got := named(t, db, d, map[string]filter.Mapping{"thing": thingMapping, "note": noteMapping}[f.Types()[0]], f)
			if got != row.want {
				t.Errorf("%v: %s may %s\n     %s\nwant %s", d, row.user, row.permission, got, row.want)
			}
		}
	}
}

var (
	boxMapping = filter.Mapping{
		Type: "box", Account: filter.Column{Name: "b.account"},
		Parties: map[string]filter.Party{"reader": filter.Column{Name: "b.reader"}, "team": filter.Column{Name: "b.team"}},
		In:      filter.ContainerRow{Table: "boxes", Key: map[string]string{"id": "b.box"}},
	}
	thingMapping = filter.Mapping{
		Type: "thing", Account: filter.Column{Name: "things.account"},
		Parties: map[string]filter.Party{"reader": filter.Column{Name: "things.reader"}, "team": filter.Column{Name: "things.team"}},
		In:      filter.ContainerRow{Table: "boxes", Key: map[string]string{"id": "things.box"}, Of: boxMapping},
	}
	noteMapping = filter.Mapping{
		Type: "note", Account: filter.Column{Name: "notes.account"}, Parties: map[string]filter.Party{"writer": filter.Column{Name: "notes.writer"}},
		In: filter.ContainerRow{Table: "things", Key: map[string]string{"id": "notes.thing"}, Of: thingMapping},
	}
)

// named returns the names of the rows that a filter selects. The query has another box, and a table that
// looks like boxes, under the names that the mapping and its tables have.
func named(t *testing.T, db *sql.DB, d filter.Dialect, m filter.Mapping, f filter.Filter) string {
	t.Helper()
	table, err := m.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	where, err := f.SQL(table, 2)
	if err != nil {
		t.Fatal(err)
	}
	from := m.Type + "s"
	query := "SELECT " + from + ".id FROM " + from + ", boxes b, (SELECT 'root' AS id, 'acme' AS account, 'mia' AS reader) AS boxes WHERE b.id = " +
		mark(d, 1) + " AND " + where.SQL + " ORDER BY " + from + ".id"
	if d == filter.PostgreSQL {
		query += ` COLLATE "C"`
	}
	rows, err := db.QueryContext(ctx, query, append([]any{"root"}, where.Args...)...)
	if err != nil {
		t.Fatalf("%v: %v\n%s\n%q", d, err, query, where.Args)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		found = append(found, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, ", ")
}

// TestContainerKinds refers to containers by ids of each kind, and by several columns, from a column of
// another type or collation where the database can compare them.
func TestContainerKinds(t *testing.T) {
	for _, d := range both {
		db := openDialect(t, d)
		mustExec(t, db, `CREATE TABLE things (id integer, account integer, "group" varchar(9), "order" smallint, box varchar(20))`)
		mustExec(t, db, `CREATE TABLE "table" (account integer, "group" varchar(5), "order" bigint, "user" char(5), above_group varchar(5), above_order bigint, hosts text)`)
		mustExec(t, db, `INSERT INTO "table" VALUES (42, 'a', 1, 'mia', NULL, NULL, '["7"]'), (42, 'a', 2, 'max', 'a', 1, NULL), (42, 'b', 1, NULL, 'a', 2, NULL), (43, 'c', 1, 'mia', NULL, NULL, NULL)`)
		mustExec(t, db, `INSERT INTO "table" VALUES (42, 'half', 1, NULL, 'a', NULL, NULL)`)
		mustExec(t, db, `INSERT INTO things VALUES (1, 42, 'a', 1, NULL), (2, 42, 'b', 1, NULL), (3, 42, 'a', 2, NULL), (4, 42, 'c', 1, NULL), (5, 42, NULL, 1, NULL), (6, 42, 'a', 3, NULL), (7, 42, 'half', 1, NULL), (8, 43, 'a', 1, NULL)`)
		account := func(of string) filter.Column { return filter.Column{Name: of + ".account", Kind: filter.Integer} }
		of := filter.Mapping{
			Type: "box", Account: account("any.table"), Parties: map[string]filter.Party{"host": filter.Column{Name: "any.table.user"}},
			In: filter.ContainerRow{Table: "table", Key: map[string]string{"group": "any.table.above_group", "order": "any.table.above_order"}},
		}
		mapping := filter.Mapping{
			Account: account("t"), Parties: map[string]filter.Party{"host": filter.Empty{}},
			In: filter.ContainerRow{Table: "table", Key: map[string]string{"group": "t.group", "order": "t.order"}, Of: of},
		}
		for _, row := range []struct {
			id             string
			above, without string
		}{
			{map[filter.Dialect]string{filter.PostgreSQL: "mia  ", filter.SQLite: "mia"}[d], "1 2 3", "5 7"},
			{map[filter.Dialect]string{filter.PostgreSQL: "max  ", filter.SQLite: "max"}[d], "2 3", "1 5 7"},
			{"mi", "", "1 2 3 5 7"},
		} {
			w := over(criteria.Some, "host", row.id)
			w.Scope.Above = []criteria.Level{{Type: "box", Over: w.Scope.Over, Repeat: true}}
			expect(t, fmt.Sprintf("%v: %q above", d, row.id), find(t, db, d, mapping, things("42", w)), row.above)
			expect(t, fmt.Sprintf("%v: never %q above", d, row.id), find(t, db, d, mapping, without("42", w)), row.without)
			expect(t, fmt.Sprintf("%v: %q above, of an account that no column can have", d, row.id), find(t, db, d, mapping, things("042", w)), "")
		}
	}
}
