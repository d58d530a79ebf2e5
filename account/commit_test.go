package account_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// removing has the methods of a change, but is not a change.
type removing struct{ account.UserRemoved }

// Apply rejects every kind of damaged journal.
func TestApplyRefuses(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	before := s.Encode()
	for _, row := range []struct {
		change account.Change
		says   string
	}{
		{nil, "the change is nil"},
		{&account.UserRemoved{User: "max"}, "user-removed: *account.UserRemoved is not a change"},
		{(*account.UserRemoved)(nil), "user-removed: *account.UserRemoved is not a change"},
		{removing{account.UserRemoved{User: "max"}}, "account_test.removing is not a change"},
		{account.AccountCreated{Owner: "zoe", Unique: "owner"}, "the account already exists"},
		{account.UserAdded{User: "max", Role: "member", Status: usher.Active}, "the user max already exists"},
		{account.UserAdded{User: "zoe", Role: "owner", Status: usher.Active}, "owner is the unique role, and olga has it"},
		{account.UserAdded{User: "zoe", Role: "member"}, "the user, the role and the status must be set"},
		{account.UserRemoved{User: "zoe"}, "the user zoe does not exist"},
		{account.UserRemoved{User: "olga"}, "olga has the unique role owner"},
		{account.UserRemoved{User: "mia"}, "mia holds a seat in booking"},
		{account.StatusSet{User: "max", From: usher.Invited, To: usher.Active}, "max is active, not invited"},
		{account.StatusSet{User: "max", From: usher.Active, To: 9}, "the status cannot change"},
		{account.RoleSet{User: "max", From: "desk", To: "admin"}, "max has the role member, not desk"},
		{account.RoleSet{User: "max", From: "member", To: "owner"}, "the role cannot change"},
		{account.RoleSet{User: "olga", From: "owner", To: "member"}, "the role cannot change"},
		{account.OwnershipTransferred{From: "adam", To: "max", Was: "member", Becomes: "admin"}, "olga has the unique role owner"},
		{account.OwnershipTransferred{From: "olga", To: "max", Was: "desk", Becomes: "admin"}, "max has the role member, not desk"},
		{account.OwnershipTransferred{From: "olga", To: "max", Was: "member", Becomes: "owner"}, `olga cannot become "owner"`},
		{account.OwnershipTransferred{From: "olga", To: "zoe", Was: "member", Becomes: "admin"}, "the user zoe does not exist"},
		{account.OwnershipBegun{Owner: "max", Unique: "member"}, "olga has the unique role owner"},
		{account.OwnershipEnded{Owner: "max", Unique: "owner"}, `"olga" has the unique role "owner"`},
		{account.OwnershipEnded{Owner: "olga", Unique: "member"}, `"olga" has the unique role "owner"`},
		{account.TeamCreated{Team: "chess"}, "team exists: there is a team chess already"},
		{account.TeamCreated{Team: "new", Parent: "nowhere"}, "unknown team: nowhere, the parent of new"},
		{account.TeamMoved{Team: "nowhere"}, "unknown team: nowhere"},
		{account.TeamMoved{Team: "rowing", From: "chess"}, `rowing is below "sport", not "chess"`},
		{account.TeamMoved{Team: "sport", To: "rowing"}, "teams in a cycle: sport would be below rowing, which is the same team or below it"},
		{account.TeamMoved{Team: "sport", To: "nowhere"}, "unknown team: nowhere, the parent of sport"},
		{account.TeamDeleted{Team: "nowhere"}, "unknown team: nowhere"},
		{account.TeamDeleted{Team: "sport"}, "team not empty: rowing is below sport"},
		{account.MemberAdded{Team: "rowing", User: "max"}, "max is already in rowing"},
		{account.MemberAdded{Team: "nowhere", User: "max"}, "the team nowhere does not exist"},
		{account.MemberRemoved{Team: "chess", User: "max"}, "max is not in chess"},
		{account.MemberRemoved{Team: "rowing", User: "mia"}, "mia has the role captain on rowing"},
		{account.TeamRoleSet{Team: "rowing", User: "mia", Role: "captain"}, `mia already has the role "captain" on rowing`},
		{account.TeamRoleSet{Team: "chess", User: "mia", Role: "captain"}, "mia is not in chess"},
		{account.TeamRoleUnset{Team: "rowing", User: "max", Role: "captain"}, `max does not have the role "captain" on rowing`},
		{account.SeatsSet{Pool: "booking", From: 3, To: 9}, "booking has 4 seats, not 3"},
		{account.SeatsSet{Pool: "booking", From: 4, To: 2}, "seats in use"},
		{account.SeatAssigned{User: "mia", Pool: "booking"}, "mia already holds a seat in booking"},
		{account.SeatAssigned{User: "mia", Pool: "sauna"}, "no seats left"},
		{account.SeatUnassigned{User: "max", Pool: "booking"}, "max holds no seat in booking"},
		{account.SettingChanged{}, "the name of the setting must not be empty"},
		{account.GrantGiven{User: "max"}, "the name of the grant must not be empty"},
		{account.GrantRevoked{User: "max", Grant: "reports"}, "max does not have the grant reports"},
		{account.FieldDefined{ID: 4, Field: "phone", Type: account.TextField}, `the field "phone" already exists`},
		{account.FieldDefined{ID: 9, Field: "new", Type: account.TextField}, "the next field is number 4"},
		{account.FieldDefined{ID: 4, Field: "new"}, "the type must be text, number, date or bool"},
		{account.FieldRenamed{Field: "fone", To: "x"}, `the field "fone" does not exist`},
		{account.FieldRenamed{Field: "born", To: "phone"}, `the field "phone" already exists`},
		{account.FieldMoved{Field: "phone", Before: "born"}, "phone is already there"},
		{account.FieldMoved{Field: "phone", Before: "fone"}, `the field "fone" does not exist`},
		{account.FieldArchived{Field: "shoe"}, "the archived flag of shoe does not change"},
		{account.FieldRestored{Field: "born"}, "the archived flag of born does not change"},
		{account.FieldSet{User: "max", Field: "fone"}, `the field "fone" does not exist`},
		{account.FieldSet{User: "zoe", Field: "phone"}, "the user zoe does not exist"},
	} {
		commit := account.Commit{Account: "club", Version: 2, Time: noon, Actor: account.AsHost("test"), Changes: []account.Change{
			account.SettingChanged{Setting: "open", Value: true}, row.change,
		}}
		next, err := s.Apply(&commit)
		assert.Nil(t, next)
		var corrupt *account.CorruptError
		if assert.ErrorAs(t, err, &corrupt, "%#v", row.change) {
			assert.ErrorIs(t, err, account.ErrCorrupt)
			assert.Equal(t, 2, corrupt.Change)
			assert.ErrorContains(t, err, "commit 2 of club, change 2", "%#v", row.change)
			assert.ErrorContains(t, err, row.says, "%#v", row.change)
		}
	}
	assert.Equal(t, before, s.Encode(), "what was refused left no trace")
}

