package policy

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/team"
)

// comparison looks for rules of one reach that neither of two others has.
type comparison struct {
	of, by, before side
	perm           *perm
	decided        *decided // of the permission's resource
}

// side is a reach that is being compared.
type side struct {
	Reach
	fails  uint64 // the literals of the resource at hand that the user's features make false
	keeps  uint64 // those on features that they leave open
	agrees bool   // the features are those of the compared side, and last as long
	next   int    // the origin at which a search begins
}

// piece is a rule as a user has it.
type piece struct {
	*rule
	from *origin
	asks uint64 // all literals that it needs
}

// missing looks first at whole origins, of which most are settled by that: the
// user had them before, or the other one has them too.
func (c *comparison) missing() (Holding, bool) {
	c.by.agrees = c.of.agreesWith(&c.by)
	c.before.agrees = c.of.agreesWith(&c.before)
	var room [8]*origin
	open := room[:0]
	for i := range c.of.origins {
		if o := &c.of.origins[i]; !c.settled(o) {
			open = append(open, o)
		}
	}
	if len(open) == 0 {
		return Holding{}, false
	}
	p := c.of.p
	for i := range p.perms {
		c.turnTo(p, &p.perms[i])
		var first piece
		for _, o := range open {
			if b := c.firstOf(o); b.rule != nil && (first.rule == nil || b.rank < first.rank) {
				first = b
			}
		}
		if first.rule != nil {
			return c.holding(first), true
		}
	}
	return Holding{}, false
}

// settled reports whether all rules of an origin are in one of the other reaches,
// without a look at them.
func (c *comparison) settled(o *origin) bool {
	if c.before.has(o, c.of.momentary) || c.by.has(o, c.of.momentary) {
		return true
	}
	roles := o.source == usher.SourceRole || o.source == usher.SourceTeamRole
	return roles && len(c.by.origins) > 0 && c.of.p.reach.alwaysCovers(c.of.p, c.by.origins[0].role, o.role)
}

// agreesWith reports whether another user has the same features for as long.
func (s *side) agreesWith(other *side) bool {
	if s.features == nil || other.features == nil {
		return s.features == nil && other.features == nil
	}
	for i, f := range s.features {
		g := other.features[i]
		switch {
		case f.held != g.held, f.open != g.open,
			f.open && !f.until.Equal(g.until),
			!s.momentary && endsBefore(g.until, f.until):
			return false
		}
	}
	return true
}

// has reports whether all rules of the other side's origin are among those of the
// same one here. Origins stand in much the same order on both sides.
func (s *side) has(o *origin, momentary bool) bool {
	if !s.agrees {
		return false
	}
	for range s.origins {
		if s.next >= len(s.origins) {
			s.next = 0
		}
		x := &s.origins[s.next]
		s.next++
		if x.same(o) && x.guard&^o.guard == 0 &&
			(momentary || !endsBefore(x.until, o.until)) &&
			(o.source != usher.SourceTeamRole || contain(s.tree, x.teams, o.teams)) {
			return true
		}
	}
	return false
}

// same reports whether two users have the same rules through it.
func (o *origin) same(other *origin) bool {
	return o.source == other.source && o.role == other.role && o.grant == other.grant
}

// rule returns the i-th rule of a permission that the origin brings, nil past the
// last.
func (o *origin) rule(perm *perm, i int) *rule {
	list := perm.everyone
	switch o.source {
	case usher.SourceGrant:
		if i > 0 {
			return nil
		}
		for k := range perm.grants {
			if perm.grants[k].name == o.grant {
				return &perm.grants[k].rule
			}
		}
		return nil
	case usher.SourceRole, usher.SourceTeamRole:
		list = perm.byRole[o.role]
	}
	if i < len(list) {
		return &list[i]
	}
	return nil
}

func (c *comparison) turnTo(p *Policy, perm *perm) {
	if c.perm == nil || c.perm.resource != perm.resource {
		c.decided = &p.reach.decided[perm.resource]
		for _, s := range []*side{&c.of, &c.by, &c.before} {
			s.decide(c.decided, c.of.features)
		}
	}
	c.perm = perm
}

