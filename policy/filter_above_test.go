package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

const nestedPolicy = roles + `
resources:
  space:
    in: space
    parties: {keeper: users, team: [users, teams]}
    permissions: {open: {member: own or above}}
  calendar:
    in: space
    parties: {host: users}
    permissions: {edit: {member: own}}
  event:
    in: calendar
    parties: {guest: users}
    permissions: {view: {member: own or above as guest or host}, edit: {member: own or above as keeper or team}, move: {member: own}}
bundles: {all: [event.move, event.view]}
never:
  event.view: own or above as host
`

// Mappings for nestedPolicy.
var (
	spaces = filter.Mapping{
		Type: "space", Account: filter.Column{Name: "s.account"},
		Parties: map[string]filter.Party{"keeper": filter.Column{Name: "s.keeper"}, "team": filter.Column{Name: "s.member"}},
		Teams:   map[string]filter.Party{"team": filter.Column{Name: "s.team"}},
		In:      filter.ContainerRow{Table: "spaces", Key: map[string]string{"id": "s.parent"}},
	}
	calendars = filter.Mapping{
		Type: "calendar", Account: filter.Column{Name: "c.account"}, Parties: map[string]filter.Party{"host": filter.Column{Name: "c.host"}},
		In: filter.ContainerRow{Table: "spaces", Key: map[string]string{"id": "c.space"}, Of: spaces},
	}
	events = filter.Mapping{
		Type: "event", Account: filter.Column{Name: "e.account"}, Parties: map[string]filter.Party{"guest": filter.Column{Name: "e.guest"}},
		In: filter.ContainerRow{Table: "calendars", Key: map[string]string{"id": "e.calendar"}, Of: calendars},
	}
)

// eventsIn returns a mapping of events with another container.
func eventsIn(c filter.Container) filter.Mapping {
	m := events
	m.In = c
	return m
}

// columnsOf returns a mapping as that of ContainerColumns.
func columnsOf(of filter.Mapping, in filter.Container) filter.Container {
	of.In = in
	return filter.ContainerColumns{Of: of}
}

// rowOf returns a mapping as that of a ContainerRow.
func rowOf(of filter.Mapping) filter.Container {
	return filter.ContainerRow{Table: "t", Key: map[string]string{"id": "e.calendar"}, Of: of}
}

func TestCheckTableAbove(t *testing.T) {
	p, err := policyfile.Load("x.yaml", []byte(nestedPolicy))
	require.NoError(t, err)
	withoutIn, noHost, noTeams, withParty, tree := calendars, calendars, spaces, spaces, calendars
	withoutIn.In, noHost.Parties, noTeams.Teams = nil, nil, nil
	withParty.Parties = map[string]filter.Party{"keeper": filter.Empty{}, "team": filter.Empty{}, "kepeer": filter.Empty{}}
	tree.In = filter.ContainerRow{Table: "calendars", Key: map[string]string{"id": "c.parent"}}
	const unset = ", and In is not set; set it to a ContainerRow or ContainerColumns; use Empty if nothing contains the rows, or Unknown if the table does not have their containers"
	for _, row := range []struct {
		name       string
		m          filter.Mapping
		permission string
		want       string // of the error
	}{
		{"rows", events, "event.view", ""},
		{"rows, three levels", events, "event.edit", ""},
		{"columns", eventsIn(columnsOf(calendars, calendars.In)), "event.edit", ""},
		{"columns twice", eventsIn(columnsOf(calendars, columnsOf(spaces, rowOf(spaces)))), "event.edit", ""},
		{"a tree", spaces, "space.open", ""},
		{"no rule looks", eventsIn(nil), "event.move", ""},
		{"none", eventsIn(filter.Empty{}), "event.edit", ""},
		{"unknown", eventsIn(filter.Unknown{}), "event.edit", ""},
		{"only the first level is looked at", eventsIn(rowOf(withoutIn)), "event.view", ""},
		{"not set", eventsIn(nil), "event.view", "event.view: mapping of event: rules look at the calendar that contains it (or above)" + unset},
		{"not set, in a bundle", eventsIn(nil), "all", "all: mapping of event: rules look at the calendar that contains it (or above)" + unset},
		{"not set above", eventsIn(rowOf(withoutIn)), "event.edit", "event.edit: mapping of calendar: rules look at the space that contains it (or above)" + unset},
		{"not set in a tree of columns", eventsIn(columnsOf(calendars, columnsOf(spaces, nil))), "event.edit", "event.edit: mapping of space: rules look at the space that contains it (or above)" + unset},
		{"no party", eventsIn(rowOf(noHost)), "event.view", "event.view: mapping of event: In: mapping of calendar: rules depend on the party host, which is not mapped; use Empty if it is always empty, or Unknown if the table does not have it"},
		{"no party that a rule looks at", eventsIn(rowOf(noHost)), "event.edit", ""},
		{"no teams", eventsIn(columnsOf(calendars, rowOf(noTeams))), "event.edit", "event.edit: mapping of calendar: In: mapping of space: rules depend on the teams of the party team, which are not mapped under Teams; use Empty if it is always empty, or Unknown if the table does not have it"},
		{"another type", eventsIn(rowOf(spaces)), "event.view", "mapping of event: In is a mapping of space (want calendar)"},
		{"another type, which no rule looks at", eventsIn(rowOf(spaces)), "event.move", "mapping of event: In is a mapping of space (want calendar)"},
		{"a tree that is not one", eventsIn(rowOf(tree)), "event.move", "mapping of calendar: In is a mapping of calendar (want space)"},
		{"an unknown party", eventsIn(columnsOf(calendars, rowOf(withParty))), "event.move", `mapping of calendar: In: mapping of space: the policy declares no party kepeer; did you mean "keeper"?`},
	} {
		m := row.m
		var name permission.Permission
		require.NoError(t, name.UnmarshalText([]byte(row.permission)))
		err := p.CheckTable(compiled(t, m), name)
		if row.want == "" {
			assert.NoError(t, err, row.name)
			continue
		}
		assert.EqualError(t, err, row.want, row.name)
		assert.ErrorIs(t, err, filter.ErrMapping, row.name)
	}
	flat, err := policyfile.Load("x.yaml", []byte(roles+"\nresources: {event: {parties: {guest: users}, permissions: {move: {member: own}}}}"))
	require.NoError(t, err)
	assert.EqualError(t, flat.CheckTable(compiled(t, events), permission.MustParse("event.move")),
		"mapping of event: In is a mapping of calendar, but the policy declares no container (in) of event")
}

// A container that the mapping lacks is an error for every user, also for one whose rules do not look
// at it.
func TestFilterAboveNeedsContainers(t *testing.T) {
	p, err := policyfile.Load("x.yaml", []byte(nestedPolicy))
	require.NoError(t, err)
	w := &world{users: map[usher.UserID]*policy.User{"mia": {Status: usher.Active, Role: "member"}, "olga": {Status: usher.Active, Role: "owner"}}}
	for _, user := range []usher.UserID{"mia", "olga"} {
		f, err := p.Filter(w, &usher.Request{Account: "acme", Subject: user, Permission: permission.MustParse("event.view"), Time: midnight})
		require.NoError(t, err)
		_, err = f.SQL(compiled(t, events), 1)
		require.NoError(t, err)
		for _, m := range []filter.Mapping{eventsIn(nil), eventsIn(rowOf(spaces))} {
			_, err = f.SQL(compiled(t, m), 1)
			require.ErrorIs(t, err, filter.ErrMapping)
		}
	}
}
