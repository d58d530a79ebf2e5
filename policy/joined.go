package policy

import (
	"slices"

	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// scopeJoined is the scope of an extent with several terms, or with one that looks at
// containers. They are behind its index join,
// so that an extent with a single scope, the usual case, has all of it in place.
const scopeJoined syntax.Scope = 255

// term is one of the scopes that a joined rule requires together. The zero term reaches no
// resource.
type term struct {
	scope   syntax.Scope
	not     bool   // the rule requires that the scope does not match
	parties uint16 // those considered
	atom    uint64 // the bit under which an evaluation caches the scope, without not; 0: not cached
	above   upward // the parties of containers that it considers too
}

// joinKey identifies joined terms.
type joinKey [syntax.MaxTerms]term

// maxJoins is the limit of different joined scopes in the rules of one resource. The same
// scopes with the teams of another role are different.
const maxJoins = 1<<16 - 1

// join returns the index of joined terms, plus one, so that equal terms have one index. It
// returns 0 if the resource has too many.
func (r *resource) join(terms []term) uint16 {
	var key joinKey
	copy(key[:], terms)
	i, ok := r.joinIndex[key]
	if !ok {
		if len(r.joins) == maxJoins {
			return 0
		}
		if r.joinIndex == nil {
			r.joinIndex = map[joinKey]uint16{}
		}
		r.joins = append(r.joins, terms)
		i = uint16(len(r.joins))
		r.joinIndex[key] = i
	}
	return i
}

// termsOf returns the terms of an extent; one has room for a single scope.
func (r *resource) termsOf(e extent, one *[1]term) []term {
	if e.scope != scopeJoined {
		one[0] = term{scope: e.scope, parties: e.parties}
		return one[:]
	}
	if e.join == 0 {
		return nil
	}
	return r.joins[e.join-1]
}

// joined reports whether all terms of a rule match, and whether they may match given unknown
// facts.
func (q *evaluation) joined(r *rule, team role.Name) (yes, maybe bool) {
	if r.join == 0 {
		return false, false
	}
	yes = true
	terms := q.res.joins[r.join-1]
	for i := range terms {
		t := &terms[i]
		matches, known := true, true
		if t.scope == syntax.ScopeHere {
			matches = q.holdsHere(r)
		} else {
			matches, known = q.term(t, team)
		}
		switch {
		case !known:
			yes = false // unknown: neither the scope nor its opposite matches
		case matches == t.not:
			return false, false
		}
	}
	return yes, true
}

// term reports whether the scope of a term matches, regardless of its not.
func (q *evaluation) term(t *term, team role.Name) (yes, known bool) {
	switch {
	case t.scope == syntax.ScopeAny:
		return true, true
	case t.scope == syntax.ScopeHere:
		return false, true // it depends on the role: see holdsHere
	case q.resource == nil || t.parties == 0 && t.above.levels == 0:
		return false, true
	case q.scopeKnown&t.atom != 0:
		return q.scopeHolds&t.atom != 0, q.scopeUnknown&t.atom == 0
	}
	if t.above.levels == 0 {
		yes, known = q.scope(t.scope, t.parties, team)
	} else {
		yes, known = q.orAbove(t, team)
	}
	q.cacheScope(t.atom, yes, known)
	return yes, known
}

// cacheScope stores the result of a scope. Without an atom, it stores nothing.
func (q *evaluation) cacheScope(atom uint64, yes, known bool) {
	q.scopeKnown |= atom
	if yes {
		q.scopeHolds |= atom
	}
	if !known {
		q.scopeUnknown |= atom
	}
}

// implies reports whether the scope of a matches only where the scope of b does, regardless
// of their not. The teams of both must be the same.
func (a term) implies(b term) bool {
	return reachesAsFar(b.scope, a.scope, a.parties == b.parties && (a.above == b.above || a.above == upward{}))
}

// termsReachAsFar reports whether the terms a all hold wherever the terms b do: each is
// implied by one of b, and a negated one by a negated one of a wider scope.
func termsReachAsFar(a, b []term) bool {
	return !slices.ContainsFunc(a, func(x term) bool {
		return x.scope != syntax.ScopeAny && !slices.ContainsFunc(b, func(y term) bool {
			return x.not == y.not && (x.not && x.implies(y) || !x.not && y.implies(x))
		})
	})
}

// looksAtTeams reports whether a term of the extent depends on the teams of the user.
func (r *resource) looksAtTeams(e extent) bool {
	return r.anyTerm(e, func(t term) bool { return t.looksAtTeams() })
}

// requiresTeams reports whether a term must match on the teams of the user.
func (r *resource) requiresTeams(e extent) bool {
	return r.anyTerm(e, func(t term) bool { return !t.not && t.looksAtTeams() })
}

// negatesTeams reports whether a term must not match on the teams of the user. Then a rule
// reaches more, not less, with fewer teams.
func (r *resource) negatesTeams(e extent) bool {
	return e.scope == scopeJoined && r.anyTerm(e, func(t term) bool { return t.not && t.looksAtTeams() })
}

func (r *resource) anyTerm(e extent, is func(term) bool) bool {
	var one [1]term
	return slices.ContainsFunc(r.termsOf(e, &one), is)
}

func (t term) looksAtTeams() bool {
	return t.scope == syntax.ScopeTeam || t.scope == syntax.ScopeShared
}

// reachesBeyondOwn reports whether an extent can reach more than what is the user's own: no
// term limits it to that.
func (r *resource) reachesBeyondOwn(e extent) bool {
	return !r.anyTerm(e, func(t term) bool { return !t.not && t.scope != syntax.ScopeAny && !t.looksAtTeams() })
}
