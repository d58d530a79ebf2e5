package account_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

const sharing = `
usher: 1
name: sharing
roles:
  owner:  {unique: true, includes: [member], hands-over-to: member}
  member: {default: true}
  lead:   {held-on: team}
  editor: {held-on: calendar}
  keeper: {held-on: room}
resources:
  room: {permissions: {open: {keeper: here}}}
  calendar:
    parties: {host: users}
    permissions:
      edit:  {member: own, editor: here}
      share: {member: own}
  user: {permissions: {delete: {owner: any}}}
`

var c1 = usher.Ref{Type: "calendar", ID: "c1"}

func calendar(id, host string) *usher.Object {
	return &usher.Object{Type: "calendar", ID: id, Account: "club", Parties: map[string][]string{"host": {host}}}
}

func shared(t testing.TB) (*policy.Policy, *account.State) {
	p := compile(t, sharing)
	return p, open(t, p, account.Seed{
		Teams:   map[usher.TeamID]usher.TeamID{"red": ""},
		Users:   map[usher.UserID]policy.User{"olga": {Role: "owner"}, "mia": {}, "max": {}, "ivan": {Status: usher.Inactive}},
		RolesOn: []account.RolesOn{{Holder: account.Holder{Team: "red"}, On: c1, Roles: []role.Name{"editor"}}},
	})
}

// Each row is a command of mia, with the resources that the host application passes.
func TestRoleOnIsRefused(t *testing.T) {
	p, s := shared(t)
	give := account.GiveRoleOn{User: "max", Role: "editor", On: c1}
	own := []usher.Resource{calendar("c1", "mia")}
	for name, row := range map[string]struct {
		command   account.Command
		resources []usher.Resource
		code      account.Code
		says      string
	}{
		"done":                     {give, own, 0, ""},
		"no resource":              {give, nil, account.CodeDenied, "the host application did not pass the resource calendar c1"},
		"another resource":         {give, []usher.Resource{calendar("c2", "mia")}, account.CodeDenied, "did not pass"},
		"a resource of max":        {give, []usher.Resource{calendar("c1", "max")}, account.CodeDenied, "out-of-scope"},
		"taken with no resource":   {account.TakeRoleOn{Team: "red", Role: "editor", On: c1}, nil, account.CodeDenied, "did not pass"},
		"taken from a team":        {account.TakeRoleOn{Team: "red", Role: "editor", On: c1}, own, 0, ""},
		"nil":                      {give, []usher.Resource{nil}, account.CodeInvalid, "is nil"},
		"twice":                    {give, append(own, calendar("c1", "max")), account.CodeInvalid, "twice"},
		"a user and a team":        {account.GiveRoleOn{User: "max", Team: "red", Role: "editor", On: c1}, own, account.CodeInvalid, "name one of them"},
		"neither":                  {account.GiveRoleOn{Role: "editor", On: c1}, own, account.CodeInvalid, "name one of them"},
		"an unknown user":          {account.GiveRoleOn{User: "zoe", Role: "editor", On: c1}, own, account.CodeUnknownUser, ""},
		"an unknown team":          {account.GiveRoleOn{Team: "blue", Role: "editor", On: c1}, own, account.CodeUnknownTeam, ""},
		"an unknown role":          {account.GiveRoleOn{User: "max", Role: "edito", On: c1}, own, account.CodeUnknownRole, "editor"},
		"an account role":          {account.GiveRoleOn{User: "max", Role: "owner", On: c1}, own, account.CodeUnknownRole, "set-role"},
		"a team role":              {account.GiveRoleOn{User: "max", Role: "lead", On: c1}, own, account.CodeUnknownRole, "set-team-role"},
		"a role on rooms":          {account.GiveRoleOn{User: "max", Role: "keeper", On: c1}, own, account.CodeUnknownRole, "is held on room, not on "},
		"a type without share":     {account.GiveRoleOn{User: "max", Role: "keeper", On: usher.Ref{Type: "room", ID: "r"}}, own, account.CodeDenied, "no permission room.share"},
		"a standard type":          {account.GiveRoleOn{User: "max", Role: "keeper", On: usher.Ref{Type: "user", ID: "max"}}, own, account.CodeDenied, "no permission user.share"},
		"no type":                  {account.GiveRoleOn{User: "max", Role: "keeper"}, own, account.CodeDenied, "On names no resource; set its Type and ID"},
		"a misspelled type":        {account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "calendr", ID: "c1"}}, own, account.CodeDenied, `declares no resource "calendr"; did you mean "calendar"?`},
		"forget":                   {account.Forget{On: c1}, own, account.CodeDenied, "only the host"},
		"nothing to take":          {account.TakeRoleOn{User: "max", Role: "editor", On: c1}, own, 0, ""},
		"nothing of an odd role":   {account.TakeRoleOn{User: "max", Role: "odd", On: c1}, own, account.CodeUnknownRole, ""},
		"an inactive user gets it": {account.GiveRoleOn{User: "ivan", Role: "editor", On: c1}, own, 0, ""},
	} {
		_, err := s.Propose(p, account.Proposal{Actor: account.AsUser("mia"), Time: noon, Commands: []account.Command{row.command}, Resources: row.resources})
		if assert.Equal(t, row.code, codeOf(t, err), "%s: %v", name, err) && row.code != 0 {
			assert.ErrorContains(t, err, row.says, name)
		}
	}

	foreign := calendar("c1", "mia")
	foreign.Account = "other"
	_, err := s.Propose(p, account.Proposal{Actor: account.AsUser("mia"), Time: noon, Commands: []account.Command{give}, Resources: []usher.Resource{foreign}})
	assert.ErrorIs(t, err, usher.ErrOtherAccount)
	_, err = propose(p, s, account.AsHost("sync"), account.GiveRoleOn{User: "max", Role: "editor"})
	assert.Equal(t, account.CodeInvalid, codeOf(t, err))
	assert.ErrorContains(t, err, "On names no resource; set its Type and ID")
	for _, command := range []account.Command{
		account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "calendr", ID: "c1"}},
		account.TakeRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "calendr", ID: "c1"}},
	} {
		_, err = propose(p, s, account.AsHost("sync"), command)
		assert.Equal(t, account.CodeUnknownRole, codeOf(t, err))
		assert.ErrorContains(t, err, `declares no resource "calendr"; did you mean "calendar"?`)
	}
	_, err = propose(p, s, account.AsUser("ivan"), give)
	assert.Equal(t, account.CodeDenied, codeOf(t, err), "an inactive actor")
	_, err = propose(p, s, account.Actor{}, give)
	assert.Equal(t, account.CodeDenied, codeOf(t, err))
}

