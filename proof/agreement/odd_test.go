package agreement_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/criteria/criteriatest"
)

var both = []filter.Dialect{filter.PostgreSQL, filter.SQLite}

func openDialect(t *testing.T, d filter.Dialect, options ...string) *sql.DB {
	t.Helper()
	if d == filter.SQLite {
		return openSQLite(t)
	}
	return openPostgres(t, options...)
}

// things returns a filter for everything of type thing in an account, except for alternatives under
// never.
func things(account usher.AccountID, ways ...criteria.Alternative) filter.Filter {
	return filter.New(criteriatest.New(criteria.Criteria{Account: account, Types: []criteria.Type{{Name: "thing", Needs: [][]criteria.Alternative{ways}}}}))
}

func anything(tests ...criteria.Test) criteria.Alternative {
	return criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Any}, Tests: tests}
}

func over(reach criteria.Reach, party string, ids ...string) criteria.Alternative {
	return criteria.Alternative{Scope: criteria.Scope{Reach: reach, Over: []criteria.PartySet{{Party: party, Set: criteria.SetOf(ids...)}}}}
}

// without selects all rows that the alternatives do not match.
func without(account usher.AccountID, ways ...criteria.Alternative) filter.Filter {
	return filter.New(criteriatest.New(criteria.Criteria{Account: account, Types: []criteria.Type{{Name: "thing", Needs: [][]criteria.Alternative{{anything()}}, Never: ways}}}))
}

// find returns the ids of the rows that a filter selects, in order.
func find(t *testing.T, db *sql.DB, d filter.Dialect, m filter.Mapping, f filter.Filter) string {
	t.Helper()
	m.Type = "thing"
	table, err := m.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	where, err := f.SQL(table, 1)
	if err != nil {
		t.Fatal(err)
	}
	query := "SELECT t.id FROM things t WHERE " + where.SQL + " ORDER BY t.id"
	rows, err := db.QueryContext(context.Background(), query, where.Args...)
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
		t.Fatalf("%v: %v\n%s\n%q", d, err, query, where.Args)
	}
	return strings.Join(found, " ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s selects the rows %q, want %q", what, got, want)
	}
}

// hostile are texts that end a string, a name, an array or a comment in some language.
var hostile = []string{
	`'`, `''; DROP TABLE things; --`, `" OR 1=1 --`, `\`, `\'`, `{`, `}`, `{"a","b"}`, `","`, `a,b`, `NULL`, `null`, `[]`, `["x"]`,
	`$1`, `?1`, `%`, `_`, `\u0000`, "\n", "\t\r", "\x01", "ümlaut", "mia ", " mia", "MIA", "mia", "é", "e\u0301", "0", "00", "1e1", "true", "😀", `"`, `""`, `\"`, ``,
}

// TestHostileIDs has a row for each of the ids, in each form. A list for an id has only that row,
// and a list that forbids the id has all other rows. An empty id matches no row.
func TestHostileIDs(t *testing.T) {
	for _, d := range both {
		db := openDialect(t, d)
		list := map[filter.Dialect]string{filter.PostgreSQL: "text[]", filter.SQLite: "text"}[d]
		mustExec(t, db, "CREATE TABLE things (id integer, account text, host text, hosts "+list+")")
		mustExec(t, db, "CREATE TABLE members (thing integer, id text)")
		w := &writer{base: &base{dialect: d}}
		for i, id := range hostile {
			mustExec(t, db, "INSERT INTO things VALUES ($1, $2, $3, $4)", i, "acme", id, w.array(t, []string{id}))
			mustExec(t, db, "INSERT INTO things VALUES ($1, $2, $3, $4)", 100+i, id, "anybody", nil)
			mustExec(t, db, "INSERT INTO members VALUES ($1, $2)", i, id)
		}
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
			"column": filter.Column{Name: "t.host"},
			"array":  filter.Array{Name: "t.hosts"},
			"join":   filter.Join{Table: "members", Key: map[string]string{"thing": "t.id"}, ID: filter.Column{Name: "id"}},
		}}
		var rows []string
		for i := range hostile {
			rows = append(rows, fmt.Sprint(i))
		}
		for i, id := range hostile {
			row, others := fmt.Sprint(i), strings.Join(slices.Delete(slices.Clone(rows), i, i+1), " ")
			if id == "" { // it refers to no user
				row, others = "", strings.Join(rows, " ")
			}
			for party := range mapping.Parties {
				at := fmt.Sprintf("%v: %q in a %s", d, id, party)
				for _, reach := range []criteria.Reach{criteria.Some, criteria.Every} {
					expect(t, at, find(t, db, d, mapping, things("acme", over(reach, party, id))), row)
					expect(t, at+" of two", find(t, db, d, mapping, things("acme", over(reach, party, id, "somebody else"))), row)
					expect(t, at+", forbidden", find(t, db, d, mapping, without("acme", over(reach, party, id))), others)
					expect(t, at+", forbidden, of two", find(t, db, d, mapping, without("acme", over(reach, party, id, "somebody else"))), others)
				}
			}
			if id != "" {
				expect(t, fmt.Sprintf("%v: the account %q", d, id), find(t, db, d, mapping, things(usher.AccountID(id), anything())), fmt.Sprint(100+i))
			}
		}
	}
}

