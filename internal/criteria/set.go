package criteria

import "slices"

// Set is a set of ids. It must be safe for concurrent use. Sets are compared with ==, so an
// implementation must be a pointer.
type Set interface {
	// Has reports whether the set contains an id. It is not called with an empty id, which
	// no set contains.
	Has(id string) (bool, error)

	// IDs returns all ids, in any order, in a slice that does not change. Callers ignore an
	// empty id. IDs may be slow, and is called only if a condition in SQL needs it.
	IDs() ([]string, error)

	// Within reports whether all ids are also in the other set. It may return false if the
	// comparison would be slow.
	Within(other Set) bool
}

// Members is an optional interface of a Set of users: those who are direct members of some teams,
// and a few others.
type Members interface {
	Set

	// MoreThan reports whether the set has more than n ids, without a list of all of them. It returns
	// false if the direct members of the teams in tables may be more than those in the set.
	MoreThan(n int) (bool, error)

	// Teams returns the teams whose direct members are in the set, in any order. The list already
	// has the teams below.
	Teams() []string

	// Others returns the ids of the set that may not be direct members of these teams, in any
	// order.
	Others() []string
}

// SetOf returns the set of these ids, without the empty id, which refers to no user and no
// team.
func SetOf(ids ...string) Set {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > 0 && ids[0] == "" {
		ids = ids[1:]
	}
	return &sortedIDs{ids}
}

type sortedIDs struct{ ids []string }

func (s *sortedIDs) Has(id string) (bool, error) {
	if len(s.ids) == 1 {
		return s.ids[0] == id, nil
	}
	_, found := slices.BinarySearch(s.ids, id)
	return found, nil
}

func (s *sortedIDs) IDs() ([]string, error) { return s.ids, nil }

func (s *sortedIDs) Within(other Set) bool {
	for _, id := range s.ids {
		if other == nil {
			return false
		}
		if in, err := other.Has(id); err != nil || !in {
			return false
		}
	}
	return true
}

// Within reports whether all ids of a are also in b. Both may be nil.
func Within(a, b Set) bool {
	return a == nil || a == b || a.Within(b)
}
