package filter

import (
	"slices"

	"github.com/usher-go/usher/internal/criteria"
)

// maxCompared is the maximum number of alternatives, atoms or clauses that are compared with each
// other. A user has a few. With more, the condition is correct, but longer than necessary.
const maxCompared = 512

// mayReplace reports whether one alternative can replace another, as far as their hidden fields are
// concerned.
type mayReplace func(a, b *alternative) bool

func ignoreHides(*alternative, *alternative) bool { return true }

func hidesNoMore(a, b *alternative) bool {
	return !slices.ContainsFunc(a.hides, func(f string) bool { return !slices.Contains(b.hides, f) })
}

// simplify removes alternatives that another one can replace, because it matches whenever they do.
// known is true for a need, whose alternatives match only if all values are known.
func (l *list) simplify(alternatives []alternative, known bool, replaces mayReplace) []alternative {
	if len(alternatives) > maxCompared {
		return alternatives
	}
	var kept []alternative
	for i := range alternatives {
		replaceable := func(k alternative) bool {
			return replaces(&k, &alternatives[i]) && l.implied(&alternatives[i], &k, known)
		}
		if slices.ContainsFunc(kept, replaceable) {
			continue
		}
		kept = slices.DeleteFunc(kept, func(k alternative) bool {
			return replaces(&alternatives[i], &k) && l.implied(&k, &alternatives[i], known)
		})
		kept = append(kept, alternatives[i])
	}
	for i := range kept {
		kept[i].atoms = l.withoutImpliedAtoms(kept[i].atoms, known)
	}
	return kept
}

// withoutImpliedAtoms removes atoms that another atom of the same alternative implies.
func (l *list) withoutImpliedAtoms(atoms []int, known bool) []int {
	return slices.DeleteFunc(slices.Clone(atoms), func(a int) bool {
		return slices.ContainsFunc(atoms, func(by int) bool { return by != a && l.implies(by, a, known) })
	})
}

// implied reports whether w matches only if by does.
func (l *list) implied(w, by *alternative, known bool) bool {
	for _, b := range by.atoms {
		if !slices.ContainsFunc(w.atoms, func(a int) bool { return l.implies(a, b, known) }) {
			return false
		}
	}
	return true
}

// implies reports whether atom a holds only if b does; or, if values can be unknown, whether a
// possibly holds only if b possibly does.
func (l *list) implies(a, b int, known bool) bool {
	if a == b {
		return true
	}
	x, y := &l.atoms[a], &l.atoms[b]
	switch {
	case x.not && y.not: // the scope of y fails wherever that of x does
		return y.implies(x, !known)
	case x.not || y.not:
		return false
	}
	return x.implies(y, known)
}

// implies is list.implies without the not of the atoms.
func (x *atom) implies(y *atom, known bool) bool {
	switch {
	case x.reach == 0 || x.reach == criteria.Some && y.reach == criteria.Every:
		return false
	case len(x.above) > 0 && !slices.EqualFunc(x.above, y.above, level.within):
		return false
	case y.reach == 0:
		return known && !y.is && x.leavesEmpty(y.party) && (y.teams < 0 || x.leavesEmpty(y.teams))
	}
	// If one party is unknown, the whole scope is unknown.
	sides := x.sides
	if known {
		sides = slices.DeleteFunc(slices.Clone(sides), func(s side) bool {
			return x.leavesEmpty(s.party) && !slices.ContainsFunc(y.sides, func(t side) bool { return t.party == s.party })
		})
	}
	return slices.EqualFunc(sides, y.sides, func(s, t side) bool { return s.party == t.party && criteria.Within(s.set, t.set) })
}

// leavesEmpty reports whether a scope holds only if a party is empty.
func (a *atom) leavesEmpty(party int) bool {
	return a.reach == criteria.Every && len(a.above) == 0 && slices.ContainsFunc(a.sides, func(s side) bool { return s.party == party && s.set == nil })
}

// withoutImplied removes needs that are met whenever another one is.
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
