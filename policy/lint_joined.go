package policy

import (
	"github.com/usher-go/usher/policy/syntax"
)

// lintScopes warns about scopes of a rule that match nothing, add nothing or contradict each
// other.
func (c *compiler) lintScopes(perm int, e extent, written int32) {
	res := c.p.perms[perm].res
	w := &c.p.written[written]
	var one [1]term
	terms := res.termsOf(e, &one)
	for i, t := range terms {
		switch {
		case t.scope == syntax.ScopeAny || t.parties != 0:
		case t.not:
			c.warnings.Add(w.pos, "%s has no parties, so `not %s` in `%s` adds nothing", res.name, t.scope, w.text)
		default:
			c.warnings.Add(w.pos, "%s has no parties, so `%s` reaches none", res.name, t.scope)
		}
		for k, other := range terms {
			if i != k {
				c.lintPair(w, res, t, other)
			}
		}
	}
}

// lintPair warns about a term of a rule that another term makes superfluous or impossible.
func (c *compiler) lintPair(w *writtenRule, res *resource, t, other term) {
	if t.scope == syntax.ScopeAny || other.scope == syntax.ScopeAny || t.parties == 0 {
		return
	}
	text, by := res.termText(t), res.termText(other)
	switch {
	case t.not && !other.not && other.implies(t):
		c.warnings.Add(w.pos, "`%s` matches nothing: `%s` never holds together with `%s`", w.text, by, text)
	case t.not == other.not && (t.not && t.implies(other) || !t.not && other.implies(t)):
		c.warnings.Add(w.pos, "`%s` adds nothing in `%s`: `%s` is narrower", text, w.text, by)
	}
}

// termText returns a term as a rule writes it, with all its parties.
func (r *resource) termText(t term) string {
	written := syntax.Term{Not: t.not, Scope: t.scope}
	if t.parties != 1<<len(r.parties)-1 {
		for i, p := range r.parties {
			if t.parties&(1<<i) != 0 && (!p.both || !p.teams) {
				written.As = append(written.As, syntax.Name{Text: p.name})
			}
		}
	}
	return written.String()
}
