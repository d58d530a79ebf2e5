package agreement_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// strangeIDs are equal for some collation, some type of column, or some parser of numbers or JSON.
var strangeIDs = []string{
	"mia", "MIA", "Mia", "mia ", "mia  ", " mia", "míA", "é", "e\u0301", "\u00c9", "\u200bmia", "mia\t", "ß", "ss", "a\u00adb", "ab",
	"1", "01", "1.0", "+1", "1e0", " 1", "-1", "0x1", "12345678", "99999999999999999999", "true", "null", "[]", `["mia"]`, "mia     ", "\u00e9\u0065",
}

// noIDs are values that are not the id of any user.
var noIDs = []string{"", " ", "        ", "\u200b", "stranger", "\ufffd"}

// strangeFixture has users and teams with these ids. Some users are in teams, and one manages some
// teams. Careless facts also have a user with the empty id, who is in each team.
func strangeFixture(d dice) *fixture {
	w := &fixture{users: map[usher.UserID]*policy.User{}, parents: map[usher.TeamID]usher.TeamID{}, settings: map[string]bool{}}
	var teams []usher.TeamID
	for _, id := range some(d, 6, 12, strangeIDs) {
		teams = append(teams, usher.TeamID(id))
		w.parents[usher.TeamID(id)] = ""
	}
	for _, id := range strangeIDs {
		u := &policy.User{Status: usher.Active, Role: "member"}
		for _, t := range some(d, 0, 2, teams) {
			u.Teams = append(u.Teams, policy.Membership{Team: t, Roles: some(d, 0, 1, []role.Name{"manager"})})
		}
		w.users[usher.UserID(id)] = u
	}
	nobody := &policy.User{Status: usher.Active, Role: "boss"}
	for _, t := range append(teams, "") {
		nobody.Teams = append(nobody.Teams, policy.Membership{Team: t, Roles: []role.Name{"manager"}})
	}
	w.users[""] = nobody
	var err error
	if w.tree, err = team.New(w.parents); err != nil {
		panic(err)
	}
	return w
}

// strangeTypes are the column types for ids in each database.
var strangeTypes = map[filter.Dialect][]string{
	filter.PostgreSQL: {
		"text", "varchar(40)", "char(8)", "citext", "text COLLATE nocase", "varchar COLLATE nocase", "char(8) COLLATE nocase", "text COLLATE loose",
		`text COLLATE "en-x-icu"`, `text COLLATE "C"`, "name",
	},
	filter.SQLite: {
		"text", "text COLLATE NOCASE", "text COLLATE RTRIM", "varchar(40) COLLATE NOCASE", "integer", "numeric COLLATE NOCASE", "COLLATE RTRIM", "blob", "",
	},
}