// The pages of a View have every entry once, in order, whatever their size.
func TestPagesOfRolesOn(t *testing.T) {
	p, s := shared(t)
	var commands []account.Command
	for i := range 40 {
		on := usher.Ref{Type: []string{"calendar", "room"}[i%2], ID: fmt.Sprint("x", i)}
		commands = append(commands, account.GiveRoleOn{User: "max", Role: []role.Name{"editor", "keeper"}[i%2], On: on})
	}
	for _, id := range []usher.UserID{"olga", "mia", "max"} {
		commands = append(commands, account.GiveRoleOn{User: id, Role: "editor", On: c1})
	}
	s = do(t, p, s, account.AsHost("test"), commands...)
	v := s.View(p)
	all := slices.Collect(v.ResourcesOfUser("max", usher.Ref{}))
	require.Len(t, all, 41)
	assert.True(t, slices.IsSortedFunc(all, func(a, b account.RolesOn) int {
		return slices.Compare([]string{a.On.Type, a.On.ID}, []string{b.On.Type, b.On.ID})
	}))
	for i, h := range all {
		assert.Equal(t, all[i+1:], append([]account.RolesOn{}, slices.Collect(v.ResourcesOfUser("max", h.On))...))
	}
	holders := slices.Collect(v.HoldersOf(c1, account.Holder{}))
	var got []account.Holder
	for i, h := range holders {
		got = append(got, h.Holder)
		assert.Equal(t, c1, h.On)
		assert.Equal(t, holders[i+1:], append([]account.RolesOn{}, slices.Collect(v.HoldersOf(c1, h.Holder))...))
	}
	assert.Equal(t, []account.Holder{{User: "max"}, {User: "mia"}, {User: "olga"}, {Team: "red"}}, got)
	assert.Len(t, slices.Collect(v.ResourcesOfTeam("red", usher.Ref{})), 1)
	assert.Empty(t, slices.Collect(v.HoldersOf(usher.Ref{Type: "calendar", ID: "none"}, account.Holder{})))
	assert.Empty(t, slices.Collect(account.View{}.ResourcesOfUser("max", usher.Ref{})))
}

