package policy_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/team"
)

// TestLongListsOfTeams compares the result of the ceiling for long lists of teams with the
// definition: each team is one of the teams above, or below one.
func TestLongListsOfTeams(t *testing.T) {
	d := newDice(1, 1)
	outcomes := map[bool]int{}
	for range 300 {
		parents := map[usher.TeamID]usher.TeamID{}
		var ids []usher.TeamID
		for i := range 60 {
			id := usher.TeamID(fmt.Sprintf("t%02d", i))
			parents[id] = ""
			if i > 0 && d.chance(80) {
				parents[id] = pick(d, ids)
			}
			ids = append(ids, id)
		}
		tree, err := team.New(parents)
		require.NoError(t, err)
		draw := func(n int) []usher.TeamID {
			list := []usher.TeamID{}
			for range n {
				id := pick(d, ids)
				if d.chance(1) {
					id = "gone" // not in the tree
				}
				list = append(list, id)
			}
			slices.Sort(list)
			return slices.Compact(list)
		}
		above, teams := draw(20+d.IntN(40)), draw(1+d.IntN(25))
		want := true
		for _, id := range teams {
			found := false
			for _, a := range above {
				found = found || a == id || tree.Within(id, a)
			}
			want = want && found
		}
		outcomes[want]++
		if policy.Contain(tree, above, teams) != want || policy.ContainMany(tree, above, teams) != want {
			t.Fatalf("%v in or below %v of %v: want %t", teams, above, parents, want)
		}
	}
	assert.Greater(t, min(outcomes[true], outcomes[false]), 20, "each outcome comes up: %v", outcomes)
	assert.True(t, policy.ContainMany(nil, []usher.TeamID{"a", "b"}, []usher.TeamID{"b"}), "teams that no tree has are themselves")
	assert.False(t, policy.ContainMany(nil, []usher.TeamID{"a", "b"}, []usher.TeamID{"c"}))
}

// TestMomentsOfManyGrants shows that ends of the actor's grants cost no comparison of
// all permissions, and that those of the user's other grants cost none at all.
func TestMomentsOfManyGrants(t *testing.T) {
	p, err := policyfile.Load("ceiling.yaml", []byte(ceilingPolicy))
	require.NoError(t, err)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	user := func(from int, names ...string) *policy.User {
		u := &policy.User{Status: usher.Active, Role: "guest"}
		for i, name := range names {
			u.Grants = append(u.Grants, policy.Grant{Name: name, Until: at.Add(time.Duration(from+i) * time.Hour)})
		}
		return u
	}
	actor := user(1, "a.one", "b.two", "c.three", "d.four")
	c, err := p.Ceiling(actor, &policy.Account{}, nil, at)
	require.NoError(t, err)
	before, after := user(10, "a.one", "b.two", "c.three"), user(10, "a.one", "b.two", "c.three", "e.new")
	all, some := c.MomentsOf(before, after)
	assert.Equal(t, []int{2, 4}, []int{all, some}, "the command and the end of what it gives; each end of a grant of the actor")

	after.Grants[3].Until = actor.Grants[1].Until
	all, some = c.MomentsOf(before, after)
	assert.Equal(t, []int{2, 3}, []int{all, some}, "at the same time all are compared")

	actor.Grants[0].Until, actor.Grants[2].Until = actor.Grants[3].Until, at
	all, some = c.MomentsOf(before, before)
	assert.Equal(t, []int{1, 2}, []int{all, some}, "two that end at once are compared once, and one that is over not at all")
}
