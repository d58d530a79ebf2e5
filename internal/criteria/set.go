package criteria

import "slices"

// Set is a set of ids. Its methods may be called concurrently. Sets are compared by ==, so
// that a type with the methods must be a pointer.
type Set interface {
	// Has reports whether an id is in the set. It is not called with an empty id, which is
	// in no set.
	Has(id string) (bool, error)

	// IDs returns all ids, in any order. The result does not change; an empty id in it is
	// left out. IDs may take long, and is called only when a condition in SQL needs it.
	IDs() ([]string, error)

	// Within reports whether all ids are also in the other set. It may return false where
	// that takes long to find out.
	Within(other Set) bool
}

// SetOf returns the set of these ids, without the empty one, which refers to no user and to
// no team.
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

// Within reports whether all ids of one set are also in the other, where each may be nil.
func Within(a, b Set) bool {
	return a == nil || a == b || a.Within(b)
}
