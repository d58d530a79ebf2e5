package policy

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/seat"
)

// actorRules are the rules of the actor at a moment, with the conditions that hold
// now: at the time of the command.
type actorRules struct {
	effectiveRules
	c     *Ceiling
	ranks bool // rank is compared: features stay open, and rules under never play no part

	stoppedBy *rule // the rule under never because of which the last rule was not covered; nil: not because of one

	// Of the resource at hand, -1 for none: the literals that hold now, and those that
	// do not. What is not known is in neither.
	resource            int
	holdsNow, failsNow  uint64
	ofUser, ofUserHolds uint64 // those that differ by user or request, and of them those that hold for the changed user
}

func (c *Ceiling) actorAt(moment time.Time) actorRules {
	return actorRules{effectiveRules: c.rulesAt(c.actor, moment), c: c, resource: -1}
}

// coversSource reports whether all rules of a source are the actor's too, without a
// look at each: the actor has the same source, or a role that always covers it.
func (a *actorRules) coversSource(change *comparison, s *ruleSource) bool {
	if !a.ranks && a.sameFeatures(&change.to) && a.includesSource(s) {
		return true
	}
	if s.kind != usher.SourceRole && s.kind != usher.SourceTeamRole {
		return false
	}
	return a.c.p.ceilings.alwaysCovers(a.c.p, a.sources[0].role, s.role)
}

// lacks reports whether the actor's rules do not cover a rule of the changed user.
//
// A rule of the actor covers it if it reaches as far and each of its conditions holds
// now for the actor or is a condition of b too; one on a feature must hold for the
// actor. A rule under never must not stop the actor there and let the user pass. All
// rules that meet this must not, together, hide what b shows.
func (a *actorRules) lacks(change *comparison, b heldRule) bool {
	a.switchResource(change)
	a.stoppedBy = nil
	hidden, covered := ^uint64(0), false
	for i := range a.sources {
		s := &a.sources[i]
		for k := 0; ; k++ {
			r := s.rule(change.perm, k)
			if r == nil {
				break
			}
			need := change.decided.withAliases(r.need | s.guard)
			of := r.extent
			of.need, of.hide = need&^a.holdsNow, 0 // what all of them hide is looked at together
			if !a.ranks && need&a.fails != 0 || !s.covers(a.tree, of, b) {
				continue
			}
			if !a.ranks && a.stoppedAlone(change, need, b.need) {
				continue
			}
			hidden &= r.hide
			covered = true
		}
	}
	return !covered || hidden&^b.hide != 0
}

// stoppedAlone reports whether a rule under never stops the actor, where a rule with
// these conditions applies, but not the user with a rule under the conditions of b.
// Its scope is not compared: in the user's place it is the same.
//
// A condition that does not hold now spares the actor, unless the rule needs it. One
// that holds now and that the rule needs, but not b, may stop the actor alone: the
// user may lack the seat or send a request without the fact.
func (a *actorRules) stoppedAlone(change *comparison, need, ofB uint64) bool {
	for i := range change.perm.never {
		n := &change.perm.never[i]
		if n.need&(a.fails|a.failsNow&^need) != 0 {
			continue
		}
		if relied := need &^ ofB; !change.to.stopped(n) || n.need&relied&a.ofUser&^a.ofUserHolds != 0 {
			a.stoppedBy = n
			return true
		}
	}
	return false
}

// switchResource finds out which literals of the permission's resource hold for the actor.
func (a *actorRules) switchResource(change *comparison) {
	if a.resource == change.perm.resource {
		return
	}
	a.resource = change.perm.resource
	p := a.c.p
	a.decide(change.decided)
	a.holdsNow, a.failsNow = change.decided.onFeatures&^a.fails, 0
	a.ofUser, a.ofUserHolds = 0, 0
	for i, l := range p.resources[a.resource].literals {
		c, bit := &p.conditions[l.condition], uint64(1)<<i
		switch value, known := a.c.holdsNow(c); {
		case !known:
		case value != l.not:
			a.holdsNow |= bit
		default:
			a.failsNow |= bit
		}
		switch c.kind {
		case syntax.OnContext:
			a.ofUser |= bit
		case syntax.OnSeat:
			a.ofUser |= bit
			if slices.Contains(change.to.seats, seat.PoolName(c.of)) != l.not {
				a.ofUserHolds |= bit
			}
		}
	}
}

// holdsNow reports whether a condition on a seat, a setting or a fact of the request
// holds for the actor at the time of the command.
func (c *Ceiling) holdsNow(of *condition) (value, known bool) {
	switch of.kind {
	case syntax.OnSeat, syntax.OnSetting, syntax.OnContext:
		q := evaluation{evalContext: evalContext{p: c.p, user: c.actor, account: &c.account}, context: c.context}
		return q.condition(of)
	}
	return false, false
}
