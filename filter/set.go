package filter

import "slices"

// only is a set that is spelled out.
type only struct{ ids []string }

// Only returns the set of these ids, without the empty one, which refers to no user
// and no team.
func Only(ids ...string) Set {
	ids = sorted(ids)
	if len(ids) > 0 && ids[0] == "" {
		ids = ids[1:]
	}
	return &only{ids}
}

func (o *only) Has(id string) (bool, error) {
	if len(o.ids) == 1 {
		return o.ids[0] == id, nil
	}
	_, found := slices.BinarySearch(o.ids, id)
	return found, nil
}

func (o *only) IDs() ([]string, error) { return o.ids, nil }

func (o *only) Within(other Set) bool {
	for _, id := range o.ids {
		if other == nil {
			return false
		}
		if in, err := other.Has(id); err != nil || !in {
			return false
		}
	}
	return true
}

// within is Within for sets that may be nil.
func within(a, b Set) bool {
	return a == nil || a == b || a.Within(b)
}

// sorted returns a copy in order, each string once.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
