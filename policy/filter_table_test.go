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

func TestCheckTable(t *testing.T) {
	p := onceHub(t)
	edit, remove := permission.MustParse("calendar.edit"), permission.MustParse("user.delete")
	hostOnly := calendarTable
	hostOnly.Parties = map[string]filter.Party{"host": filter.Column{Name: "c.host"}}
	assert.NoError(t, p.CheckTable(compiled(t, calendarTable), edit, remove))
	assert.NoError(t, p.CheckTable(compiled(t, userTable), permission.MustParse("page.share"), remove), "one of them is about users")
	assert.NoError(t, p.CheckTable(compiled(t, calendarTable)))
	assert.ErrorContains(t, p.CheckTable(compiled(t, hostOnly)), "calendar.view: mapping of calendar: rules depend on the party team", "all that is about calendars")
	assert.EqualError(t, p.CheckTable(compiled(t, hostOnly), permission.MustParse("page.share"), remove),
		"mapping of calendar: none of the permissions is about a calendar")
	assert.EqualError(t, p.CheckTable(compiled(t, hostOnly), edit),
		"calendar.edit: mapping of calendar: rules depend on the party team, which is not mapped; use Empty if it is always empty, or Unknown if the table does not have it")
	noUser := userTable
	noUser.Parties = map[string]filter.Party{"team": filter.Unknown{}}
	assert.ErrorIs(t, p.CheckTable(compiled(t, noUser), remove), filter.ErrMapping, "the account owner is protected")
	assert.ErrorIs(t, p.CheckTable(compiled(t, calendarTable), permission.Permission{}), usher.ErrUnknownPermission)
	assert.ErrorIs(t, p.CheckTable(nil, edit), filter.ErrMapping)
	assert.ErrorIs(t, (*policy.Policy)(nil).CheckTable(compiled(t, calendarTable), edit), usher.ErrUnknownPermission)

	// Requirements of roles are checked, whatever the rules are.
	guarded, err := policyfile.Load("guarded.yaml", []byte(`
usher: 1
conditions: {open: {attribute: open}, teamed: {party: team}}
roles:
  boss: {unique: true, all: true, hands-over-to: staff}
  staff: {default: true, requires: [open]}
resources:
  calendar:
    parties: {host: users, team: teams}
    permissions: {edit: {everyone: any if not teamed}}
`))
	require.NoError(t, err)
	assert.EqualError(t, guarded.CheckTable(compiled(t, calendarTable), edit),
		"calendar.edit: mapping of calendar: rules depend on the attribute open, which is not mapped; use Unknown if the table does not have it")
	assert.ErrorContains(t, guarded.CheckTable(compiled(t, filter.Mapping{Type: "calendar", Account: calendarTable.Account}), edit), "the party team")

	// A name that the policy lacks is reported as a typing error.
	account := calendarTable.Account
	for _, row := range []struct {
		mapping filter.Mapping
		want    string
	}{
		{filter.Mapping{Type: "calender", Account: account}, `mapping of calender: the policy has no such resource; did you mean "calendar"?`},
		{filter.Mapping{Type: "calendar", Account: account, Parties: map[string]filter.Party{"teams": filter.Empty{}}}, `mapping of calendar: the policy declares no party teams; did you mean "team"?`},
		{filter.Mapping{Type: "calendar", Account: account, Attributes: map[string]filter.Attribute{"opne": filter.Unknown{}}}, `mapping of calendar: the policy declares no attribute opne; did you mean "open"?`},
	} {
		err := guarded.CheckTable(compiled(t, row.mapping), edit)
		require.EqualError(t, err, row.want)
		assert.ErrorIs(t, err, filter.ErrMapping)
	}

	// A missing column is an error also for users whose rules do not need it.
	f, err := p.Filter(listing{office()}, every("ada", "calendar.edit"))
	require.NoError(t, err)
	_, err = f.SQL(compiled(t, hostOnly), 1)
	assert.ErrorIs(t, err, filter.ErrMapping)
}
