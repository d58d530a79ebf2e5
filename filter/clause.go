package filter

import "slices"

// clause is a part of a condition. It is true only where that is known: where a
// comparison with NULL makes it neither, it counts as false, which is why there is a
// clause for each thing and for its opposite, and none that turns another one round.
type clause struct {
	kind  kind
	parts []clause // of allOf and anyOf

	place *place
	ids   []string // sorted

	column string // of a fact
	is     bool
}

type kind uint8

const (
	anyOf      kind = iota // without parts: false
	allOf                  // without parts: true
	member                 // one in the place is among the ids
	noMember               // none is
	stranger               // one is not among the ids
	noStranger             // all are, or there are none
	fact                   // a column is true, or false
)

var (
	always = clause{kind: allOf}
	nowise = clause{kind: anyOf}
)

func (c clause) isAlways() bool { return c.kind == allOf && len(c.parts) == 0 }
func (c clause) isNowise() bool { return c.kind == anyOf && len(c.parts) == 0 }

// leaf makes a clause about a place, of which unknown ones are no business.
func leaf(k kind, p *place, ids []string) clause {
	switch {
	case k == member && len(ids) == 0, p.form == empty && (k == member || k == stranger):
		return nowise
	case k == noMember && len(ids) == 0, p.form == empty:
		return always
	}
	return clause{kind: k, place: p, ids: ids}
}

// all joins clauses by and.
func all(parts ...clause) clause {
	var flat []clause
	for _, p := range parts {
		switch {
		case p.isNowise():
			return nowise
		case p.kind == allOf:
			flat = append(flat, p.parts...)
		default:
			flat = append(flat, p)
		}
	}
	if len(flat) > most {
		return one(allOf, flat)
	}
	flat = distinct(flat)
	flat = slices.DeleteFunc(flat, func(c clause) bool {
		return slices.ContainsFunc(flat, func(by clause) bool { return by.settles(c) })
	})
	return one(allOf, merge(noMember, flat))
}

// either joins clauses by or. What all of them ask for is asked once.
func either(parts ...clause) clause {
	var flat []clause
	for _, p := range parts {
		switch {
		case p.isAlways():
			return always
		case p.kind == anyOf:
			flat = append(flat, p.parts...)
		default:
			flat = append(flat, p)
		}
	}
	if len(flat) > most {
		return one(anyOf, flat)
	}
	flat = merge(member, distinct(flat))
	common := shared(flat)
	if len(common) == 0 {
		return one(anyOf, flat)
	}
	for i := range flat {
		flat[i] = all(slices.DeleteFunc(slices.Clone(flat[i].conjuncts()), func(c clause) bool { return contains(common, c) })...)
	}
	return all(append(common, either(flat...))...)
}

func one(k kind, parts []clause) clause {
	if len(parts) == 1 {
		return parts[0]
	}
	return clause{kind: k, parts: parts}
}

// settles reports whether a clause makes another one of the same conjunction
// pointless: a column has one id, which is then no stranger.
func (c clause) settles(other clause) bool {
	return c.kind == member && other.kind == noStranger && c.place == other.place && c.place.form == single &&
		subset(c.ids, other.ids)
}

// merge makes one clause of all those of a kind about one place.
func merge(k kind, parts []clause) []clause {
	var merged []clause
	for _, p := range parts {
		i := slices.IndexFunc(merged, func(m clause) bool { return p.kind == k && m.kind == k && m.place == p.place })
		if i < 0 {
			merged = append(merged, p)
			continue
		}
		merged[i].ids = sorted(slices.Concat(merged[i].ids, p.ids))
	}
	return merged
}

// shared returns what each of several alternatives asks for.
func shared(parts []clause) []clause {
	if len(parts) < 2 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(parts[0].conjuncts()), func(c clause) bool {
		return slices.ContainsFunc(parts[1:], func(p clause) bool { return !contains(p.conjuncts(), c) })
	})
}

func (c clause) conjuncts() []clause {
	if c.kind == allOf {
		return c.parts
	}
	return []clause{c}
}

func distinct(parts []clause) []clause {
	var kept []clause
	for _, p := range parts {
		if !contains(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}

func contains(parts []clause, c clause) bool {
	return slices.ContainsFunc(parts, func(p clause) bool { return p.equal(c) })
}

func (c clause) equal(o clause) bool {
	return c.kind == o.kind && c.place == o.place && c.column == o.column && c.is == o.is &&
		slices.Equal(c.ids, o.ids) && slices.EqualFunc(c.parts, o.parts, clause.equal)
}

func subset(a, b []string) bool {
	for _, id := range a {
		if _, found := slices.BinarySearch(b, id); !found {
			return false
		}
	}
	return true
}
