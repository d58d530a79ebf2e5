package account

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// checkRedefinition rejects a change of the account's roles to the given ones, in which one
// role is new or changed, if it gives a holder of that role what the actor's rules do not cover, or
// takes something from a holder who outranks the actor. It compares the role itself, for any user who
// will hold it later, and each user who holds it now.
func (q *proposing) checkRedefinition(name role.Name, will []policy.CustomRole) error {
	if q.actor.Host() != "" {
		return nil
	}
	x := q.policy.Redefine(q.next.roles(), will)
	facts, err := q.Account()
	if err != nil {
		return err
	}
	actor := q.authority
	c, err := q.onBehalf(x.Ceiling(q.withoutLent(actor, q.find(actor)), facts, q.context, q.at))
	if err != nil {
		return err
	}
	c = c.WithFacts(q.draft, q.next.account, actor)
	if err := q.checkDefines(x, c, name); err != nil {
		return err
	}
	// The end of the actor's role, or of a grant of the actor, does not end the new one.
	for _, at := range inOrderOfTime(append(timesOf(q.entriesOf(subjectOf(actor))), q.actorsGrantEnds()...)) {
		if err := q.checkRedefinitionAt(x, facts, name, at); err != nil {
			return err
		}
	}
	if _, defined := findRole(q.next.roles(), name); !defined {
		return q.checkRevives(name)
	}
	if err := q.checkTakesScheduled(x, c, name); err != nil {
		return err
	}
	check := holderCheck{q: q, c: c}
	for id, u := range q.all() {
		if !holdsRole(u, name) {
			continue
		}
		after := x.After(u)
		if !q.knowsRole(u) { // the user has no rules, before and after
			after = nil
		}
		if err := check.compare(usher.UserID(id), u, after, after); err != nil {
			return err
		}
	}
	return nil
}

// checkRedefinitionAt checks at a later time that the actor may define the role, and may have it then.
func (q *proposing) checkRedefinitionAt(x policy.Redefinition, facts *policy.Account, name role.Name, at time.Time) error {
	q.lookAt = at
	defer func() { q.lookAt = time.Time{} }()
	actor := q.authority
	planned := q.planAt(q.find(actor), q.entriesOf(subjectOf(actor)), at)
	c, err := q.ceilingUnder(x.Ceiling, planned, facts, at)
	if err != nil {
		return err
	}
	c = c.WithFacts(q.draft, q.next.account, actor)
	if err := q.checkDefines(x, c, name); err != nil || planned == nil || !holdsRole(planned, name) || !q.knowsRole(planned) {
		return err
	}
	given, uncovered, err := c.Gives(planned, x.After(planned))
	if err != nil || !uncovered {
		return err
	}
	return q.refuseGiven(actor, given, of(actor)) // who may delegate defines roles for others only
}

// checkDefines rejects a redefinition that adds to a role what a ceiling of the actor does not cover, unless
// the actor may delegate it.
func (q *proposing) checkDefines(x policy.Redefinition, c policy.Ceiling, name role.Name) error {
	given, found := x.Gives(c, name)
	if !found {
		return nil
	}
	if delegates, err := q.delegates(parties{nothing: true}); err != nil || delegates {
		return err
	}
	return q.refuse(CodeEscalation, "a user with the role %s would get %s, which %s; a user with %s, or the host, can define it",
		name, describeUncovered(given), q.whyUncovered("such a user", given), userDelegate)
}

// checkRevives rejects the definition of a role that users have, or will have, although the policy
// lacks it: they would have again what else they have. Only the host and the holder of the unique role can do it.
func (q *proposing) checkRevives(name role.Name) error {
	if q.isHostOrOwner() {
		return nil
	}
	for id, u := range q.all() {
		if holdsRole(u, name) {
			return q.checkOutranksUnknown(usher.UserID(id), name)
		}
	}
	return q.checkNotScheduled(name)
}

// checkTakesScheduled rejects a change of a role that takes something from a user who has the role later and
// outranks the actor.
func (q *proposing) checkTakesScheduled(x policy.Redefinition, c policy.Ceiling, name role.Name) error {
	for e := range q.scheduled().all() {
		id := e.slot().user
		u := q.find(id)
		if e.givesRole() != name || u == nil {
			continue
		}
		then := q.planAt(u, q.entriesOf(subjectOf(id)), e.At)
		if !q.knowsRole(then) {
			continue
		}
		takes, err := c.Takes(then, x.After(then))
		if err == nil && takes {
			err = q.checkOutranks(c, id, u)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// holderCheck compares the holders of a role before and after a command that changes what all of
// them have. Users with equal records are compared once, unless they hold roles on resources and these are
// compared.
type holderCheck struct {
	q      *proposing
	c      policy.Ceiling // on the state before the command; unused for the host
	on     bool           // compare what users can do by roles on resources
	passed map[*policy.User]bool
}

// compare rejects the command if it gives a user what the actor's rules do not cover, or takes
// something from a user who outranks the actor. The user after has the seats that the user keeps
// in given, and those that follow in taken; nil if the policy lacks the user's account role.
func (h *holderCheck) compare(id usher.UserID, before, given, taken *policy.User) error {
	q, self := h.q, h.q.authority
	alone := id == self || h.on && q.countOn(Holder{User: id}) > 0
	if err := q.interrupted(); err != nil || q.actor.Host() != "" || !alone && h.passed[before] {
		return err
	}
	c := h.c
	if h.on {
		c = c.Of(id)
	}
	known, delegated := q.withKnownRole(before), false
	if given != nil {
		rule, uncovered, err := c.Gives(known, given)
		if err != nil {
			return err
		}
		if delegated = uncovered; uncovered {
			if err := q.refuseGiven(id, rule, of(id)); err != nil {
				return err
			}
		}
	}
	takes := known == nil || taken == nil || q.losesUnknown(before, taken)
	if !takes {
		var err error
		if takes, err = c.Takes(known, taken); err != nil {
			return err
		}
	}
	if takes {
		if err := q.checkOutranks(c, id, before); err != nil {
			return err
		}
	}
	if !delegated && !alone {
		if h.passed == nil {
			h.passed = map[*policy.User]bool{}
		}
		h.passed[before] = true
	}
	return nil
}
