package filter_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/criteria/criteriatest"
)

// columns has the host and the team of a page in columns, joined has them in tables.
var (
	columns = filter.Mapping{
		Type: "page", Account: filter.Column{Name: "p.account"},
		Parties:    map[string]filter.Party{"host": filter.Column{Name: "p.host"}, "team": filter.Column{Name: "p.team"}},
		Attributes: map[string]filter.Attribute{"public": filter.Column{Name: "p.public"}},
	}
	joined = filter.Mapping{
		Type: "page", Account: columns.Account, Attributes: columns.Attributes,
		Parties: map[string]filter.Party{
			"host": filter.Join{Table: "hosts", Key: map[string]string{"page": "p.id"}, ID: filter.Column{Name: "id"}},
			"team": filter.Join{Table: "teams", Key: map[string]string{"page": "p.id"}, ID: filter.Column{Name: "id"}},
		},
	}
	teamless = filter.Mapping{
		Type: "page", Account: columns.Account, Attributes: columns.Attributes,
		Parties: map[string]filter.Party{"host": columns.Parties["host"], "team": filter.Empty{}},
	}
	hostless = filter.Mapping{
		Type: "page", Account: columns.Account, Attributes: columns.Attributes,
		Parties: map[string]filter.Party{"host": filter.Empty{}, "team": filter.Empty{}},
	}
)

func compile(t testing.TB, m filter.Mapping, d filter.Dialect) *filter.Table {
	t.Helper()
	table, err := m.Compile(d)
	require.NoError(t, err)
	return table
}

// exact matches the repetition of a comparison byte by byte, after the comparison for an index, in
// a condition for PostgreSQL. Both compare a column with the same parameter.
var (
	exact    = regexp.MustCompile(`\(("[^ ]+" = (?:ANY \()?\$\d+::text(?:\[\]\))?) AND COALESCE\(("[^ ]+" = (?:ANY \()?\$\d+::text(?:\[\]\))?), FALSE\)\)`)
	spelling = regexp.MustCompile(`concat\(((?:usher_m\.)?"[^ )]+")\) COLLATE "C"`)
)

// sql returns a condition in a readable form: with the values of its parameters, without quotes,
// and with each comparison once.
func sql(t testing.TB, f filter.Filter, m filter.Mapping) string {
	t.Helper()
	c, err := f.SQL(compile(t, m, filter.PostgreSQL), 1)
	require.NoError(t, err)
	return plain(t, c)
}

func plain(t testing.TB, c filter.Condition) string {
	t.Helper()
	const account = `("p"."account" = $1::text AND `
	text := strings.ReplaceAll(spelling.ReplaceAllString(c.SQL, "$1"), "usher_m.", "")
	text = exact.ReplaceAllStringFunc(text, func(twice string) string {
		m := exact.FindStringSubmatch(twice)
		require.Equal(t, m[1], m[2])
		return m[1]
	})
	require.True(t, strings.HasPrefix(text, account) && strings.HasSuffix(text, ")"), text)
	require.Equal(t, "acme", c.Args[0])
	text = strings.TrimSuffix(strings.TrimPrefix(text, account), ")")
	text = strings.NewReplacer(`"`, "", " AS usher_m", "", "::text", "").Replace(text)
	for i, arg := range c.Args {
		text = strings.ReplaceAll(text, "$"+string(rune('1'+i)), strings.ReplaceAll(arg.(string), `"`, ""))
	}
	return text
}