// A commit must follow the one before it.
func TestApplyInOrder(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	open := []account.Change{account.SettingChanged{Setting: "open", Value: true}}
	for says, commit := range map[string]account.Commit{
		`the state belongs to account "club"`:     {Account: "other", Version: 2, Time: noon, Changes: open},
		"commit 3 of club: the state is at":       {Account: "club", Version: 3, Time: noon, Changes: open},
		"commit 1 of club: the state is at":       {Account: "club", Version: 1, Time: noon, Changes: open},
		"is before the last commit's":             {Account: "club", Version: 2, Time: noon.Add(-time.Nanosecond), Changes: open},
		"its time, 0001-01-01 00:00:00 +0000 UTC": {Account: "club", Version: 2, Changes: open},
		"it has no changes":                       {Account: "club", Version: 2, Time: noon},
	} {
		_, err := s.Apply(&commit)
		assert.ErrorContains(t, err, says)
	}
	gone := do(t, p, s, account.AsHost("test"), account.DeleteAccount{})
	_, err := gone.Apply(&account.Commit{Account: "club", Version: 3, Time: noon, Changes: open})
	assert.ErrorContains(t, err, "the account is deleted")
	_, err = account.New("club").Apply(&account.Commit{Account: "club", Version: 1, Time: noon, Changes: open})
	assert.ErrorContains(t, err, "the account does not exist")
	_, err = new(account.State).Apply(&account.Commit{Version: 1, Time: noon, Changes: open})
	assert.Error(t, err)
}

// A change in a large account copies little of it, and users with equal records share one.
func TestStatesShare(t *testing.T) {
	p := compile(t, club)
	c := account.Seed{Seats: map[seat.PoolName]int{"booking": 1}, Users: map[usher.UserID]policy.User{"olga": user("owner")}}
	for i := range 100_000 {
		c.Users[usher.UserID(fmt.Sprint("user-", i))] = user("member")
	}
	s := open(t, p, c)
	a, err := s.User("user-1")
	require.NoError(t, err)
	b, err := s.User("user-99999")
	require.NoError(t, err)
	assert.Same(t, a, b)

	const commits = 100
	states := []*account.State{s}
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	for i := range commits {
		last := states[i]
		next, err := last.Apply(&account.Commit{
			Account: "club", Version: last.Version() + 1, Time: noon,
			Changes: []account.Change{account.RoleSet{User: usher.UserID(fmt.Sprint("user-", i)), From: "member", To: "desk"}},
		})
		require.NoError(t, err)
		states = append(states, next)
	}
	runtime.ReadMemStats(&m1)
	each := (m1.TotalAlloc - m0.TotalAlloc) / commits
	assert.Less(t, each, uint64(32<<10), "bytes that a commit allocates")
	for i, s := range states {
		u, err := s.User(usher.UserID(fmt.Sprint("user-", i)))
		require.NoError(t, err)
		assert.Equal(t, "member", string(u.Role), "the state at %d stays as it was", i)
	}
}