// strangeTables creates a table with the parties in each form, in columns of random types, and
// returns the types.
func strangeTables(t *testing.T, d filter.Dialect, draw dice) (db *sql.DB, columns map[string]string) {
	t.Helper()
	db, columns = openDialect(t, d), map[string]string{}
	list := func() string { return "text" }
	if d == filter.PostgreSQL {
		mustExec(t, db, "CREATE EXTENSION citext")
		mustExec(t, db, "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
		mustExec(t, db, "CREATE COLLATION loose (provider = icu, locale = 'und-u-ka-shifted-ks-level1', deterministic = false)")
		list = func() string { return pick(draw, []string{"text[]", "text[] COLLATE nocase", "text[] COLLATE loose"}) }
	}
	for _, column := range []string{"account", "host", "team", "thing_hosts", "thing_teams"} {
		columns[column] = pick(draw, strangeTypes[d])
	}
	mustExec(t, db, fmt.Sprintf("CREATE TABLE things (id integer, account %s, host %s, team %s, hosts %s, teams %s)", columns["account"], columns["host"], columns["team"], list(), list()))
	for _, table := range []string{"thing_hosts", "thing_teams"} {
		mustExec(t, db, fmt.Sprintf("CREATE TABLE %s (thing integer, account %s, member %s)", table, pick(draw, strangeTypes[d]), columns[table]))
	}
	return db, columns
}

// strangeRow is a row with the values that a host reads from it as strings.
type strangeRow struct {
	id      int
	account string
	parties map[string]map[string][]string // by form and party
	hidden  map[string]bool                // forms in which an id is stored as another type than text, so that lists do not find it
}

// strangeJSON are texts that a careless service writes into a column of JSON arrays.
var strangeJSON = []any{
	nil, "null", "", "not JSON", "{}", `{"0":"mia"}`, `"mia"`, "1", "true", "[", `["mia"`, `["mia"]]`, "['mia']", "[mia]", "[]", "[null]", "[[]]",
	"\ufeff[\"mia\"]", "[\"mia\"]\x00", "[\"mia\"]\x00x", "[\"mia\",]", "[1e999]", "[NaN]", "\x00", strings.Repeat("[", 3000) + strings.Repeat("]", 3000),
}

// strangeElements are elements of such an array other than ids.
var strangeElements = []string{"null", "1", "1.0", "-0", "true", "false", "[]", `["mia"]`, "{}", `{"mia":"mia"}`, `""`, `"\u006dia"`, `"mi\u0061 "`, `"mia\u0000"`}

// value draws a value for a column: an id, mostly that of a subject, or a value that is not an id.
func (d dice) value(users []string, types bool) any {
	id := pick(d, append(append(slices.Clone(strangeIDs), noIDs...), ""))
	if d.chance(60) {
		id = pick(d, users)
	}
	switch {
	case d.chance(8):
		return nil
	case types && d.chance(6):
		return []byte(id)
	case types && d.chance(6):
		return pick(d, []int64{1, -1, 12345678})
	}
	return id
}

// array draws a value for a column with a list.
func (d dice) array(users []string, dialect filter.Dialect) any {
	if dialect == filter.SQLite && d.chance(45) {
		return pick(d, strangeJSON)
	}
	var elements []string
	for range pick(d, []int{0, 1, 1, 1, 2}) {
		switch v := d.value(users, false).(type) {
		case string:
			text, err := json.Marshal(v)
			if err != nil {
				panic(err)
			}
			elements = append(elements, string(text))
		default:
			elements = append(elements, "null")
		}
		if dialect == filter.SQLite && d.chance(20) {
			elements = append(elements, pick(d, strangeElements))
		}
	}
	if dialect == filter.SQLite {
		text := "[" + strings.Join(elements, ", ") + "]"
		if d.chance(20) {
			return []byte(text)
		}
		return text
	}
	if d.chance(10) {
		return nil
	}
	for i, e := range elements { // an array of PostgreSQL has quotes, but not the escapes of JSON
		if e != "null" {
			var id string
			if err := json.Unmarshal([]byte(e), &id); err != nil {
				panic(err)
			}
			elements[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"`
		}
	}
	list := "{" + strings.Join(elements, ",") + "}"
	if d.chance(20) && len(elements) > 0 {
		list = "{" + list + "," + list + "}"
	}
	return list
}

// fill stores rows. It omits values that the column cannot store.
func fill(t *testing.T, db *sql.DB, dialect filter.Dialect, d dice, users []string) {
	t.Helper()
	insert := func(statement string, args ...any) bool {
		_, err := db.ExecContext(ctx, statement, args...)
		return err == nil
	}
	account := func() any { return pick(d, []any{"acme", "acme", "acme", "ACME", "acme ", "Acme", "", nil}) }
	types := dialect == filter.SQLite
	for i := range 40 {
		if !insert("INSERT INTO things VALUES ($1, $2, $3, $4, $5, $6)", i, account(), d.value(users, types), d.value(users, types), d.array(users, dialect), d.array(users, dialect)) {
			continue
		}
		for _, table := range []string{"thing_hosts", "thing_teams"} {
			for range d.IntN(3) {
				insert("INSERT INTO "+table+" VALUES ($1, $2, $3)", i, account(), d.value(users, types))
			}
		}
		if d.chance(40) { // so that a host, or a team, is often the only party
			insert("UPDATE things SET "+pick(d, []string{"host = NULL, hosts = NULL", "team = NULL, teams = NULL"})+" WHERE id = $1", i)
			insert("DELETE FROM "+pick(d, []string{"thing_hosts", "thing_teams"})+" WHERE thing = $1", i)
		}
	}
}
