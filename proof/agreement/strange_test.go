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
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

// strangePolicy has each scope over users, teams and both, alone, joined and negated, for rules that allow and rules that
// forbid.
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
      except-own:    {member: any and not own}
      except-sole:   {member: any and not sole}
      except-team:   {member: any and not team}
      except-shared: {member: any and not shared as host}
      both-scopes:   {member: shared as host and own}
      one-scope:     {member: team and not own as host, manager: shared and not sole}
      lone:          {member: any and not own if not has-team}
      never-both:    {everyone: any}
      never-one:     {everyone: any}
      never-except:  {everyone: any}
never:
  thing.never-both: shared as team and own as host
  thing.never-one: shared and not own as host
  thing.never-except: any and not team
  thing.not-own: own
  thing.not-sole: sole
  thing.not-team: team
  thing.not-shared: shared
  thing.not-hosted: any if has-host
`

// strangeRows reads the rows as a host does: texts as the driver returns them, and only those rows
// of a joined table that are in the account.
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
				ids = []string{""} // an unknown user
			}
			row.parties["join"][party] = append(row.parties["join"][party], ids...)
		}
	}
	return rows
}

// asText returns the string that database/sql scans from a value.
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

// elements reads a list as the documentation of the mapping defines it.
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

// strangeMapping returns a mapping for one of the forms.
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

var strangeFlag = flag.Int("strange", raced.Part(12, 3), "the number of tables with strange rows in each database")

// TestStrangeRows fills tables with values that careless services write, in columns whose
// collations and types treat different texts as equal. For each user and each permission, the list
// must have the rows on which the policy allows, if a host reads its rows as documented. No row may
// make the query fail.
func TestStrangeRows(t *testing.T) {
	p, err := policyfile.Load("strange.yaml", []byte(strangePolicy))
	if err != nil {
		t.Fatal(err)
	}
	for _, dialect := range both {
		rows, allowed, found := 0, map[string]int{}, map[string]int{}
		for seed := range uint64(*strangeFlag) {
			d := newDice(*seedFlag + seed)
			emptyIsNone := d.chance(40)
			w := strangeFixture(d)
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
			if *strangeFlag >= 12 && (n < 5 || len(found) != 69) {
				t.Errorf("%v: lists for %s have %d rows, of %d kinds", dialect, what, n, len(found))
			}
		}
	}
}
