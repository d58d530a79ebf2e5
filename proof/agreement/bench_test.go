package agreement_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// BenchmarkPage lists the first 50 of a million calendars that a team manager may edit, with the
// condition of the filter and with a hand-written condition for this case only, over the same
// indexes, in turns. It reports the medians and their ratio, and logs the query plans.
//
//	go test ./agreement -run '^$' -bench Page -benchtime 200x -v
func BenchmarkPage(b *testing.B) {
	for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
		b.Run(d.String(), func(b *testing.B) {
			db := calendars(b, d)
			pages(b, d, db)
			if d == filter.PostgreSQL {
				b.Run("planned-anew", func(b *testing.B) {
					var name string
					if err := db.QueryRow("SELECT current_database()").Scan(&name); err != nil {
						b.Fatal(err)
					}
					pages(b, d, connect(b, postgres.Server(b).DSN(name, "plan_cache_mode=force_custom_plan")))
				})
			}
		})
	}
}

func pages(b *testing.B, d filter.Dialect, db *sql.DB) {
	for _, size := range []int{20, 2000} {
		for _, c := range cases {
			if query := c.hand[d]; query != "" {
				b.Run(fmt.Sprintf("%s/%d-users", c.name, size), func(b *testing.B) { comparePages(b, db, d, c, size, query) })
			}
		}
	}
}

type pageCase struct {
	name    string
	mapping filter.Mapping
	hand    map[filter.Dialect]string // parameter 1 is the account, 2 the users, 3 the teams
}

var (
	accountID = filter.Column{Name: "c.account_id"}
	teamID    = filter.Column{Name: "c.team_id"}
	hosts     = filter.Join{Table: "calendar_hosts", Key: map[string]string{"calendar_id": "c.id"}, ID: filter.Column{Name: "user_id"}}
	teams     = filter.Join{Table: "calendar_teams", Key: map[string]string{"calendar_id": "c.id"}, ID: filter.Column{Name: "team_id"}}
)

var cases = []pageCase{
	{
		name:    "columns",
		mapping: filter.Mapping{Type: "calendar", Account: accountID, Parties: map[string]filter.Party{"host": filter.Column{Name: "c.host_id"}, "team": teamID}},
		hand: map[filter.Dialect]string{
			filter.PostgreSQL: `c.account_id = $1 AND (c.host_id = ANY ($2::text[]) AND (c.team_id IS NULL OR c.team_id = ANY ($3::text[]))
				OR c.host_id IS NULL AND c.team_id = ANY ($3::text[]))`,
			filter.SQLite: `c.account_id = ?1 AND (c.host_id IN (SELECT value FROM json_each(?2)) AND (c.team_id IS NULL OR c.team_id IN (SELECT value FROM json_each(?3)))
				OR +c.host_id IS NULL AND c.team_id IN (SELECT value FROM json_each(?3)))`,
		},
	},
	{
		name:    "joins",
		mapping: filter.Mapping{Type: "calendar", Account: accountID, Parties: map[string]filter.Party{"host": hosts, "team": teams}},
		hand: map[filter.Dialect]string{
			filter.PostgreSQL: `c.account_id = $1
				AND c.id IN (SELECT calendar_id FROM calendar_hosts WHERE user_id = ANY ($2::text[]) UNION SELECT calendar_id FROM calendar_teams WHERE team_id = ANY ($3::text[]))
				AND NOT EXISTS (SELECT 1 FROM calendar_hosts h WHERE h.calendar_id = c.id AND h.user_id <> ALL ($2::text[]))
				AND NOT EXISTS (SELECT 1 FROM calendar_teams h WHERE h.calendar_id = c.id AND h.team_id <> ALL ($3::text[]))`,
			filter.SQLite: `c.account_id = ?1
				AND c.id IN (SELECT calendar_id FROM calendar_hosts WHERE user_id IN (SELECT value FROM json_each(?2)) UNION SELECT calendar_id FROM calendar_teams WHERE team_id IN (SELECT value FROM json_each(?3)))
				AND NOT EXISTS (SELECT 1 FROM calendar_hosts h WHERE h.calendar_id = c.id AND h.user_id NOT IN (SELECT value FROM json_each(?2)))
				AND NOT EXISTS (SELECT 1 FROM calendar_teams h WHERE h.calendar_id = c.id AND h.team_id NOT IN (SELECT value FROM json_each(?3)))`,
		},
	},
	{
		name:    "array",
		mapping: filter.Mapping{Type: "calendar", Account: accountID, Parties: map[string]filter.Party{"host": filter.Array{Name: "c.hosts"}, "team": teamID}},
		hand: map[filter.Dialect]string{
			filter.PostgreSQL: `c.account_id = $1
				AND (c.hosts && $2::text[] OR c.team_id = ANY ($3::text[]))
				AND (c.hosts IS NULL OR c.hosts <@ $2::text[])
				AND (c.team_id IS NULL OR c.team_id = ANY ($3::text[]))`,
		},
	},
	{
		name:    "hosts-and-column",
		mapping: filter.Mapping{Type: "calendar", Account: accountID, Parties: map[string]filter.Party{"host": hosts, "team": teamID}},
		hand: map[filter.Dialect]string{
			filter.PostgreSQL: `c.account_id = $1
				AND (c.team_id = ANY ($3::text[]) OR EXISTS (SELECT 1 FROM calendar_hosts h WHERE h.calendar_id = c.id AND h.user_id = ANY ($2::text[])))
				AND NOT EXISTS (SELECT 1 FROM calendar_hosts h WHERE h.calendar_id = c.id AND h.user_id <> ALL ($2::text[]))
				AND (c.team_id IS NULL OR c.team_id = ANY ($3::text[]))`,
			filter.SQLite: `c.account_id = ?1
				AND (c.team_id IN (SELECT value FROM json_each(?3)) OR c.id IN (SELECT calendar_id FROM calendar_hosts WHERE user_id IN (SELECT value FROM json_each(?2))))
				AND NOT EXISTS (SELECT 1 FROM calendar_hosts h WHERE h.calendar_id = c.id AND h.user_id NOT IN (SELECT value FROM json_each(?2)))
				AND (c.team_id IS NULL OR c.team_id IN (SELECT value FROM json_each(?3)))`,
		},
	},
}

