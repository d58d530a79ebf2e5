package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
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
//   - usher.ErrVisitor: the request has a subject and is marked as a visitor's
//   - usher.ErrNoTime: the request has no time and the facts have no clock, or the time
//     is outside the years 1678 to 2261
//
// A nil resource has no parties and no attributes.
func (p *Policy) Decide(f Facts, r *usher.Request) (usher.Decision, error) {
	if p == nil || r == nil {
		return usher.Decision{}, requestError("check", r, usher.ErrUnknownPermission)
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
	outcome := p.decideEarly(perm, who)
	switch {
	case outcome.reason() != 0:
		return p.decision(outcome, r.Time), nil
	case outcome == scopeOnly && len(who.user.Grants) == 0:
		return p.decideScopeOnly(f, r, who, perm)
	}
	return p.decideFor(f, r, who, perm)
}

// decideEarly returns the precomputed outcome of a permission for a user. If there is
// none, the outcome has no reason.
func (p *Policy) decideEarly(perm *perm, who subject) outcome {
	if who.user == nil || who.user.Status != usher.Active {
		if perm.visitor != nil {
			return 0
		}
		return withoutRules(perm, who.user)
	}
	outcome := perm.precomputed[who.role]
	if outcome.reason() == usher.ReasonNoPermission && len(who.user.Grants) > 0 {
		return 0
	}
	return outcome
}

// withoutRules returns the denial of a requester who is not an active user.
func withoutRules(perm *perm, user *User) outcome {
	if user == nil {
		return permOutcome(usher.ReasonUnknownUser, perm)
	}
	return permOutcome(usher.ReasonInactive, perm)
}

// decideFor is separate from Decide because an evaluation is expensive to clear.
//
//go:noinline
func (p *Policy) decideFor(f Facts, r *usher.Request, who subject, perm *perm) (usher.Decision, error) {
	var q evaluation
	q.fill(p, f, r, who, perm.res)
	outcome := q.evalRules(perm)
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
		return answer{}, printable.Errorf("%w%s", usher.ErrUnknownPermission, suggest.DidYouMean(r.Permission.String(), p.permissionNames()))
	case index < 0:
		return p.evaluateBundle(f, r, &p.bundles[^index])
	}
	var q evaluation
	if err := q.begin(p, f, r, p.perms[index].resource); err != nil {
		return answer{}, err
	}
	outcome := q.decide(&p.perms[index])
	return answer{p, outcome, q.time}, q.err
}

// answer has the parts of a Decision.
type answer struct {
	basis   decision.Basis
	outcome outcome
	at      time.Time
}

func (a answer) decision() usher.Decision {
	return decision.New(a.basis, a.outcome.reason(), a.outcome.bits(), a.at)
}

// decide evaluates one permission of q.res.
func (q *evaluation) decide(perm *perm) outcome {
	if outcome := q.p.decideEarly(perm, subject{q.user, q.role, q.guard}); outcome.reason() != 0 {
		return outcome
	}
	return q.evalRules(perm)
}

// evalRules evaluates the rules of a requester for whom no outcome is precomputed.
func (q *evaluation) evalRules(perm *perm) outcome {
	if perm.visitor != nil && !q.active() {
		return q.evalVisitor(perm)
	}
	if perm.protection != unprotected || len(perm.never) > 0 {
		if outcome := q.forbidden(perm); outcome != 0 {
			return outcome
		}
	}
	q.granted, q.unmet, q.outOfScope = nil, nil, nil
	q.matchRules(perm.byRole[q.role], "")
	if perm.beside {
		q.matchBeside(perm)
	}
	if q.granted != nil && q.granted.hide == 0 {
		return ruleOutcome(usher.ReasonGranted, q.granted, 0) // it is named before all others
	}
	if perm.onTeams {
		q.matchTeamRoles(perm)
	}
	if len(perm.everyone) > 0 {
		q.matchRules(perm.everyone, "")
	}
	if len(q.user.Grants) > 0 {
		q.matchGrants(perm)
	}
	if perm.visitor != nil {
		q.matchVisitor(perm)
	}
	switch {
	case q.granted != nil:
		return ruleOutcome(usher.ReasonGranted, q.granted, q.hidden)
	case q.unmet != nil:
		return ruleOutcome(usher.ReasonConditionUnmet, q.unmet, q.required(q.unmet)&^q.holds)
	case q.outOfScope != nil:
		return ruleOutcome(usher.ReasonOutOfScope, q.outOfScope, 0)
	default:
		return permOutcome(usher.ReasonNoPermission, perm)
	}
}

// forbidden evaluates never rules and built-in protections. They also apply where a fact of
// the resource or the request is unknown.
func (q *evaluation) forbidden(perm *perm) outcome {
	switch {
	case perm.protection.forbidsAll(q.role == q.p.unique),
		perm.protection.keepsHolder(q.role == q.p.unique) && q.namesHolder():
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

// matchRules evaluates a list of rules, sorted by rank. Team is the team role whose teams
// count; "" stands for the teams that the user is a direct member of.
func (q *evaluation) matchRules(list []rule, team role.Name) {
	for i := range list {
		r := &list[i]
		if q.granted != nil && q.hidden == 0 && q.granted.rank < r.rank {
			return // a later rule is not named and shows no more
		}
		q.try(r, team)
	}
}

func (q *evaluation) matchBeside(perm *perm) {
	for _, name := range q.user.Beside {
		if held := q.p.roleIndex(name); held >= 0 && q.p.held[held].beside {
			q.matchRules(perm.byRole[held], "")
		}
	}
}

func (q *evaluation) matchTeamRoles(perm *perm) {
	for i := range q.user.Teams {
		for _, name := range q.user.Teams[i].Roles {
			if held := q.p.roleIndex(name); held >= 0 && q.p.held[held].onTeam {
				q.matchRules(perm.byRole[held], name)
			}
		}
	}
	if len(q.user.Outside) > 0 {
		q.matchOutside(perm)
	}
}

func (q *evaluation) matchGrants(perm *perm) {
	for i := range q.user.Grants {
		g := &q.user.Grants[i]
		for k := range perm.grants {
			if perm.grants[k].name == g.Name && q.lasts(g) {
				q.try(&perm.grants[k].rule, "")
			}
		}
	}
}

func (q *evaluation) try(r *rule, team role.Name) {
	if r.scope != syntax.ScopeAny {
		if yes, _ := q.reaches(r, team); !yes {
			q.outOfScope = firstByRank(q.outOfScope, r)
			return
		}
	}
	if need := r.need | q.guard; need != 0 {
		q.evalConditions(need)
		if q.holds&need != need {
			q.unmet = firstByRank(q.unmet, r)
			return
		}
	}
	if q.granted == nil {
		q.hidden = r.hide
	}
	q.hidden &= r.hide
	q.granted = firstByRank(q.granted, r)
}

// firstByRank returns the rule that decisions name first.
func firstByRank(a, b *rule) *rule {
	if a != nil && a.rank <= b.rank {
		return a
	}
	return b
}
