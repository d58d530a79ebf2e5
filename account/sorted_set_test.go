package account

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (s *sortedSet[T]) all() (list []T) {
	if s == nil {
		return nil
	}
	return append(append(s.left.all(), s.value), s.right.all()...)
}

func (s *sortedSet[T]) height() int {
	if s == nil {
		return 0
	}
	return 1 + max(s.left.height(), s.right.height())
}

// A set agrees with a sorted slice after any changes, and old versions do not change.
func TestSortedSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var set *sortedSet[keptKey]
	var model []keptKey
	type past struct {
		set   *sortedSet[keptKey]
		model []keptKey
	}
	var pasts []past
	for range 3000 {
		k := keptKey{version: random.Uint64N(500)}
		i, held := slices.BinarySearchFunc(model, k, func(a, b keptKey) int { return int(a.version) - int(b.version) })
		if held {
			set, model = set.without(k), slices.Delete(slices.Clone(model), i, i+1)
		} else {
			assert.Equal(t, set.all(), set.without(k).all())
			set, model = set.with(k), slices.Insert(slices.Clone(model), i, k)
		}
		pasts = append(pasts, past{set, model})
	}
	for _, p := range pasts {
		require.True(t, slices.Equal(p.model, p.set.all()))
		require.Equal(t, p.set, sortedSetOf(p.model), "the same elements are the same tree")
		if len(p.model) > 0 {
			require.Equal(t, p.model[0], p.set.first())
			require.Equal(t, p.model[len(p.model)-1], p.set.last())
		}
		from, rest := keptKey{version: random.Uint64N(502)}, []keptKey(nil)
		p.set.eachFrom(from, func(k keptKey) bool { rest = append(rest, k); return true })
		require.True(t, slices.Equal(slices.DeleteFunc(slices.Clone(p.model), func(k keptKey) bool { return k.before(from) }), rest))
	}
}

// Elements added in order do not degenerate the tree to a list.
func TestSortedSetIsLow(t *testing.T) {
	var set *sortedSet[keptKey]
	for i := range uint64(1 << 14) {
		set = set.with(keptKey{version: i})
	}
	assert.Less(t, set.height(), 60)
}
