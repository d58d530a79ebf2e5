package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Action is something that a user may do on a resource. The zero Action is no
// permission, denied.
type Action struct {
	Permission permission.Permission
	Decision   usher.Decision // always allowed; it may hide fields
}

// Actions returns everything that the subject may do on the request's resource,
// in the order of the policy; the request's permission plays no part. Each
// decision is the one that Decide gives, but what they have in common is looked
// at once.
//
// The errors are those of Decide; without a resource, or with one of a type that
// the policy does not know, it is usher.ErrWrongResource.
func (p *Policy) Actions(f Facts, r *usher.Request) ([]Action, error) {
	return p.AppendActions(nil, f, r)
}

// AppendActions is Actions into a slice that the caller keeps; with enough room
// there it allocates no more than Decide. On an error it returns dst as it was.
func (p *Policy) AppendActions(dst []Action, f Facts, r *usher.Request) ([]Action, error) {
	if p == nil || r == nil || r.Resource == nil {
		return dst, requestError("actions", r, printable.Errorf("%w: there is no resource to act on", usher.ErrWrongResource))
	}
	resource := p.resourceTable.find(r.Resource.Ref().Type)
	if resource < 0 {
		return dst, requestError("actions", r, printable.Errorf("%w: the policy does not know this one", usher.ErrWrongResource))
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
