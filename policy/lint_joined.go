package policy

import (
	"slices"

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
		case t.scope == syntax.ScopeAny || t.scope == syntax.ScopeHere || t.parties != 0 || t.above.levels > 0:
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
	if t.scope == syntax.ScopeAny || other.scope == syntax.ScopeAny || t.parties == 0 && t.above.levels == 0 {
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

// termText returns a term as a rule writes it. It names the parties unless they are all of the
// resource.
func (r *resource) termText(t term) string {
	written := syntax.Term{Not: t.not, Scope: t.scope, Above: t.above.levels > 0}
	add := func(res *resource, parties uint16) {
		for i, p := range res.parties {
			named := func(n syntax.Name) bool { return n.Text == p.name }
			if parties&(1<<i) != 0 && !slices.ContainsFunc(written.As, named) {
				written.As = append(written.As, syntax.Name{Text: p.name})
			}
		}
	}
	if t.parties != 1<<len(r.parties)-1 {
		add(r, t.parties)
	}
	in := r.in
	for level := range t.above.levels {
		if t.above.parties[level] != in.namedLike(r, nil) {
			add(r, t.parties)
			add(in, t.above.parties[level])
		}
		in = in.in
	}
	return written.String()
}
