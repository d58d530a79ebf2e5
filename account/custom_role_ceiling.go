package account

import (
	"errors"

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
	given, found := x.Gives(c, name)
	for _, at := range timesOf(q.entriesOf(subjectOf(actor))) { // the end of the actor's role does not end the new one
		if found {
			break
		}
		planned := q.planAt(q.find(actor), q.entriesOf(subjectOf(actor)), at)
		then, err := q.onBehalf(x.Ceiling(q.withoutLent(actor, planned), facts, q.context, at))
		if err != nil {
			return err
		}
		given, found = x.Gives(then.WithFacts(q.draft, q.next.account, actor), name)
	}
	if found {
		var denied *Refusal
		if err := q.may(userDelegate, parties{nothing: true}); !errors.As(err, &denied) {
			if err != nil {
				return err
			}
		} else {
			return q.refuse(CodeEscalation, "a user with the role %s would get %s, which %s; a user with %s, or the host, can define it",
				name, describeUncovered(given), q.whyUncovered("such a user", given), userDelegate)
		}
	}
	if _, defined := findRole(q.next.roles(), name); !defined {
		return nil
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

// holderCheck compares the holders of a role before and after a command that changes what all of
// them have. Users with equal records are compared once.
type holderCheck struct {
	q      *proposing
	c      policy.Ceiling // on the state before the command; unused for the host
	passed map[*policy.User]bool
}

// compare rejects the command if it gives a user what the actor's rules do not cover, or takes
// something from a user who outranks the actor. The user after has the seats that the user keeps
// in given, and those that follow in taken; nil if the policy lacks the user's account role.
func (h *holderCheck) compare(id usher.UserID, before, given, taken *policy.User) error {
	q, self := h.q, h.q.authority
	if err := q.interrupted(); err != nil || q.actor.Host() != "" || id != self && h.passed[before] {
		return err
	}
	known, delegated := q.withKnownRole(before), false
	if given != nil {
		rule, uncovered, err := h.c.Gives(known, given)
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
		if takes, err = h.c.Takes(known, taken); err != nil {
			return err
		}
	}
	if takes {
		if err := q.checkOutranks(h.c, id, before); err != nil {
			return err
		}
	}
	if !delegated && id != self {
		if h.passed == nil {
			h.passed = map[*policy.User]bool{}
		}
		h.passed[before] = true
	}
	return nil
}
