package filter

import (
	"cmp"
	"slices"
)

func newList(t *List) *list {
	b := builder{list: &list{
		typ: t.Type, admit: t.Admit, looks: t.Looks,
		fields: sorted(t.Fields), hidden: sorted(t.Hidden),
	}}
	b.never = b.shortest(b.ways(t.Never, false), false, whateverHides)
	masked := slices.Clone(b.hidden)
	for _, written := range t.Needs {
		ways := b.ways(written, true)
		need := b.shortest(ways, true, hidesNoMore)
		b.needs = append(b.needs, need)
		b.rows = append(b.rows, b.shortest(need, true, whateverHides))
		masked = append(masked, hiddenBySome(need)...)
	}
	b.rows = b.withoutImplied(b.rows)
	b.masked = sorted(masked)
	return b.list
}

type builder struct{ *list }

// ways numbers the atoms of ways, and leaves out those that never match.
func (b *builder) ways(written []Way, known bool) (ways []way) {
	for i := range written {
		if w, ok := b.way(&written[i], known); ok {
			ways = append(ways, w)
		}
	}
	return ways
}

// way is for a need if known: what is not known then never matches.
func (b *builder) way(written *Way, known bool) (way, bool) {
	w := way{hides: sorted(written.Hides)}
	over := written.Scope.Over
	for _, t := range written.Tests {
		opposite := Test{t.Party, t.Name, !t.Is}
		if known && slices.Contains(written.Tests, opposite) {
			return way{}, false
		}
		if known && t.Party && !t.Is {
			// Nobody is in this party, so there is no need to hold it against a set.
			over = slices.DeleteFunc(slices.Clone(over), func(s Side) bool { return s.Party == t.Name })
		}
		w.atoms = append(w.atoms, b.test(t))
	}
	switch reach := written.Scope.Reach; {
	case reach == Any:
	case reach != Some && reach != Every, len(over) == 0:
		return way{}, false
	default:
		a := atom{reach: reach, party: -1, attribute: -1}
		for _, s := range over {
			a.sides = append(a.sides, side{index(&b.parties, s.Party), s.Set})
		}
		slices.SortFunc(a.sides, func(x, y side) int { return cmp.Compare(x.party, y.party) })
		w.atoms = append(w.atoms, b.number(a))
	}
	slices.Sort(w.atoms)
	w.atoms = slices.Compact(w.atoms)
	return w, true
}

func (b *builder) test(t Test) int {
	a := atom{party: -1, attribute: -1, is: t.Is}
	if t.Party {
		a.party = index(&b.parties, t.Name)
	} else {
		a.attribute = index(&b.attributes, t.Name)
	}
	return b.number(a)
}

// number gives equal atoms one number, so that each is looked at once.
func (b *builder) number(a atom) int {
	same := func(o atom) bool {
		return o.reach == a.reach && o.party == a.party && o.attribute == a.attribute && o.is == a.is &&
			slices.EqualFunc(o.sides, a.sides, func(x, y side) bool {
				return x.party == y.party && within(x.set, y.set) && within(y.set, x.set)
			})
	}
	if i := slices.IndexFunc(b.atoms[:min(len(b.atoms), most)], same); i >= 0 {
		return i
	}
	b.atoms = append(b.atoms, a)
	return len(b.atoms) - 1
}

func index(names *[]string, name string) int {
	i := slices.Index(*names, name)
	if i < 0 {
		i = len(*names)
		*names = append(*names, name)
	}
	return i
}

// hiddenBySome returns what may be hidden in some row. What a way shows that matches
// everything is hidden in none.
func hiddenBySome(need []way) (fields []string) {
	for _, w := range need {
		fields = append(fields, w.hides...)
	}
	for _, w := range need {
		if len(w.atoms) == 0 {
			fields = slices.DeleteFunc(fields, func(f string) bool { return !slices.Contains(w.hides, f) })
		}
	}
	return fields
}
