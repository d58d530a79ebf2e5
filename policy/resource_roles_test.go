package policy_test

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// sharing has roles that are held on workspaces, calendars and folders.
const sharing = `
usher: 1
conditions: {mfa: {context: mfa}, locked: {attribute: locked}}
roles:
  owner:   {unique: true, hands-over-to: member}
  member:  {default: true}
  careful: {requires: [mfa]}
  lead:    {held-on: team}
  editor:  {held-on: calendar, includes: [viewer]}
  viewer:  {held-on: calendar}
  warden:  {held-on: calendar, requires: [mfa]}
  guide:   {held-on: workspace}
  reader:  {held-on: folder}
resources:
  workspace: {permissions: {open: {guide: here}}}
  calendar:
    in: workspace
    parties: {host: users}
    fields: {details: [title]}
    permissions:
      view:  {viewer: here hiding details, guide: here or above, member: own}
      edit:  {editor: here, member: sole}
      lock:  {warden: here if not locked}
      share: {editor: here and own}
  event:
    in: calendar
    parties: {host: users}
    permissions:
      view: {viewer: here or above, guide: here or above}
      edit: {editor: here or above and own as host}
  folder:
    in: folder
    permissions: {read: {reader: here or above}, list: {reader: here}}
bundles: {calendar.all: [calendar.view, calendar.edit], folder.all: [folder.read, folder.list]}
never:
  calendar.edit: any if locked and mfa
`

// shares are the roles on resources of a world: by resource, then by holder.
type shares struct {
	*world
	users map[usher.Ref]map[usher.UserID][]role.Name
	teams map[usher.Ref]map[usher.TeamID][]role.Name
	err   error
	calls []string // the resources that were looked up
}

func (s *shares) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	s.calls = append(s.calls, "user "+string(id)+" "+on.String())
	return s.users[on][id], s.err
}

func (s *shares) TeamRolesOn(id usher.TeamID, on usher.Ref) ([]role.Name, error) {
	s.calls = append(s.calls, "team "+string(id)+" "+on.String())
	return s.teams[on][id], s.err
}

func (s *shares) UserResources(id usher.UserID, typ string) iter.Seq2[policy.RolesOn, error] {
	return heldBy(s.users, id, typ, s.err)
}

func (s *shares) TeamResources(id usher.TeamID, typ string) iter.Seq2[policy.RolesOn, error] {
	return heldBy(s.teams, id, typ, s.err)
}

func heldBy[ID comparable](by map[usher.Ref]map[ID][]role.Name, id ID, typ string, err error) iter.Seq2[policy.RolesOn, error] {
	return func(yield func(policy.RolesOn, error) bool) {
		if err != nil {
			yield(policy.RolesOn{}, err)
			return
		}
		for on := range maps.Keys(by) {
			if roles := by[on][id]; on.Type == typ && len(roles) > 0 && !yield(policy.RolesOn{ID: on.ID, Roles: roles}, nil) {
				return
			}
		}
	}
}

// calendarShares is a world under the policy sharing.
func calendarShares() *shares {
	c1, w1, f1 := usher.Ref{Type: "calendar", ID: "c1"}, usher.Ref{Type: "workspace", ID: "w1"}, usher.Ref{Type: "folder", ID: "f1"}
	return &shares{
		world: &world{
			users: map[usher.UserID]*policy.User{
				"olga": {Status: usher.Active, Role: "owner"},
				"mia":  {Status: usher.Active, Role: "member"},
				"max":  {Status: usher.Active, Role: "member", Teams: in("emea")},
				"kim":  {Status: usher.Active, Role: "careful"},
				"out":  {Status: usher.Active, Role: "member", Outside: in("sales", "lead")},
				"ida":  {Status: usher.Inactive, Role: "member"},
				"wim":  {Status: usher.Active, Role: "member"},
				"odd":  {Status: usher.Active, Role: "member"},
			},
			teams: map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales"},
			now:   midnight,
		},
		users: map[usher.Ref]map[usher.UserID][]role.Name{
			c1:                 {"mia": {"editor"}, "kim": {"editor"}, "ida": {"editor"}, "gone": {"editor"}, "odd": {"guide"}, "wim": {"warden", "reader", "owner", "nonsense"}, "": {"editor"}},
			w1:                 {"wim": {"guide"}},
			f1:                 {"mia": {"reader"}},
			{Type: "calendar"}: {"mia": {"editor"}},
		},
		teams: map[usher.Ref]map[usher.TeamID][]role.Name{c1: {"sales": {"viewer"}}},
	}
}

