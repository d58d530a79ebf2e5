package account_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

func collect[T any](seq iter.Seq[T]) []T {
	var list []T
	for e := range seq {
		list = append(list, e)
	}
	return list
}

// page returns the ids of the first n users.
func page(users iter.Seq[account.Member], n int) []usher.UserID {
	var list []usher.UserID
	for m := range users {
		if len(list) == n {
			break
		}
		list = append(list, m.ID)
	}
	return list
}

func TestViewOfUser(t *testing.T) {
	p := compile(t, club)
	v := busy(t).View(p)
	mia, ok := v.User("mia")
	require.True(t, ok)
	assert.True(t, mia.Active())
	assert.True(t, mia.HasSeat("booking"))
	assert.False(t, mia.HasSeat("parking"))
	roles, in := mia.InTeam("rowing")
	assert.True(t, in)
	assert.Equal(t, []role.Name{"captain"}, roles)
	_, in = mia.InTeam("sport")
	assert.False(t, in, "rowing is below, and mia was not put in sport")

	nina, ok := v.User("nina")
	require.True(t, ok)
	assert.Len(t, nina.Granted(noon), 2)
	assert.Equal(t, []policy.Grant{{Name: "report.read"}}, nina.Granted(noon.Add(time.Nanosecond)), "a grant holds while the time is before its end")
	ivan, _ := v.User("ivan")
	assert.False(t, ivan.Active(), "ivan is invited")

	_, ok = v.User("nobody")
	assert.False(t, ok)
	assert.Equal(t, usher.UserID("olga"), v.Owner())
	assert.Equal(t, 9, v.Len())
	assert.Equal(t, usher.AccountID("club"), v.ID())
	assert.Equal(t, uint64(6), v.Version())
	assert.Equal(t, noon.Add(time.Nanosecond), v.Time())
}

func TestViewTellsTheTitleOfARole(t *testing.T) {
	p := compile(t, "usher: 1\nroles: {owner: {title: The Boss, unique: true, hands-over-to: staff}, staff: {default: true}}\n")
	s := do(t, p, account.New("a"), account.AsHost("test"), account.CreateAccount{Owner: "olga"}, account.AddUser{User: "max"})
	var titles []string
	for m := range s.View(p).Users("") {
		titles = append(titles, m.Title)
	}
	assert.Equal(t, []string{"", "The Boss"}, titles)
	olga, _ := s.View(nil).User("olga")
	assert.Empty(t, olga.Title, "without a policy there are no titles")
}

func TestViewListsUsersInOrder(t *testing.T) {
	v := busy(t).View(compile(t, club))
	assert.Equal(t, []usher.UserID{"adam", "cora", "dora", "ina", "ivan", "max", "mia", "nina", "olga"}, page(v.Users(""), 100))
	assert.Equal(t, []usher.UserID{"ivan", "max"}, page(v.Users("ina"), 2))
	assert.Equal(t, []usher.UserID{"ivan", "max"}, page(v.Users("inb"), 2), "the cursor may be a user who left")
	assert.Empty(t, page(v.Users("olga"), 2))
	assert.Equal(t, []usher.UserID{"max", "mia", "nina"}, page(v.TeamUsers("rowing", ""), 100))
	assert.Equal(t, []usher.UserID{"nina"}, page(v.TeamUsers("chess", ""), 100))
	assert.Equal(t, []usher.UserID{"mia", "nina"}, page(v.UsersWithin("sport", "max"), 100))
	assert.Empty(t, page(v.TeamUsers("sport", ""), 100))
	assert.Equal(t, []usher.UserID{"ivan"}, page(v.Invitations(""), 100))
	assert.Empty(t, page(v.Invitations("ivan"), 100))
	assert.Empty(t, page(v.UsersWithin("nowhere", ""), 100))
}

// The numbers of members and the holders of team roles are those that a pass over all users
// finds, at each version.
func TestViewOfMembersOfTeams(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	check := func(s *account.State) {
		v := s.View(p)
		for team := range v.Teams("") {
			members := slices.Collect(v.TeamUsers(team.ID, ""))
			assert.Equal(t, len(members), v.TeamLen(team.ID), "%s", team.ID)
			var ids []usher.UserID
			for _, m := range members {
				ids = append(ids, m.ID)
			}
			assert.Equal(t, ids, v.UsersOf(team.ID, team.ID, "nowhere"), "%s", team.ID)
			holders := slices.DeleteFunc(members, func(m account.Member) bool { roles, _ := m.InTeam(team.ID); return len(roles) == 0 })
			assert.Empty(t, cmp.Diff(holders, v.TeamRoleHolders(team.ID), cmpopts.EquateEmpty()), "%s", team.ID)
		}
		assert.Zero(t, v.TeamLen("nowhere"))
		assert.Empty(t, v.UsersOf("nowhere"))
		assert.Empty(t, v.TeamRoleHolders("nowhere"))
	}
	check(s)
	assert.Equal(t, 2, s.View(p).TeamLen("rowing"))
	next := do(t, p, s, account.AsHost("test"), account.RemoveFromTeam{Team: "rowing", User: "mia"})
	check(next)
	assert.Equal(t, 1, next.View(p).TeamLen("rowing"))
	check(s)
}

