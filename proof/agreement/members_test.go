package agreement_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
)

// membersTable is the table in which a store of usher keeps the members of teams.
var membersTable = map[filter.Dialect]string{filter.PostgreSQL: "usher.team_members", filter.SQLite: "usher_team_members"}

// createMembers creates the table as a store of usher does.
func createMembers(t testing.TB, db *sql.DB, d filter.Dialect) {
	t.Helper()
	on := membersTable[d]
	if d == filter.PostgreSQL {
		mustExec(t, db, "CREATE SCHEMA usher")
	}
	mustExec(t, db, "CREATE TABLE "+on+" (account text NOT NULL, team text NOT NULL, user_id text NOT NULL, PRIMARY KEY (account, team, user_id))")
	mustExec(t, db, "CREATE INDEX usher_team_members_user ON "+on+" (account, user_id, team)")
}

// memberRows states which members of teams are in the table, and whether conditions read it.
type memberRows int

const (
	noMembers     memberRows = iota // conditions carry all ids; the table has the members
	allMembers                      // conditions read the table, which has the members
	hollowMembers                   // conditions read the table, which has no member of the account
)

// mapping returns a Members with which a condition reads the table for two users or more.
func (m memberRows) mapping(d filter.Dialect) filter.Members {
	switch {
	case m == noMembers:
		return filter.Members{}
	case d == filter.PostgreSQL:
		return filter.Members{Schema: "usher", Above: 1}
	}
	return filter.Members{Prefix: "usher_", Above: 1}
}

