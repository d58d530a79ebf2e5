package agreement_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/raced"
)

// TestKinds has ids in columns of types other than text. An id that differs from the text form of
// the column matches no row.
func TestKinds(t *testing.T) {
	const one, two = "0b1f7f80-5a35-4c2e-9b1b-6d7d1a6d0c01", "0b1f7f80-5a35-4c2e-9b1b-6d7d1a6d0c02"
	for _, d := range both {
		db := openDialect(t, d)
		uuid, uuids, bigints := "uuid", "uuid[]", "bigint[]"
		arrays := "ARRAY[5, 7]::bigint[], ARRAY['" + one + "', '" + two + "']::uuid[]"
		if d == filter.SQLite {
			uuid, uuids, bigints = "text", "text", "text"
			arrays = `'[5, 7]', '["` + one + `", "` + two + `"]'`
		}
		mustExec(t, db, fmt.Sprintf("CREATE TABLE things (id integer, account bigint, number integer, small smallint, host %s, numbers %s, hosts %s)", uuid, bigints, uuids))
		mustExec(t, db, fmt.Sprintf("CREATE TABLE members (thing integer, account bigint, id %s)", uuid))
		mustExec(t, db, fmt.Sprintf("INSERT INTO things VALUES (1, 42, 5, -5, '%s', %s), (2, 43, 5, -5, '%s', %s), (3, 42, NULL, NULL, NULL, NULL, NULL)", one, arrays, one, arrays))
		mustExec(t, db, fmt.Sprintf("INSERT INTO members VALUES (1, 42, '%s'), (2, 43, '%s')", one, one))
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account", Kind: filter.Integer}, Parties: map[string]filter.Party{
			"number":  filter.Column{Name: "t.number", Kind: filter.Integer},
			"small":   filter.Column{Name: "t.small", Kind: filter.Integer},
			"host":    filter.Column{Name: "t.host", Kind: filter.UUID},
			"numbers": filter.Array{Name: "t.numbers", Kind: filter.Integer},
			"hosts":   filter.Array{Name: "t.hosts", Kind: filter.UUID},
			"join": filter.Join{
				Table: "members", Key: map[string]string{"thing": "t.id"},
				ID: filter.Column{Name: "id", Kind: filter.UUID}, Account: filter.Column{Name: "account", Kind: filter.Integer},
			},
		}}
		for _, row := range []struct {
			party string
			ids   []string
			want  string
		}{
			{"number", []string{"5"}, "1"},
			{"number", []string{"5", "6", "mia"}, "1"},
			{"number", []string{"05"}, ""},
			{"number", []string{"+5", "5.0", " 5", "5 ", "0x5", "five", "99999999999999999999"}, ""},
			{"small", []string{"-5"}, "1"},
			{"small", []string{"-5", "9223372036854775807"}, "1"},
			{"host", []string{one}, "1"},
			{"host", []string{one, two}, "1"},
			{"host", []string{strings.ToUpper(one)}, ""},
			{"host", []string{strings.ReplaceAll(one, "-", ""), "{" + one + "}", "mia"}, ""},
			{"numbers", []string{"7"}, "1"},
			{"numbers", []string{"7", "8"}, "1"},
			{"numbers", []string{"07"}, ""},
			{"hosts", []string{two}, "1"},
			{"hosts", []string{two, "mia"}, "1"},
			{"join", []string{one}, "1"},
			{"join", []string{one, two}, "1"},
			{"join", []string{two}, ""},
		} {
			at := fmt.Sprintf("%v: %q in %s", d, row.ids, row.party)
			expect(t, at, find(t, db, d, mapping, things("42", over(criteria.Some, row.party, row.ids...))), row.want)
			rest := strings.TrimSpace(strings.Replace("1 3", row.want, "", 1))
			if row.want == "" {
				rest = "1 3"
			}
			expect(t, "never "+at, find(t, db, d, mapping, without("42", over(criteria.Some, row.party, row.ids...))), rest)
		}
		expect(t, fmt.Sprintf("%v: the account 042", d), find(t, db, d, mapping, things("042", anything())), "")
		expect(t, fmt.Sprintf("%v: the account acme", d), find(t, db, d, mapping, things("acme", anything())), "")
		// The account of the joined table may be text even if that of the row is a number.
		join := mapping.Parties["join"].(filter.Join)
		join.Account.Kind = filter.UUID
		mapping.Parties["join"] = join
		if d == filter.PostgreSQL {
			expect(t, "an account that the join cannot have", find(t, db, d, mapping, things("42", over(criteria.Some, "join", one))), "")
		}
	}
}

