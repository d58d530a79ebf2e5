package filter_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/criteria/criteriatest"
)

// inTeams is the set of the direct members of some teams, as ids and as teams.
type inTeams struct {
	criteria.Set
	teams  []string
	others []string
	size   int
	err    error
}

func (s *inTeams) MoreThan(n int) (bool, error) { return s.size > n, s.err }
func (s *inTeams) Teams() []string              { return s.teams }
func (s *inTeams) Others() []string             { return s.others }

// hostsIn is hosts with a set of size users in teams.
func hostsIn(size int, teams ...string) criteria.PartySet {
	return criteria.PartySet{Party: "host", Set: &inTeams{Set: criteria.SetOf("max", "mia"), teams: teams, size: size}}
}

// withMembers returns columns with tables of members, which are read for more than above users.
func withMembers(above int) filter.Mapping {
	m := columns
	m.Members = filter.Members{Schema: "usher", Above: above}
	return m
}

func TestMembersAreReadForLargeSets(t *testing.T) {
	const carried, read = "p.host = ANY ({max,mia}[])",
		"EXISTS (SELECT 1 FROM usher.team_members AS usher_t WHERE usher_t.account = acme AND COALESCE(usher_t.team = sales, FALSE)" +
			" AND usher_t.user_id = p.host AND COALESCE(usher_t.user_id COLLATE C = concat(p.host), FALSE))"
	for _, row := range []struct {
		above, size int
		want        string
	}{
		{0, filter.LargeSet, carried},
		{0, filter.LargeSet + 1, read},
		{7, 7, carried},
		{7, 8, read},
	} {
		f := pages(over(criteria.Some, hostsIn(row.size, "sales", "", "a\x00")))
		assert.Equal(t, row.want, sql(t, f, withMembers(row.above)), "%+v", row)
		assert.Equal(t, carried, sql(t, f, columns), "%+v", row)
		never := pagesBut([]criteria.Alternative{over(criteria.Some, hostsIn(row.size, "sales"))}, anyPage())
		assert.Equal(t, "("+carried+") IS NOT TRUE", sql(t, never, withMembers(row.above)), "a rule that forbids carries the ids")
	}
	assert.Equal(t, "FALSE", sql(t, pages(over(criteria.Some, hostsIn(9, ""))), withMembers(1)), "no team")
}

// A user who is in the set without being a member of its teams is named in the condition.
func TestMembersAndOthers(t *testing.T) {
	side := criteria.PartySet{Party: "host", Set: &inTeams{Set: criteria.SetOf("max", "mia"), teams: []string{"sales"}, others: []string{"mia"}, size: 9}}
	got := sql(t, pages(over(criteria.Some, side)), withMembers(1))
	assert.True(t, strings.HasPrefix(got, "(p.host = mia OR EXISTS ("), got)
}

func TestMembersWithIDs(t *testing.T) {
	ops := criteria.PartySet{Party: "host", Set: &inTeams{Set: criteria.SetOf("leo"), teams: []string{"ops"}, size: 9}}
	got := sql(t, pages(over(criteria.Some, hostsIn(9, "sales")), over(criteria.Some, hosts("kim")), over(criteria.Some, ops)), withMembers(1))
	assert.Equal(t, 1, strings.Count(got, "EXISTS"), got)
	assert.True(t, strings.HasPrefix(got, "(p.host = kim OR EXISTS ("), got)
	assert.Contains(t, got, "COALESCE(usher_t.team = ANY ({ops,sales}[]), FALSE)")
}

// The account of a row can be a number. In the tables it is a text.
func TestMembersOfANumberedAccount(t *testing.T) {
	m := withMembers(1)
	m.Account = filter.Column{Name: "p.account", Kind: filter.Integer}
	f := filter.New(criteriatest.New(criteria.Criteria{Account: "42", Types: []criteria.Type{{Name: "page", Needs: [][]criteria.Alternative{{over(criteria.Some, hostsIn(9, "sales"))}}}}}))
	c, err := f.SQL(compile(t, m, filter.PostgreSQL), 1)
	require.NoError(t, err)
	assert.Equal(t, []any{int64(42), "42", "sales"}, c.Args)
}

// An account that PostgreSQL cannot store as text is not in the tables.
func TestMembersOfAnAccountThatIsNotText(t *testing.T) {
	f := filter.New(criteriatest.New(criteria.Criteria{Account: "a\x00", Types: []criteria.Type{{Name: "page", Needs: [][]criteria.Alternative{{over(criteria.Some, hostsIn(9, "sales"))}}}}}))
	c, err := f.SQL(compile(t, withMembers(1), filter.PostgreSQL), 1)
	require.NoError(t, err)
	assert.NotContains(t, c.SQL, "team_members")
}

func TestMembersThatCannotBeCounted(t *testing.T) {
	side := criteria.PartySet{Party: "host", Set: &inTeams{Set: criteria.SetOf("mia"), err: errors.New("the directory is down")}}
	_, err := pages(over(criteria.Some, side)).SQL(compile(t, withMembers(1), filter.PostgreSQL), 1)
	assert.EqualError(t, err, "select page: the directory is down")
}

func TestCompileRefusesMembers(t *testing.T) {
	for _, row := range []struct {
		d    filter.Dialect
		m    filter.Members
		want string
	}{
		{filter.PostgreSQL, filter.Members{Above: 5}, "mapping of page: members: Schema is missing (want the name of the schema, such as usher)"},
		{filter.SQLite, filter.Members{Above: 5}, "mapping of page: members: Prefix is missing (want the prefix of the tables, such as usher_)"},
		{filter.PostgreSQL, filter.Members{Schema: "usher", Above: -1}, "mapping of page: members: negative Above -1 (want 0 for the default, or a number of users)"},
		{filter.PostgreSQL, filter.Members{Prefix: "usher_"}, `mapping of page: members: Prefix is "usher_" (want none for PostgreSQL; Schema is the name of the schema, such as usher)`},
		{filter.SQLite, filter.Members{Schema: "usher"}, `mapping of page: members: Schema is "usher" (want none for SQLite; Prefix is the prefix of the tables, such as usher_)`},
		{filter.PostgreSQL, filter.Members{Schema: "a.b"}, `mapping of page: members: Schema: "a.b" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{filter.SQLite, filter.Members{Prefix: `"`}, `mapping of page: members: Prefix: "\"team_members" is not an identifier (want letters, digits and underscores, without a digit at the start)`},
		{filter.SQLite, filter.Members{Prefix: strings.Repeat("x", 52)}, `mapping of page: members: Prefix: "` + strings.Repeat("x", 52) + `team_members" is longer than 63 bytes`},
	} {
		m := columns
		m.Members = row.m
		table, err := m.Compile(row.d)
		assert.EqualError(t, err, row.want)
		assert.ErrorIs(t, err, filter.ErrMapping)
		assert.Nil(t, table)
	}
}
