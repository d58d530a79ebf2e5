package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// sharedEvents maps events in calendars in workspaces. The change is made to the mapping of
// calendars.
func sharedEvents(t *testing.T, d filter.Dialect, change func(*filter.Mapping)) *filter.Table {
	t.Helper()
	calendars := filter.Mapping{
		Type: "calendar", Account: filter.Column{Name: "c.account"}, ID: filter.Column{Name: "c.id", Kind: filter.Integer},
		Parties: map[string]filter.Party{"host": filter.Column{Name: "c.host"}},
		In:      filter.ContainerColumns{Of: filter.Mapping{Type: "workspace", ID: filter.Column{Name: "c.workspace_id"}}},
	}
	change(&calendars)
	table, err := filter.Mapping{
		Type: "event", Account: filter.Column{Name: "e.account"}, Parties: map[string]filter.Party{"host": filter.Empty{}},
		In: filter.ContainerRow{Table: "calendars", Key: map[string]string{"id": "e.calendar_id"}, Of: calendars},
	}.Compile(d)
	require.NoError(t, err)
	return table
}

func TestRolesOnResourcesInSQL(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	s := calendarShares()
	for on, holders := range s.users {
		if on.Type == "calendar" && on.ID != "" {
			s.users[usher.Ref{Type: "calendar", ID: "7"}] = holders
		}
	}
	ofUser := func(id usher.UserID, can string) filter.Filter {
		f, err := p.Filter(s, &usher.Request{Account: "acme", Subject: id, Permission: permission.MustParse(can), Time: noon})
		require.NoError(t, err)
		return f
	}
	table := sharedEvents(t, filter.PostgreSQL, func(*filter.Mapping) {})
	require.NoError(t, p.CheckTable(table, permission.MustParse("event.view")))
	c, err := ofUser("wim", "event.view").SQL(table, 1)
	require.NoError(t, err)
	assert.Contains(t, c.SQL, `"workspace_id"`)
	assert.Contains(t, c.Args, "w1")
	c, err = ofUser("mia", "event.view").SQL(table, 1)
	require.NoError(t, err)
	assert.Contains(t, c.Args, int64(7)) // c1 is not the id of a row, because the column has integers
	assert.NotContains(t, fmt.Sprint(c.Args), "c1")
	assert.False(t, ofUser("max", "folder.read").None())

	// The subject holds nothing, so no row is selected.
	c, err = ofUser("out", "event.view").SQL(table, 1)
	require.NoError(t, err)
	assert.Contains(t, c.SQL, "FALSE")

	// Without the interface, nobody holds such a role; without a list, SQL fails.
	r := usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("event.view"), Time: noon}
	f, err := p.Filter(struct{ policy.Facts }{s.world}, &r)
	require.NoError(t, err)
	assert.True(t, f.None())
	f, err = p.Filter(struct {
		policy.Facts
		policy.ResourceRoles
	}{s.world, s}, &r)
	require.NoError(t, err)
	_, err = f.SQL(table, 1)
	assert.ErrorIs(t, err, policy.ErrNoResourceLister)
	selected, err := f.Match(&usher.Object{Type: "event", In: &usher.Object{Type: "calendar", ID: "c1"}})
	assert.True(t, selected && err == nil, "%v", err)
}

func TestMappingLacksID(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	table := sharedEvents(t, filter.PostgreSQL, func(m *filter.Mapping) { m.ID = filter.Column{} })
	const want = "rules look at roles on a single calendar (here), and ID is not set; set it to the column with the id of the calendar"
	err = p.CheckTable(table, permission.MustParse("event.view"))
	assert.ErrorIs(t, err, filter.ErrMapping)
	assert.ErrorContains(t, err, want)
	f, err := p.Filter(calendarShares(), &usher.Request{Account: "acme", Subject: "olga", Permission: permission.MustParse("event.view"), Time: noon})
	require.NoError(t, err)
	_, err = f.SQL(table, 1) // for every user
	assert.ErrorContains(t, err, want)

	calendars, err := filter.Mapping{Type: "calendar", Account: filter.Column{Name: "c.account"}, Parties: map[string]filter.Party{"host": filter.Column{Name: "c.host"}}}.Compile(filter.SQLite)
	require.NoError(t, err)
	assert.ErrorContains(t, p.CheckTable(calendars, permission.MustParse("calendar.share")), want)
	_, err = filter.Mapping{Type: "calendar", Account: filter.Column{Name: "c.account"}, ID: filter.Column{Name: "c.id", EmptyMeansNone: true}}.Compile(filter.SQLite)
	assert.ErrorIs(t, err, filter.ErrMapping)
	_, err = filter.Mapping{Type: "calendar", Account: filter.Column{Name: "c.account"}, ID: filter.Column{Name: "id"}}.Compile(filter.SQLite)
	assert.ErrorContains(t, err, "qualify")
}

// The ids of all resources are one argument.
func TestManyRolesOnResourcesInSQL(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	s := calendarShares()
	for i := range 10_000 {
		s.users[usher.Ref{Type: "calendar", ID: fmt.Sprintf("calendar-%d", i)}] = map[usher.UserID][]role.Name{"mia": {"editor", "viewer"}}
	}
	for _, d := range []filter.Dialect{filter.PostgreSQL, filter.SQLite} {
		calendars, err := filter.Mapping{
			Type: "calendar", Account: filter.Column{Name: "c.account"}, ID: filter.Column{Name: "c.id"},
			Parties: map[string]filter.Party{"host": filter.Column{Name: "c.host"}}, In: filter.Empty{},
		}.Compile(d)
		require.NoError(t, err)
		f, err := p.Filter(s, &usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("calendar.view"), Time: noon})
		require.NoError(t, err)
		c, err := f.SQL(calendars, 1)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(c.Args), 3, "%v", d)
		assert.Less(t, len(c.SQL), 600, "%s", c.SQL)
		assert.Equal(t, 1, strings.Count(fmt.Sprint(c.Args), "calendar-9999"))
	}
}
