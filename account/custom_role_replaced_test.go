package account_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

const replacing = `
usher: 1
seats:
  desk: {holds: [active]}
  room: {holds: [active]}
roles:
  owner:   {unique: true, all: true, hands-over-to: member}
  member:  {default: true, seats: {desk: required, room: optional}}
  guest:   {team-roles: none, grants: none, seats: {room: optional}}
  billing: {beside: true}
  manager: {held-on: team}
  deputy:  {held-on: team, outside: true, at-most: 2}
custom-roles: {like: [member, billing, deputy]}
resources:
  calendar:
    permissions:
      edit: {manager: any, deputy: any, custom: any}
`

// heldAs returns an account in which users hold the role mine in a way, and some hold the role next, too.
func heldAs(t *testing.T, p *policy.Policy, like role.Name, next role.Name, holders int) *account.State {
	t.Helper()
	s := open(t, p, account.Seed{
		Users: map[usher.UserID]policy.User{"olga": user("owner"), "zoe": user("guest")}, Teams: map[usher.TeamID]usher.TeamID{"sales": "", "ops": ""},
		Seats: map[seat.PoolName]int{"desk": 1000, "room": 1000},
	})
	commands := []account.Command{account.DefineRole{Role: "mine", Like: like}}
	for i := range holders {
		id := usher.UserID(fmt.Sprint("u", i))
		commands = append(commands, account.AddUser{User: id, Role: "guest"})
		switch like {
		case "member":
			commands = append(commands, account.SetRole{User: id, Role: "mine"}, account.AddToTeam{User: id, Team: "sales"}, account.SetTeamRole{User: id, Team: "sales", Role: "manager"})
			if i%2 == 0 {
				commands = append(commands, account.SetStatus{User: id, Status: usher.Inactive})
			}
		case "billing":
			commands = append(commands, account.SetRoleBeside{User: id, Role: "mine"})
			if i == 0 {
				commands = append(commands, account.SetRoleBeside{User: id, Role: next})
			}
		case "deputy":
			team := usher.TeamID(fmt.Sprint("t", i))
			commands = append(commands, account.CreateTeam{Team: team}, account.SetRole{User: id, Role: "member"}, account.SetTeamRole{User: id, Team: team, Role: "mine"})
			if i%2 == 0 {
				commands = append(commands, account.AddToTeam{User: id, Team: "ops"}, account.SetTeamRole{User: id, Team: "ops", Role: "manager"})
			}
			if i == 0 {
				commands = append(commands, account.SetTeamRole{User: id, Team: team, Role: next})
			}
		}
	}
	return do(t, p, s, account.AsHost("test"), commands...)
}

// The changes for one holder, as commits before RoleReplaced have them, and the one for all make the
// same account, whatever the number of holders.
func TestRoleReplacedEqualsChangesOfEachHolder(t *testing.T) {
	p := compile(t, replacing)
	for _, row := range []struct {
		like, by role.Name
		each     func(i int, u *policy.User) []account.Change
	}{
		{"member", "member", func(i int, u *policy.User) []account.Change {
			list := []account.Change{account.RoleSet{User: holder(i), From: "mine", To: "member"}}
			if u.Status == usher.Active && !slices.Contains(u.Seats, "desk") {
				list = append(list, account.SeatAssigned{User: holder(i), Pool: "desk"})
			}
			return list
		}},
		{"member", "guest", func(i int, u *policy.User) (list []account.Change) {
			for _, pool := range u.Seats {
				list = append(list, account.SeatUnassigned{User: holder(i), Pool: pool})
			}
			return append(list, account.TeamRoleUnset{User: holder(i), Team: "sales", Role: "manager"}, account.RoleSet{User: holder(i), From: "mine", To: "guest"})
		}},
		{"billing", "billing", func(i int, _ *policy.User) []account.Change {
			list := []account.Change{account.RoleBesideUnset{User: holder(i), Role: "mine"}}
			if i > 0 {
				list = append(list, account.RoleBesideSet{User: holder(i), Role: "billing"})
			}
			return list
		}},
		{"deputy", "deputy", func(i int, _ *policy.User) []account.Change {
			team := usher.TeamID(fmt.Sprint("t", i))
			list := []account.Change{account.OutsideRoleUnset{User: holder(i), Team: team, Role: "mine"}}
			if i > 0 {
				list = append(list, account.OutsideRoleSet{User: holder(i), Team: team, Role: "deputy"})
			}
			return list
		}},
	} {
		for _, holders := range []int{1, 3, 100} {
			t.Run(fmt.Sprint(row.like, " by ", row.by, " for ", holders), func(t *testing.T) {
				s := heldAs(t, p, row.like, row.by, holders)
				o, err := propose(p, s, account.AsUser("olga"), account.DeleteRole{Role: "mine", ReplaceBy: row.by})
				require.NoError(t, err)
				var replaced []account.Change
				var old []account.Change
				for _, c := range o.Changes {
					switch c.(type) {
					case account.RoleReplaced, account.RoleDeleted:
						replaced = append(replaced, c)
					}
				}
				assert.Equal(t, []account.Change{account.RoleReplaced{Role: "mine", By: row.by, Users: holders}, account.RoleDeleted{Role: "mine"}}, replaced)
				for i := range holders {
					u, err := s.User(holder(i))
					require.NoError(t, err)
					old = append(old, row.each(i, u)...)
				}
				old = append(old, account.RoleDeleted{Role: "mine"})
				want, err := s.Apply(&account.Commit{Account: "club", Version: s.Version() + 1, Time: noon, Changes: old})
				require.NoError(t, err)
				assert.Equal(t, string(want.Encode()), string(o.Next.Encode()))
				if row.like == "billing" || row.like == "deputy" {
					assert.Len(t, o.Changes, 2)
				}
				assert.ElementsMatch(t, account.UsersOf(old...), s.UsersOf(o.Changes...))
				assert.Zero(t, o.Next.HoldersOf("mine"))
			})
		}
	}
}