// decide finds out which literals of a resource fail for the user, and which stay:
// the lack of a feature that ends. It is of use only where the compared side comes
// to lack the feature no sooner.
func (s *side) decide(d *decided, compared []feature) {
	s.fails, s.keeps = 0, 0
	for _, t := range d.tests {
		var f feature
		if s.features != nil {
			f = s.features[t.feature]
		}
		switch {
		case f.held != t.not:
		case f.open && compared != nil && compared[t.feature].open && !f.until.After(compared[t.feature].until):
			s.keeps |= t.bit
		default:
			s.fails |= t.bit
		}
	}
}

// firstOf returns the first missing rule that an origin brings, by rank.
func (c *comparison) firstOf(o *origin) piece {
	for i := 0; ; i++ {
		r := o.rule(c.perm, i)
		if r == nil {
			return piece{}
		}
		need := r.need | o.guard
		if need&c.of.fails != 0 {
			continue // no rule of this user
		}
		b := piece{r, o, need}
		if !c.wasThere(b) && !c.isCovered(b) {
			return b
		}
	}
}

// wasThere reports whether the same rule, through the same origin, covered this
// one before.
func (c *comparison) wasThere(b piece) bool {
	for i := range c.before.origins {
		o := &c.before.origins[i]
		if !o.same(b.from) {
			continue
		}
		for k := 0; ; k++ {
			r := o.rule(c.perm, k)
			if r == nil {
				break
			}
			if r.written == b.written && c.covers(&c.before, r, o, b) {
				return true
			}
		}
	}
	return false
}

func (c *comparison) isCovered(b piece) bool {
	for i := range c.by.origins {
		o := &c.by.origins[i]
		for k := 0; ; k++ {
			r := o.rule(c.perm, k)
			if r == nil {
				break
			}
			if c.covers(&c.by, r, o, b) {
				return true
			}
		}
	}
	return false
}

// covers reports whether a rule that one side has through o covers b.
func (c *comparison) covers(by *side, a *rule, o *origin, b piece) bool {
	need := a.need | o.guard
	switch {
	case !a.scope.covers(b.scope, a.parties == b.parties),
		a.hide&^b.hide != 0,
		need&by.fails != 0, // no rule of that user
		need&^(c.decided.literals&^by.keeps)&^b.asks != 0,
		a.scope != ScopeAny && b.ofTeams(o) && !contain(by.tree, o.teams, b.from.teams):
		return false
	}
	return c.of.momentary || !endsBefore(c.end(by, o, need), c.end(&c.of, b.from, b.asks))
}

// ofTeams reports whether it matters on which teams roles are held: to own and
// sole it does not, and between two rules of whole accounts each means the teams
// of its user.
func (b *piece) ofTeams(by *origin) bool {
	return (b.scope == ScopeTeam || b.scope == ScopeShared) &&
		(b.from.source == usher.SourceTeamRole || by.source == usher.SourceTeamRole)
}

// end returns when a user no longer has a rule: the grant ends, or that of a
// feature which it needs.
func (c *comparison) end(s *side, o *origin, need uint64) time.Time {
	end := o.until
	if s.features == nil {
		return end
	}
	for _, t := range c.decided.tests {
		if f := &s.features[t.feature]; need&t.bit != 0 && !t.not && endsBefore(f.until, end) {
			end = f.until
		}
	}
	return end
}

func (c *comparison) holding(b piece) Holding {
	h := c.of.p.holding(b.rule, b.asks)
	h.Until = c.end(&c.of, b.from, b.asks)
	if b.from.source == usher.SourceTeamRole {
		h.Teams = slices.Clone(b.from.teams)
	}
	return h
}

// contain reports whether each team is one of the others, or below one. Mostly they
// are the same ones.
func contain(tree *team.Tree, above, teams []usher.TeamID) bool {
	return slices.Equal(above, teams) || !slices.ContainsFunc(teams, func(t usher.TeamID) bool {
		return !slices.ContainsFunc(above, func(a usher.TeamID) bool { return t == a || tree.Within(t, a) })
	})
}
