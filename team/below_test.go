package team_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/team"
)

func TestBelow(t *testing.T) {
	tree, err := team.New(map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales", "berlin": "emea", "support": ""})
	require.NoError(t, err)
	for id, want := range map[usher.TeamID][]usher.TeamID{
		"sales":   {"berlin", "emea", "sales"},
		"emea":    {"berlin", "emea"},
		"berlin":  {"berlin"},
		"support": {"support"},
		"nobody":  nil,
		"":        nil,
	} {
		assert.Equal(t, want, slices.Sorted(tree.Below(id)), id)
		for range tree.Below(id) {
			break // which must not panic
		}
	}
	assert.Empty(t, slices.Collect((*team.Tree)(nil).Below("sales")))
	assert.Empty(t, slices.Collect(new(team.Tree).Below("")))
}

// Below yields exactly the teams for which Within is true, each once.
func TestBelowIsWithin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		parents := map[usher.TeamID]usher.TeamID{}
		for i := range 40 {
			parents[name(i)] = ""
			if i > 0 && random.IntN(4) > 0 {
				parents[name(i)] = name(random.IntN(i))
			}
		}
		tree, err := team.New(parents)
		require.NoError(t, err)
		for above := range parents {
			var want []usher.TeamID
			for id := range parents {
				if tree.Within(id, above) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			require.Equal(t, want, slices.Sorted(tree.Below(above)), "of %v", parents)
		}
	}
}

func name(i int) usher.TeamID { return usher.TeamID(fmt.Sprint("team-", i)) }
