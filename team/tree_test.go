package team_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/team"
)

func TestWithin(t *testing.T) {
	tree, err := team.New(map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales", "berlin": "emea", "support": ""})
	require.NoError(t, err)
	for _, row := range []struct {
		team, above usher.TeamID
		want        bool
	}{
		{"sales", "sales", true},
		{"emea", "sales", true},
		{"berlin", "sales", true},
		{"sales", "berlin", false},
		{"support", "sales", false},
		{"nobody", "sales", false},
		{"sales", "nobody", false},
		{"nobody", "nobody", false}, // it does not exist
		{"", "", false},
	} {
		assert.Equal(t, row.want, tree.Within(row.team, row.above), "Within(%q, %q)", row.team, row.above)
	}
	assert.Equal(t, usher.TeamID("emea"), tree.Parent("berlin"))
	assert.Equal(t, 4, tree.Len())
	assert.True(t, tree.Has("berlin"))
	assert.False(t, tree.Has("nobody"))
}

func TestNewRefuses(t *testing.T) {
	for _, row := range []struct {
		parents map[usher.TeamID]usher.TeamID
		want    error
		message string
	}{
		{map[usher.TeamID]usher.TeamID{"": ""}, team.ErrNoID, "a team has an empty id"},
		{map[usher.TeamID]usher.TeamID{"a": "b"}, team.ErrUnknown, "unknown team: b, the parent of a"},
		{map[usher.TeamID]usher.TeamID{"a": "a"}, team.ErrCycle, "teams in a cycle: a below a"},
		{map[usher.TeamID]usher.TeamID{"x": "", "a": "b", "b": "c", "c": "b"}, team.ErrCycle, "teams in a cycle: b below c below b"},
	} {
		_, err := team.New(row.parents)
		assert.ErrorIs(t, err, row.want)
		assert.EqualError(t, err, row.message)
	}
}

func TestZero(t *testing.T) {
	var zero team.Tree
	for _, tree := range []*team.Tree{&zero, nil} {
		assert.False(t, tree.Within("a", "a"))
		assert.False(t, tree.Has("a"))
		assert.Zero(t, tree.Len())
		assert.Empty(t, tree.Parent("a"))
	}
}

// The numbers of spans give the same results as walking up.
func TestWithinWalksUp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		parents := map[usher.TeamID]usher.TeamID{}
		var ids []usher.TeamID
		for i := range 1 + random.IntN(20) {
			id := usher.TeamID(fmt.Sprint("t", i))
			parents[id] = ""
			if i > 0 && random.IntN(4) > 0 {
				parents[id] = ids[random.IntN(i)]
			}
			ids = append(ids, id)
		}
		tree, err := team.New(parents)
		require.NoError(t, err)
		for _, a := range ids {
			for _, b := range ids {
				want := false
				for at := a; at != ""; at = parents[at] {
					want = want || at == b
				}
				require.Equal(t, want, tree.Within(a, b), "Within(%s, %s) in %v", a, b, parents)
			}
		}
	}
}

func TestDeep(t *testing.T) {
	parents := map[usher.TeamID]usher.TeamID{"t0": ""}
	for i := 1; i < 100_000; i++ {
		parents[usher.TeamID(fmt.Sprint("t", i))] = usher.TeamID(fmt.Sprint("t", i-1))
	}
	tree, err := team.New(parents)
	require.NoError(t, err)
	assert.True(t, tree.Within("t99999", "t0"))
}

func Example() {
	tree, _ := team.New(map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales"})
	fmt.Println(tree.Within("emea", "sales"), tree.Within("sales", "emea"))
	// Output: true false
}