// Alternatives that match the same as another one, or less, are removed; the rest can use an index.
func TestShortConditions(t *testing.T) {
	own, sole := over(criteria.Some, hosts("mia"), team("sales")), over(criteria.Every, hosts("mia"), noTeam())
	theirs := over(criteria.Every, hosts("max", "mia"), team("sales"))
	shared := over(criteria.Some, hosts("max", "mia"), team("sales"))
	hiding := func(w criteria.Alternative) criteria.Alternative { w.Hides = []string{"title"}; return w }
	for _, row := range []struct {
		name string
		f    filter.Filter
		m    filter.Mapping
		want string
	}{
		{"zero", pages(), columns, "FALSE"},
		{"any", pages(anyPage()), columns, "TRUE"},
		{"any or own", pages(own, anyPage()), columns, "TRUE"},
		{"any hiding or own", pages(own, anyPage("title")), columns, "TRUE"},
		{"own", pages(own), columns, "(p.host = mia OR p.team = sales)"},
		{"own as host", pages(over(criteria.Some, hosts("mia"))), columns, "p.host = mia"},
		{"own or sole", pages(own, sole), columns, "(p.host = mia OR p.team = sales)"},
		{"own as host or sole", pages(over(criteria.Some, hosts("mia")), sole), columns, "p.host = mia"},
		{"sole", pages(sole), columns, "(p.host = mia AND p.team IS NULL)"},
		{"sole or shared", pages(sole, shared), columns, "(p.host = ANY ({max,mia}[]) OR p.team = sales)"},
		{"team", pages(theirs), columns, "((p.host = ANY ({max,mia}[]) AND (p.team IS NULL OR p.team = sales)) OR (p.host IS NULL AND p.team = sales))"},
		{"team or sole", pages(theirs, sole), columns, "((p.host = ANY ({max,mia}[]) AND (p.team IS NULL OR p.team = sales)) OR (p.host IS NULL AND p.team = sales))"},
		{"sole or team hiding", pages(hiding(theirs), sole), columns, "((p.host = ANY ({max,mia}[]) AND (p.team IS NULL OR p.team = sales)) OR (p.host IS NULL AND p.team = sales))"},
		{"team or shared", pages(theirs, shared), columns, "(p.host = ANY ({max,mia}[]) OR p.team = sales)"},
		{"team if there is no team", pages(when(theirs, noTeams)), columns, "(p.team IS NULL AND p.host = ANY ({max,mia}[]))"},
		{"sole or team if there is no team", pages(when(theirs, noTeams), sole), columns, "(p.team IS NULL AND p.host = ANY ({max,mia}[]))"},
		{"two teams", pages(theirs, over(criteria.Some, hosts("bea"))), columns, "((p.host = ANY ({max,mia}[]) AND (p.team IS NULL OR p.team = sales)) OR (p.host IS NULL AND p.team = sales) OR p.host = bea)"},
		{"both under a condition", pages(when(over(criteria.Every, hosts("max")), public), when(over(criteria.Some, hosts("mia")), public)), columns, "(p.public IS TRUE AND p.host = ANY ({max,mia}[]))"},
		{"own, joined", pages(over(criteria.Some, hosts("mia"))), joined, "EXISTS (SELECT 1 FROM hosts WHERE page = p.id AND id = mia)"},
		{"own in one of two, joined", pages(own), joined, "p.id IN (SELECT page FROM hosts WHERE id = mia UNION ALL SELECT page FROM teams WHERE id = sales)"},
		{"team, joined", pages(theirs), joined, "(p.id IN (SELECT page FROM hosts WHERE id = ANY ({max,mia}[]) UNION ALL SELECT page FROM teams WHERE id = sales)" +
			" AND NOT EXISTS (SELECT 1 FROM hosts WHERE page = p.id AND (id = ANY ({max,mia}[])) IS NOT TRUE)" +
			" AND NOT EXISTS (SELECT 1 FROM teams WHERE page = p.id AND (id = sales) IS NOT TRUE))"},
		{"public or own, joined", pages(when(anyPage(), public), own), joined, "(p.public IS TRUE OR EXISTS (SELECT 1 FROM hosts WHERE page = p.id AND id = mia) OR EXISTS (SELECT 1 FROM teams WHERE page = p.id AND id = sales))"},
		{"own, without teams", pages(own), teamless, "p.host = mia"},
		{"sole, without teams", pages(sole), teamless, "p.host = mia"},
		{"team, without teams", pages(theirs), teamless, "p.host = ANY ({max,mia}[])"},
		{"any if there is a team, without teams", pages(when(anyPage(), criteria.Test{Party: true, Name: "team", Is: true})), teamless, "FALSE"},
		{"team if there is no team, without teams", pages(when(theirs, noTeams)), teamless, "p.host = ANY ({max,mia}[])"},
		{"own, team, without anybody", pages(own, theirs), hostless, "FALSE"},
		{"any, without anybody", pages(anyPage()), hostless, "TRUE"},
		{"never own, without teams", pagesBut([]criteria.Alternative{own}, anyPage()), teamless, "(p.host = mia) IS NOT TRUE"},
		{"never team, without anybody", pagesBut([]criteria.Alternative{theirs}, anyPage()), hostless, "TRUE"},
		{"never own", pagesBut([]criteria.Alternative{own}, anyPage()), columns, "((p.host = mia) IS NOT TRUE AND (p.team = sales) IS NOT TRUE)"},
		{"never team", pagesBut([]criteria.Alternative{theirs}, anyPage()), columns, "(((p.host = ANY ({max,mia}[])) IS NOT TRUE AND (p.team = sales) IS NOT TRUE) OR (p.host IS NOT NULL AND (p.host = ANY ({max,mia}[])) IS NOT TRUE) OR (p.team IS NOT NULL AND (p.team = sales) IS NOT TRUE))"},
		{"never own if public, joined", pagesBut([]criteria.Alternative{when(own, public)}, anyPage()), joined, "(p.public IS FALSE OR (NOT EXISTS (SELECT 1 FROM hosts WHERE page = p.id AND id = mia) AND NOT EXISTS (SELECT 1 FROM teams WHERE page = p.id AND id = sales)))"},
		{"never sole or own", pagesBut([]criteria.Alternative{sole, own}, anyPage()), columns, "((p.host = mia) IS NOT TRUE AND (p.team = sales) IS NOT TRUE)"},
	} {
		assert.Equal(t, row.want, sql(t, row.f, row.m), row.name)
	}
}

