package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Action is a permission that a user has on a resource. The zero Action has no
// permission, and a Decision that denies.
type Action struct {
	Permission permission.Permission
	Decision   usher.Decision // always allowed; it may hide fields
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
	if p == nil || r == nil || r.Resource == nil {
		return dst, requestError("actions", r, printable.Errorf("%w: the request has no resource", usher.ErrWrongResource))
	}
	resource := p.resourceTable.find(r.Resource.Ref().Type)
	if resource < 0 {
		return dst, requestError("actions", r, printable.Errorf("%w: the policy has no resource %q", usher.ErrWrongResource, r.Resource.Ref().Type))
	}
	var q evaluation
	if err := q.begin(p, f, r, resource); err != nil {
		return dst, requestError("actions", r, err)
	}
	n := len(dst)
	for _, i := range q.res.perms {
		perm := &p.perms[i]
		if outcome := q.decide(perm); outcome.reason() == usher.ReasonGranted {
			dst = append(dst, Action{perm.name, p.decision(outcome, q.time)})
		}
	}
	if q.err != nil {
		return dst[:n], requestError("actions", r, q.err)
	}
	return dst, nil
}