// The order of a large account is the same, whatever the cursor and the size of a page.
func TestViewListsManyUsersInOrder(t *testing.T) {
	const users = 20_000
	v := company(t, users).View(nil)
	all := page(v.Users(""), users+1)
	want := []usher.UserID{"olga"}
	for i := range users {
		want = append(want, userID(i))
	}
	slices.Sort(want)
	require.True(t, slices.Equal(want, all))
	for _, n := range []int{0, 1, 255, 256, 257, 4351, 4352, 4353, users - 1, users} {
		assert.Equal(t, want[n:min(n+200, len(want))], page(v.Users(before(want, n)), 200), "the page at %d", n)
		assert.Empty(t, cmp.Diff(want[:n], page(v.Users(""), n), cmpopts.EquateEmpty()), "%d users", n)
	}
}

func before(ids []usher.UserID, n int) usher.UserID {
	if n == 0 {
		return ""
	}
	return ids[n-1]
}

// Ids are compared as bytes, in any language.
func TestViewComparesBytes(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, account.Seed{Seats: members().Seats, Users: map[usher.UserID]policy.User{
		"Zoe": user("owner"), "zoe": user("coach"), "Öz": user("member"), "a b": user("member"), "\x01": user("member"), "zo": user("member"),
	}})
	assert.Equal(t, []usher.UserID{"\x01", "Zoe", "a b", "zo", "zoe", "Öz"}, page(s.View(p).Users(""), 100))
}

func TestViewOfTeams(t *testing.T) {
	v := busy(t).View(compile(t, club))
	assert.Equal(t, []account.Team{{ID: "chess", Parent: "sport"}, {ID: "rowing", Parent: "sport"}, {ID: "sport"}}, collect(v.Teams("")))
	assert.Equal(t, []account.Team{{ID: "sport"}}, collect(v.Teams("rowing")))
	assert.Equal(t, []account.Team{{ID: "sport"}}, collect(v.Children("", "")))
	assert.Equal(t, []account.Team{{ID: "rowing", Parent: "sport"}}, collect(v.Children("sport", "chess")))
	team, ok := v.Team("chess")
	assert.True(t, ok)
	assert.Equal(t, account.Team{ID: "chess", Parent: "sport"}, team)
	_, ok = v.Team("nowhere")
	assert.False(t, ok)
}

func TestViewOfSeatsSettingsAndFields(t *testing.T) {
	s := busy(t)
	v := s.View(compile(t, club))
	assert.Equal(t, []account.Seats{
		{Pool: "booking", Total: 4, Held: 3, Left: 1},
		{Pool: "parking", Total: 3, Held: 1, Left: 2},
	}, v.Seats())
	assert.Equal(t, []account.Setting{{Name: "open", Value: true, Default: false, Changed: true}}, v.Settings())
	assert.Equal(t, []string{"born", "phone"}, names(v.Fields(false)))
	assert.Equal(t, []string{"born", "shoe", "phone"}, names(v.Fields(true)))

	other := s.View(compile(t, `
usher: 1
seats: {rooms: {}, parking: {}, desks: {}}
settings: {dark: true, light: false}
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
`))
	assert.Equal(t, []account.Seats{
		{Pool: "rooms"},
		{Pool: "parking", Total: 3, Held: 1, Left: 2},
		{Pool: "desks"},
		{Pool: "booking", Total: 4, Held: 3, Left: 1, Inert: true},
	}, other.Seats())
	assert.Equal(t, []account.Setting{
		{Name: "dark", Value: true, Default: true},
		{Name: "light"},
		{Name: "open", Value: true, Changed: true, Inert: true},
	}, other.Settings())
}

func names(fields []account.Field) (list []string) {
	for _, f := range fields {
		list = append(list, f.Name)
	}
	return list
}

func TestViewStaysAtItsVersion(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	v := s.View(p)
	do(t, p, s, account.AsHost("test"), account.RemoveUser{User: "max"}, account.SetSeats{Pool: "booking", Total: 40})
	_, ok := v.User("max")
	assert.True(t, ok)
	assert.Equal(t, 4, v.Seats()[0].Total)
	assert.Equal(t, uint64(1), v.Version())
}

func TestZeroViewShowsNothing(t *testing.T) {
	var v account.View
	_, ok := v.User("mia")
	assert.False(t, ok)
	_, ok = v.Team("sales")
	assert.False(t, ok)
	assert.Empty(t, collect(v.Users("")))
	assert.Empty(t, collect(v.UsersWithin("sales", "")))
	assert.Empty(t, collect(v.Teams("")))
	assert.Zero(t, v.TeamLen("sales"))
	assert.Empty(t, v.TeamRoleHolders("sales"))
	assert.Empty(t, v.Seats())
	assert.Empty(t, v.Settings())
	assert.Empty(t, v.Fields(true))
	assert.Zero(t, v.Version())
	assert.Zero(t, v.Owner())
	assert.Zero(t, v.Len())
	assert.Zero(t, fmt.Sprint(v.ID()))
	assert.True(t, v.Time().IsZero())
}

func TestViewSelectsUsers(t *testing.T) {
	v := busy(t).View(compile(t, club))
	active := func(m account.Member) bool { return m.Active() }
	var want []usher.UserID
	for m := range v.Users("") {
		if active(m) {
			want = append(want, m.ID)
		}
	}
	assert.Equal(t, want, page(v.UsersWhere("", active), 100))
	assert.Equal(t, want[1:], page(v.UsersWhere(want[0], active), 100))
	assert.ElementsMatch(t, page(v.Users(""), 100), page(v.AllUsers(), 100))
	assert.Empty(t, page(account.View{}.AllUsers(), 100))
	for range v.AllUsers() {
		break
	}
}