// Above the bounds the code is too-many-roles, also within a batch and by a merge, and a resource on
// which a holder already has a role needs no room.
func TestTooManyRolesOn(t *testing.T) {
	p, s := shared(t)
	commit := func(changes ...account.Change) {
		next, err := s.Apply(&account.Commit{Account: "club", Version: s.Version() + 1, Time: noon, Actor: account.AsHost("test"), Changes: changes})
		require.NoError(t, err)
		s = next
	}
	var changes []account.Change
	for i := range account.MaxResourcesOfUser - 1 {
		changes = append(changes, account.RoleOnGiven{User: "max", Role: "editor", Type: "calendar", ID: fmt.Sprint("x", i)})
	}
	commit(changes...)
	host := account.AsHost("test")
	last := account.GiveRoleOn{User: "max", Role: "editor", On: c1}
	more := account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "calendar", ID: "c2"}}
	_, err := propose(p, s, host, last)
	require.NoError(t, err)
	_, err = propose(p, s, host, last, more)
	assert.ErrorIs(t, err, account.ErrTooManyRoles)
	assert.ErrorContains(t, err, "max can have roles on at most 10000 resources")
	_, err = propose(p, s, host, last, account.Forget{On: usher.Ref{Type: "calendar", ID: "x7"}}, more)
	assert.NoError(t, err)
	s = do(t, p, s, host, account.GiveRoleOn{User: "mia", Role: "editor", On: c1}, account.GiveRoleOn{User: "mia", Role: "editor", On: usher.Ref{Type: "calendar", ID: "x1"}})
	_, err = propose(p, s, host, account.RenameUser{From: "mia", To: "max"})
	require.NoError(t, err)
	s = do(t, p, s, host, account.GiveRoleOn{User: "mia", Role: "editor", On: more.On})
	_, err = propose(p, s, host, account.RenameUser{From: "mia", To: "max"})
	assert.ErrorIs(t, err, account.ErrTooManyRoles)

	changes = nil
	for i := range account.MaxHoldersOfResource {
		id := usher.UserID(fmt.Sprint("user-", i))
		changes = append(changes, account.UserAdded{User: id, Role: "member", Status: usher.Active}, account.RoleOnGiven{User: id, Role: "editor", Type: "calendar", ID: "all"})
	}
	commit(changes...)
	_, err = propose(p, s, host, account.GiveRoleOn{Team: "red", Role: "editor", On: usher.Ref{Type: "calendar", ID: "all"}})
	assert.ErrorIs(t, err, account.ErrTooManyRoles)

	changes = nil
	for i := range account.MaxResourcesOfTeam - 2 { // red has a role on c1
		changes = append(changes, account.RoleOnGiven{Team: "red", Role: "editor", Type: "calendar", ID: fmt.Sprint("x", i)})
	}
	commit(changes...)
	last, more = account.GiveRoleOn{Team: "red", Role: "editor", On: usher.Ref{Type: "calendar", ID: "c3"}}, account.GiveRoleOn{Team: "red", Role: "editor", On: more.On}
	_, err = propose(p, s, host, last)
	require.NoError(t, err)
	_, err = propose(p, s, host, last, more)
	assert.ErrorIs(t, err, account.ErrTooManyRoles)
	assert.ErrorContains(t, err, "the team red can have roles on at most 10000 resources, and has them on 10000")
}

// A Preview has the rules that change on a resource.
func TestPreviewOfRolesOn(t *testing.T) {
	p, s := shared(t)
	commands := []account.Command{
		account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "calendar", ID: "c2"}},
		account.GiveRoleOn{User: "mia", Role: "editor", On: c1},
		account.TakeRoleOn{User: "mia", Role: "editor", On: c1},
		account.Forget{On: c1},
	}
	o, err := propose(p, s, account.AsHost("test"), commands...)
	require.NoError(t, err)
	preview, err := s.Preview(p, o, noon)
	require.NoError(t, err)
	require.Len(t, preview.RolesOn, 2)
	gives, takes := preview.RolesOn[0], preview.RolesOn[1]
	assert.Equal(t, account.Holder{User: "max"}, gives.Holder)
	assert.Equal(t, []role.Name{"editor"}, gives.After)
	require.Len(t, gives.Gains, 1)
	assert.Empty(t, gives.Loses)
	assert.Equal(t, "calendar.edit", gives.Gains[0].Permission.String())
	assert.Equal(t, account.Holder{Team: "red"}, takes.Holder)
	assert.Empty(t, takes.Gains)
	assert.Len(t, takes.Loses, 1)
}

// A policy that has a role on resources again lets its holders use it again, and FitsAfter reports it.
func TestFitsAfterReportsRolesOn(t *testing.T) {
	p, s := shared(t)
	s = do(t, p, s, account.AsHost("test"),
		account.GiveRoleOn{User: "max", Role: "editor", On: c1}, account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "calendar", ID: "c2"}})
	without := compile(t, strings.NewReplacer("  editor: {held-on: calendar}\n", "", ", editor: here", "").Replace(sharing))
	ofRooms := compile(t, strings.NewReplacer("editor: {held-on: calendar}", "editor: {held-on: room}", ", editor: here", "").Replace(sharing))
	require.NoError(t, s.FitsAfter(p, p, noon))
	require.NoError(t, s.FitsAfter(p, without, noon))
	require.NoError(t, s.FitsAfter(without, ofRooms, noon))
	for _, before := range []*policy.Policy{without, ofRooms} {
		var m *account.PolicyMismatchError
		require.ErrorAs(t, s.FitsAfter(before, p, noon), &m)
		assert.Equal(t, []string{
			"the role editor, held on calendar, becomes effective again (max)",
			"the role editor, held on calendar, becomes effective again for the team red",
		}, m.Reasons)
		assert.NoError(t, s.FitsUser(p, "max"))
	}
}
