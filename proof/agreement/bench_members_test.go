package agreement_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
)

// BenchmarkMembers lists the first 50 of a million calendars for a manager of some users: with a
// list of their ids, with the members of the manager's teams from the table of the store, and with a
// hand-written query of that table, in turns. It reports the medians, and their ratios to the
// hand-written query. In PostgreSQL, each statement first runs with a small team: then the database
// keeps a plan, as it does in a service.
//
//	go test ./agreement -run '^$' -bench Members -benchtime 30x -v
func BenchmarkMembers(b *testing.B) {
	for _, d := range both {
		b.Run(d.String(), func(b *testing.B) {
			db := managedCalendars(b, d)
			for _, c := range managedCases {
				for _, teams := range []int{1, teamSize} {
					for _, users := range managedSizes {
						if teams == 1 || users > teamSize {
							b.Run(fmt.Sprintf("%s/%d-users-in-%d-teams", c.name, users, teamsOf(users, teams)), func(b *testing.B) {
								compareManaged(b, db, d, c, users, teams)
							})
						}
					}
				}
			}
		})
	}
}

// managedSizes are the numbers of users that a manager has.
var managedSizes = []int{10, 1_000, 2_000, 3_000, 10_000, 100_000}

// firstOf returns the number of the first user of a manager. No two managers have the same users.
func firstOf(users int) int { return users }

const (
	managedUsers = 200_000
	teamSize     = 20 // of small teams
)

func teamsOf(users, size int) int {
	if size == 1 {
		return 1
	}
	return users / size
}

// managedCalendars creates a million calendars of managedUsers users. Each user is in a team of
// teamSize. A manager of N users has them in the team all-N, too.
func managedCalendars(b *testing.B, d filter.Dialect) *sql.DB {
	db := openPostgresOrSQLite(b, d)
	db.SetMaxOpenConns(1)
	createMembers(b, db, d)
	series := func(n int) string {
		if d == filter.PostgreSQL {
			return fmt.Sprintf("generate_series(0, %d) AS n(i)", n-1)
		}
		return fmt.Sprintf("(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)", n-1)
	}
	user := fmt.Sprintf("'user-' || (i %% %[1]d * 7919 %% %[1]d)", managedUsers)
	statements := []string{
		"CREATE TABLE calendars (id bigint PRIMARY KEY, account_id text NOT NULL, host_id text, title text)",
		"CREATE TABLE calendar_hosts (calendar_id bigint, user_id text, PRIMARY KEY (calendar_id, user_id))",
		"INSERT INTO calendars SELECT i, 'acme', " + user + ", 'calendar ' || i FROM " + series(calendarCount),
		"INSERT INTO calendar_hosts SELECT id, host_id FROM calendars",
		"CREATE INDEX calendars_host ON calendars (account_id, host_id)",
		"CREATE INDEX calendar_hosts_user ON calendar_hosts (user_id, calendar_id)",
		fmt.Sprintf("INSERT INTO %s SELECT 'acme', 'team-' || (i / %d), 'user-' || i FROM %s", membersTable[d], teamSize, series(managedUsers)),
	}
	for _, n := range append([]int{129}, managedSizes...) {
		statements = append(statements, fmt.Sprintf("INSERT INTO %s SELECT 'acme', 'all-%d', 'user-' || (i + %d) FROM %s", membersTable[d], n, firstOf(n), series(n)))
	}
	for _, s := range append(statements, "ANALYZE") {
		mustExec(b, db, s)
	}
	if d == filter.PostgreSQL {
		mustExec(b, db, "VACUUM ANALYZE")
	}
	return db
}

func openPostgresOrSQLite(b *testing.B, d filter.Dialect) *sql.DB {
	if d == filter.SQLite {
		return openSQLite(b)
	}
	return openPostgres(b)
}

type managedCase struct {
	name  string
	party filter.Party
	hand  string // with %s for a condition on the table m
}

var managedCases = []managedCase{
	{"column", filter.Column{Name: "c.host_id"}, "EXISTS (SELECT 1 FROM %[1]s m WHERE m.account = %[2]s AND m.team %[3]s AND m.user_id = c.host_id)"},
	{"join", hosts, "EXISTS (SELECT 1 FROM calendar_hosts h WHERE h.calendar_id = c.id AND EXISTS (SELECT 1 FROM %[1]s m WHERE m.account = %[2]s AND m.team %[3]s AND m.user_id = h.user_id))"},
}

