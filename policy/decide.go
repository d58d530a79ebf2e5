package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
)

// Decide returns the decision on a request, based on the facts of the request's account.
// It does not keep r. It allocates only if the request's resource or the facts allocate:
// a request written as a literal in the call stays on the stack.
//
// The error is an *usher.RequestError. It wraps the error of the facts, or one of
//
//   - usher.ErrUnknownPermission: the policy lacks the permission, or r is nil
//   - usher.ErrWrongResource: the resource has another type than the permission
//   - usher.ErrOtherAccount: the resource names another account than the request
//   - usher.ErrUndeclared: a fact, party, attribute or role that the policy lacks
//   - usher.ErrVisitor: the request has a subject, or By, and is marked as a visitor's
//   - usher.ErrNoTime: the request has no time and the facts have no clock, or the time
//     is outside the years 1678 to 2261
//
// A nil resource has no parties and no attributes.
//
// If a user acts on behalf of the subject, the decision is the subject's if it denies, and
// otherwise that of the user who acts, with the hidden fields of both.
func (p *Policy) Decide(f Facts, r *usher.Request) (usher.Decision, error) {
	if p == nil || r == nil {
		return usher.Decision{}, requestError("check", r, usher.ErrUnknownPermission)
	}
	if r.By != "" && r.By != r.Subject {
		return p.decideBoth(f, r)
	}
	slot := p.permTable.slot(r.Permission)
	if slot == nil || slot.perm == nil {
		a, err := p.evaluate(f, r)
		if err != nil {
			return usher.Decision{}, requestError("check", r, err)
		}
		return a.decision(), nil
	}
	perm := slot.perm
	if f == nil {
		return usher.Decision{}, requestError("check", r, errNoFacts)
	}
	// The user is looked up before the request is validated, so that the slowest memory
	// access starts first.
	who, err := p.lookUp(f, r.Subject)
	if !perm.res.quickValidate(f, r) {
		if wrong := p.validate(f, r, perm.res); wrong != nil {
			err = wrong
		}
	}
	if err != nil {
		return usher.Decision{}, requestError("check", r, err)
	}
	list := who.class.steps(p, perm)
	switch {
	case list.fixed != 0:
		return p.decision(list.fixed, r.Time), nil
	case list.small:
		return p.decideSmall(f, r, who, list)
	}
	return p.decideFor(f, r, who, list)
}

// withoutRules returns the denial of a requester who is not an active user.
func withoutRules(perm *perm, c *class) outcome {
	if c.role == noRole {
		return permOutcome(usher.ReasonUnknownUser, perm)
	}
	return permOutcome(usher.ReasonInactive, perm)
}

// decideSmall decides with a small list. It needs a part of an evaluation only, which is faster to
// clear.
//
//go:noinline
func (p *Policy) decideSmall(f Facts, r *usher.Request, who subject, list *stepList) (usher.Decision, error) {
	var s evalContext
	s.p, s.facts, s.res = p, f, list.perm.res
	s.subject, s.user, s.resource = r.Subject, who.user, r.Resource
	outcome := s.matchSmall(list)
	if s.err != nil {
		return usher.Decision{}, requestError("check", r, s.err)
	}
	return p.decision(outcome, r.Time), nil
}

// decideFor is separate from Decide because an evaluation is expensive to clear.
//
//go:noinline
func (p *Policy) decideFor(f Facts, r *usher.Request, who subject, list *stepList) (usher.Decision, error) {
	var q evaluation
	q.fill(p, f, r, who, list.perm.res)
	outcome := q.follow(list)
	if q.err != nil {
		return usher.Decision{}, requestError("check", r, q.err)
	}
	return p.decision(outcome, q.time), nil
}

// evaluate evaluates a request for a permission or for a bundle.
func (p *Policy) evaluate(f Facts, r *usher.Request) (answer, error) {
	if p == nil {
		return answer{}, usher.ErrUnknownPermission
	}
	index, ok := p.permTable.find(r.Permission)
	switch {
	case !ok:
		return answer{}, p.unknownPermission(r.Permission)
	case index < 0:
		return p.evaluateBundle(f, r, &p.bundles[^index])
	}
	var q evaluation
	if err := q.begin(p, f, r, p.perms[index].res); err != nil {
		return answer{}, err
	}
	outcome := q.decide(&p.perms[index])
	return answer{p, outcome, q.time, nil}, q.err
}

// answer has the parts of a Decision.
type answer struct {
	p       *Policy
	outcome outcome
	at      time.Time
	joined  []uint64 // the bits of all permissions of a bundle, if one hides fields
}

func (a answer) decision() usher.Decision {
	var basis decision.Basis = a.p
	if a.joined != nil {
		basis = decision.Join(a.p, a.joined...)
	}
	return decision.New(basis, a.outcome.reason(), a.outcome.bits(), a.at)
}

// decide evaluates one permission of q.res.
func (q *evaluation) decide(perm *perm) outcome {
	list := q.class.steps(q.p, perm)
	if list.fixed != 0 {
		return list.fixed
	}
	return q.follow(list)
}

// follow evaluates steps that has no fixed outcome.
func (q *evaluation) follow(list *stepList) outcome {
	if !q.class.active {
		return q.followVisitor(list)
	}
	if list.perm.protection != unprotected || len(list.perm.never) > 0 {
		if outcome := q.forbidden(list.perm); outcome != 0 {
			return outcome
		}
	}
	return q.match(list)
}

// forbidden evaluates never rules and built-in protections. They also apply where a fact of
// the resource or the request is unknown.
func (q *evaluation) forbidden(perm *perm) outcome {
	switch {
	case perm.protection.forbidsAll(q.class.role == q.p.unique),
		perm.protection.keepsHolder(q.class.role == q.p.unique) && q.namesHolder():
		return outcome(usher.ReasonForbidden) | outcome(perm.builtIn)<<refShift
	}
	for i := range perm.never {
		r := &perm.never[i]
		if _, maybe := q.reaches(r, ""); maybe {
			q.evalConditions(r.need)
			if q.possible&r.need == r.need {
				return ruleOutcome(usher.ReasonForbidden, r, r.need&^q.holds)
			}
		}
	}
	return 0
}

// namesHolder reports whether the holder of the unique role is, or may be, among the
// users of the resource.
func (q *evaluation) namesHolder() bool {
	if q.resource == nil {
		return false
	}
	ids, known := q.party(q.res.party("user"))
	if !known {
		return true
	}
	for _, id := range ids {
		if id == "" {
			continue // it refers to no user
		}
		user, err := q.facts.User(usher.UserID(id))
		if err != nil {
			q.fail(err)
		}
		if user != nil && q.p.roleIndex(user.Role) == q.p.unique {
			return true
		}
	}
	return false
}
