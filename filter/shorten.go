package filter

import "slices"

// most is how many ways, atoms or clauses are compared with each other. A user has a
// handful; with more, the filter is as right, and longer.
const most = 512

// hides compares what two ways hide: whether the first may stand for the second.
type hides func(a, b *way) bool

func whateverHides(*way, *way) bool { return true }

func hidesNoMore(a, b *way) bool {
	return !slices.ContainsFunc(a.hides, func(f string) bool { return !slices.Contains(b.hides, f) })
}

// shortest leaves out the ways for which another one may stand: it matches wherever
// they do. Known is for those of a need, which match only where all is known.
func (l *list) shortest(ways []way, known bool, mayStand hides) []way {
	if len(ways) > most {
		return ways
	}
	var kept []way
	for i := range ways {
		stands := func(k way) bool { return mayStand(&k, &ways[i]) && l.implied(&ways[i], &k, known) }
		if slices.ContainsFunc(kept, stands) {
			continue
		}
		kept = slices.DeleteFunc(kept, func(k way) bool { return mayStand(&ways[i], &k) && l.implied(&k, &ways[i], known) })
		kept = append(kept, ways[i])
	}
	for i := range kept {
		kept[i].atoms = l.fewest(kept[i].atoms, known)
	}
	return kept
}

// fewest leaves out the atoms that another one of the same way implies.
func (l *list) fewest(atoms []int, known bool) []int {
	return slices.DeleteFunc(slices.Clone(atoms), func(a int) bool {
		return slices.ContainsFunc(atoms, func(by int) bool { return by != a && l.implies(by, a, known) })
	})
}

// implied reports whether a way can match only where another one does too.
func (l *list) implied(w, by *way, known bool) bool {
	for _, b := range by.atoms {
		if !slices.ContainsFunc(w.atoms, func(a int) bool { return l.implies(a, b, known) }) {
			return false
		}
	}
	return true
}

// implies reports whether an atom holds only where another one does; or, if not all
// is known, may hold only where that one may.
func (l *list) implies(a, b int, known bool) bool {
	if a == b {
		return true
	}
	x, y := &l.atoms[a], &l.atoms[b]
	switch {
	case x.reach == 0 || x.reach == Some && y.reach == Every:
		return false
	case y.reach == 0:
		return known && !y.is && x.leavesEmpty(y.party)
	}
	// One party that is not known settles a scope, whatever the others.
	sides := x.sides
	if known {
		sides = slices.DeleteFunc(slices.Clone(sides), func(s side) bool {
			return x.leavesEmpty(s.party) && !slices.ContainsFunc(y.sides, func(t side) bool { return t.party == s.party })
		})
	}
	return slices.EqualFunc(sides, y.sides, func(s, t side) bool { return s.party == t.party && within(s.set, t.set) })
}

// leavesEmpty reports whether a scope holds only where there is nobody in a party.
func (a *atom) leavesEmpty(party int) bool {
	return a.reach == Every && slices.ContainsFunc(a.sides, func(s side) bool { return s.party == party && s.set == nil })
}

// withoutImplied leaves out the needs that are met wherever another one is.
func (l *list) withoutImplied(needs [][]way) [][]way {
	met := func(need, by []way) bool {
		return !slices.ContainsFunc(by, func(w way) bool {
			return !slices.ContainsFunc(need, func(n way) bool { return l.implied(&w, &n, true) })
		})
	}
	var kept [][]way
	for _, need := range needs {
		if slices.ContainsFunc(kept, func(k []way) bool { return met(need, k) }) {
			continue
		}
		kept = append(slices.DeleteFunc(kept, func(k []way) bool { return met(k, need) }), need)
	}
	return kept
}
