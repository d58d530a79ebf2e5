package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/printable"
)

// byOf returns the request of the user who acts on behalf of the subject of r: the same request in
// that user's own right. In both requests, the fact acting is true.
func byOf(r *usher.Request) usher.Request {
	by := *r
	by.Subject, by.By = r.By, r.Subject
	return by
}

// atOneTime returns the request with the time of the facts' clock if it has no time, so that both
// users are checked at the same time.
func atOneTime(f Facts, r *usher.Request) usher.Request {
	at := *r
	if clock, ok := f.(Clock); ok && r.Time.IsZero() {
		at.Time = clock.Now()
	}
	return at
}

// evaluateBoth evaluates a request for the subject and for the user who acts on behalf of the subject.
// It returns the first denial, or what both may do. By reports that the result is that of the user who
// acts.
func (p *Policy) evaluateBoth(f Facts, r *usher.Request) (result answer, by bool, err error) {
	own, err := p.evaluate(f, r)
	if err != nil {
		return answer{}, false, err
	}
	if own.outcome.reason() != usher.ReasonGranted {
		return own, false, nil
	}
	other := byOf(r)
	acting, err := p.evaluate(f, &other)
	if err != nil {
		return answer{}, true, err
	}
	if acting.outcome.reason() != usher.ReasonGranted {
		return acting, true, nil
	}
	return own.with(acting), false, nil
}

// with returns the answer of one user, with the fields hidden that the answer of another user about
// the same permission hides.
func (a answer) with(other answer) answer {
	switch {
	case a.joined == nil && other.joined == nil: // of one permission, or without hidden fields
		a.outcome |= other.outcome >> maskShift << maskShift
	default:
		a.joined = append(append([]uint64{a.outcome.bits(), other.outcome.bits()}, a.joined...), other.joined...)
	}
	return a
}

// decideBoth is Decide for a request on behalf of the subject.
func (p *Policy) decideBoth(f Facts, r *usher.Request) (usher.Decision, error) {
	if f == nil {
		return usher.Decision{}, requestError("check", r, errNoFacts)
	}
	at := atOneTime(f, r)
	result, _, err := p.evaluateBoth(f, &at)
	if err != nil {
		return usher.Decision{}, requestError("check", r, err)
	}
	return result.decision(), nil
}

// appendActionsOfBoth is AppendActions for a request on behalf of the subject.
func (p *Policy) appendActionsOfBoth(dst []Action, f Facts, r *usher.Request, res *resource) ([]Action, error) {
	at := atOneTime(f, r)
	n := len(dst)
	for _, i := range res.perms {
		at.Permission = p.perms[i].name
		result, _, err := p.evaluateBoth(f, &at)
		if err != nil {
			return dst[:n], requestError("actions", r, err)
		}
		if result.outcome.reason() == usher.ReasonGranted {
			dst = append(dst, Action{at.Permission, result.decision()})
		}
	}
	return dst, nil
}

// explainBoth is Explain for a request on behalf of the subject. A denial has no remedies, because
// a remedy would have to change the decision about two users.
func (p *Policy) explainBoth(f Facts, r *usher.Request) (usher.Explanation, error) {
	if f == nil {
		return usher.Explanation{}, requestError("explain", r, errNoFacts)
	}
	result, by, err := p.evaluateBoth(f, r)
	if err != nil {
		return usher.Explanation{}, requestError("explain", r, err)
	}
	x := usher.Explanation{Decision: result.decision()}
	x.Sentence = sentence(r, x.Decision) + p.unknownFacts(r.Resource, result.outcome)
	switch {
	case x.Decision.Allowed():
	case by:
		x.Sentence += printable.Sprintf(" (for %s, who acts)", printable.Word(r.By))
	default:
		x.Sentence += printable.Sprintf(" (for %s)", printable.Word(r.Subject))
	}
	return x, nil
}

// criteriaOfBoth returns criteria that select what the criteria of the subject select, and also those
// of the user who acts on behalf of the subject.
func (p *Policy) criteriaOfBoth(f Facts, r *usher.Request, own criteria.Criteria) (criteria.Criteria, error) {
	by := byOf(r)
	acting, err := p.criteria(f, &by)
	if err != nil {
		return criteria.Criteria{}, err
	}
	for i := range own.Types {
		t, other := &own.Types[i], &acting.Types[i] // both have the types of the permission
		if len(t.Needs) == 0 || len(other.Needs) == 0 {
			t.Needs = append(t.Needs, nil) // an empty need is never met
		}
		t.Needs = append(t.Needs, other.Needs...)
		t.Never = append(t.Never, other.Never...)
		t.Hidden = append(t.Hidden, other.Hidden...)
	}
	return own, nil
}