const (
	calendarCount = 1_000_000
	userCount     = 50_000
)

// calendars creates tables with a million calendars of two accounts, nine of ten in acme. One of
// ten has a team and no host, one has a team and a host, and one has a second host.
func calendars(b *testing.B, d filter.Dialect) *sql.DB {
	db := map[filter.Dialect]func() *sql.DB{
		filter.PostgreSQL: func() *sql.DB { return openPostgres(b) },
		filter.SQLite:     func() *sql.DB { return openSQLite(b) },
	}[d]()
	numbers := fmt.Sprintf("generate_series(1, %d) AS n(i)", calendarCount)
	array := "CASE WHEN i % 10 <> 0 THEN ARRAY['user-' || ((i % 50000 * 7919 + i / 50000) % 50000)] END"
	if d == filter.SQLite {
		numbers = fmt.Sprintf("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)", calendarCount)
		array = "NULL"
	}
	for _, statement := range []string{
		"CREATE TABLE calendars (id bigint PRIMARY KEY, account_id text NOT NULL, host_id text, team_id text, hosts " + map[filter.Dialect]string{filter.PostgreSQL: "text[]", filter.SQLite: "text"}[d] + ", title text)",
		"CREATE TABLE calendar_hosts (calendar_id bigint, user_id text, PRIMARY KEY (calendar_id, user_id))",
		"CREATE TABLE calendar_teams (calendar_id bigint, team_id text, PRIMARY KEY (calendar_id, team_id))",
		`INSERT INTO calendars SELECT i, CASE WHEN i / 10 % 10 = 0 THEN 'other' ELSE 'acme' END,
			CASE WHEN i % 10 <> 0 THEN 'user-' || ((i % 50000 * 7919 + i / 50000) % 50000) END,
			CASE WHEN i % 10 < 2 THEN 'team-' || ((i % 50000 * 7919 + i / 50000) % 50000 / 20) END, ` + array + `, 'calendar ' || i FROM ` + numbers,
		"INSERT INTO calendar_hosts SELECT id, host_id FROM calendars WHERE host_id IS NOT NULL",
		"INSERT INTO calendar_hosts SELECT id, 'user-' || ((id % 50000 * 7919 + id / 50000) % 50000 / 20 * 20 + id % 20 + 20 * (id % 2)) FROM calendars WHERE id % 10 = 3 ON CONFLICT DO NOTHING",
		"INSERT INTO calendar_teams SELECT id, team_id FROM calendars WHERE team_id IS NOT NULL",
		"CREATE INDEX calendars_host ON calendars (account_id, host_id)",
		"CREATE INDEX calendars_team ON calendars (account_id, team_id)",
		"CREATE INDEX calendar_hosts_user ON calendar_hosts (user_id, calendar_id)",
		"CREATE INDEX calendar_teams_team ON calendar_teams (team_id, calendar_id)",
		"ANALYZE",
	} {
		mustExec(b, db, statement)
	}
	if d == filter.PostgreSQL {
		mustExec(b, db, "CREATE INDEX calendars_hosts ON calendars USING gin (hosts)")
		mustExec(b, db, "VACUUM ANALYZE")
	}
	return db
}

