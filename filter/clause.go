package filter

import "slices"

// clause is a part of a condition. It is true only if its facts are known: a comparison with NULL,
// which is neither true nor false, counts as false. So each kind of clause has an opposite kind,
// and a clause never negates another one.
type clause struct {
	kind  kind
	parts []clause // for allOf and anyOf

	ref *columnRef
	set idSet

	column string // for a fact
	is     bool

	in    *container // for a clause about containers, with a part about the container
	limit int        // of containers, in a tree
}

type kind uint8

const (
	anyOf        kind = iota // without parts: false
	allOf                    // without parts: true
	someIn                   // an id in the column is in the set
	noneIn                   // no id in the column is in the set
	someNotIn                // an id in the column is not in the set
	allIn                    // every id in the column is in the set, or the column has none
	fact                     // a column is true, or false
	ofAccount                // a column has the account of the request
	notContained             // nothing contains the row
	contained                // the container is known, and the part is true on it
	someAbove                // the part is true on a container in a tree
	everyAbove               // all containers in a tree are known, and the part is true on each; there is at least one
)

var (
	alwaysTrue  = clause{kind: allOf}
	alwaysFalse = clause{kind: anyOf}
)

func (c clause) isTrue() bool  { return c.kind == allOf && len(c.parts) == 0 }
func (c clause) isFalse() bool { return c.kind == anyOf && len(c.parts) == 0 }

// columnClause returns a clause about a column, which must not be unmapped.
func columnClause(k kind, p *columnRef, set idSet) clause {
	switch {
	case k == someIn && set.isEmpty(), p.form == empty && (k == someIn || k == someNotIn):
		return alwaysFalse
	case k == noneIn && set.isEmpty(), p.form == empty:
		return alwaysTrue
	}
	return clause{kind: k, ref: p, set: set}
}

// all joins clauses with AND.
func all(parts ...clause) clause {
	flat, settled := flatten(allOf, parts)
	switch {
	case settled:
		return alwaysFalse
	case len(flat) > maxCompared:
		return join(allOf, flat)
	}
	flat = distinct(flat)
	flat = slices.DeleteFunc(flat, func(c clause) bool {
		return slices.ContainsFunc(flat, func(by clause) bool { return by.settles(c) })
	})
	return join(allOf, merge(noneIn, flat))
}

// either joins clauses with OR. Clauses that all parts have in common are written once.
func either(parts ...clause) clause {
	flat, settled := flatten(anyOf, parts)
	switch {
	case settled:
		return alwaysTrue
	case len(flat) > maxCompared:
		return join(anyOf, flat)
	}
	flat = mergeAbove(merge(someIn, distinct(flat)))
	common := shared(flat)
	if len(common) == 0 {
		return join(anyOf, flat)
	}
	for i := range flat {
		flat[i] = all(slices.DeleteFunc(slices.Clone(flat[i].conjuncts()), func(c clause) bool { return contains(common, c) })...)
	}
	return all(append(common, either(flat...))...)
}

// flatten replaces clauses of the kind with their parts. settled reports whether a clause
// determines the result: false in a conjunction, true in a disjunction.
func flatten(k kind, parts []clause) (flat []clause, settled bool) {
	for _, p := range parts {
		switch {
		case p.kind == k:
			flat = append(flat, p.parts...)
		case p.isTrue() || p.isFalse():
			return nil, true
		default:
			flat = append(flat, p)
		}
	}
	return flat, false
}

func join(k kind, parts []clause) clause {
	if len(parts) == 1 {
		return parts[0]
	}
	return clause{kind: k, parts: parts}
}

// settles reports whether a clause implies another one in the same conjunction: if a column has a
// single id, and that is one of the ids, then all its ids are.
func (c clause) settles(other clause) bool {
	return c.kind == someIn && other.kind == allIn && c.ref == other.ref && c.ref.form == single &&
		c.set.within(other.set)
}

// merge merges all clauses of a kind about the same column into one.
func merge(k kind, parts []clause) []clause {
	var merged []clause
	for _, p := range parts {
		i := slices.IndexFunc(merged, func(m clause) bool { return p.kind == k && m.kind == k && m.ref == p.ref })
		if i < 0 {
			merged = append(merged, p)
			continue
		}
		merged[i].set = merged[i].set.union(p.set)
	}
	return merged
}

// shared returns the conjuncts that all alternatives have in common.
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
	return c.kind == o.kind && c.ref == o.ref && c.column == o.column && c.is == o.is && c.in == o.in && c.limit == o.limit &&
		c.set.equal(o.set) && slices.EqualFunc(c.parts, o.parts, clause.equal)
}
