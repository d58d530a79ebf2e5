package filter

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher/internal/criteria"
)

func compileType(t *criteria.Type) *list {
	b := builder{list: &list{
		typ: t.Name, looks: t.Looks,
		fields: sorted(t.Fields), hidden: sorted(t.Hidden),
	}}
	b.never = b.simplify(b.alternatives(t.Never, false), false, ignoreHides)
	masked := slices.Clone(b.hidden)
	for _, written := range t.Needs {
		alternatives := b.alternatives(written, true)
		need := b.simplify(alternatives, true, hidesNoMore)
		b.needs = append(b.needs, need)
		b.rows = append(b.rows, b.simplify(need, true, ignoreHides))
		masked = append(masked, hiddenBySome(need)...)
	}
	b.rows = b.withoutImplied(b.rows)
	b.masked = sorted(masked)
	return b.list
}

type builder struct{ *list }

// state is whether a scope matches, as far as its criteria show.
type state uint8

const (
	no state = iota
	yes
	unknown // it depends on the resource
)

// opposite returns the state of the negation.
func (s state) opposite() state {
	switch s {
	case yes:
		return no
	case no:
		return yes
	}
	return s
}

// alternatives converts alternatives, without those that never match.
func (b *builder) alternatives(written []criteria.Alternative, known bool) (alternatives []alternative) {
	for i := range written {
		if w, ok := b.alternative(&written[i], known); ok {
			alternatives = append(alternatives, w)
		}
	}
	return alternatives
}

// alternative converts one alternative. If known, it is for a need, where an unknown value never
// matches. It returns false if the alternative can never match.
func (b *builder) alternative(written *criteria.Alternative, known bool) (alternative, bool) {
	w := alternative{hides: sorted(written.Hides)}
	var empty []string // parties
	for _, t := range written.Tests {
		opposite := t
		opposite.Is = !t.Is
		if known && slices.Contains(written.Tests, opposite) {
			return alternative{}, false
		}
		if known && t.Party && !t.Is {
			empty = append(empty, t.Name)
		}
		w.atoms = append(w.atoms, b.test(t))
	}
	for _, scope := range append([]criteria.Scope{written.Scope}, written.And...) {
		switch i, is := b.scope(scope, empty); is {
		case yes:
		case no:
			return alternative{}, false
		default:
			w.atoms = append(w.atoms, i)
		}
	}
	slices.Sort(w.atoms)
	w.atoms = slices.Compact(w.atoms)
	return w, true
}

// scope returns the index of the atom of a scope, in an alternative that requires some parties to
// be empty. If the scope always matches, or never, it returns yes or no instead.
func (b *builder) scope(s criteria.Scope, empty []string) (int, state) {
	always := no
	if s.Not {
		always = yes
	}
	// The set of an empty party has no effect.
	over := slices.DeleteFunc(slices.Clone(s.Over), func(p criteria.PartySet) bool { return slices.Contains(empty, p.Party) })
	switch {
	case s.Reach == criteria.Any:
		return 0, always.opposite()
	case s.Reach != criteria.Some && s.Reach != criteria.Every:
		return 0, no
	case len(over)+len(s.Above) == 0:
		return 0, always
	}
	a := atom{reach: s.Reach, not: s.Not, party: -1, attribute: -1, teams: -1}
	for _, p := range over {
		a.sides = append(a.sides, side{index(&b.parties, criteria.Party{Name: p.Party, Teams: p.Teams}), p.Set})
	}
	slices.SortFunc(a.sides, func(x, y side) int { return cmp.Compare(x.party, y.party) })
	a.over = over
	for _, l := range s.Above {
		a.above = append(a.above, levelOf(l))
	}
	return b.number(a), unknown
}

func (b *builder) test(t criteria.Test) int {
	a := atom{party: -1, attribute: -1, teams: -1, is: t.Is}
	if t.Party {
		a.party = index(&b.parties, criteria.Party{Name: t.Name})
	} else {
		a.attribute = index(&b.attributes, t.Name)
	}
	if t.Party && t.Both {
		a.teams = index(&b.parties, criteria.Party{Name: t.Name, Teams: true})
	}
	return b.number(a)
}

// number returns the index of an atom. Equal atoms have one index, so that each is evaluated once.
func (b *builder) number(a atom) int {
	same := func(o atom) bool {
		return o.reach == a.reach && o.not == a.not && o.party == a.party && o.attribute == a.attribute && o.teams == a.teams && o.is == a.is &&
			slices.EqualFunc(o.above, a.above, level.equal) && slices.EqualFunc(o.sides, a.sides, func(x, y side) bool {
			return x.party == y.party && criteria.Within(x.set, y.set) && criteria.Within(y.set, x.set)
		})
	}
	if i := slices.IndexFunc(b.atoms[:min(len(b.atoms), maxCompared)], same); i >= 0 {
		return i
	}
	b.atoms = append(b.atoms, a)
	return len(b.atoms) - 1
}

func index[E comparable](names *[]E, name E) int {
	i := slices.Index(*names, name)
	if i < 0 {
		i = len(*names)
		*names = append(*names, name)
	}
	return i
}

// hiddenBySome returns the fields that can be hidden in some row. A field that is shown by an
// alternative without atoms, which always matches, is never hidden.
func hiddenBySome(need []alternative) (fields []string) {
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
