package agreement_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/raced"
)

// TestManyHostileIDs has thousands of ids with bytes that are not text for one of the databases, or
// that its lists must escape: more than a query may join by UNION, and more of one kind than a
// query may have parameters.
func TestManyHostileIDs(t *testing.T) {
	parameters := map[filter.Dialect]int{filter.PostgreSQL: 65_535, filter.SQLite: 32_766}
	kinds := map[string]func(i int) string{
		"NUL":          func(i int) string { return fmt.Sprintf("\x00%d\x00", i) },
		"NUL and byte": func(i int) string { return fmt.Sprintf("\x01\x000\x01%d\x011\x00", i) },
		"no UTF-8":     func(i int) string { return fmt.Sprintf("\xff%d\xc3", i) },
		"control":      func(i int) string { return fmt.Sprintf("\x01\x1f\n%d", i) },
		"quotes":       func(i int) string { return fmt.Sprintf(`"\\'{%d},"`, i) },
		"numbers":      func(i int) string { return fmt.Sprintf("0%d", i) },
		"long":         func(i int) string { return strings.Repeat(`"\`, 400) + fmt.Sprint(i%1000) },
	}
	for _, d := range both {
		for name, id := range kinds {
			most := raced.Part(3000, 100)
			if name == "quotes" {
				most = raced.Part(parameters[d]+1000, 1000)
			}
			var ids []string
			for i := range most {
				ids = append(ids, id(i))
			}
			db := openDialect(t, d)
			mustExec(t, db, "CREATE TABLE things (id integer, account text, host text)")
			mustExec(t, db, "CREATE TABLE members (thing integer, id text)")
			rows := []string{"mia", "max", id(0), id(most - 1), strings.TrimSuffix(id(7), "\x00")}
			var stored []string
			for i, id := range rows {
				if _, err := db.Exec("INSERT INTO things VALUES ($1, 'acme', $2)", i, id); err == nil { // an error if PostgreSQL cannot store it
					mustExec(t, db, "INSERT INTO members VALUES ($1, $2)", i, id)
					stored = append(stored, fmt.Sprint(i))
				}
			}
			is := slices.DeleteFunc(slices.Clone(stored), func(row string) bool {
				at := slices.IndexFunc(rows, func(id string) bool { return row == fmt.Sprint(slices.Index(rows, id)) })
				return rows[at] != "mia" && !slices.Contains(ids, rows[at])
			})
			isNot := slices.DeleteFunc(slices.Clone(stored), func(row string) bool { return slices.Contains(is, row) })
			mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
				"column": filter.Column{Name: "t.host"},
				"join":   filter.Join{Table: "members", Key: map[string]string{"thing": "t.id"}, ID: filter.Column{Name: "id"}},
			}}
			list := append(ids, "mia")
			for party, reach := range map[string]criteria.Reach{"column": criteria.Some, "join": criteria.Every} {
				at := fmt.Sprintf("%v, %s in a %s", d, name, party)
				expect(t, at, find(t, db, d, mapping, things("acme", over(reach, party, list...))), strings.Join(is, " "))
				expect(t, "never "+at, find(t, db, d, mapping, without("acme", over(reach, party, list...))), strings.Join(isNot, " "))
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestIndexes checks that both databases use indexes of columns with the default collation.
func TestIndexes(t *testing.T) {
	for _, d := range both {
		db := openDialect(t, d)
		mustExec(t, db, "CREATE TABLE things (id bigint PRIMARY KEY, account text, host text, title text)")
		mustExec(t, db, "CREATE TABLE members (thing bigint, id text)")
		series := "generate_series(1, 20000) AS n(i)"
		if d == filter.SQLite {
			series = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n) AS n"
		}
		mustExec(t, db, "INSERT INTO things SELECT i, 'account-' || (i % 20), 'user-' || (i % 5000), 'title' FROM "+series)
		mustExec(t, db, "INSERT INTO members SELECT i, 'user-' || (i % 5000) FROM "+series)
		mustExec(t, db, "CREATE INDEX things_host ON things (account, host)")
		mustExec(t, db, "CREATE INDEX members_id ON members (id, thing)")
		mustExec(t, db, "ANALYZE")
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
			"column": filter.Column{Name: "t.host"},
			"join":   filter.Join{Table: "members", Key: map[string]string{"thing": "t.id"}, ID: filter.Column{Name: "id"}},
		}}
		for _, row := range []struct {
			party, index string
			ids          []string
		}{
			{"column", "things_host", []string{"user-7"}},
			{"column", "things_host", []string{"user-7", "user-8", "user-9"}},
			{"column", "things_host", []string{"user-7", "user-8 "}},
			{"join", "members_id", []string{"user-7"}},
			{"join", "members_id", []string{"user-7", "user-8", "user-9"}},
		} {
			text := explained(t, db, d, mapping, things("account-7", over(criteria.Some, row.party, row.ids...)))
			if !strings.Contains(text, row.index) || strings.Contains(text, "Seq Scan") || strings.Contains(text, "SCAN t") {
				t.Errorf("%v: %q in a %s is found so:\n%s", d, row.ids, row.party, text)
			}
		}
	}
}

// explained returns the plan of a filter's query.
func explained(t *testing.T, db *sql.DB, d filter.Dialect, m filter.Mapping, f filter.Filter) string {
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
	return plan(t, db, d, "SELECT t.id, t.title FROM things t WHERE "+where.SQL, where.Args)
}

// TestListsOfMegabytes has more bytes of ids than one argument of either database may have.
func TestListsOfMegabytes(t *testing.T) {
	for _, d := range both {
		ids := []string{"mia"}
		for i := range map[filter.Dialect]int{filter.PostgreSQL: raced.Part(66, 2), filter.SQLite: 3}[d] {
			ids = append(ids, fmt.Sprintf("%02d", i)+strings.Repeat("x", 1<<20))
		}
		db := openDialect(t, d)
		list := map[filter.Dialect]string{filter.PostgreSQL: "text[]", filter.SQLite: "text"}[d]
		mustExec(t, db, "CREATE TABLE things (id integer, account text, host text, hosts "+list+")")
		w := &writer{base: &base{dialect: d}}
		for i, id := range []string{"mia", ids[1], ids[len(ids)-1], "max"} {
			mustExec(t, db, "INSERT INTO things VALUES ($1, 'acme', $2, $3)", i, id, w.array(t, []string{"mia", id}))
		}
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
			"column": filter.Column{Name: "t.host"}, "array": filter.Array{Name: "t.hosts"},
		}}
		expect(t, d.String(), find(t, db, d, mapping, things("acme", over(criteria.Every, "array", ids...))), "0 1 2")
		expect(t, "never "+d.String(), find(t, db, d, mapping, without("acme", over(criteria.Some, "column", ids...))), "3")
	}
}
