package agreement_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
)

// BenchmarkNested selects events of an account with 100,000 events in 5,000 calendars, which may be in
// each other, seven deep. It compares rules that look only at the event with rules that also look at its
// calendar, or at all calendars above it: the first page of 50 rows, and the number of all rows.
func BenchmarkNested(b *testing.B) {
	for _, d := range both {
		db := nestedEvents(b, d)
		calendars := filter.Mapping{Type: "calendar", Account: filter.Column{Name: "c.account"}, Parties: map[string]filter.Party{"host": filter.Column{Name: "c.host"}}}
		tree := calendars
		tree.In = filter.ContainerRow{Table: "calendars", Key: map[string]string{"id": "c.parent"}}
		in := func(of filter.Mapping) filter.Container {
			return filter.ContainerRow{Table: "calendars", Key: map[string]string{"id": "t.calendar"}, Of: of}
		}
		for _, row := range []struct {
			name string
			in   filter.Container
			tree bool
		}{{"flat", filter.Empty{}, false}, {"calendar", in(calendars), false}, {"tree", in(tree), true}} {
			m := filter.Mapping{Type: "thing", Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{"guest": filter.Column{Name: "t.guest"}}, In: row.in}
			table, err := m.Compile(d)
			if err != nil {
				b.Fatal(err)
			}
			own := over(criteria.Some, "guest", "user-7")
			own.Scope.Above = []criteria.Level{{Type: "calendar", Over: []criteria.PartySet{{Party: "host", Set: criteria.SetOf("user-7")}}, Repeat: row.tree}}
			for _, rule := range []struct {
				name string
				f    filter.Filter
			}{{"own", things("acme", own)}, {"never", without("acme", own)}} {
				where, err := rule.f.SQL(table, 1)
				if err != nil {
					b.Fatal(err)
				}
				query := "SELECT t.id FROM things t WHERE " + where.SQL
				b.Run(fmt.Sprintf("%v/%s/%s/page", d, row.name, rule.name), func(b *testing.B) {
					countRows(b, db, "SELECT count(*) FROM ("+query+" ORDER BY t.id LIMIT 50) AS page", where.Args)
				})
				b.Run(fmt.Sprintf("%v/%s/%s/all", d, row.name, rule.name), func(b *testing.B) {
					countRows(b, db, "SELECT count(*) FROM ("+query+") AS list", where.Args)
				})
			}
		}
	}
}

func nestedEvents(b *testing.B, d filter.Dialect) *sql.DB {
	numbers := func(n int) string { return fmt.Sprintf("generate_series(1, %d) AS n(i)", n) }
	var db *sql.DB
	if d == filter.PostgreSQL {
		db = openPostgres(b, "jit=off")
	} else {
		db = openSQLite(b)
		numbers = func(n int) string {
			return fmt.Sprintf("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)", n)
		}
	}
	for _, statement := range []string{
		"CREATE TABLE calendars (id integer PRIMARY KEY, account text, host text, parent integer)",
		"CREATE TABLE things (id integer PRIMARY KEY, account text, guest text, calendar integer)",
		"INSERT INTO calendars SELECT i, 'acme', 'user-' || (i % 1000), CASE WHEN i > 10 THEN i / 3 END FROM " + numbers(5000),
		"INSERT INTO things SELECT i, 'acme', 'user-' || (i % 997), 1 + i % 5000 FROM " + numbers(100_000),
		"CREATE INDEX calendars_host ON calendars (host)",
		"CREATE INDEX things_guest ON things (guest)",
		"CREATE INDEX things_calendar ON things (calendar)",
		"CREATE INDEX things_account ON things (account, id)",
		"ANALYZE",
	} {
		mustExec(b, db, statement)
	}
	return db
}

func countRows(b *testing.B, db *sql.DB, query string, args []any) {
	n := 0
	for b.Loop() {
		if err := db.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n), "rows")
}