// The condition of Shown ignores rows that are not selected.
func TestShown(t *testing.T) {
	mine := over(criteria.Some, hosts("mia"))
	mine.Hides = []string{"phone"}
	f := pages(anyPage("phone", "title"), mine, when(anyPage(), public))
	table := compile(t, columns, filter.PostgreSQL)
	for field, want := range map[string]string{
		"title": "(p.host = mia OR p.public IS TRUE)",
		"phone": "p.public IS TRUE",
	} {
		c, err := f.Shown(field, table, 1)
		require.NoError(t, err)
		assert.Equal(t, want, plain(t, c), field)
	}
	c, err := pages(anyPage("title")).Shown("phone", table, 1)
	require.NoError(t, err)
	assert.Equal(t, "TRUE", plain(t, c), "no rule hides it")
	c, err = pages(over(criteria.Some, hosts("mia"))).Shown("phone", table, 1)
	require.NoError(t, err)
	assert.Equal(t, "TRUE", plain(t, c), "no rule hides it, whatever is selected")
	c, err = pages().Shown("title", table, 1)
	require.NoError(t, err)
	assert.Equal(t, "FALSE", plain(t, c), "nothing is selected")
	_, err = f.Shown("titel", table, 1)
	assert.EqualError(t, err, "show titel page: page does not have a field titel that rules can hide")
}

// Parameters begin at the given number, and equal arguments share a parameter.
func TestParameters(t *testing.T) {
	f := pages(over(criteria.Every, hosts("max", "mia"), team("sales")))
	c, err := f.SQL(compile(t, columns, filter.PostgreSQL), 7)
	require.NoError(t, err)
	assert.Equal(t, []any{"acme", `{"max","mia"}`, "sales"}, c.Args)
	assert.Equal(t, `(("p"."account" = $7::text AND COALESCE(concat("p"."account") COLLATE "C" = $7::text, FALSE)) AND `+
		`((("p"."host" = ANY ($8::text[]) AND COALESCE(concat("p"."host") COLLATE "C" = ANY ($8::text[]), FALSE)) AND `+
		`("p"."team" IS NULL OR concat("p"."team") COLLATE "C" = $9::text)) OR `+
		`("p"."host" IS NULL AND ("p"."team" = $9::text AND COALESCE(concat("p"."team") COLLATE "C" = $9::text, FALSE)))))`, c.SQL)

	c, err = f.SQL(compile(t, columns, filter.SQLite), 2)
	require.NoError(t, err)
	assert.Equal(t, []any{"acme", `["max","mia"]`, "sales"}, c.Args)
	assert.Equal(t, `("p"."account" COLLATE BINARY = ?2 AND (("p"."host" COLLATE BINARY IN (SELECT value FROM json_each(?3)) AND `+
		`(+"p"."team" IS NULL OR CAST("p"."team" AS TEXT) COLLATE BINARY = ?4)) OR `+
		`(+"p"."host" IS NULL AND "p"."team" COLLATE BINARY = ?4)))`, c.SQL)

	_, err = f.SQL(compile(t, columns, filter.SQLite), 0)
	assert.EqualError(t, err, "select page: first parameter 0 (want 1 or more)")
}

// A list of ids is JSON that every version of SQLite reads unchanged; ids with a NUL byte are a
// list of their own, which contains no NUL byte.
func TestLists(t *testing.T) {
	ids := []string{"\"quoted\"", `back\slash`, "two\nlines", "\x01\x1f", "ümlaut", "a\x00b", "\x00", "\x000\x01"}
	c, err := pages(over(criteria.Some, hosts(ids...))).SQL(compile(t, columns, filter.SQLite), 1)
	require.NoError(t, err)
	require.Len(t, c.Args, 3)
	assert.NotContains(t, c.Args[1], `\u0000`)
	var got, withNUL []string
	require.NoError(t, json.Unmarshal([]byte(c.Args[1].(string)), &got))
	require.NoError(t, json.Unmarshal([]byte(c.Args[2].(string)), &withNUL))
	for _, id := range withNUL {
		assert.NotContains(t, id, "\x00")
		got = append(got, strings.ReplaceAll(strings.ReplaceAll(id, "\x010", "\x00"), "\x011", "\x01"))
	}
	assert.ElementsMatch(t, ids, got)
	assert.Equal(t, `("p"."account" COLLATE BINARY = ?1 AND "p"."host" COLLATE BINARY IN (SELECT value FROM json_each(?2)`+
		` UNION ALL SELECT replace(replace(value, char(1) || '0', char(0)), char(1) || '1', char(1)) FROM json_each(?3)))`, c.SQL)
}