// TestLongLists has more ids than a query may have parameters, in each form in which a driver
// passes them.
func TestLongLists(t *testing.T) {
	var ids []string
	for i := range raced.Part(70_000, 2_000) {
		ids = append(ids, fmt.Sprintf("user-%d", i))
	}
	modes := map[string]filter.Dialect{"": filter.SQLite}
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		modes["default_query_exec_mode="+mode] = filter.PostgreSQL
	}
	for mode, d := range modes {
		db := openDialect(t, d, mode)
		list := map[filter.Dialect]string{filter.PostgreSQL: "text[]", filter.SQLite: "text"}[d]
		mustExec(t, db, "CREATE TABLE things (id integer, account text, host text, hosts "+list+")")
		mustExec(t, db, "CREATE TABLE members (thing integer, id text)")
		mustExec(t, db, "INSERT INTO things VALUES (1, 'acme', '"+ids[len(ids)-1]+"', NULL), (2, 'acme', 'stranger', NULL)")
		mustExec(t, db, "INSERT INTO members VALUES (1, 'user-7'), (2, 'user-8'), (2, 'stranger')")
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
			"host":   filter.Column{Name: "t.host"},
			"hosts":  filter.Array{Name: "t.hosts"},
			"member": filter.Join{Table: "members", Key: map[string]string{"thing": "t.id"}, ID: filter.Column{Name: "id"}},
		}}
		expect(t, mode+" in a column", find(t, db, d, mapping, things("acme", over(criteria.Every, "host", ids...))), "1")
		expect(t, mode+" in a join", find(t, db, d, mapping, things("acme", over(criteria.Some, "member", ids...))), "1 2")
		expect(t, mode+" all in a join", find(t, db, d, mapping, things("acme", over(criteria.Every, "member", ids...))), "1")
		expect(t, mode+" never in a column", find(t, db, d, mapping, without("acme", over(criteria.Some, "host", ids...))), "2")
		expect(t, mode+" never in an array", find(t, db, d, mapping, without("acme", over(criteria.Some, "hosts", ids...))), "1 2")
		expect(t, mode+" one", find(t, db, d, mapping, things("acme", over(criteria.Every, "host", "stranger"))), "2")
	}
}

// TestManyAlternatives has more alternatives than a filter compares with each other.
func TestManyAlternatives(t *testing.T) {
	var ways []criteria.Alternative
	for i := range 700 {
		ways = append(ways, over(criteria.Every, "host", fmt.Sprintf("user-%d", i), fmt.Sprintf("user-%d", i+1)))
	}
	for _, d := range both {
		db := openDialect(t, d)
		mustExec(t, db, "CREATE TABLE things (id integer, account text, host text)")
		mustExec(t, db, "INSERT INTO things VALUES (1, 'acme', 'user-0'), (2, 'acme', 'user-700'), (3, 'acme', 'user-701'), (4, 'acme', NULL), (5, 'other', 'user-7')")
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{"host": filter.Column{Name: "t.host"}}}
		expect(t, d.String(), find(t, db, d, mapping, things("acme", ways...)), "1 2")
		expect(t, "never "+d.String(), find(t, db, d, mapping, without("acme", ways...)), "3 4")
	}
}

// TestKeys joins by two columns whose names are keywords of SQL.
func TestKeys(t *testing.T) {
	for _, d := range both {
		db := openDialect(t, d)
		schema := ""
		if d == filter.PostgreSQL {
			mustExec(t, db, `CREATE SCHEMA "Select"`)
			schema = `"Select".`
		}
		mustExec(t, db, `CREATE TABLE things (id integer, "group" text, "order" text, account text)`)
		mustExec(t, db, `CREATE TABLE `+schema+`"table" ("group" text, "order" text, "user" text, id integer)`)
		mustExec(t, db, `CREATE TABLE more ("group" text, "order" text, id text)`)
		mustExec(t, db, `INSERT INTO things VALUES (1, 'a', 'x', 'acme'), (2, 'a', 'y', 'acme'), (3, 'b', 'x', 'acme')`)
		mustExec(t, db, `INSERT INTO `+schema+`"table" VALUES ('a', 'x', 'mia', 2), ('b', 'x', 'max', 1)`)
		mustExec(t, db, `INSERT INTO more VALUES ('a', 'y', 'sales')`)
		key := map[string]string{"group": "t.group", "order": "t.order"}
		table := "table"
		if schema != "" {
			table = "Select.table"
		}
		mapping := filter.Mapping{Account: filter.Column{Name: "t.account"}, Parties: map[string]filter.Party{
			"host": filter.Join{Table: table, Key: key, ID: filter.Column{Name: "user"}},
			"team": filter.Join{Table: "more", Key: key, ID: filter.Column{Name: "id"}},
		}}
		shared := criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Some, Over: []criteria.PartySet{
			{Party: "host", Set: criteria.SetOf("mia")}, {Party: "team", Set: criteria.SetOf("sales")},
		}}}
		expect(t, d.String()+": own", find(t, db, d, mapping, things("acme", over(criteria.Some, "host", "mia"))), "1")
		expect(t, d.String()+": sole", find(t, db, d, mapping, things("acme", over(criteria.Every, "host", "max"))), "3")
		expect(t, d.String()+": shared", find(t, db, d, mapping, things("acme", shared)), "1 2")
		expect(t, d.String()+": shared or", find(t, db, d, mapping, things("acme", shared, over(criteria.Every, "host", "max"))), "1 2 3")
		expect(t, d.String()+": never shared", find(t, db, d, mapping, without("acme", shared)), "3")
	}
}
