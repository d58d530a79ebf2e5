package policy_test

import (
	"iter"
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

const emptyPolicy = `
usher: 1
conditions: {hosted: {party: host}}
roles:
  boss:    {unique: true, hands-over-to: member}
  member:  {default: true}
  manager: {held-on: team}
resources:
  page:
    parties: {host: users, team: teams}
    permissions:
      mine:   {member: own}
      alone:  {member: sole}
      theirs: {member: team}
      some:   {member: shared}
      manage: {manager: [team, shared]}
      hosted: {member: any if hosted}
      free:   {member: any}
      public: {everyone: any}
  user:
    permissions: {delete: {member: any}}
never:
  page.free: [own, sole, team, shared]
`

// careless are facts with a user under the empty id, who holds the unique role and is in each team, and
// with users in a team without an id.
type careless struct{ listing }

func (c careless) UsersIn([]usher.TeamID) iter.Seq2[usher.UserID, error] {
	return func(yield func(usher.UserID, error) bool) { _ = yield("", nil) && yield("mia", nil) }
}

func (careless) Owner() usher.UserID { return "" }

// On all paths, an empty id refers to no user and no team, regardless of the facts, and still
// counts as a party.
func TestEmptyIDs(t *testing.T) {
	p, err := policyfile.Load("empty.yaml", []byte(emptyPolicy))
	require.NoError(t, err)
	in := func(teams ...usher.TeamID) (list []policy.Membership) {
		for _, id := range teams {
			list = append(list, policy.Membership{Team: id, Roles: []role.Name{"manager"}})
		}
		return list
	}
	facts := careless{listing{&world{
		teams: map[usher.TeamID]usher.TeamID{"sales": ""},
		users: map[usher.UserID]*policy.User{
			"mia": {Status: usher.Active, Role: "member", Teams: in("sales", "")},
			"":    {Status: usher.Active, Role: "boss", Teams: in("sales", "")},
		},
	}}}
	table, err := filter.Mapping{
		Type: "page", Account: filter.Column{Name: "p.account"},
		Parties: map[string]filter.Party{"host": filter.Column{Name: "p.host"}, "team": filter.Column{Name: "p.team"}},
	}.Compile(filter.PostgreSQL)
	require.NoError(t, err)
	on := func(hosts, teams []string) *usher.Object {
		return &usher.Object{Type: "page", Parties: map[string][]string{"host": hosts, "team": teams}}
	}
	ids := func(list ...string) []string { return list }
	for _, row := range []struct {
		permission string
		page       *usher.Object
		want       bool
	}{
		{"page.mine", on(ids(""), nil), false},
		{"page.mine", on(nil, ids("")), false},
		{"page.mine", on(ids("", "mia"), nil), true},
		{"page.alone", on(ids("mia"), nil), true},
		{"page.alone", on(ids("mia", ""), nil), false},
		{"page.alone", on(ids("mia"), ids("")), false},
		{"page.theirs", on(ids("mia"), ids("sales")), true},
		{"page.theirs", on(ids("mia", ""), ids("sales")), false},
		{"page.theirs", on(ids(""), ids("sales")), false},
		{"page.theirs", on(nil, ids("sales", "")), false},
		{"page.some", on(ids(""), ids("")), false},
		{"page.some", on(ids(""), ids("sales")), true},
		{"page.manage", on(ids(""), ids("")), false},
		{"page.manage", on(ids("", "mia"), nil), true},
		{"page.hosted", on(ids(""), nil), true},
		{"page.hosted", on(nil, ids("")), false},
		{"page.free", on(ids(""), ids("")), true},
		{"page.free", on(ids("", "mia"), nil), false},
	} {
		r := usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse(row.permission), Time: midnight}
		f, err := p.Filter(facts, &r)
		require.NoError(t, err)
		assert.Equal(t, row.want, match(t, f, row.page), "Match: %s on %v", row.permission, row.page.Parties)
		c, err := f.SQL(table, 1)
		require.NoError(t, err)
		for _, arg := range c.Args {
			assert.NotContains(t, arg, `""`, row.permission)
			assert.NotEmpty(t, arg, row.permission)
		}
		r.Resource = row.page
		d, err := p.Decide(facts, &r)
		require.NoError(t, err)
		assert.Equal(t, row.want, d.Allowed(), "Decide: %s on %v", row.permission, row.page.Parties)
		var who []usher.UserID
		for s, err := range p.WhoMay(facts, &r, "") {
			require.NoError(t, err)
			who = append(who, s.ID)
		}
		assert.Equal(t, map[bool][]usher.UserID{true: {"mia"}}[row.want], who, "WhoMay: %s on %v", row.permission, row.page.Parties)
		x, err := p.Explain(facts, &r)
		require.NoError(t, err)
		for _, way := range x.Remedies {
			for _, step := range way.Steps {
				assert.False(t, (step.Kind == usher.StepTeam || step.Kind == usher.StepTeamRole) && step.Team == "", "%s: %v", row.permission, way)
			}
		}
	}

	nobody := usher.Request{Account: "acme", Permission: permission.MustParse("page.public"), Time: midnight}
	d, err := p.Decide(facts, &nobody)
	require.NoError(t, err)
	assert.Equal(t, usher.ReasonUnknownUser, d.Reason())
	nobodyThere := nobody
	nobodyThere.Resource = on(ids(""), ids(""))
	actions, err := p.Actions(facts, &nobodyThere)
	require.NoError(t, err)
	assert.Empty(t, actions)
	f, err := p.Filter(facts, &nobody)
	require.NoError(t, err)
	assert.True(t, f.None())

	// A protection of the holder does not apply to a user without an id.
	r := usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("user.delete"), Time: midnight}
	f, err = p.Filter(facts, &r)
	require.NoError(t, err)
	user := &usher.Object{Type: "user", Parties: map[string][]string{"user": {""}}}
	assert.True(t, match(t, f, user))
	r.Resource = user
	d, err = p.Decide(facts, &r)
	require.NoError(t, err)
	assert.True(t, d.Allowed())
}
