package policy

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher/policy/syntax"
)

// scope resolves the parties in the scopes of a rule. About is the permission, as the file
// names it.
func (c *compiler) scope(r *resource, about string, d syntax.Rule) extent {
	written := d.Terms()
	if len(written) > syntax.MaxTerms {
		c.problems.Add(d.Pos, "more than %d scopes in one rule", syntax.MaxTerms)
		return extent{}
	}
	terms, here := make([]term, len(written)), uint8(0)
	for i, t := range written {
		if t.Scope < syntax.ScopeAny || t.Scope > syntax.ScopeHere {
			c.addUnlessPartial(d.Pos, "a rule for %s has no scope", about)
		}
		if t.Scope == syntax.ScopeHere {
			here = c.here(r, about, t)
			terms[i] = term{scope: t.Scope, not: t.Not, above: upward{levels: here}}
			continue
		}
		terms[i] = term{scope: t.Scope, not: t.Not, parties: c.considered(r, t), above: c.above(r, t)}
	}
	if len(terms) == 1 && !written[0].Above && written[0].Scope != syntax.ScopeHere {
		return extent{scope: terms[0].scope, parties: terms[0].parties}
	}
	slices.SortFunc(terms, compareTerms)
	e := extent{scope: scopeJoined, join: r.join(slices.Compact(terms)), here: here}
	c.joinLimit(e.join, d.Pos)
	return e
}

// joinLimit reports joined scopes that have no index, because there are too many.
func (c *compiler) joinLimit(join uint16, at syntax.Pos) {
	if join == 0 {
		c.problems.Add(at, "more than %d different joined scopes in the rules of one resource", maxJoins)
	}
}

// considered returns the parties that a term looks at.
func (c *compiler) considered(r *resource, t syntax.Term) (parties uint16) {
	if len(t.As) == 0 {
		return 1<<len(r.parties) - 1
	}
	for _, n := range t.As {
		mask := r.partyMask(n.Text)
		if mask == 0 {
			c.unknownParty(r, t, n)
		}
		parties |= mask
	}
	return parties
}

// unknownParty reports a party that the resource of a term lacks. A term with "or above" may
// name a party of a container.
func (c *compiler) unknownParty(r *resource, t syntax.Term, n syntax.Name) {
	names := partyNames(r)
	for in, level := r.in, 0; in != nil && level < maxDepth; in, level = in.in, level+1 {
		switch has := in.partyMask(n.Text) != 0; {
		case has && t.Above:
			return
		case has:
			c.problems.Add(n.Pos, "%s has no party %s, but %s does, which contains it; write %s or above as %[2]s", r.name, n.Text, in.name, t.Scope)
			return
		case t.Above:
			names = append(names, partyNames(in)...)
		}
	}
	slices.Sort(names)
	c.unknown(n, c.partyOf(r), func() []string { return slices.Compact(names) })
}

// compareTerms orders terms that are not negated before the others.
func compareTerms(a, b term) int {
	not := func(t term) int {
		if t.not {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(not(a), not(b)), cmp.Compare(a.scope, b.scope), cmp.Compare(a.parties, b.parties), cmp.Compare(a.above.levels, b.above.levels), slices.Compare(a.above.parties[:], b.above.parties[:]))
}
