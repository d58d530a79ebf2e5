package filter_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/criteria/criteriatest"
)

// page returns a resource with a host and a team, each "" for none.
func page(host, team string, public ...bool) *usher.Object {
	o := &usher.Object{Type: "page", Account: "acme", Parties: map[string][]string{}, Attributes: map[string]bool{}}
	for name, id := range map[string]string{"host": host, "team": team} {
		if id != "" {
			o.Parties[name] = []string{id}
		}
	}
	if len(public) > 0 {
		o.Attributes["public"] = public[0]
	}
	return o
}

// match is Match for filters whose facts cannot fail.
func match(t *testing.T, f filter.Filter, r usher.Resource) bool {
	t.Helper()
	selected, err := f.Match(r)
	require.NoError(t, err)
	return selected
}

// pages returns a filter of pages that one of the alternatives selects.
func pages(ways ...criteria.Alternative) filter.Filter { return pagesBut(nil, ways...) }

func pagesBut(never []criteria.Alternative, ways ...criteria.Alternative) filter.Filter {
	return filter.New(criteriatest.New(criteria.Criteria{Account: "acme", Types: []criteria.Type{{
		Name: "page", Needs: [][]criteria.Alternative{ways}, Never: never, Fields: []string{"title", "phone"},
	}}}))
}

func anyPage(hides ...string) criteria.Alternative {
	return criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Any}, Hides: hides}
}

func over(reach criteria.Reach, sides ...criteria.PartySet) criteria.Alternative {
	return criteria.Alternative{Scope: criteria.Scope{Reach: reach, Over: sides}}
}

func hosts(ids ...string) criteria.PartySet {
	return criteria.PartySet{Party: "host", Set: criteria.SetOf(ids...)}
}

func team(ids ...string) criteria.PartySet {
	return criteria.PartySet{Party: "team", Set: criteria.SetOf(ids...)}
}
func noTeam() criteria.PartySet { return criteria.PartySet{Party: "team"} }

func when(w criteria.Alternative, tests ...criteria.Test) criteria.Alternative {
	w.Tests = append(w.Tests, tests...)
	return w
}

var public, private = criteria.Test{Name: "public", Is: true}, criteria.Test{Name: "public", Is: false}

var paid = criteria.Test{Name: "paid", Is: true}

var (
	noTeams = criteria.Test{Party: true, Name: "team"}
	noHosts = criteria.Test{Party: true, Name: "host"}
	aTeam   = criteria.Test{Party: true, Name: "team", Is: true}
)

// unknownHost is a page whose host is unknown.
type unknownHost struct{ *usher.Object }

func (u unknownHost) Party(name string) ([]string, bool) {
	if name == "host" {
		return nil, false
	}
	return u.Object.Party(name)
}

// unknownTeam is a page whose team is unknown.
type unknownTeam struct{ *usher.Object }

func (u unknownTeam) Party(name string) ([]string, bool) {
	if name == "team" {
		return nil, false
	}
	return u.Object.Party(name)
}