// byHand returns a hand-written condition. Parameter 1 is the account, 2 has the teams.
func (c managedCase) byHand(d filter.Dialect) string {
	account, teams := "$1::text", "= ANY ($2::text[])"
	if d == filter.SQLite {
		account, teams = "?1", "IN (SELECT value FROM json_each(?2))"
	}
	return "c.account_id = " + account + " AND " + fmt.Sprintf(c.hand, membersTable[d], account, teams)
}

// managedTeams is the set of a manager's users, as their ids and as teams.
type managedTeams struct {
	criteria.Set
	teams []string
}

func (*managedTeams) MoreThan(int) (bool, error) { return true, nil }

func (m *managedTeams) Teams() []string { return m.teams }

func usersOfManager(users, size int) *managedTeams {
	m := &managedTeams{}
	var ids []string
	for i := range users {
		ids = append(ids, fmt.Sprintf("user-%d", firstOf(users)+i))
	}
	m.Set, m.teams = criteria.SetOf(ids...), []string{fmt.Sprintf("all-%d", users)}
	if size > 1 {
		m.teams = nil
		for i := range users / size {
			m.teams = append(m.teams, fmt.Sprintf("team-%d", firstOf(users)/size+i))
		}
	}
	return m
}

// managedQueries returns the queries by a list, by the table and by hand, with their arguments.
func managedQueries(b *testing.B, d filter.Dialect, c managedCase, users, size int) (queries [3]string, args [3][]any) {
	set := usersOfManager(users, size)
	f := things("acme", criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Some, Over: []criteria.PartySet{{Party: "host", Set: set}}}})
	for i, m := range []memberRows{noMembers, allMembers} {
		table, err := filter.Mapping{Type: "thing", Account: accountID, Parties: map[string]filter.Party{"host": c.party}, Members: m.mapping(d)}.Compile(d)
		if err != nil {
			b.Fatal(err)
		}
		where, err := f.SQL(table, 1)
		if err != nil {
			b.Fatal(err)
		}
		queries[i], args[i] = where.SQL, where.Args
	}
	teams := (&writer{base: &base{dialect: d}}).array(b, set.teams)
	queries[2], args[2] = c.byHand(d), []any{"acme", teams}
	for i := range queries {
		queries[i] = "SELECT c.id, c.title FROM calendars c WHERE " + queries[i] + " ORDER BY c.id LIMIT 50"
	}
	return queries, args
}

func compareManaged(b *testing.B, db *sql.DB, d filter.Dialect, c managedCase, users, size int) {
	warm := 10
	if users > 128 {
		warm = 129 // a list of which has the same text as a longer one
	}
	queries, args := managedQueries(b, d, c, warm, 1)
	for range 8 {
		for i := range queries {
			ids(b, db, queries[i], args[i])
		}
	}
	queries, args = managedQueries(b, d, c, users, size)
	var took [3][]time.Duration
	var found [3][]string
	for turn := range b.N {
		for k := range queries {
			i := (k + turn) % len(queries) // the one after a slow query finds its pages in no cache
			start := time.Now()
			found[i] = ids(b, db, queries[i], args[i])
			took[i] = append(took[i], time.Since(start))
		}
	}
	if !slices.Equal(found[0], found[1]) || !slices.Equal(found[0], found[2]) || len(found[0]) < min(50, 5*users) {
		b.Fatalf("the list finds %v\nthe table %v\nby hand %v", found[0], found[1], found[2])
	}
	list, table, hand := median(took[0]), median(took[1]), median(took[2])
	b.ReportMetric(float64(list.Microseconds()), "µs-list")
	b.ReportMetric(float64(table.Microseconds()), "µs-table")
	b.ReportMetric(float64(hand.Microseconds()), "µs-hand")
	b.ReportMetric(float64(list)/float64(hand), "list/hand")
	b.ReportMetric(float64(table)/float64(hand), "table/hand")
	b.ReportMetric(0, "ns/op")
	if b.N > 1 {
		b.Logf("table\n%s\nby hand\n%s", plan(b, db, d, queries[1], args[1]), plan(b, db, d, queries[2], args[2]))
	}
}
