package team_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/team"
)

// model is a slow tree: a map of parents. It answers by walking up.
type model map[usher.TeamID]usher.TeamID

func (m model) within(id, above usher.TeamID) bool {
	for ; id != ""; id = m[id] {
		if _, ok := m[id]; ok && id == above {
			return true
		}
	}
	return false
}

func (m model) children(id usher.TeamID) (list []usher.TeamID) {
	for child, parent := range m {
		if parent == id {
			list = append(list, child)
		}
	}
	slices.Sort(list)
	return list
}

// change makes a random change to both, which may be rejected, and requires that they
// agree.
func (m model) change(t *testing.T, random *rand.Rand, e *team.Edit, of int) {
	t.Helper()
	id, parent := name(random.IntN(of)), name(random.IntN(of))
	if random.IntN(4) == 0 {
		parent = ""
	}
	_, exists := m[id]
	_, known := m[parent]
	known = known || parent == ""
	var err, want error
	switch random.IntN(5) {
	case 0, 1:
		switch {
		case exists:
			want = team.ErrExists
		case !known:
			want = team.ErrUnknown
		default:
			m[id] = parent
		}
		err = e.Create(id, parent)
	case 2, 3:
		switch {
		case !exists || !known:
			want = team.ErrUnknown
		case m.within(parent, id):
			want = team.ErrCycle
		default:
			m[id] = parent
		}
		err = e.Move(id, parent)
	default:
		switch {
		case !exists:
			want = team.ErrUnknown
		case len(m.children(id)) > 0:
			want = team.ErrNotEmpty
		default:
			delete(m, id)
		}
		err = e.Delete(id)
	}
	require.ErrorIs(t, err, want)
	if want == nil {
		require.NoError(t, err)
	}
}

func (m model) check(t *testing.T, tree *team.Tree, of int) {
	t.Helper()
	require.Equal(t, map[usher.TeamID]usher.TeamID(m), maps.Collect(tree.All()))
	require.Equal(t, len(m), tree.Len())
	fresh, err := team.New(m)
	require.NoError(t, err)
	edit := tree.Edit()
	for i := -1; i < of; i++ {
		id := name(i) // name(-1) never exists
		parent, ok := m[id]
		for _, tree := range []*team.Tree{tree, fresh} {
			have, has := tree.Find(id)
			require.Equal(t, parent, have)
			require.Equal(t, ok, has)
			require.Equal(t, m.children(id), slices.Sorted(tree.Children(id)))
			for k := -1; k < of; k++ {
				require.Equal(t, m.within(id, name(k)), tree.Within(id, name(k)), "Within(%s, %s) in %v", id, name(k), m)
				require.Equal(t, m.within(id, name(k)), edit.Within(id, name(k)))
			}
		}
		n, only := edit.Children(id)
		require.Equal(t, len(m.children(id)), n)
		if n == 1 {
			require.Equal(t, m.children(id)[0], only)
		} else {
			require.Empty(t, only)
		}
		have, has := edit.Find(id)
		require.Equal(t, parent, have)
		require.Equal(t, ok, has)
	}
	require.Equal(t, m.children(""), slices.Sorted(tree.Children("")))
}

// A tree made by changes equals the tree that New makes, and a version does not change
// after it was returned.
func TestEditIsTheModel(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(2, seed))
		of := 4 + random.IntN(12)
		type version struct {
			tree  *team.Tree
			model model
		}
		m, e := model{}, (*team.Tree)(nil).Edit()
		var versions []version
		for range 60 {
			m.change(t, random, e, of)
			if random.IntN(6) == 0 {
				tree := e.Tree()
				versions = append(versions, version{tree, maps.Clone(m)})
				if random.IntN(2) == 0 {
					e = tree.Edit()
				}
			}
		}
		versions = append(versions, version{e.Tree(), m})
		for _, v := range versions {
			v.model.check(t, v.tree, of)
		}
	}
}

