package policy

import (
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/permission"
)

// Check decides one request, with an Asker that it makes for it. The errors are those of Decide.
func (b *Binding) Check(r *usher.Request) (usher.Decision, error) {
	if b.isPlain(r) {
		if who, err := b.lookUp(r.Subject); err == nil {
			a := asking{b, who, r.Subject}
			o, list := a.quick(r.Permission, r.Resource)
			if o != 0 {
				return decision.New(b.basis, o.reason(), o.bits(), r.Time), nil
			}
			return b.finish(who, r, list)
		}
	}
	return b.checkAny(r)
}

// Can is Check with its arguments one by one, without facts of the request, and at the time of the
// clock of the facts.
func (b *Binding) Can(user usher.UserID, p permission.Permission, on usher.Resource) (usher.Decision, error) {
	if b != nil && b.policy != nil && b.clocked {
		if who, err := b.lookUp(user); err == nil {
			a := asking{b, who, user}
			o, list := a.quick(p, on)
			if o != 0 {
				return decision.New(b.basis, o.reason(), o.bits(), time.Time{}), nil
			}
			return b.finish(who, &usher.Request{Subject: user, Permission: p, Resource: on}, list)
		}
	}
	return b.checkAny(&usher.Request{Subject: user, Permission: p, Resource: on})
}

// quick returns the outcome of a check that nothing but the user and the resource decides, on a
// resource that clearly is of the type of the permission. Otherwise it returns 0, and the steps of the
// permission if only they are left to be evaluated.
func (a *asking) quick(name permission.Permission, on usher.Resource) (outcome, *stepList) {
	p := a.binding.policy
	slot := p.permTable.slot(name)
	if slot == nil || slot.perm == nil {
		return 0, nil
	}
	perm := slot.perm
	if on != nil && !perm.res.quickAdmit(on, a.binding.account) {
		return 0, nil
	}
	list := a.who.class.madeSteps(perm)
	if list == nil {
		list = p.makeSteps(a.who.class, perm)
	}
	if !list.small {
		return list.fixed, list
	}
	o, err := a.matchSmall(list, on)
	if err != nil {
		o = 0
	}
	return o, list
}

// matchSmall evaluates a small list. It needs a part of an evaluation only, which is faster to
// clear.
func (a *asking) matchSmall(list *stepList, on usher.Resource) (outcome, error) {
	var s evalContext
	s.p, s.facts, s.res = a.binding.policy, a.binding.facts, list.perm.res
	s.subject, s.user, s.resource = a.subject, a.who.user, on
	o := s.matchSmall(list)
	return o, s.err
}

// finish is Check for what quick leaves to it.
//
//go:noinline
func (b *Binding) finish(who subject, r *usher.Request, list *stepList) (usher.Decision, error) {
	a := Asker{asking: asking{b, who, r.Subject}, plain: true, time: r.Time}
	return a.finish(list, r.Permission, r.Resource)
}

// AppendActions does what Policy.AppendActions does, with an Asker that it makes for the request.
func (b *Binding) AppendActions(dst []Action, r *usher.Request) ([]Action, error) {
	if b.isPlain(r) {
		if who, err := b.lookUp(r.Subject); err == nil {
			res, err := b.policy.typeAdmitting(r.Resource, b.account)
			if err == nil {
				var q evaluation
				q.fill(b.policy, b.facts, r, who, res)
				q.requestAccount = b.account
				dst, err = q.appendActions(dst, b.basis)
			}
			if err != nil {
				err = requestError("actions", r, err)
			}
			return dst, err
		}
	}
	a, err := b.as(r)
	if err != nil {
		return dst, requestError("actions", r, err)
	}
	return a.AppendActions(dst, r.Resource)
}

// isPlain reports whether a request states nothing but its account, subject, permission, resource and
// time, all of which are usable.
func (b *Binding) isPlain(r *usher.Request) bool {
	return b != nil && b.policy != nil && r != nil && r.By == "" && r.Gives == "" && !r.Visitor && len(r.Context) == 0 &&
		(r.Account == b.account || r.Account == "") && b.isTimed(r.Time)
}

// checkAny is Check for any request.
func (b *Binding) checkAny(r *usher.Request) (usher.Decision, error) {
	a, err := b.as(r)
	if err != nil {
		return usher.Decision{}, requestError("check", r, err)
	}
	return a.Check(r.Permission, r.Resource)
}

// Checked is the result of one request of AppendChecks. The zero Checked denies.
type Checked struct {
	Decision usher.Decision
	Err      error // if it is not nil, the Decision is the zero Decision, which denies
}

// together is the number of users that AppendChecks finds before it decides about the first: so
// many that the processor waits for their memory at the same time.
const together = 16

// errNotPlain marks a request that AppendChecks decides as Check does.
var errNotPlain = errors.New("not plain")

// AppendChecks decides requests as Check does, and appends a result for each, in their order, to
// dst. An error of one request is a denial of that request only. It is faster than a Check for each
// request if there are many users, because it finds several users before it decides. It allocates
// nothing if dst has enough capacity and the requests do not fail.
func (b *Binding) AppendChecks(dst []Checked, requests []usher.Request) []Checked {
	var who [together]subject
	var errs [together]error
	a := Asker{asking: asking{binding: b}, plain: true}
	for len(requests) > 0 {
		some := requests[:min(len(requests), together)]
		for i := range some {
			errs[i] = errNotPlain
			if b.isPlain(&some[i]) {
				who[i], errs[i] = b.lookUp(some[i].Subject)
			}
		}
		for i := range some {
			var c Checked
			r := &some[i]
			if errs[i] != nil {
				c.Decision, c.Err = b.checkAny(r)
			} else {
				a.who, a.subject, a.time = who[i], r.Subject, r.Time
				c.Decision, c.Err = a.Check(r.Permission, r.Resource)
			}
			dst = append(dst, c)
		}
		requests = requests[len(some):]
	}
	return dst
}
