package filter

import (
	"slices"

	"github.com/usher-go/usher/internal/criteria"
)

// levelAt returns the level of a container, or nil if the scope does not look at it.
func (a *atom) levelAt(depth int) *level {
	if depth < len(a.above) {
		return &a.above[depth]
	}
	if l := &a.above[len(a.above)-1]; l.repeat {
		return l
	}
	return nil
}

// holdsAbove is true if a scope is known to match on a container of the row of a table that has
// depth containers below it.
func (s *sqlWriter) holdsAbove(t *Table, a *atom, depth int) (clause, error) {
	l, in := a.levelAt(depth), t.in
	if l == nil || depth == criteria.MaxDepth || in == nil || in.of == nil {
		return alwaysFalse, nil
	}
	on, err := s.holdsOn(in.of, a.reach, l.over)
	switch {
	case err != nil:
		return clause{}, err
	case l.repeat && in.isTree():
		return aboveClause(someAbove, in, criteria.MaxDepth-depth, on), nil
	}
	above, err := s.holdsAbove(in.of, a, depth+1)
	return containedClause(in, either(on, above)), err
}

// failsAbove is true if a scope is known not to match on any container of the row of a table that
// has depth containers below it.
func (s *sqlWriter) failsAbove(t *Table, a *atom, depth int) (clause, error) {
	l, in := a.levelAt(depth), t.in
	switch {
	case l == nil || in != nil && in.form == noContainer:
		return alwaysTrue, nil
	case in == nil || in.form == unknownContainer:
		return alwaysFalse, nil
	}
	isOutside := alwaysFalse
	if in.form == containerRow || in.of.account.form != unmapped {
		isOutside = clause{kind: notContained, in: in}
	}
	if depth == criteria.MaxDepth {
		return isOutside, nil
	}
	on, err := s.failsOn(in.of, a.reach, l.over)
	switch {
	case err != nil:
		return clause{}, err
	case l.repeat && in.isTree():
		return either(isOutside, aboveClause(everyAbove, in, criteria.MaxDepth-depth, on)), nil
	}
	above, err := s.failsAbove(in.of, a, depth+1)
	return either(isOutside, containedClause(in, all(on, above))), err
}

// containedClause returns a clause about the container of a row.
func containedClause(in *container, on clause) clause {
	switch {
	case on.isFalse():
		return alwaysFalse
	case in.form == containerRow:
		return clause{kind: contained, in: in, parts: []clause{on}}
	case in.of.account.form == unmapped:
		return on
	}
	return all(clause{kind: ofAccount, ref: &in.of.account}, on)
}

// aboveClause returns a clause about the containers in a tree, of which there may be limit.
func aboveClause(k kind, in *container, limit int, on clause) clause {
	if on.isFalse() {
		return alwaysFalse
	}
	return clause{kind: k, in: in, limit: limit, parts: []clause{on}}
}

// mergeAbove merges alternatives about the same containers, so that each is read once.
func mergeAbove(parts []clause) []clause {
	var merged []clause
	for _, p := range parts {
		i := slices.IndexFunc(merged, func(m clause) bool {
			return (p.kind == contained || p.kind == someAbove) && m.kind == p.kind && m.in == p.in && m.limit == p.limit
		})
		if i < 0 {
			merged = append(merged, p)
			continue
		}
		merged[i].parts = []clause{either(merged[i].parts[0], p.parts[0])}
	}
	return merged
}
