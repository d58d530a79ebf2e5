package filter_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
)

const written = "testdata/conditions.sql"

// testdata/conditions.sql has the conditions about a party, for each dialect and each place of the party.
// The tests of module proof run such conditions in databases; this test shows a reviewer how their text
// changes. USHER_UPDATE=1 writes the file.
func TestConditionsAsWritten(t *testing.T) {
	join := func(id filter.Column, account string) filter.Join {
		return filter.Join{Table: "hosts", Key: map[string]string{"page": "p.id"}, ID: id, Account: filter.Column{Name: account}}
	}
	two := filter.Join{Table: "hosts", Key: map[string]string{"page": "p.id", "book": "p.book"}, ID: filter.Column{Name: "id"}}
	places := []struct {
		name string
		kind filter.Kind
		of   filter.Party
	}{
		{"column", filter.Text, filter.Column{Name: "p.host"}},
		{"column of integers", filter.Integer, filter.Column{Name: "p.host", Kind: filter.Integer}},
		{"column of uuids", filter.UUID, filter.Column{Name: "p.host", Kind: filter.UUID}},
		{"column, empty means none", filter.Text, filter.Column{Name: "p.host", EmptyMeansNone: true}},
		{"column of integers, empty means none", filter.Integer, filter.Column{Name: "p.host", Kind: filter.Integer, EmptyMeansNone: true}},
		{"array", filter.Text, filter.Array{Name: "p.hosts"}},
		{"array of integers", filter.Integer, filter.Array{Name: "p.hosts", Kind: filter.Integer}},
		{"array, empty means none", filter.Text, filter.Array{Name: "p.hosts", EmptyMeansNone: true}},
		{"join", filter.Text, join(filter.Column{Name: "id"}, "account")},
		{"join of integers", filter.Integer, join(filter.Column{Name: "id", Kind: filter.Integer}, "account")},
		{"join, empty means none", filter.Text, join(filter.Column{Name: "id", EmptyMeansNone: true}, "account")},
		{"join by two columns", filter.Text, two},
		{"always empty", filter.Text, filter.Empty{}},
		{"unknown", filter.Text, filter.Unknown{}},
	}
	ids := map[filter.Kind][]string{
		filter.Text:    {"mia", "max", "1e2", "7", "a\x00b", "trailing "},
		filter.Integer: {"7", "8"},
		filter.UUID:    {"01234567-89ab-cdef-0f9a-fedcba987650", "01234567-89ab-cdef-0f9a-fedcba987651"},
	}
	var b strings.Builder
	for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
		for _, p := range places {
			fmt.Fprintf(&b, "-- %v: %s\n", d, p.name)
			m := columns
			m.Parties = map[string]filter.Party{"host": p.of, "team": p.of}
			m.Members = map[filter.Dialect]filter.Members{filter.PostgreSQL: {Schema: "usher"}, filter.SQLite: {Prefix: "usher_"}}[d]
			table := compile(t, m, d)
			host := criteria.Test{Party: true, Name: "host", Is: true}
			one, all := hosts(ids[p.kind][0]), hosts(ids[p.kind]...)
			for _, ask := range []struct {
				name string
				f    filter.Filter
			}{
				{"one", pages(over(criteria.Some, one))},
				{"one, with a team", pages(over(criteria.Some, one, team(ids[p.kind][1])))},
				{"one, with a team, or private", pages(over(criteria.Some, one, team(ids[p.kind][1])), when(anyPage(), private))},
				{"one, with a team, if public, or private", pages(when(over(criteria.Some, one, team(ids[p.kind][1])), public), when(anyPage(), private))},
				{"some", pages(over(criteria.Some, all))},
				{"every", pages(over(criteria.Every, all))},
				{"some of a large set", pages(over(criteria.Some, hostsIn(filter.LargeSet+1, "ops", "sales")))},
				{"every of a large set", pages(over(criteria.Every, hostsIn(filter.LargeSet+1, "ops", "sales")))},
				{"sole", pages(over(criteria.Every, one, noTeam()))},
				{"present", pages(when(anyPage(), host))},
				{"empty", pages(when(anyPage(), noHosts))},
				{"never one", pagesBut([]criteria.Alternative{over(criteria.Some, one)}, anyPage())},
				{"never every", pagesBut([]criteria.Alternative{over(criteria.Every, all)}, anyPage())},
				{"never sole", pagesBut([]criteria.Alternative{over(criteria.Every, one, noTeam())}, anyPage())},
			} {
				c, err := ask.f.SQL(table, 1)
				require.NoError(t, err)
				_, asked, _ := strings.Cut(strings.TrimSuffix(c.SQL, ")"), " AND ")
				if d == filter.PostgreSQL { // which compares the account twice
					_, asked, _ = strings.Cut(asked, " AND ")
				}
				fmt.Fprintf(&b, "%s: %s\n", ask.name, asked)
			}
		}
	}
	if os.Getenv("USHER_UPDATE") != "" {
		require.NoError(t, os.WriteFile(written, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(written)
	require.NoError(t, err)
	assert.Equal(t, strings.Split(string(want), "\n"), strings.Split(b.String(), "\n"))
}

// In SQLite, a column of numbers equals each text that spells its number, so the type is compared too.
func TestTextsThatSpellNumbers(t *testing.T) {
	c, err := pages(over(criteria.Some, hosts("1e2", "2e1"))).SQL(compile(t, columns, filter.SQLite), 1)
	require.NoError(t, err)
	assert.Equal(t, `("p"."account" COLLATE BINARY = ?1 AND ("p"."host" COLLATE BINARY IN (SELECT value FROM json_each(?2)) AND typeof("p"."host") = 'text'))`, c.SQL)
}

// PostgreSQL hashes a list of more than 128 ids.
func TestLongListsAreHashed(t *testing.T) {
	for n, want := range map[int]bool{2: false, 128: false, 129: true} {
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprint("user-", i))
		}
		c, err := pages(over(criteria.Some, hosts(ids...))).SQL(compile(t, columns, filter.PostgreSQL), 1)
		require.NoError(t, err)
		assert.Equal(t, want, strings.Contains(c.SQL, "unnest"), "%d ids", n)
	}
}
