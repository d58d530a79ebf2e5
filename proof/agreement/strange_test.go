package agreement_test

import (
	"database/sql"
	"encoding/json"
	"flag"
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

// strangePolicy has each scope over users, teams and both, allowed and forbidden.
const strangePolicy = `
usher: 1
conditions: {has-host: {party: host}, has-team: {party: team}}
roles:
  boss:    {unique: true, hands-over-to: member}
  member:  {default: true}
  manager: {held-on: team}
resources:
  thing:
    parties: {host: users, team: teams}
    permissions:
      as-own:  {member: own}
      as-sole: {member: sole}
      as-team: {member: team}
      as-any:  {member: shared}
      manage:  {manager: team}
      hosted:  {member: any if has-host}
      free:    {member: any if not has-host}
      alone:   {member: sole as host if not has-team}
      not-own:    {everyone: any}
      not-sole:   {everyone: any}
      not-team:   {everyone: any}
      not-shared: {everyone: any}
      not-hosted: {everyone: any}
never:
  thing.not-own: own
  thing.not-sole: sole
  thing.not-team: team
  thing.not-shared: shared
  thing.not-hosted: any if has-host
`

// strangeIDs are alike for some collation, some type of column, or some reader of numbers or JSON.
var strangeIDs = []string{
	"mia", "MIA", "Mia", "mia ", "mia  ", " mia", "míA", "é", "e\u0301", "\u00c9", "\u200bmia", "mia\t", "ß", "ss", "a\u00adb", "ab",
	"1", "01", "1.0", "+1", "1e0", " 1", "-1", "0x1", "12345678", "99999999999999999999", "true", "null", "[]", `["mia"]`, "mia     ", "\u00e9\u0065",
}

// noIDs are values that are no id of anybody: of the account, and of none.
var noIDs = []string{"", " ", "        ", "\u200b", "stranger", "\ufffd"}

// strangeWorld has users and teams of these ids; some are in teams, and one manages some. Careless
// facts have a user under the empty id, too, who is in each team.
func strangeWorld(d dice) *world {
	w := &world{users: map[usher.UserID]*policy.User{}, parents: map[usher.TeamID]usher.TeamID{}, settings: map[string]bool{}}
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

// strangeTypes are columns of ids of each database.
var strangeTypes = map[filter.Dialect][]string{
	filter.PostgreSQL: {
		"text", "varchar(40)", "char(8)", "citext", "text COLLATE nocase", "varchar COLLATE nocase", "char(8) COLLATE nocase", "text COLLATE loose",
		`text COLLATE "en-x-icu"`, `text COLLATE "C"`, "name",
	},
	filter.SQLite: {
		"text", "text COLLATE NOCASE", "text COLLATE RTRIM", "varchar(40) COLLATE NOCASE", "integer", "numeric COLLATE NOCASE", "COLLATE RTRIM", "blob", "",
	},
}

// strangeTables has a thing's parties in each form, in columns of the types that it draws, and returns
// these.
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

// strangeRow is a thing with what a host reads from the row, as it reads any string.
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

// strangeElements are what can be in such an array besides ids.
var strangeElements = []string{"null", "1", "1.0", "-0", "true", "false", "[]", `["mia"]`, "{}", `{"mia":"mia"}`, `""`, `"\u006dia"`, `"mi\u0061 "`, `"mia\u0000"`}

// value draws an id, mostly of those who ask, or what is none, to be stored in a column.
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

// array draws a column with a list.
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
	for i, e := range elements { // an array of PostgreSQL has its quotes, but no escapes that JSON has
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

// fill stores rows. A value that the column cannot have is left out.
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

// strangeRows reads the rows as a host does: texts as a driver has them, and of the rows of a joined
// table those of the account.
func strangeRows(t *testing.T, db *sql.DB, dialect filter.Dialect, columns map[string]string, emptyIsNone bool) (rows []*strangeRow) {
	t.Helper()
	hosts, teams := "hosts", "teams"
	if dialect == filter.PostgreSQL {
		hosts, teams = "array_to_json(hosts)", "array_to_json(teams)"
	}
	read := func(query string, width int) (list [][]any) {
		found, err := db.QueryContext(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		for found.Next() {
			values, targets := make([]any, width), make([]any, width)
			for i := range values {
				targets[i] = &values[i]
			}
			if err := found.Scan(targets...); err != nil {
				t.Fatal(err)
			}
			list = append(list, values)
		}
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
		return list
	}
	byID := map[string]*strangeRow{}
	for _, v := range read("SELECT id, account, host, team, "+hosts+", "+teams+" FROM things ORDER BY id", 6) {
		row := &strangeRow{account: asText(v[1]), parties: map[string]map[string][]string{}, hidden: map[string]bool{}}
		if _, err := fmt.Sscan(asText(v[0]), &row.id); err != nil {
			t.Fatal(err)
		}
		row.parties["column"] = map[string][]string{
			"host": row.column("column", columns["host"], v[2], emptyIsNone), "team": row.column("column", columns["team"], v[3], emptyIsNone),
		}
		row.parties["array"] = map[string][]string{"host": elements(dialect, asText(v[4]), emptyIsNone), "team": elements(dialect, asText(v[5]), emptyIsNone)}
		if dialect == filter.SQLite {
			for i, party := range []string{"host", "team"} {
				array := filter.Array{EmptyMeansNone: emptyIsNone}
				if got, want := array.IDs(asText(v[4+i])), row.parties["array"][party]; !slices.Equal(got, want) {
					t.Fatalf("IDs of %q = %q, want %q", asText(v[4+i]), got, want)
				}
			}
		}
		row.parties["join"] = map[string][]string{}
		byID[asText(v[0])] = row
		rows = append(rows, row)
	}
	for party, table := range map[string]string{"host": "thing_hosts", "team": "thing_teams"} {
		for _, v := range read("SELECT thing, account, member FROM "+table, 3) {
			row := byID[asText(v[0])]
			if asText(v[1]) != "acme" {
				continue
			}
			ids := row.column("join", columns[table], v[2], emptyIsNone)
			if v[2] == nil {
				ids = []string{""} // somebody who is not known
			}
			row.parties["join"][party] = append(row.parties["join"][party], ids...)
		}
	}
	return rows
}

// asText is what database/sql makes of a value for a string.
func asText(v any) string {
	var text sql.NullString
	if err := text.Scan(v); err != nil {
		panic(err)
	}
	return text.String
}

// column reads a column of ids.
func (r *strangeRow) column(form, typ string, v any, emptyIsNone bool) []string {
	_, isInteger := v.(int64)
	_, isBlob := v.([]byte)
	if isBlob || isInteger && !slices.Contains([]string{"integer", "numeric COLLATE NOCASE"}, typ) {
		r.hidden[form] = true
	}
	if id := asText(v); v != nil && (id != "" || !emptyIsNone) {
		return []string{id}
	}
	return nil
}

// elements reads a list as the mapping documents it.
func elements(d filter.Dialect, text string, emptyIsNone bool) (ids []string) {
	var list []json.RawMessage
	if json.Unmarshal([]byte(text), &list) != nil || strings.Count(text, "[") > 1000 {
		return nil
	}
	for _, e := range list {
		var id string
		switch isText := json.Unmarshal(e, &id) == nil && string(e) != "null"; {
		case !isText && e[0] == '[' && d == filter.PostgreSQL:
			ids = append(ids, elements(d, string(e), emptyIsNone)...)
		case !isText:
			ids = append(ids, "")
		case id != "" || !emptyIsNone:
			ids = append(ids, id)
		}
	}
	return ids
}

// mapping finds the parties in one of the forms.
func strangeMapping(form string, emptyIsNone bool) filter.Mapping {
	m := filter.Mapping{Type: "thing", Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{}}
	for _, party := range []string{"host", "team"} {
		switch form {
		case "column":
			m.Parties[party] = filter.Column{Name: "t." + party, EmptyMeansNone: emptyIsNone}
		case "array":
			m.Parties[party] = filter.Array{Name: "t." + party + "s", EmptyMeansNone: emptyIsNone}
		default:
			m.Parties[party] = filter.Join{
				Table: "thing_" + party + "s", Key: map[string]string{"thing": "t.id"},
				ID: filter.Column{Name: "member", EmptyMeansNone: emptyIsNone}, Account: filter.Column{Name: "account"},
			}
		}
	}
	return m
}

var strangeFlag = flag.Int("strange", 12, "how many tables with strange rows there are of each database")

// TestStrangeRows fills tables with what careless services write, in columns whose collations and types
// find texts alike that are not. For each user and each permission, the list has the rows on which the
// policy allows, where a host reads its rows as documented; and no row ends a list.
func TestStrangeRows(t *testing.T) {
	p, err := policy.Load("strange.yaml", []byte(strangePolicy))
	if err != nil {
		t.Fatal(err)
	}
	for _, dialect := range both {
		rows, allowed, found := 0, map[string]int{}, map[string]int{}
		for seed := range uint64(*strangeFlag) {
			d := newDice(*seedFlag + seed)
			emptyIsNone := d.chance(40)
			w := strangeWorld(d)
			db, columns := strangeTables(t, dialect, d)
			users := append(some(d, 4, 4, strangeIDs), "mia", "1")
			fill(t, db, dialect, d, users)
			stored := strangeRows(t, db, dialect, columns, emptyIsNone)
			rows += len(stored)
			for _, user := range append(users, "") {
				for _, permission := range p.Permissions() {
					if permission.Resource() != "thing" {
						continue
					}
					r := usher.Request{Account: "acme", Subject: usher.UserID(user), Permission: permission, Time: anyTime}
					f, err := p.Filter(pick(d, []policy.Facts{w, indexed{w}}), &r)
					if err != nil {
						t.Fatal(err)
					}
					for _, form := range []string{"column", "array", "join"} {
						got := strings.Fields(find(t, db, dialect, strangeMapping(form, emptyIsNone), f))
						for _, row := range stored {
							if row.account != "acme" {
								if slices.Contains(got, fmt.Sprint(row.id)) {
									t.Fatalf("%v, seed %d: a list has row %d of account %q", dialect, *seedFlag+seed, row.id, row.account)
								}
								continue
							}
							r.Resource = &usher.Object{Type: "thing", Account: "acme", Parties: row.parties[form]}
							decision, err := p.Decide(w, &r)
							if err != nil {
								t.Fatal(err)
							}
							selected, err := f.Match(r.Resource)
							if err != nil || selected != decision.Allowed() {
								t.Fatalf("%v, seed %d: %q asks for %v on %q: Match = %t, %v, and a check says %v", dialect, *seedFlag+seed, user, permission, row.parties[form], selected, err, decision)
							}
							listed := slices.Contains(got, fmt.Sprint(row.id))
							if listed && !decision.Allowed() || !listed && decision.Allowed() && !row.hidden[form] {
								t.Fatalf("%v, seed %d: %q asks for %v, and EmptyMeansNone is %t\nrow %d has in its %s %q\nthe list has it: %t; a check says %v\nthe columns are %q",
									dialect, *seedFlag+seed, user, permission, emptyIsNone, row.id, form, row.parties[form], listed, decision, columns)
							}
							allowed[permission.String()+" "+form] += is(decision.Allowed())
							found[permission.String()+" "+form] += is(listed)
						}
					}
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%v: %d rows; checks allow %v; lists have %v", dialect, rows, allowed, found)
		for what, n := range found {
			if *strangeFlag >= 12 && (n < 5 || len(found) != 39) {
				t.Errorf("%v: lists for %s have %d rows, of %d kinds", dialect, what, n, len(found))
			}
		}
	}
}