func TestRolesOnResources(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	workspace := &usher.Object{Type: "workspace", ID: "w1"}
	calendar := func(id string, host ...string) *usher.Object {
		return &usher.Object{Type: "calendar", ID: id, Parties: map[string][]string{"host": host}, In: workspace, Attributes: map[string]bool{"locked": false}}
	}
	event := &usher.Object{Type: "event", ID: "e1", In: calendar("c1")}
	folder := func(id string, in usher.Resource) *usher.Object { return &usher.Object{Type: "folder", ID: id, In: in} }
	mfa := usher.Context{"mfa": true}
	for _, row := range []struct {
		user usher.UserID
		perm string
		on   usher.Resource
		with usher.Context
		want usher.Reason
	}{
		{"mia", "calendar.edit", calendar("c1"), nil, usher.ReasonGranted},
		{"mia", "calendar.edit", calendar("c2"), nil, usher.ReasonOutOfScope}, // by member: sole
		{"mia", "calendar.edit", calendar(""), nil, usher.ReasonOutOfScope},   // an empty id is that of no resource
		{"mia", "calendar.share", nil, nil, usher.ReasonNoPermission},
		{"mia", "calendar.view", calendar("c1"), nil, usher.ReasonGranted}, // included
		{"mia", "calendar.all", calendar("c1"), nil, usher.ReasonGranted},
		{"mia", "calendar.share", calendar("c1"), nil, usher.ReasonOutOfScope},
		{"mia", "calendar.share", calendar("c1", "mia"), nil, usher.ReasonGranted},
		{"mia", "calendar.share", calendar("c2", "mia"), nil, usher.ReasonNoPermission},
		{"mia", "calendar.lock", calendar("c1"), nil, usher.ReasonNoPermission},
		{"mia", "event.view", event, nil, usher.ReasonGranted},
		{"mia", "event.edit", event, nil, usher.ReasonOutOfScope},
		{"mia", "event.view", &usher.Object{Type: "event", In: calendar("c2")}, nil, usher.ReasonNoPermission},
		{"mia", "event.view", &thing{ref: usher.Ref{Type: "event", ID: "e1"}, noIn: true}, nil, usher.ReasonNoPermission},
		{"max", "calendar.view", calendar("c1"), nil, usher.ReasonGranted}, // through the team above
		{"max", "calendar.edit", calendar("c1"), nil, usher.ReasonOutOfScope},
		{"out", "calendar.view", calendar("c1"), nil, usher.ReasonOutOfScope}, // not a member
		{"kim", "calendar.edit", calendar("c1"), nil, usher.ReasonConditionUnmet},
		{"kim", "calendar.edit", calendar("c1"), mfa, usher.ReasonGranted},
		{"ida", "calendar.edit", calendar("c1"), nil, usher.ReasonInactive},
		{"gone", "calendar.edit", calendar("c1"), nil, usher.ReasonUnknownUser},
		{"", "calendar.edit", calendar("c1"), nil, usher.ReasonUnknownUser},
		{"wim", "calendar.edit", calendar("c1"), nil, usher.ReasonOutOfScope},
		{"wim", "calendar.lock", calendar("c1"), nil, usher.ReasonConditionUnmet},
		{"wim", "calendar.lock", calendar("c1"), mfa, usher.ReasonGranted},
		{"wim", "calendar.view", calendar("c2"), nil, usher.ReasonGranted}, // by the workspace
		{"wim", "event.view", &usher.Object{Type: "event", In: calendar("c2")}, nil, usher.ReasonGranted},
		{"wim", "workspace.open", workspace, nil, usher.ReasonGranted},
		{"mia", "folder.read", folder("f1", nil), nil, usher.ReasonGranted},
		{"mia", "folder.read", folder("f3", folder("f2", folder("f1", nil))), nil, usher.ReasonGranted},
		{"mia", "folder.list", folder("f2", folder("f1", nil)), nil, usher.ReasonNoPermission},
		{"mia", "folder.list", folder("f1", nil), nil, usher.ReasonGranted},
		{"mia", "folder.all", folder("f1", nil), nil, usher.ReasonGranted},
		{"mia", "folder.all", folder("f2", folder("f1", nil)), nil, usher.ReasonNoPermission}, // above counts only with or above
		{"odd", "calendar.view", calendar("c1"), nil, usher.ReasonOutOfScope},                 // guides are guides of workspaces
	} {
		r := usher.Request{Subject: row.user, Permission: permission.MustParse(row.perm), Resource: row.on, Context: row.with, Time: midnight}
		d, err := p.Decide(calendarShares(), &r)
		require.NoError(t, err)
		assert.Equal(t, row.want, d.Reason(), "%v", row)
		if d, err = p.Decide(struct{ policy.Facts }{calendarShares().world}, &r); assert.NoError(t, err) {
			assert.False(t, d.Allowed(), "%v without the interface", row)
		}
		matching, err := p.Matching(calendarShares(), &r)
		require.NoError(t, err)
		isBundle := strings.HasSuffix(row.perm, ".all") // of which one permission may be allowed
		assert.True(t, isBundle || (row.want == usher.ReasonGranted) == (len(matching) > 0), "%v matches %v", row, matching)
	}
}

