package policy

import (
	"slices"

	"github.com/usher-go/usher"
)

// comparison finds the rules that one state of a user has and another state lacks.
type comparison struct {
	p        *Policy
	from, to effectiveRules
	only     []string // compare only the permissions of these grants; nil: all permissions

	perm    *perm            // the current permission
	decided *decidedLiterals // the literals of its resource
}

// first returns the first rule in to that from lacks through the same source and that
// accept accepts, in the order of permissions and then of rules. It omits sources for
// which skip returns true. A nil skip omits none; a nil accept accepts every rule.
func (c *comparison) first(skip func(*comparison, *ruleSource) bool, accept func(*comparison, heldRule) bool) (heldRule, bool) {
	sameFeatures := c.from.sameFeatures(&c.to)
	decided := !sameFeatures || len(c.to.withSeats)+len(c.to.withoutSeats) > 0 // a never rule may apply to only one of the states
	var room, more [8]*ruleSource
	all, added := room[:0], more[:0]
	sort := func(s *ruleSource) {
		if skip != nil && skip(c, s) {
			return
		}
		all = append(all, s)
		if decided || !c.from.includesSource(s) {
			added = append(added, s)
		}
	}
	if c.only == nil {
		for i := range c.to.sources {
			sort(&c.to.sources[i])
		}
		if len(all) == 0 || !decided && len(added) == 0 {
			return heldRule{}, false
		}
	}
	for i := range c.p.perms {
		perm := &c.p.perms[i]
		if c.only != nil {
			if !perm.grantedBy(c.only) {
				continue
			}
			all, added = all[:0], added[:0]
			for k := range c.to.sources {
				if s := &c.to.sources[k]; s.rule(perm, 0) != nil {
					sort(s)
				}
			}
		}
		c.switchResource(perm)
		sources, released := added, decided && c.released()
		if released {
			sources = all
		}
		var found heldRule
		for _, s := range sources {
			if b := c.firstOf(s, released, accept); b.rule != nil && (found.rule == nil || b.rank < found.rank) {
				found = b
			}
		}
		if found.rule != nil {
			return found, true
		}
	}
	return heldRule{}, false
}

// grantedBy reports whether one of the named grants gives the permission.
func (p *perm) grantedBy(names []string) bool {
	for i := range p.grants {
		if slices.Contains(names, p.grants[i].name) {
			return true
		}
	}
	return false
}

func (c *comparison) switchResource(perm *perm) {
	c.perm = perm
	if d := &c.p.ceilings.decided[perm.resource]; c.decided != d {
		c.decided = d
		c.from.decide(d)
		c.to.decide(d)
	}
}

// includesSource reports whether r already has all rules of a source, which belongs to a
// user with the same features.
func (r *effectiveRules) includesSource(s *ruleSource) bool {
	if s.kind == usher.SourceGrant && len(r.sources) > linearLimit {
		by := r.grantNamed(s.grant)
		return by != nil && by.includes(s, r.tree)
	}
	for i := range r.sources {
		if r.sources[i].includes(s, r.tree) {
			return true
		}
	}
	return false
}

// released reports whether a rule under never forbids from but not to.
func (c *comparison) released() bool {
	if len(c.from.sources) == 0 {
		return false // all rules are new
	}
	for i := range c.perm.never {
		if n := &c.perm.never[i]; c.from.stopped(n) && !c.to.stopped(n) {
			return true
		}
	}
	return false
}

// firstOf returns the first rule of a source that is new, or any rule if all is set, and
// that accept accepts.
func (c *comparison) firstOf(s *ruleSource, all bool, accept func(*comparison, heldRule) bool) heldRule {
	for i := 0; ; i++ {
		r := s.rule(c.perm, i)
		if r == nil {
			return heldRule{}
		}
		b := heldRule{r, s, c.decided.withAliases(r.need | s.guard)}
		if b.need&c.to.fails != 0 || !all && c.hadBefore(b) {
			continue
		}
		if accept == nil || accept(c, b) {
			return b
		}
	}
}

// hadBefore reports whether from has a rule through the same source that covers b.
func (c *comparison) hadBefore(b heldRule) bool {
	for i := range c.from.sources {
		s := &c.from.sources[i]
		if !s.same(b.from) {
			continue
		}
		for k := 0; ; k++ {
			r := s.rule(c.perm, k)
			if r == nil {
				break
			}
			need, a := r.need|s.guard, r.extent
			a.need = need &^ c.from.decided
			if need&c.from.fails == 0 && s.covers(c.perm.res, c.from.tree, a, b) {
				return true
			}
		}
	}
	return false
}