// company has fifty thousand users in teams of twenty. A hundred teams are below each department.
func company() *fixture {
	w := &fixture{users: map[usher.UserID]*policy.User{}, parents: map[usher.TeamID]usher.TeamID{}}
	for i := range userCount {
		id := usher.TeamID(fmt.Sprintf("team-%d", i/20))
		department := usher.TeamID(fmt.Sprintf("department-%d", i/2000))
		w.parents[id], w.parents[department] = department, ""
		w.users[usher.UserID(fmt.Sprintf("user-%d", i))] = &policy.User{
			Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: id}},
		}
	}
	for name, id := range map[usher.UserID]usher.TeamID{"manager-20": "team-7", "manager-2000": "department-3"} {
		w.users[name] = &policy.User{Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: id, Roles: []role.Name{"manager"}}}}
	}
	var err error
	if w.tree, err = team.New(w.parents); err != nil {
		panic(err)
	}
	return w
}

var people = company()

func comparePages(b *testing.B, db *sql.DB, d filter.Dialect, c pageCase, size int, hand string) {
	p, err := preset.Load("oncehub")
	if err != nil {
		b.Fatal(err)
	}
	f, err := p.Filter(people, &usher.Request{
		Account: "acme", Subject: usher.UserID(fmt.Sprintf("manager-%d", size)), Permission: mustPermission("calendar.edit"), Time: anyTime,
	})
	if err != nil {
		b.Fatal(err)
	}
	table, err := c.mapping.Compile(d)
	if err != nil {
		b.Fatal(err)
	}
	where, err := f.SQL(table, 1)
	if err != nil {
		b.Fatal(err)
	}
	const from = "SELECT c.id, c.title FROM calendars c WHERE "
	const page = " ORDER BY c.id LIMIT 50"
	queries := [2]string{from + where.SQL + page, from + hand + page}
	args := [2][]any{where.Args, where.Args}
	if len(where.Args) == 3 {
		args[1] = []any{"acme", list(d, "user-", where.Args[1:]), list(d, "team-", where.Args[1:])}
	}
	var took [2][]time.Duration
	var found [2][]string
	for range b.N {
		for i, query := range queries {
			start := time.Now()
			found[i] = ids(b, db, query, args[i])
			took[i] = append(took[i], time.Since(start))
		}
	}
	if !slices.Equal(found[0], found[1]) || len(found[0]) != 50 {
		b.Fatalf("the filter finds %v\nby hand %v\n%s", found[0], found[1], where.SQL)
	}
	filters, hands := median(took[0]), median(took[1])
	b.ReportMetric(float64(filters.Microseconds()), "µs-filter")
	b.ReportMetric(float64(hands.Microseconds()), "µs-hand")
	b.ReportMetric(float64(filters)/float64(hands), "x-hand")
	b.ReportMetric(0, "ns/op")
	if b.N > 1 {
		b.Logf("filter\n%s\nby hand\n%s", plan(b, db, d, queries[0], args[0]), plan(b, db, d, queries[1], args[1]))
	}
}

// list returns an argument of the filter as a list if it is a single id, and the one whose ids
// begin with a prefix.
func list(d filter.Dialect, prefix string, args []any) any {
	for _, arg := range args {
		s := arg.(string)
		switch {
		case strings.HasPrefix(s, prefix) && d == filter.PostgreSQL:
			return `{"` + s + `"}`
		case strings.HasPrefix(s, prefix):
			return `["` + s + `"]`
		case strings.Contains(s, prefix):
			return s
		}
	}
	return nil
}

func ids(b *testing.B, db *sql.DB, query string, args []any) (found []string) {
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		b.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		var id, title string
		if err := rows.Scan(&id, &title); err != nil {
			b.Fatal(err)
		}
		found = append(found, id)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return found
}

func plan(b testing.TB, db *sql.DB, d filter.Dialect, query string, args []any) string {
	explain := "EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF, TIMING OFF) "
	if d == filter.SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	rows, err := db.QueryContext(context.Background(), explain+query, args...)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		columns := []any{&line}
		if d == filter.SQLite {
			columns = []any{new(any), new(any), new(any), &line}
		}
		if err := rows.Scan(columns...); err != nil {
			b.Fatal(err)
		}
		if len(line) > 160 {
			line = line[:160] + "…"
		}
		lines = append(lines, "  "+line)
	}
	return strings.Join(lines, "\n")
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