// storeMembers stores the members of teams of an account.
func (w *writer) storeMembers(t testing.TB, m memberRows, account usher.AccountID, from *fixture) {
	t.Helper()
	if m == hollowMembers {
		return
	}
	for _, id := range sortedKeys(from.users) {
		for _, in := range from.users[id].Teams {
			if _, err := w.member.Exec(account, in.Team, id); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// readsMembers reports whether a condition reads the table.
func readsMembers(query string) bool { return strings.Contains(query, `team_members"`) }

func (c *counts) members(m memberRows, query string, rows map[int][]string) {
	switch {
	case !readsMembers(query):
	case m == allMembers:
		c.Joins++
		c.JoinedRows += len(rows)
	default:
		c.HollowJoins++
		c.HollowRows += len(rows)
	}
}

// selectsNoMore reports whether all rows of got are in want, with at least the same fields hidden.
func selectsNoMore(got, want map[int][]string) bool {
	for id, hidden := range got {
		must, ok := want[id]
		if !ok || slices.ContainsFunc(must, func(field string) bool { return !slices.Contains(hidden, field) }) {
			return false
		}
	}
	return true
}

// directMembers is the set of the members of a team, as a list of their ids and as the team.
type directMembers struct {
	criteria.Set
	team string
}

func (directMembers) MoreThan(int) (bool, error) { return true, nil }

func (m directMembers) Teams() []string { return []string{m.team} }

func members(reach criteria.Reach, party, team string, ids ...string) criteria.Alternative {
	set := &directMembers{criteria.SetOf(ids...), team}
	return criteria.Alternative{Scope: criteria.Scope{Reach: reach, Over: []criteria.PartySet{{Party: party, Set: set}}}}
}

// TestMembersAreLists has hostile ids in each form of a party and each kind of column. A condition
// that reads the members of a team must select the same rows as the one with a list of their ids.
func TestMembersAreLists(t *testing.T) {
	const one, two = "0b1f7f80-5a35-4c2e-9b1b-6d7d1a6d0c01", "0b1f7f80-5a35-4c2e-9b1b-6d7d1a6d0c02"
	values := append(slices.Clone(hostile), "7", "007", "-8", "+7", "7.0", one, strings.ToUpper(one), two)
	inTeam := []string{"mia", "'", `{"a","b"}`, "null", "e\u0301", `\`, "1e1", "00", "7", "007", "-8", one, "é ", "stranger"}
	for _, d := range both {
		db := openDialect(t, d)
		createMembers(t, db, d)
		text, uuid, arrays := "text", "uuid", "text[], numbers bigint[], uuids uuid[]"
		if d == filter.SQLite {
			uuid, arrays = "text", "text, numbers text, uuids text"
		}
		mustExec(t, db, "CREATE TABLE things (id integer PRIMARY KEY, account text, host "+text+", loose "+text+", number bigint, uuid "+uuid+", hosts "+arrays+")")
		mustExec(t, db, "CREATE TABLE hosts (thing integer, account text, id text, number bigint, uuid "+uuid+")")
		if d == filter.PostgreSQL {
			mustExec(t, db, `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`)
			mustExec(t, db, "ALTER TABLE things ALTER loose TYPE text COLLATE loose")
			mustExec(t, db, "ALTER TABLE things ALTER hosts TYPE text[] COLLATE loose")
		}
		storeOdd(t, db, d, values)
		for _, id := range inTeam {
			mustExec(t, db, "INSERT INTO "+membersTable[d]+" VALUES ('acme', 'it''s', $1)", id)
		}
		for _, id := range values { // which must not be found
			if id != "" {
				mustExec(t, db, "INSERT INTO "+membersTable[d]+" VALUES ('other', 'it''s', $1), ('acme', 'ops', $1), ('acme', 'It''s', $1)", id)
			}
		}
		compareMembers(t, db, d, inTeam)
	}
}

// storeOdd stores a row for each id, and rows with several ids, none and NULL.
func storeOdd(t *testing.T, db *sql.DB, d filter.Dialect, values []string) {
	t.Helper()
	w := &writer{base: &base{dialect: d}}
	valid := func(k filter.Kind, id string) any {
		if slices.Contains(map[filter.Kind][]string{filter.Integer: {"7", "-8"}, filter.UUID: {values[len(values)-3], values[len(values)-1]}}[k], id) {
			return id
		}
		return nil
	}
	for i, id := range values {
		number, uuid := valid(filter.Integer, id), valid(filter.UUID, id)
		others := []string{id, values[(i+5)%len(values)], "mia"}[:1+i%3]
		mustExec(t, db, "INSERT INTO things (id, account, host, loose, number, uuid, hosts) VALUES ($1, 'acme', $2, $2, $3, $4, $5)", i, id, number, uuid, w.array(t, others))
		for _, id := range others {
			mustExec(t, db, "INSERT INTO hosts VALUES ($1, 'acme', $2, $3, $4)", i, id, valid(filter.Integer, id), valid(filter.UUID, id))
		}
	}
	odd := []string{"NULL", "ARRAY[NULL, 'mia']", "ARRAY['mia', '']", "ARRAY[['mia', 'é '], ['7', 'x']]", "'{}'"}
	numbers := []string{"NULL", "ARRAY[7, NULL]", "ARRAY[7, -8]", "ARRAY[7, 9]", "'{}'"}
	uuids := []string{"NULL", "ARRAY['" + values[len(values)-3] + "']::uuid[]", "ARRAY['" + values[len(values)-1] + "']::uuid[]", "NULL", "'{}'"}
	if d == filter.SQLite {
		odd = []string{"NULL", `'[null, "mia"]'`, `'["mia", ""]'`, `'[["mia"], 7, true, "7"]'`, `'no array'`}
		numbers = []string{"NULL", "'[7, null]'", "'[7, -8]'", "'[7, 9, \"7\"]'", "'[7.0]'"}
		uuids = []string{"NULL", `'["` + values[len(values)-3] + `"]'`, `'["` + values[len(values)-1] + `"]'`, "NULL", "'[]'"}
	}
	for i := range odd {
		mustExec(t, db, fmt.Sprintf("INSERT INTO things (id, account, hosts, numbers, uuids) VALUES (%d, 'acme', %s, %s, %s)", 100+i, odd[i], numbers[i], uuids[i]))
		mustExec(t, db, fmt.Sprintf("INSERT INTO hosts VALUES (%d, 'acme', NULL, NULL, NULL), (%[1]d, 'other', 'mia', 7, NULL)", 100+i))
	}
	one := values[len(values)-3]
	mustExec(t, db, "INSERT INTO things (id, account) VALUES (110, 'acme')")
	mustExec(t, db, "INSERT INTO hosts VALUES (110, 'acme', 'mia', 7, '"+one+"'), (110, 'acme', 'null', -8, '"+one+"')")
	if d == filter.SQLite { // values of types that a column of another type can have
		mustExec(t, db, "INSERT INTO things (id, account, host, loose, number) VALUES (200, 'acme', x'6d6961', 7, '7'), (201, 'acme', 7, 7.0, x'37'), (202, 'acme', 7.0, x'', 'mia')")
		mustExec(t, db, "INSERT INTO hosts VALUES (200, 'acme', x'6d6961', '7', NULL), (201, 'acme', 7, x'37', NULL)")
	}
}

func compareMembers(t *testing.T, db *sql.DB, d filter.Dialect, ids []string) {
	t.Helper()
	join := func(id filter.Column) filter.Join {
		return filter.Join{Table: "hosts", Key: map[string]string{"thing": "t.id"}, ID: id, Account: filter.Column{Name: "account"}}
	}
	none := true
	mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
		"column":                filter.Column{Name: "t.host"},
		"column, empty is none": filter.Column{Name: "t.host", EmptyMeansNone: none},
		"loose column":          filter.Column{Name: "t.loose"},
		"number":                filter.Column{Name: "t.number", Kind: filter.Integer},
		"uuid":                  filter.Column{Name: "t.uuid", Kind: filter.UUID},
		"array":                 filter.Array{Name: "t.hosts"},
		"array, empty is none":  filter.Array{Name: "t.hosts", EmptyMeansNone: none},
		"array of numbers":      filter.Array{Name: "t.numbers", Kind: filter.Integer},
		"array of uuids":        filter.Array{Name: "t.uuids", Kind: filter.UUID},
		"join":                  join(filter.Column{Name: "id"}),
		"join, empty is none":   join(filter.Column{Name: "id", EmptyMeansNone: none}),
		"join of numbers":       join(filter.Column{Name: "number", Kind: filter.Integer}),
		"join of uuids":         join(filter.Column{Name: "uuid", Kind: filter.UUID}),
		"always empty":          filter.Empty{},
		"unknown":               filter.Unknown{},
	}}
	joined := mapping
	joined.Members = allMembers.mapping(d)
	for _, party := range sortedKeys(mapping.Parties) {
		for _, reach := range []criteria.Reach{criteria.Some, criteria.Every} {
			way := members(reach, party, "it's", ids...)
			also := over(reach, party, "MIA", "ümlaut")
			both := way
			both.Scope.Over = append([]criteria.PartySet{}, way.Scope.Over[0], criteria.PartySet{Party: "column", Set: criteria.SetOf("mia")})
			for name, f := range map[string]filter.Filter{
				"alone": things("acme", way), "or ids": things("acme", way, also), "with another party": things("acme", both),
				"forbidden": without("acme", way), "in another account": things("other", way), "in an account without members": things("none", way),
			} {
				at := fmt.Sprintf("%v: %s, reach %d, %s", d, party, reach, name)
				want, got := find(t, db, d, mapping, f), find(t, db, d, joined, f)
				expect(t, at, got, want)
				if empty := party == "always empty" || party == "unknown" || name != "alone"; !empty && want == "" {
					t.Errorf("%s: no row is selected, so nothing is compared", at)
				}
			}
		}
	}
}
