package account

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// The roles on resources equal those of a plain map after random changes, in drafts of random length,
// with holders and resources that have few and many entries.
func TestResourceRolesAreThoseOfAMap(t *testing.T) {
	type pair struct {
		h  Holder
		on usher.Ref
	}
	r := rand.New(rand.NewPCG(7, 7))
	model := map[pair][]role.Name{}
	var s resourceRoles
	holder := func() Holder {
		if r.IntN(4) == 0 {
			return Holder{Team: usher.TeamID(fmt.Sprint("t", r.IntN(3)))}
		}
		return Holder{User: usher.UserID(fmt.Sprint("u", min(r.IntN(30), r.IntN(30))))}
	}
	resource := func() usher.Ref {
		return usher.Ref{Type: []string{"calendar", "room", "a"}[r.IntN(3)], ID: fmt.Sprint("c", min(r.IntN(40), r.IntN(40)))}
	}
	for range 400 {
		e := s.edit()
		for range 1 + r.IntN(40) {
			h, on := holder(), resource()
			switch r.IntN(60) {
			case 0:
				e.dropHolder(h)
				maps.DeleteFunc(model, func(p pair, _ []role.Name) bool { return p.h == h })
			case 1:
				e.dropResource(on)
				maps.DeleteFunc(model, func(p pair, _ []role.Name) bool { return p.on == on })
			case 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12:
				e.set(h, on, nil)
				delete(model, pair{h, on})
			default:
				roles := [][]role.Name{{"editor"}, {"viewer"}, {"editor", "viewer"}}[r.IntN(3)]
				e.set(h, on, slices.Clone(roles))
				model[pair{h, on}] = roles
			}
			h, on = holder(), resource()
			require.Equal(t, model[pair{h, on}], e.find(h.by(), on.Type, h.id(), on.ID))
			require.Equal(t, model[pair{h, on}], e.find(h.of(), on.Type, on.ID, h.id()))
		}
		s = e.finish()
		got := map[pair][]role.Name{}
		for _, h := range slices.Collect(View{state: &State{on: s}}.AllRolesOn()) {
			got[pair{h.Holder, h.On}] = h.Roles
			assert.Equal(t, h.Roles, s.find(h.of(), h.On.Type, h.On.ID, h.id()))
			assert.Equal(t, h.Roles, s.find(h.by(), h.On.Type, h.id(), h.On.ID))
		}
		require.Equal(t, model, got)
		counts := map[Holder]int{}
		for p := range model {
			counts[p.h]++
		}
		for h, n := range counts {
			require.Equal(t, n, s.count(h.by(), h.id()))
		}
		for i := range s {
			for in, reverse := range []int{ofUsers, ofTeams, byUser, byTeam} {
				n := 0
				for _, found := range s[i].relations[in].All() {
					require.NotZero(t, found.len(), "no entry is empty")
					n += found.len()
				}
				for _, found := range s[i].relations[reverse].All() {
					n -= found.len()
				}
				require.Zero(t, n, "both directions have the same pairs")
			}
		}
	}
}

// An older version keeps its roles when a later one changes, and a snapshot has all of them.
func TestSnapshotHasRolesOnResources(t *testing.T) {
	s := sound(t)
	for version := range 30 {
		var changes []Change
		for i := range 20 {
			h := []Holder{{User: "olga"}, {User: "max"}, {Team: "a"}, {Team: "b"}}[(version+i)%4]
			changes = append(changes, RoleOnGiven{User: h.User, Team: h.Team, Role: []role.Name{"editor", "viewer"}[version%2], Type: []string{"calendar", "room"}[i%2], ID: fmt.Sprint("c", version/2, i)})
		}
		before := s.Encode()
		next, err := s.Apply(&Commit{Account: "acme", Version: s.version + 1, Time: s.time, Actor: AsHost("test"), Changes: changes})
		require.NoError(t, err)
		assert.Equal(t, before, s.Encode())
		read, err := DecodeState(next.Encode())
		require.NoError(t, err)
		assert.Equal(t, next.Encode(), read.Encode())
		assert.ElementsMatch(t, slices.Collect(next.View(nil).AllRolesOn()), slices.Collect(read.View(nil).AllRolesOn()))
		s = next
	}
	for _, remove := range []Change{UserRemoved{User: "max"}, TeamDeleted{Team: "b"}, ResourceForgotten{Type: "calendar", ID: "c0 0"}} {
		changes := []Change{remove}
		if _, ok := remove.(UserRemoved); ok {
			changes = []Change{SeatUnassigned{User: "max", Pool: "booking"}, remove}
		}
		next, err := s.Apply(&Commit{Account: "acme", Version: s.version + 1, Time: s.time, Actor: AsHost("test"), Changes: changes})
		require.NoError(t, err)
		for h := range next.View(nil).AllRolesOn() {
			assert.False(t, h.User == "max" || h.On.ID == "c0 0" && h.On.Type == "calendar" && len(changes) == 1 && remove == Change(ResourceForgotten{Type: "calendar", ID: "c0 0"}), "%v", h)
			assert.False(t, h.Team == "b" && remove == Change(TeamDeleted{Team: "b"}))
		}
		read, err := DecodeState(next.Encode())
		require.NoError(t, err)
		assert.Equal(t, next.Encode(), read.Encode())
		if remove == Change(UserRemoved{User: "max"}) {
			s = next
		}
	}
}

// A look-up does not allocate, also with 10,000 entries.
func TestRolesOnResourcesDoNotAllocate(t *testing.T) {
	s := manyRolesOn(t)
	on, one := usher.Ref{Type: "calendar", ID: "calendar-5000"}, usher.Ref{Type: "calendar", ID: "shared"}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		roles, _ := s.UserRolesOn("olga", on)
		others, _ := s.UserRolesOn("user-77", one)
		none, _ := s.TeamRolesOn("a", one)
		if len(roles) != 1 || len(others) != 1 || none != nil {
			panic("wrong roles")
		}
	}))
}

// manyRolesOn returns a state in which a user has roles on 10,000 resources, and 10,000 users have
// one on a resource.
func manyRolesOn(t testing.TB) *State {
	changes := []Change{AccountCreated{Owner: "olga", Unique: "owner"}, TeamCreated{Team: "a"}}
	for i := range 10_000 {
		id := usher.UserID(fmt.Sprint("user-", i))
		changes = append(changes, UserAdded{User: id, Role: "member", Status: usher.Active},
			RoleOnGiven{User: id, Role: "editor", Type: "calendar", ID: "shared"},
			RoleOnGiven{User: "olga", Role: "editor", Type: "calendar", ID: fmt.Sprint("calendar-", i)})
	}
	s, err := New("acme").Apply(&Commit{Account: "acme", Version: 1, Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Actor: AsHost("test"), Changes: changes})
	require.NoError(t, err)
	return s
}