// The zero filter selects nothing of any table.
func TestSQLOfTheZeroFilter(t *testing.T) {
	for d, want := range map[filter.Dialect]string{
		filter.PostgreSQL: `(("p"."account" IS NULL AND FALSE) AND FALSE)`,
		filter.SQLite:     `(("p"."account" IS NULL AND FALSE) AND FALSE)`,
	} {
		c, err := filter.Filter{}.SQL(compile(t, columns, d), 1)
		require.NoError(t, err)
		assert.Equal(t, filter.Condition{SQL: want}, c, d)
	}
}

// Ids that a column cannot have are left out.
func TestIDsOfAKind(t *testing.T) {
	const uuid = "01234567-89ab-cdef-0f9a-fedcba987650"
	with := func(i int, c string) string { return uuid[:i] + c + uuid[i+1:] }
	for _, row := range []struct {
		dialect filter.Dialect
		kind    filter.Kind
		ids     []string
		want    string
	}{
		{filter.PostgreSQL, filter.Text, []string{"", "mia", "max", "a\x00", "\x00", "\xff"}, `{"max","mia"}`},
		{filter.PostgreSQL, filter.Integer, []string{"7", "-8", "007", "+7", "-0", "7.0", "x", ""}, `{-8,7}`},
		{filter.SQLite, filter.Integer, []string{"7", "-8", "007", "+7", "-0", "7.0", "x", ""}, `[-8,7]`},
		{filter.PostgreSQL, filter.UUID, []string{
			uuid, with(0, "9"), with(0, "/"), with(0, ":"), with(0, "`"), with(0, "g"), with(0, "A"), with(0, "-"),
			with(8, "0"), with(13, "0"), with(18, "0"), with(23, "0"), uuid + "0", uuid[1:], "",
		}, "{" + uuid + "," + with(0, "9") + "}"},
	} {
		m := columns
		m.Parties = map[string]filter.Party{"host": filter.Column{Name: "p.host", Kind: row.kind}}
		c, err := pages(over(criteria.Some, hosts(row.ids...))).SQL(compile(t, m, row.dialect), 1)
		require.NoError(t, err)
		assert.Equal(t, []any{"acme", row.want}, c.Args, "%v of kind %d", row.dialect, row.kind)
	}
}

// Every mistake is an error, with an empty condition.
func TestSQLRefuses(t *testing.T) {
	nobody := filter.New(criteriatest.New(criteria.Criteria{Types: []criteria.Type{{Name: "page", Needs: [][]criteria.Alternative{{anyPage()}}}}}))
	looks := filter.New(criteriatest.New(criteria.Criteria{Account: "acme", Types: []criteria.Type{{
		Name: "page", Looks: func() criteria.Looks { return criteria.Looks{Parties: []criteria.Party{{Name: "guest"}}} },
	}}}))
	withoutTeam := columns
	withoutTeam.Parties = map[string]filter.Party{"host": filter.Column{Name: "p.host"}}
	calendars := columns
	calendars.Type = "calendar"
	for _, row := range []struct {
		f     filter.Filter
		table *filter.Table
		want  string
	}{
		{nobody, compile(t, columns, filter.SQLite), "select page: unknown account: the request names no account"},
		{pages(anyPage()), nil, "select: mapping: the table is zero; make one with Mapping.Compile"},
		{pages(anyPage()), new(filter.Table), "select: mapping: the table is zero; make one with Mapping.Compile"},
		{pages(anyPage()), compile(t, calendars, filter.SQLite), "select calendar: mapping of calendar: the filter is for page"},
		{
			pages(over(criteria.Some, team("sales"))), compile(t, withoutTeam, filter.SQLite),
			"select page: mapping of page: rules depend on the party team, which is not mapped; use Empty if it is always empty, or Unknown if the table does not have it",
		},
		{
			pages(when(anyPage(), criteria.Test{Name: "paid"})), compile(t, columns, filter.SQLite),
			"select page: mapping of page: rules depend on the attribute paid, which is not mapped; use Unknown if the table does not have it",
		},
		{
			looks, compile(t, columns, filter.SQLite), // although it selects nothing
			"select page: mapping of page: rules depend on the party guest, which is not mapped; use Empty if it is always empty, or Unknown if the table does not have it",
		},
	} {
		c, err := row.f.SQL(row.table, 1)
		assert.EqualError(t, err, row.want)
		assert.Zero(t, c)
	}
	_, err := nobody.SQL(compile(t, columns, filter.SQLite), 1)
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
}
