package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// actorRules are the rules of the actor at a moment. Their conditions are evaluated at
// the time of the command.
type actorRules struct {
	effectiveRules
	c     *Ceiling
	ranks bool // compare rank: features stay open, and rules under never are ignored

	stoppedBy *rule // the rule under never that forbids the last compared rule to the actor alone; nil: there is none

	// The literals of the current resource (-1: none) that hold now, and those that do
	// not. Unknown literals are in neither.
	resource           int
	holdsNow, failsNow uint64
	mayTurn            uint64 // the literals on seats, settings and request facts, which may be otherwise for the user or later
}

func (c *Ceiling) actorAt(moment time.Time) actorRules {
	return actorRules{effectiveRules: c.rulesAt(c.actor, moment), c: c, resource: -1}
}

// coversSource reports whether the actor has all rules of a source, without comparing
// each rule: the actor has the same source, or a role that always covers it.
func (a *actorRules) coversSource(change *comparison, s *ruleSource) bool {
	if a.c.unable {
		return false
	}
	if !a.ranks && a.sameFeatures(&change.to) && a.includesSource(s) {
		return true
	}
	if s.kind != usher.SourceRole && s.kind != usher.SourceBeside && s.kind != usher.SourceTeamRole {
		return false
	}
	return a.c.p.ceilings.alwaysCovers(a.c.p, a.sources[0].role, s.role)
}

// lacks reports whether the actor's rules do not cover a rule b of the changed user.
//
// A rule of the actor covers b if it reaches as far, and if each of its conditions either
// holds now for the actor or is also a condition of b. A condition on a feature must hold
// for the actor. A rule whose conditions contradict each other never allows, so it covers only
// rules with the same defect. A rule under never must not forbid the actor while it allows the user.
// The fields that all covering rules hide must also be hidden by b.
func (a *actorRules) lacks(change *comparison, b heldRule) bool {
	if a.c.unable {
		return true
	}
	a.switchResource(change)
	a.stoppedBy = nil
	hidden, covered := ^uint64(0), false
	possible := !change.decided.contradict(b.need)
	for i := range a.sources {
		s := &a.sources[i]
		for k := 0; ; k++ {
			r := s.rule(change.perm, k)
			if r == nil {
				break
			}
			need := change.decided.withAliases(r.need | s.guard)
			of := r.extent
			of.need, of.hide = need&^a.holdsNow, 0 // hidden fields are compared once for all covering rules
			if !a.ranks && need&a.fails != 0 || !s.covers(change.perm.res, a.tree, of, b) || !a.coversInPlace(change, s, of, b) {
				continue
			}
			if possible && change.decided.contradict(need) {
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

// coversInPlace reports whether a rule with extent of, which the actor has through source s, also
// covers b in the place of the user. There, the scopes team and shared of a rule that is not of a team
// role look at the teams of the user, who can hold a team role without being in the team.
func (a *actorRules) coversInPlace(change *comparison, s *ruleSource, of extent, b heldRule) bool {
	if s.onTeams() || !b.from.onTeams() {
		return true
	}
	place := *s
	place.teams = change.to.sources[0].teams // of the account role
	return place.covers(change.perm.res, a.tree, of, b)
}

// stoppedAlone reports whether a rule under never forbids the actor, where a rule with
// these conditions applies, but not the user, where a rule with the conditions of b applies.
// It does not compare the scope, which is the same in the user's place.
//
// A condition that does not hold now keeps a never rule from the actor, unless the
// actor's rule requires the condition. A condition that holds now, and that the actor's
// rule requires but b does not, may forbid the actor alone: the user may lack the
// seat, now or later, send a request without the fact, or act while the setting is turned.
//
// A condition that does not hold now does not help if another never rule forbids the actor
// because of it: with a seat the one rule forbids, without it the other.
func (a *actorRules) stoppedAlone(change *comparison, need, ofB uint64) bool {
	for i := range change.perm.never {
		n := &change.perm.never[i]
		if n.need&a.fails != 0 {
			continue
		}
		if failing := n.need & a.failsNow &^ need; failing != 0 {
			if !change.to.stopped(n) && a.stoppedOtherwise(change, need, change.decided.oppositesOf(failing)) {
				a.stoppedBy = n
				return true
			}
			continue
		}
		if relied := need &^ ofB; !change.to.stopped(n) || n.need&relied&a.mayTurn != 0 {
			a.stoppedBy = n
			return true
		}
	}
	return false
}

// stoppedOtherwise reports whether a rule under never that requires one of the literals
// forbids the actor now.
func (a *actorRules) stoppedOtherwise(change *comparison, need, literals uint64) bool {
	for i := range change.perm.never {
		n := &change.perm.never[i]
		if n.need&literals != 0 && n.need&(a.fails|a.failsNow&^need) == 0 {
			return true
		}
	}
	return false
}

// switchResource computes which literals of the permission's resource hold for the actor.
func (a *actorRules) switchResource(change *comparison) {
	if a.resource == change.perm.resource {
		return
	}
	a.resource = change.perm.resource
	p := a.c.p
	a.decide(change.decided)
	a.holdsNow, a.failsNow = change.decided.onFeatures&^a.fails, 0
	a.mayTurn = 0
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
		case syntax.OnContext, syntax.OnSetting, syntax.OnSeat:
			a.mayTurn |= bit
		}
	}
}

// holdsNow evaluates a condition on a seat, a setting or a request fact for the actor, at
// the time of the command.
func (c *Ceiling) holdsNow(of *condition) (value, known bool) {
	switch of.kind {
	case syntax.OnSeat, syntax.OnSetting, syntax.OnContext:
		q := evaluation{evalContext: evalContext{p: c.p, user: c.actor, account: &c.account}, context: c.context, acting: c.acting}
		return q.condition(of)
	}
	return false, false
}