func TestMatch(t *testing.T) {
	own, sole := over(criteria.Some, hosts("mia"), team("sales")), over(criteria.Every, hosts("mia"), noTeam())
	theirs := over(criteria.Every, hosts("mia", "max"), team("sales"))
	for _, row := range []struct {
		name string
		f    filter.Filter
		of   usher.Resource
		want bool
	}{
		{"the zero filter", filter.Filter{}, page("mia", ""), false},
		{"no ways", pages(), page("mia", ""), false},
		{"the zero way", pages(criteria.Alternative{}), page("mia", ""), false},
		{"a scope over nothing", pages(over(criteria.Some)), page("mia", ""), false},
		{"any", pages(anyPage()), page("", ""), true},
		{"nil", pages(anyPage()), nil, false},
		{"a nil object", pages(anyPage()), (*usher.Object)(nil), false},
		{"another type", pages(anyPage()), &usher.Object{Type: "calendar"}, false},
		{"another account", pages(anyPage()), &usher.Object{Type: "page", Account: "other"}, false},
		{"no account", pages(anyPage()), &usher.Object{Type: "page"}, true},

		{"own", pages(own), page("mia", ""), true},
		{"own by team", pages(own), page("max", "sales"), true},
		{"not own", pages(own), page("max", "ops"), false},
		{"own of nobody", pages(own), page("", ""), false},
		{"sole", pages(sole), page("mia", ""), true},
		{"not sole", pages(sole), page("mia", "sales"), false},
		{"team", pages(theirs), page("max", "sales"), true},
		{"team without a host", pages(theirs), page("", "sales"), true},
		{"not team", pages(theirs), page("max", "ops"), false},
		{"team of nobody", pages(theirs), page("", ""), false},
		{"one of two ways", pages(sole, over(criteria.Some, team("ops"))), page("max", "ops"), true},

		{"public", pages(when(anyPage(), public)), page("", "", true), true},
		{"not public", pages(when(anyPage(), public)), page("", "", false), false},
		{"not known to be public", pages(when(anyPage(), public)), page("", ""), false},
		{"not known to be private", pages(when(anyPage(), private)), page("", ""), false},
		{"public or private", pages(when(anyPage(), public), when(anyPage(), private)), page("", ""), false},
		{"never public", pagesBut([]criteria.Alternative{when(anyPage(), public)}, anyPage()), page("", "", true), false},
		{"never public, private", pagesBut([]criteria.Alternative{when(anyPage(), public)}, anyPage()), page("", "", false), true},
		{"never public, not known", pagesBut([]criteria.Alternative{when(anyPage(), public)}, anyPage()), page("", ""), false},
		{"never own", pagesBut([]criteria.Alternative{own}, anyPage()), page("mia", ""), false},
		{"never own, of others", pagesBut([]criteria.Alternative{own}, anyPage()), page("max", ""), true},
		{"never own, not known", pagesBut([]criteria.Alternative{own}, anyPage()), unknownTeam{page("max", "")}, false},
		{"own, not known", pages(own), unknownTeam{page("mia", "")}, false},
		{"own as host, the team not known", pages(over(criteria.Some, hosts("mia"))), unknownTeam{page("mia", "")}, true},
		{"never sole or without a team, the host not known", pagesBut([]criteria.Alternative{when(anyPage(), noTeams), sole}, anyPage()), unknownHost{page("", "ops")}, false},
		{"never sole or own as host, the team not known", pagesBut([]criteria.Alternative{over(criteria.Some, hosts("mia")), sole}, anyPage()), unknownTeam{page("max", "")}, false},
		{"never theirs without a team, that not known", pagesBut([]criteria.Alternative{when(theirs, noTeams)}, anyPage()), unknownTeam{page("kim", "")}, false},
		{"public and paid, only public", pages(when(anyPage(), public, paid)), page("", "", true), false},
		{"public or paid, only public", pages(when(anyPage(), paid), when(anyPage(), public)), page("", "", true), true},
		{"own as host or of a team of that name", pages(over(criteria.Some, hosts("mia")), over(criteria.Some, team("mia"))), page("", "mia"), true},
		{"own as host, without ids", pages(over(criteria.Some, hosts())), page("mia", ""), false},
		{"with a team", pages(when(anyPage(), aTeam)), page("", "sales"), true},
		{"with a team, without", pages(when(anyPage(), aTeam)), page("mia", ""), false},
		{"without a team", pages(when(anyPage(), noTeams)), page("mia", ""), true},
		{"without a team, with one", pages(when(anyPage(), noTeams)), page("", "sales"), false},
		{"without a team or a host, with a host", pages(when(anyPage(), noTeams, noHosts)), page("mia", ""), false},
		{"never zero", pagesBut([]criteria.Alternative{{}}, anyPage()), page("mia", ""), true},
		{"never any", pagesBut([]criteria.Alternative{anyPage()}, anyPage()), page("mia", ""), false},
	} {
		if got, err := row.f.Match(row.of); got != row.want || err != nil {
			t.Errorf("%s: Match = %t, %v, want %t", row.name, got, err, row.want)
		}
		if row.f.None() && row.want {
			t.Errorf("%s: the filter says that it selects nothing", row.name)
		}
	}
}

func TestMasks(t *testing.T) {
	mine := over(criteria.Some, hosts("mia"))
	mine.Hides = []string{"phone"}
	f := pages(anyPage("phone", "title"), mine, when(anyPage("price"), public))
	for _, row := range []struct {
		of   usher.Resource
		want []string
	}{
		{page("max", ""), []string{"phone", "title"}},
		{page("mia", ""), []string{"phone"}},
		{page("max", "", true), nil}, // the two hide no field in common
		{page("mia", "", true), nil},
		{&usher.Object{Type: "page", Account: "other"}, []string{"phone", "title"}}, // not selected
	} {
		assert.Equal(t, row.want, f.Masks(row.of), "%+v", row.of)
	}
	assert.Equal(t, []string{"phone", "title"}, f.Fields(), "the price is hidden where phone and title are not, which is nowhere")
	assert.False(t, f.None())
	assert.False(t, f.All())
	assert.Empty(t, filter.Filter{}.Fields())
	hidden := pages(when(anyPage("title"), public), when(anyPage(), public))
	sole := over(criteria.Every, hosts("mia"), noTeam())
	mine.Hides, sole.Hides = []string{"title"}, []string{"phone", "title"}
	assert.Equal(t, []string{"title"}, pages(mine, sole).Fields(), "the phone is shown wherever sole matches")
	assert.Empty(t, hidden.Fields(), "the title is shown in each row that may hide it")
}