func TestRolesOnResourcesFail(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	broken := errors.New("no connection")
	for _, user := range []usher.UserID{"mia", "max"} {
		s := calendarShares()
		s.err = broken
		d, err := p.Decide(s, &usher.Request{Subject: user, Permission: permission.MustParse("calendar.edit"), Resource: &usher.Object{Type: "calendar", ID: "c1", Attributes: map[string]bool{"locked": false}}, Time: midnight})
		assert.ErrorIs(t, err, broken)
		assert.Zero(t, d)
	}
}

// A check asks once about each resource, and not at all where no rule depends on it.
func TestRolesOnResourcesAsk(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	workspace := &usher.Object{Type: "workspace", ID: "w1"}
	calendar := &usher.Object{Type: "calendar", ID: "c1", In: workspace}
	for _, row := range []struct{ user, perm, want string }{
		{"mia", "calendar.share", "user mia calendar c1"},
		{"mia", "event.view", "user mia calendar c1, user mia workspace w1"}, // a rule for guides would be named before that for viewers
		{"max", "event.view", "user max calendar c1, team emea calendar c1, team sales calendar c1, user max workspace w1, team emea workspace w1, team sales workspace w1"},
		{"wim", "calendar.view", "user wim calendar c1, user wim workspace w1"},
		{"ida", "calendar.view", ""},
		{"olga", "user.view", ""},
	} {
		s := calendarShares()
		r := usher.Request{Subject: usher.UserID(row.user), Permission: permission.MustParse(row.perm), Time: midnight}
		switch r.Permission.Resource() {
		case "calendar":
			r.Resource = calendar
		case "event":
			r.Resource = &usher.Object{Type: "event", ID: "e1", In: calendar}
		}
		_, err := p.Decide(s, &r)
		require.NoError(t, err)
		assert.Equal(t, row.want, strings.Join(s.calls, ", "), "%v", row)
	}
}

func TestExplainRolesOnResources(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	workspace := &usher.Object{Type: "workspace", ID: "w2"}
	calendar := &usher.Object{Type: "calendar", ID: "c2", In: workspace}
	for _, row := range []struct {
		user, perm string
		on         usher.Resource
		want       string
	}{
		{"mia", "calendar.share", calendar, "a grant of calendar.share | be a host, and role editor on calendar c2"},
		{"mia", "event.view", &usher.Object{Type: "event", ID: "e2", In: calendar}, "role editor on calendar c2 | role guide on workspace w2 | role viewer on calendar c2 | a grant of event.view"},
		{"wim", "calendar.lock", &usher.Object{Type: "calendar", ID: "c1", Attributes: map[string]bool{"locked": false}}, "a request with mfa true | a grant of calendar.lock"},
		{"gone", "workspace.open", workspace, "join the account as member, and role guide on workspace w2"},
		{"mia", "workspace.open", &usher.Object{Type: "workspace"}, "a grant of workspace.open"},
	} {
		x, err := p.Explain(calendarShares(), &usher.Request{Subject: usher.UserID(row.user), Permission: permission.MustParse(row.perm), Resource: row.on, Time: midnight})
		require.NoError(t, err)
		var texts []string
		for _, r := range x.Remedies {
			texts = append(texts, r.Text)
		}
		assert.Equal(t, row.want, strings.Join(texts[:min(len(texts), strings.Count(row.want, "|")+1)], " | "), "%v: %v", row, x)
	}
	x, err := p.Explain(calendarShares(), &usher.Request{Subject: "mia", Permission: permission.MustParse("calendar.view"), Resource: &usher.Object{Type: "calendar", ID: "c1"}, Time: midnight})
	require.NoError(t, err)
	assert.Equal(t, "mia may calendar.view on calendar c1: allowed by `viewer: here hiding details` of calendar.view (which editor includes, sharing.yaml:21), with title hidden", x.Sentence)
	assert.Equal(t, []string{"title"}, x.Decision.Hidden())
	assert.Equal(t, usher.SourceResourceRole, x.Decision.Detail().Rule.Source)
}

func TestWhoMayRolesOnResources(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	var ids []string
	event := &usher.Object{Type: "event", ID: "e1", In: &usher.Object{Type: "calendar", ID: "c1", In: &usher.Object{Type: "workspace", ID: "w1"}}}
	for s, err := range p.WhoMay(listed{calendarShares()}, &usher.Request{Permission: permission.MustParse("event.view"), Resource: event, Time: midnight}, "") {
		require.NoError(t, err)
		ids = append(ids, string(s.ID))
	}
	assert.Equal(t, []string{"max", "mia", "wim"}, ids)
}

// listed lists the users of shares.
type listed struct{ *shares }

func (l listed) UsersAfter(after usher.UserID) iter.Seq2[policy.Listed, error] {
	return func(yield func(policy.Listed, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(l.world.users)) {
			if id > after && !yield(policy.Listed{ID: id, User: l.world.users[id]}, nil) {
				return
			}
		}
	}
}