func holder(i int) usher.UserID { return usher.UserID(fmt.Sprint("u", i)) }

// The bound of a team role counts the users who get the role by a replacement.
func TestRoleReplacedKeepsBoundsOfTeams(t *testing.T) {
	p := compile(t, replacing)
	s := heldAs(t, p, "deputy", "deputy", 3)
	s = do(t, p, s, account.AsHost("test"), account.SetTeamRole{User: "u1", Team: "sales", Role: "mine"}, account.SetTeamRole{User: "u2", Team: "sales", Role: "mine"})
	c := account.DeleteRole{Role: "mine", ReplaceBy: "deputy"}
	_, err := propose(p, s, account.AsHost("test"), c)
	require.NoError(t, err)
	s = do(t, p, s, account.AsHost("test"), account.SetTeamRole{User: "u0", Team: "sales", Role: "mine"})
	_, err = propose(p, s, account.AsHost("test"), c)
	assert.ErrorIs(t, err, account.ErrRoleFull)
}

// What is scheduled for a holder's role ends with the replacement, as with set-role.
func TestRoleReplacedEndsTheSchedule(t *testing.T) {
	p := compile(t, replacing)
	s := heldAs(t, p, "member", "member", 2)
	host := account.AsHost("test")
	s = do(t, p, s, host, account.SetRole{User: "u0", Role: "guest", From: noon.Add(time.Hour)}, account.SetRole{User: "zoe", Role: "member", From: noon.Add(time.Hour)})
	s = do(t, p, s, host, account.DeleteRole{Role: "mine", ReplaceBy: "member"})
	var left []usher.UserID
	for e := range s.View(p).Scheduled(account.ScheduleEntry{}) {
		left = append(left, e.Command.(account.SetRole).User)
	}
	assert.Equal(t, []usher.UserID{"zoe"}, left)
}

// Each row is a RoleReplaced that does not fit an account in which three users hold the role mine.
func TestRoleReplacedFits(t *testing.T) {
	p := compile(t, replacing)
	s := heldAs(t, p, "member", "member", 3)
	for _, row := range []struct {
		c    account.RoleReplaced
		want string
	}{
		{account.RoleReplaced{Role: "mine", By: "guest", Users: 3}, ""},
		{account.RoleReplaced{Role: "guest", By: "member", Users: 1}, "the account defines no role guest"},
		{account.RoleReplaced{Role: "mine", Users: 3}, `"" cannot replace the role mine`},
		{account.RoleReplaced{Role: "mine", By: "mine", Users: 3}, `"mine" cannot replace the role mine`},
		{account.RoleReplaced{Role: "mine", By: "owner", Users: 3}, `"owner" cannot replace the role mine`},
		{account.RoleReplaced{Role: "mine", By: "member", Users: 2}, "3 users hold the role mine, not 2"},
		{account.RoleReplaced{Role: "mine", By: "member"}, "3 users hold the role mine, not 0"},
	} {
		_, err := s.Apply(&account.Commit{Account: "club", Version: s.Version() + 1, Time: noon, Changes: []account.Change{row.c}})
		if row.want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, row.want)
	}
	assert.Equal(t, []usher.UserID{"zoe", "u0", "u1", "u2"}, s.UsersOf(account.UserRemoved{User: "zoe"}, account.RoleReplaced{Role: "mine", By: "member", Users: 3}, account.RoleReplaced{Role: "mine", By: "guest", Users: 3}))
}
