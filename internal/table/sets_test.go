package table

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// Sets and its edits return what a map of maps returns, and a version that was returned
// does not change.
func TestSets(t *testing.T) {
	type version struct {
		sets  *Sets
		model map[string]map[string]bool
	}
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(1, seed))
		key := func() string { return fmt.Sprint("key", random.IntN(4)) }
		var none *Sets
		e, model := none.Edit(), map[string]map[string]bool{}
		versions := []version{{none, nil}, {&Sets{}, nil}}
		same := func(set *Table[struct{}], want map[string]bool, what string) {
			t.Helper()
			var got []string
			for id := range set.All() {
				got = append(got, id)
			}
			slices.Sort(got)
			if want := slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) || (set == nil) != (len(want) == 0) || set.Len() != len(want) {
				t.Fatalf("seed %d, %s: %v, want %v", seed, what, got, want)
			}
		}
		for range 600 {
			k, id := key(), fmt.Sprint("id", random.IntN(300))
			switch random.IntN(12) {
			case 0:
				s := e.Sets()
				copied := map[string]map[string]bool{}
				for k, set := range model {
					copied[k] = maps.Clone(set)
				}
				versions = append(versions, version{s, copied})
				if random.IntN(2) == 0 {
					e = s.Edit()
				}
			case 1:
				same(e.Of(k), model[k], "of an edit")
			case 2:
				for id := range model[k] {
					e.Remove(k, id)
				}
				delete(model, k)
			case 3, 4:
				e.Remove(k, id)
				delete(model[k], id)
			default:
				e.Add(k, id)
				if model[k] == nil {
					model[k] = map[string]bool{}
				}
				model[k][id] = true
			}
			if got := e.Len(k); got != len(model[k]) {
				t.Fatalf("seed %d: Len = %d, want %d", seed, got, len(model[k]))
			}
		}
		versions = append(versions, version{e.Sets(), model})
		for i, v := range versions {
			for k := range 5 { // key4 has no set
				key := fmt.Sprint("key", k)
				same(v.sets.Of(key), v.model[key], fmt.Sprint("version ", i))
			}
		}
	}
}

// The cost of an edit does not depend on the number of keys or the size of their sets.
func TestSetsEditCostsTheSame(t *testing.T) {
	cost := func(keys, ids int) float64 {
		e := (&Sets{}).Edit()
		for k := range keys {
			e.Add(fmt.Sprint("key", k), "id")
		}
		for i := range ids {
			e.Add("key0", fmt.Sprint("id", i))
		}
		s := e.Sets()
		return testing.AllocsPerRun(20, func() {
			e := s.Edit()
			e.Remove("key0", "id7")
			e.Add("key1", "id")
			e.Sets()
		})
	}
	small, large := cost(100, 100), cost(50_000, 50_000)
	if large > 2*small {
		t.Errorf("%v allocations in large sets, %v in small ones", large, small)
	}
}