func TestEditRefuses(t *testing.T) {
	tree, err := team.New(map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales", "berlin": "emea", "apac": "sales"})
	require.NoError(t, err)
	for _, row := range []struct {
		change  func(*team.Edit) error
		want    error
		message string
	}{
		{func(e *team.Edit) error { return e.Create("", "sales") }, team.ErrNoID, "a team has an empty id"},
		{func(e *team.Edit) error { return e.Create("emea", "") }, team.ErrExists, "team exists: there is a team emea already"},
		{func(e *team.Edit) error { return e.Create("oslo", "nordics") }, team.ErrUnknown, "unknown team: nordics, the parent of oslo"},
		{func(e *team.Edit) error { return e.Move("oslo", "emea") }, team.ErrUnknown, "unknown team: oslo"},
		{func(e *team.Edit) error { return e.Move("berlin", "nordics") }, team.ErrUnknown, "unknown team: nordics, the parent of berlin"},
		{func(e *team.Edit) error { return e.Move("sales", "berlin") }, team.ErrCycle, "teams in a cycle: sales would be below berlin, which is the same team or below it"},
		{func(e *team.Edit) error { return e.Move("sales", "sales") }, team.ErrCycle, "teams in a cycle: sales would be below sales, which is the same team or below it"},
		{func(e *team.Edit) error { return e.Delete("oslo") }, team.ErrUnknown, "unknown team: oslo"},
		{func(e *team.Edit) error { return e.Delete("") }, team.ErrUnknown, `unknown team: ""`},
		{func(e *team.Edit) error { return e.Delete("emea") }, team.ErrNotEmpty, "team not empty: berlin is below emea"},
		{func(e *team.Edit) error { return e.Delete("sales") }, team.ErrNotEmpty, "team not empty: 2 teams are below sales"},
	} {
		e := tree.Edit()
		err := row.change(e)
		assert.ErrorIs(t, err, row.want)
		assert.EqualError(t, err, row.message)
		assert.Equal(t, maps.Collect(tree.All()), maps.Collect(e.Tree().All()), "nothing changed")
	}
}

// Walking up from the deepest team takes few steps; otherwise this test would not end.
func TestDeepWithin(t *testing.T) {
	const deep = 20_000
	e := (*team.Tree)(nil).Edit()
	for i := range deep {
		parent := usher.TeamID("")
		if i > 0 {
			parent = name(i - 1)
		}
		require.NoError(t, e.Create(name(i), parent))
	}
	tree := e.Tree()
	for i := range deep {
		assert.True(t, tree.Within(name(deep-1), name(i)))
	}
	require.NoError(t, e.Create("leaf", ""))
	require.NoError(t, e.Move("leaf", name(deep-1)))
	assert.True(t, e.Within("leaf", name(0)))
}

// The cost of a change depends on the change, not on the number of teams. Moving a team
// costs in proportion to the teams below it. The cost of one team depends on where a secret of the
// process puts it, so each cost is an average over many teams.
func TestChangeCostsTheSame(t *testing.T) {
	const families = 64 // of teams a, b in a, c in b
	member := func(letter string, family int) usher.TeamID {
		return usher.TeamID(fmt.Sprint(letter, family))
	}
	tree := func(teams int) *team.Tree {
		parents := map[usher.TeamID]usher.TeamID{"z": ""}
		for i := range families {
			parents[member("a", i)], parents[member("b", i)], parents[member("c", i)] = "", member("a", i), member("b", i)
		}
		for i := range teams {
			parents[name(i)] = []usher.TeamID{"", "z", name(i / 2)}[min(i, i%3)] // wide and deep
		}
		tree, err := team.New(parents)
		require.NoError(t, err)
		return tree
	}
	small, large := tree(1000), tree(32_000)
	cost := func(tree *team.Tree, change func(e *team.Edit, family int) error) (bytes, allocs float64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range families {
			e := tree.Edit()
			require.NoError(t, change(e, i))
			e.Tree()
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc-before.TotalAlloc) / families, float64(after.Mallocs-before.Mallocs) / families
	}
	for what, change := range map[string]func(e *team.Edit, family int) error{
		"create at the top":             func(e *team.Edit, i int) error { return e.Create(member("new", i), "") },
		"create below":                  func(e *team.Edit, i int) error { return e.Create(member("new", i), member("c", i)) },
		"create below one of many":      func(e *team.Edit, i int) error { return e.Create(member("new", i), "z") },
		"move":                          func(e *team.Edit, i int) error { return e.Move(member("b", i), "z") },
		"move to the top":               func(e *team.Edit, i int) error { return e.Move(member("b", i), "") },
		"delete":                        func(e *team.Edit, i int) error { return e.Delete(member("c", i)) },
		"refuse to delete one of many":  func(e *team.Edit, _ int) error { _ = e.Delete("z"); return nil },
		"refuse to move below itself":   func(e *team.Edit, i int) error { _ = e.Move(member("a", i), member("c", i)); return nil },
		"look at children of a large z": func(e *team.Edit, _ int) error { e.Children("z"); return nil },
	} {
		smallBytes, smallAllocs := cost(small, change)
		largeBytes, largeAllocs := cost(large, change)
		assert.LessOrEqual(t, largeBytes, 3*smallBytes, "bytes to %s", what)
		assert.LessOrEqual(t, largeAllocs, 2*smallAllocs, "allocations to %s", what)
		t.Logf("%s: %.2f times the bytes, %.2f times the allocations", what, largeBytes/smallBytes, largeAllocs/smallAllocs)
	}
}