// A filter with any number of tests looks at each of them.
func TestMatchManyTests(t *testing.T) {
	var ways []criteria.Alternative
	for i := range 40 {
		ways = append(ways, when(anyPage(), criteria.Test{Name: fmt.Sprint("fact-", i), Is: true}))
	}
	f := pages(ways...)
	for i := range 40 {
		of := page("", "")
		of.Attributes[fmt.Sprint("fact-", i)] = true
		assert.True(t, match(t, f, of), i)
	}
	assert.False(t, match(t, f, page("", "", true)))
}

// Needs that select the same rows but hide different fields are both kept, and their hidden fields
// add up.
func TestNeedsAddUp(t *testing.T) {
	f := filter.New(criteriatest.New(criteria.Criteria{Account: "acme", Types: []criteria.Type{{
		Name: "page", Hidden: []string{"owner"}, Needs: [][]criteria.Alternative{{anyPage("title")}, {over(criteria.Some, hosts("mia")), when(anyPage("phone"), public)}},
	}}}))
	assert.Equal(t, []string{"owner", "title"}, f.Masks(page("mia", "")))
	assert.Equal(t, []string{"owner", "phone", "title"}, f.Masks(page("max", "", true)))
	assert.False(t, match(t, f, page("max", "", false)))
	assert.Equal(t, []string{"owner", "phone", "title"}, f.Fields())
}

func TestNoneAndAll(t *testing.T) {
	contrary := when(anyPage(), public, private)
	for _, row := range []struct {
		name      string
		f         filter.Filter
		none, all bool
	}{
		{"zero", filter.Filter{}, true, false},
		{"no lists", filter.New(criteriatest.New(criteria.Criteria{Account: "acme"})), true, false},
		{"no needs", filter.New(criteriatest.New(criteria.Criteria{Account: "acme", Types: []criteria.Type{{Name: "page"}}})), true, false},
		{"no ways", pages(), true, false},
		{"what never holds together", pages(contrary), true, false},
		{"any", pages(anyPage()), false, true},
		{"any and own", pages(over(criteria.Some, hosts("mia")), anyPage()), false, true},
		{"any hiding and any", pages(anyPage("title"), anyPage()), false, true},
		{"any hiding", pages(anyPage("title")), false, false},
		{"own", pages(over(criteria.Some, hosts("mia"))), false, false},
		{"never any", pagesBut([]criteria.Alternative{anyPage()}, anyPage()), true, false},
		{"never own", pagesBut([]criteria.Alternative{over(criteria.Some, hosts("mia"))}, anyPage()), false, false},
		{"never what never holds together", pagesBut([]criteria.Alternative{contrary}, anyPage()), false, false}, // but possibly, if values are unknown
	} {
		assert.Equal(t, row.none, row.f.None(), "%s: None", row.name)
		assert.Equal(t, row.all, row.f.All(), "%s: All", row.name)
	}
}

// broken is a set whose methods fail.
type broken struct{ err error }

func (b *broken) Has(string) (bool, error) { return true, b.err }
func (b *broken) IDs() ([]string, error)   { return nil, b.err }
func (b *broken) Within(criteria.Set) bool { return false }

func TestFailingSetsDeny(t *testing.T) {
	side := criteria.PartySet{Party: "host", Set: &broken{errors.New("the directory is down")}}
	f := pages(over(criteria.Some, side), when(anyPage("title"), public))
	down := side.Set.(*broken).err
	for _, f := range []filter.Filter{f, pagesBut([]criteria.Alternative{over(criteria.Some, side)}, anyPage())} {
		selected, err := f.Match(page("mia", ""))
		assert.False(t, selected)
		assert.ErrorIs(t, err, down)
		assert.EqualError(t, err, "match on page: the directory is down")
	}
	assert.Equal(t, []string{"phone", "title"}, f.Masks(page("mia", "", true)))
	assert.True(t, match(t, f, page("", "", true)), "nobody needs to be looked up")
	assert.False(t, match(t, f, page("", "")), "nobody needs to be looked up")
	assert.False(t, match(t, f, &usher.Object{Type: "page", Account: "other", Parties: map[string][]string{"host": {"mia"}}}))

	table, err := filter.Mapping{
		Type: "page", Account: filter.Column{Name: "p.account"},
		Parties:    map[string]filter.Party{"host": filter.Column{Name: "p.host"}},
		Attributes: map[string]filter.Attribute{"public": filter.Column{Name: "p.public"}},
	}.Compile(filter.SQLite)
	require.NoError(t, err)
	_, err = f.SQL(table, 1)
	assert.EqualError(t, err, "select page: the directory is down")
}