// TestOtherAccounts has rows that differ only in the account.
func TestOtherAccounts(t *testing.T) {
	for _, d := range both {
		db := openDialect(t, d)
		mustExec(t, db, "CREATE TABLE things (id integer, local text, account text, host text)")
		mustExec(t, db, "CREATE TABLE members (account text, thing text, id text)")
		for i, account := range []any{"acme", "other", nil, "", "Acme", "acme "} {
			mustExec(t, db, "INSERT INTO things VALUES ($1, 'one', $2, 'mia')", i, account)
			mustExec(t, db, "INSERT INTO members VALUES ($1, 'one', $2)", account, map[bool]string{true: "mia", false: "max"}[i == 0])
		}
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
			"column": filter.Column{Name: "t.host"},
			"join": filter.Join{
				Table: "members", Key: map[string]string{"thing": "t.local"}, ID: filter.Column{Name: "id"}, Account: filter.Column{Name: "account"},
			},
		}}
		for _, row := range []struct {
			account usher.AccountID
			way     criteria.Alternative
			want    string
		}{
			{"acme", anything(), "0"},
			{"other", anything(), "1"},
			{"nobody's", anything(), ""},
			{"acme", over(criteria.Some, "column", "mia"), "0"},
			{"other", over(criteria.Every, "column", "mia"), "1"},
			{"acme", over(criteria.Some, "join", "mia"), "0"},
			{"acme", over(criteria.Every, "join", "mia"), "0"}, // the members of other accounts do not count
			{"acme", over(criteria.Some, "join", "max"), ""},
			{"other", over(criteria.Every, "join", "max"), "1"},
			{"other", over(criteria.Some, "join", "mia"), ""},
			{"acme", anything(criteria.Test{Party: true, Name: "join", Is: true}), "0"},
			{"acme", anything(criteria.Test{Party: true, Name: "join", Is: false}), ""},
		} {
			expect(t, fmt.Sprintf("%v: %s %+v", d, row.account, row.way), find(t, db, d, mapping, things(row.account, row.way)), row.want)
		}
		expect(t, fmt.Sprintf("%v: never max", d), find(t, db, d, mapping, without("other", over(criteria.Some, "join", "max"))), "")
		expect(t, fmt.Sprintf("%v: never mia", d), find(t, db, d, mapping, without("acme", over(criteria.Some, "join", "mia"))), "")
		expect(t, fmt.Sprintf("%v: the zero filter", d), find(t, db, d, mapping, filter.Filter{}), "")
	}
}

// TestNULL has NULL in each column. A party that is NULL has no members. NULL in a list is a member
// that is in no set. An attribute that is NULL is unknown.
func TestNULL(t *testing.T) {
	for _, d := range both {
		db := openDialect(t, d)
		list, null := "text[]", "ARRAY[NULL, 'mia']"
		if d == filter.SQLite {
			list, null = "text", `'[null, "mia"]'`
		}
		mustExec(t, db, "CREATE TABLE things (id integer, account text, host text, hosts "+list+", public boolean)")
		mustExec(t, db, "CREATE TABLE members (thing integer, id text)")
		mustExec(t, db, "INSERT INTO things VALUES (1, 'acme', NULL, NULL, NULL), (2, 'acme', 'mia', "+null+", true), (3, 'acme', 'max', "+strings.Replace(null, "mia", "max", 1)+", false)")
		mustExec(t, db, "INSERT INTO members VALUES (2, NULL), (2, 'mia'), (3, NULL), (NULL, 'mia')")
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
			"column": filter.Column{Name: "t.host"},
			"array":  filter.Array{Name: "t.hosts"},
			"join":   filter.Join{Table: "members", Key: map[string]string{"thing": "t.id"}, ID: filter.Column{Name: "id"}},
			"gone":   filter.Unknown{},
		}, Attributes: map[string]filter.Attribute{"public": filter.Column{Name: "t.public"}, "gone": filter.Unknown{}}}
		some, every := criteria.Some, criteria.Every
		present := func(party string, is bool) criteria.Alternative {
			return anything(criteria.Test{Party: true, Name: party, Is: is})
		}
		public := func(name string, is bool) criteria.Alternative { return anything(criteria.Test{Name: name, Is: is}) }
		for _, row := range []struct {
			what      string
			way       criteria.Alternative
			is, isNot string // the rows that it selects, and the rows that remain if it forbids
		}{
			{"some in column", over(some, "column", "mia"), "2", "1 3"},
			{"every in column", over(every, "column", "mia"), "2", "1 3"},
			{"every of two in column", over(every, "column", "mia", "max"), "2 3", "1"},
			{"nobody in column", over(some, "column"), "", "1 2 3"},
			{"somebody in column", present("column", true), "2 3", "1"},
			{"no one in column", present("column", false), "1", "2 3"},
			{"some in array", over(some, "array", "mia"), "2", "1 3"},
			{"some of two in array", over(some, "array", "mia", "max"), "2 3", "1"},
			{"every in array", over(every, "array", "mia"), "", "1 2 3"},
			{"every of two in array", over(every, "array", "mia", "max"), "", "1 2 3"},
			{"somebody in array", present("array", true), "2 3", "1"},
			{"no one in array", present("array", false), "1", "2 3"},
			{"some in join", over(some, "join", "mia"), "2", "1 3"},
			{"every in join", over(every, "join", "mia"), "", "1 2 3"},
			{"every of two in join", over(every, "join", "mia", "max"), "", "1 2 3"},
			{"somebody in join", present("join", true), "2 3", "1"},
			{"no one in join", present("join", false), "1", "2 3"},
			{"attribute", public("public", true), "2", "3"},
			{"attribute is not", public("public", false), "3", "2"},
			{"unknown attribute", public("gone", true), "", ""},
			{"unknown attribute is not", public("gone", false), "", ""},
			{"some in unknown", over(some, "gone", "mia"), "", ""},
			{"every in unknown", over(every, "gone", "mia"), "", ""},
			{"somebody in unknown", present("gone", true), "", ""},
			{"no one in unknown", present("gone", false), "", ""},
		} {
			expect(t, fmt.Sprintf("%v: %s", d, row.what), find(t, db, d, mapping, things("acme", row.way)), row.is)
			expect(t, fmt.Sprintf("%v: never %s", d, row.what), find(t, db, d, mapping, without("acme", row.way)), row.isNot)
		}
	}
}

