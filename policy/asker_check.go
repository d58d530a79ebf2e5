package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/permission"
)

// finish is Check for what quick leaves to it.
//
//go:noinline
func (a *Asker) finish(list *stepList, name permission.Permission, on usher.Resource) (usher.Decision, error) {
	if list != nil {
		return a.checkSteps(list, on)
	}
	p := a.binding.policy
	slot := p.permTable.slot(name)
	if slot == nil || slot.perm == nil {
		return a.checkBundle(name, on)
	}
	r := a.Request(name, on)
	if err := p.checkResource(&r, slot.perm.res); err != nil {
		return usher.Decision{}, requestError("check", &r, err)
	}
	list = a.who.class.steps(p, slot.perm)
	if list.fixed != 0 {
		return decision.New(a.binding.basis, list.fixed.reason(), list.fixed.bits(), a.time), nil
	}
	return a.checkSteps(list, on)
}

// checkBundle is Check for a bundle, and for a permission that the policy lacks.
func (a *Asker) checkBundle(name permission.Permission, on usher.Resource) (usher.Decision, error) {
	r := a.Request(name, on)
	d, err := a.binding.policy.Decide(a.binding.facts, &r)
	return decision.On(d, a.binding.basis), err
}

func (a *Asker) checkSteps(list *stepList, on usher.Resource) (usher.Decision, error) {
	o, at, err := a.outcomeOfSteps(list, on)
	if err != nil {
		return a.failed(list, on, err)
	}
	return decision.New(a.binding.basis, o.reason(), o.bits(), at), nil
}

func (a *Asker) failed(list *stepList, on usher.Resource, err error) (usher.Decision, error) {
	r := a.Request(list.perm.name, on)
	return usher.Decision{}, requestError("check", &r, err)
}

// outcomeOfSteps evaluates a list without a fixed outcome. It returns the time that the decision
// carries.
//
//go:noinline
func (a *Asker) outcomeOfSteps(list *stepList, on usher.Resource) (outcome, time.Time, error) {
	var q evaluation
	q.fillFor(a, list.perm.res, on)
	o := q.follow(list)
	return o, q.time, q.err
}

// fillFor is fill for an Asker.
func (q *evaluation) fillFor(a *Asker, res *resource, on usher.Resource) {
	q.p, q.facts, q.res = a.binding.policy, a.binding.facts, res
	q.subject, q.resource, q.context, q.time = a.subject, on, a.context, a.time
	q.user, q.class, q.visitor = a.who.user, a.who.class, a.visitor
	q.requestAccount = a.binding.account
	q.acting = a.by != "" && a.by != a.subject
	if a.gives != "" {
		q.gives = q.p.gives(a.gives)
	}
}

// appendActions appends the permissions that one user has on a resource.
func (a *Asker) appendActions(dst []Action, on usher.Resource) ([]Action, error) {
	res, err := a.binding.policy.typeAdmitting(on, a.binding.account)
	if err == nil {
		var q evaluation
		q.fillFor(a, res, on)
		if dst, err = q.appendActions(dst, a.binding.basis); err == nil {
			return dst, nil
		}
	}
	r := a.Request(noPermission, on)
	return dst, requestError("actions", &r, err)
}
