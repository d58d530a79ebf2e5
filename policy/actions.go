package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Action is a permission that a user has on a resource. The zero Action has no
// permission, and a Decision that denies.
type Action struct {
	Permission permission.Permission
	Decision   usher.Decision // always allowed; it may hide fields
}

// actionOutcome is a permission that a user has, with the outcome that allows it.
type actionOutcome struct {
	name    permission.Permission
	outcome outcome
}

// appendActions appends the permissions on q.resource to dst, with the given basis of decisions. After an
// error, it returns dst unchanged.
func (q *evaluation) appendActions(dst []Action, basis decision.Basis) ([]Action, error) {
	if table := q.class.actions(q.p, q.res); table != nil {
		if list := q.find(table); list != nil {
			for i := range list {
				o := list[i].outcome
				dst = append(dst, Action{list[i].name, decision.New(basis, o.reason(), o.bits(), q.time)})
			}
			return dst, nil
		}
	}
	n := len(dst)
	for _, i := range q.res.perms {
		perm := &q.p.perms[i]
		if o := q.decide(perm); o.reason() == usher.ReasonGranted {
			dst = append(dst, Action{perm.name, decision.New(basis, o.reason(), o.bits(), q.time)})
		}
	}
	if q.err != nil {
		return dst[:n], q.err
	}
	return dst, nil
}

// Actions returns the permissions that the subject has on the request's resource, in the
// order of the policy. It ignores the request's permission. Each decision is the one that
// Decide returns; Actions evaluates shared conditions and scopes once.
//
// The errors are those of Decide. Without a resource, or with one of an unknown type, the
// error is usher.ErrWrongResource.
func (p *Policy) Actions(f Facts, r *usher.Request) ([]Action, error) {
	return p.AppendActions(nil, f, r)
}

// AppendActions appends the result of Actions to dst. With enough capacity in dst, it
// allocates no more than Decide. On an error it returns dst unchanged.
func (p *Policy) AppendActions(dst []Action, f Facts, r *usher.Request) ([]Action, error) {
	if p == nil || r == nil {
		return dst, requestError("actions", r, errNoResource)
	}
	resource, err := p.typeForActions(r.Resource)
	if err != nil {
		return dst, requestError("actions", r, err)
	}
	var q evaluation
	if err := q.begin(p, f, r, resource); err != nil {
		return dst, requestError("actions", r, err)
	}
	if r.OnBehalf() {
		return p.appendActionsOfBoth(dst, f, r, resource)
	}
	dst, err = q.appendActions(dst, p)
	if err != nil {
		return dst, requestError("actions", r, err)
	}
	return dst, nil
}

var errNoResource = printable.Errorf("%w: the request has no resource", usher.ErrWrongResource)

// typeAdmitting returns the type of a resource whose actions are asked for in an account, or the error of a
// check of the resource.
func (p *Policy) typeAdmitting(on usher.Resource, account usher.AccountID) (*resource, error) {
	res, err := p.typeForActions(on)
	if err != nil {
		return nil, err
	}
	if _, literal := on.(*usher.Object); !literal {
		if in := on.InAccount(); in == "" || in == account {
			return res, nil
		}
	}
	return res, p.checkResource(&usher.Request{Account: account, Resource: on}, res)
}

// typeForActions returns the type of a resource whose actions are asked for.
func (p *Policy) typeForActions(on usher.Resource) (*resource, error) {
	if on == nil {
		return nil, errNoResource
	}
	name := on.Ref().Type
	at := p.resourceTable.find(name)
	if at < 0 {
		return nil, printable.Errorf("%w: the policy has no resource %q", usher.ErrWrongResource, name)
	}
	return &p.resources[at], nil
}