// TestTruth has the values that people use for booleans in SQLite, which has no boolean type.
func TestTruth(t *testing.T) {
	db := openSQLite(t)
	mustExec(t, db, "CREATE TABLE things (id integer, account text, plain, flag boolean, word text)")
	for i, v := range []any{0, 1, nil, "true", "false", "0", "1", 2, -1, 0.5, "", []byte{1}, true, false} {
		mustExec(t, db, "INSERT INTO things VALUES ($1, 'acme', $2, $2, $2)", i, v)
	}
	mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Attributes: map[string]filter.Attribute{
		"plain": filter.Column{Name: "t.plain"}, "flag": filter.Column{Name: "t.flag"}, "word": filter.Column{Name: "t.word"},
	}}
	for name, want := range map[string][2]string{"plain": {"0 13", "1 12"}, "flag": {"0 5 13", "1 6 12"}, "word": {"0 5 13", "1 6 12"}} {
		for is, want := range map[bool]string{false: want[0], true: want[1]} {
			at := fmt.Sprintf("%s is %t", name, is)
			way := anything(criteria.Test{Name: name, Is: is})
			expect(t, at, find(t, db, filter.SQLite, mapping, things("acme", way)), want)
			opposite := anything(criteria.Test{Name: name, Is: !is})
			expect(t, "never not "+at, find(t, db, filter.SQLite, mapping, without("acme", opposite)), want)
		}
	}
}

// TestNoText has ids that are not text: with a NUL byte, and with bytes that are not UTF-8. SQLite
// can store them in a row. PostgreSQL cannot, and a list with them is not an error.
func TestNoText(t *testing.T) {
	odd := []string{"mia\x00", "\x00", "mia", "mi\xff", "mi\ufffd", "mia\x00x"}
	for _, d := range both {
		db := openDialect(t, d)
		mustExec(t, db, "CREATE TABLE things (id integer, account text, host text)")
		for i, id := range odd {
			if d == filter.SQLite || id == "mia" || id == "mi\ufffd" {
				mustExec(t, db, "INSERT INTO things VALUES ($1, 'acme', $2)", i, id)
			}
		}
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{"host": filter.Column{Name: "t.host"}}}
		rows := map[filter.Dialect][]string{filter.SQLite: {"0", "1", "2", "3", "4", "5"}, filter.PostgreSQL: {"2", "4"}}[d]
		for i, id := range odd {
			at, row := fmt.Sprintf("%v: %q", d, id), fmt.Sprint(i)
			is, isNot := "", slices.Clone(rows)
			if slices.Contains(rows, row) {
				is, isNot = row, slices.DeleteFunc(isNot, func(r string) bool { return r == row })
			}
			for _, ids := range [][]string{{id}, {id, "x"}, {id, "x", "\x00x"}} {
				expect(t, at, find(t, db, d, mapping, things("acme", over(criteria.Some, "host", ids...))), is)
				expect(t, "never "+at, find(t, db, d, mapping, without("acme", over(criteria.Some, "host", ids...))), strings.Join(isNot, " "))
			}
			expect(t, "the account "+at, find(t, db, d, mapping, things(usher.AccountID(id), anything())), "")
		}
	}
}
