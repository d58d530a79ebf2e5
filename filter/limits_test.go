package filter_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
)

// A long list is divided into arguments that together contain each id once.
func TestListsAreDivided(t *testing.T) {
	filter.LowerLimits(t, 50, 100, 1<<20)
	var ids []string
	for i := range 60 {
		ids = append(ids, fmt.Sprintf("user-%d", i))
	}
	ids = append(ids, strings.Repeat("x", 50))
	f := pages(over(criteria.Some, hosts(append(ids, strings.Repeat("too long", 7))...)))
	for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
		c, err := f.SQL(compile(t, columns, d), 1)
		require.NoError(t, err)
		var got []string
		for _, arg := range c.Args[1:] {
			text := arg.(string)
			assert.LessOrEqual(t, len(text), 100, d)
			if d == filter.PostgreSQL {
				text = "[" + strings.Trim(text, "{}") + "]"
			}
			var list []string
			require.NoError(t, json.Unmarshal([]byte(text), &list), text)
			got = append(got, list...)
		}
		assert.Greater(t, len(c.Args), 6, d)
		assert.ElementsMatch(t, ids, got, d)
	}
}

// An argument is as long as the limit allows, and one id may be longer.
func TestListsAreFull(t *testing.T) {
	arguments := func(limit int, ids ...string) []any {
		filter.LowerLimits(t, 50, limit, 1<<20)
		c, err := pages(over(criteria.Some, hosts(ids...))).SQL(compile(t, columns, filter.SQLite), 1)
		require.NoError(t, err)
		return c.Args[1:]
	}
	// An id of seven bytes takes ten of an argument.
	ids := []string{"user-01", "user-02", "user-03", "user-04", "user-05", "user-06", "user-07"}
	assert.Equal(t, []any{`["user-01","user-02","user-03"]`, `["user-04","user-05","user-06"]`, `["user-07"]`}, arguments(30, ids...))
	assert.Equal(t, []any{`["user-01","user-02"]`, `["user-03","user-04"]`, `["user-05","user-06"]`, `["user-07"]`}, arguments(26, ids...))
	assert.Equal(t, []any{`["a-user-of-a-long-name"]`, `["user-01"]`}, arguments(12, "user-01", "a-user-of-a-long-name"))
}

// SQLite joins at most 500 queries by UNION: a list of any length has fewer parts.
func TestDividedListsHaveFewParts(t *testing.T) {
	filter.LowerLimits(t, 50, 10, 1<<20)
	var ids []string
	for i := range 20_000 {
		ids = append(ids, string(rune('a'+i%26))+fmt.Sprint(i), fmt.Sprintf("\x00%d", i))
	}
	c, err := pages(over(criteria.Some, hosts(ids...))).SQL(compile(t, columns, filter.SQLite), 1)
	require.NoError(t, err)
	assert.LessOrEqual(t, strings.Count(c.SQL, "json_each"), 500)
	assert.Greater(t, strings.Count(c.SQL, "json_each"), 100)
}

// Arguments that are too large for one PostgreSQL query are an error before the query.
func TestArgumentsTooLarge(t *testing.T) {
	filter.LowerLimits(t, 50, 100, 200)
	var ids []string
	for i := range 60 {
		ids = append(ids, fmt.Sprintf("user-%d", i))
	}
	f := pages(over(criteria.Some, hosts(ids...)))
	c, err := f.SQL(compile(t, columns, filter.PostgreSQL), 1)
	assert.Zero(t, c)
	assert.ErrorContains(t, err, "select page: the ids of users and teams have ")
	_, err = f.SQL(compile(t, columns, filter.SQLite), 1)
	assert.NoError(t, err)

	f = pages(over(criteria.Some, hosts("mia"))) // of the account acme: seven bytes
	filter.LowerLimits(t, 50, 100, 7)
	_, err = f.SQL(compile(t, columns, filter.PostgreSQL), 1)
	assert.NoError(t, err)
	filter.LowerLimits(t, 50, 100, 6)
	_, err = f.SQL(compile(t, columns, filter.PostgreSQL), 1)
	assert.ErrorContains(t, err, "have 7 bytes (PostgreSQL accepts 6 per query)")
}

// EmptyMeansNone is an error outside of parties.
func TestEmptyMeansNoneElsewhere(t *testing.T) {
	empty := filter.Column{Name: "p.account", EmptyMeansNone: true}
	for _, m := range []filter.Mapping{
		{Type: "page", Account: empty},
		{Type: "page", Account: columns.Account, Attributes: map[string]filter.Attribute{"public": empty}},
		{Type: "page", Account: columns.Account, Parties: map[string]filter.Party{"host": filter.Join{
			Table: "hosts", Key: map[string]string{"page": "p.id"}, ID: filter.Column{Name: "id"}, Account: filter.Column{Name: "account", EmptyMeansNone: true},
		}}},
	} {
		_, err := m.Compile(filter.SQLite)
		assert.ErrorIs(t, err, filter.ErrMapping)
		assert.ErrorContains(t, err, "EmptyMeansNone is only for the column of a party")
	}
}
