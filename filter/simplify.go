package filter

import (
	"slices"

	"github.com/usher-go/usher/internal/criteria"
)

// most is how many alternatives, atoms or clauses are compared with each other. A user has a
// handful; with more, the filter is as right, and longer.
const most = 512

// hides compares what two alternatives hide: whether the first may stand for the second.
type hides func(a, b *alternative) bool

func whateverHides(*alternative, *alternative) bool { return true }

func hidesNoMore(a, b *alternative) bool {
	return !slices.ContainsFunc(a.hides, func(f string) bool { return !slices.Contains(b.hides, f) })
}

// simplify leaves out the alternatives that another one can replace, because it matches wherever
// they do. known is true for those of a need, which match only where everything is known.
func (l *list) simplify(alternatives []alternative, known bool, mayStand hides) []alternative {
	if len(alternatives) > most {
		return alternatives
	}
	var kept []alternative
	for i := range alternatives {
		stands := func(k alternative) bool {
			return mayStand(&k, &alternatives[i]) && l.implied(&alternatives[i], &k, known)
		}
		if slices.ContainsFunc(kept, stands) {
			continue
		}
		kept = slices.DeleteFunc(kept, func(k alternative) bool {
			return mayStand(&alternatives[i], &k) && l.implied(&k, &alternatives[i], known)
		})
		kept = append(kept, alternatives[i])
	}
	for i := range kept {
		kept[i].atoms = l.fewest(kept[i].atoms, known)
	}
	return kept
}

// fewest leaves out the atoms that another one of the same alternative implies.
func (l *list) fewest(atoms []int, known bool) []int {
	return slices.DeleteFunc(slices.Clone(atoms), func(a int) bool {
		return slices.ContainsFunc(atoms, func(by int) bool { return by != a && l.implies(by, a, known) })
	})
}

// implied reports whether an alternative can match only where another one does too.
func (l *list) implied(w, by *alternative, known bool) bool {
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
	case x.reach == 0 || x.reach == criteria.Some && y.reach == criteria.Every:
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
	return slices.EqualFunc(sides, y.sides, func(s, t side) bool { return s.party == t.party && criteria.Within(s.set, t.set) })
}

// leavesEmpty reports whether a scope holds only where a party is empty.
func (a *atom) leavesEmpty(party int) bool {
	return a.reach == criteria.Every && slices.ContainsFunc(a.sides, func(s side) bool { return s.party == party && s.set == nil })
}

// withoutImplied leaves out the needs that are met wherever another one is.
func (l *list) withoutImplied(needs [][]alternative) [][]alternative {
	met := func(need, by []alternative) bool {
		return !slices.ContainsFunc(by, func(w alternative) bool {
			return !slices.ContainsFunc(need, func(n alternative) bool { return l.implied(&w, &n, true) })
		})
	}
	var kept [][]alternative
	for _, need := range needs {
		if slices.ContainsFunc(kept, func(k []alternative) bool { return met(need, k) }) {
			continue
		}
		kept = append(slices.DeleteFunc(kept, func(k []alternative) bool { return met(k, need) }), need)
	}
	return kept
}
