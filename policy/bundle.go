package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// evaluateBundle evaluates each permission of a bundle, in the order of the file.
// Permissions of the resource's type are evaluated on the resource, the others without
// one. It returns the first denial. If there is none, the result hides the union of what
// the permissions hide.
func (p *Policy) evaluateBundle(f Facts, r *usher.Request, b *bundle) (answer, error) {
	first, err := p.firstResource(r, b)
	if err != nil {
		return answer{}, err
	}
	var q evaluation
	if err := q.begin(p, f, r, &p.resources[first]); err != nil {
		return answer{}, err
	}
	var granted []outcome
	for _, at := range b.perms {
		perm := &p.perms[at]
		q.switchResource(perm.resource, r.Resource)
		outcome := q.decide(perm)
		if q.err != nil || outcome.reason() != usher.ReasonGranted {
			return answer{p, outcome, q.time, nil}, q.err
		}
		granted = append(granted, outcome)
	}
	hidden := func(o outcome) bool { return o>>maskShift != 0 }
	if i := slices.IndexFunc(granted, hidden); i >= 0 {
		bits := make([]uint64, len(granted))
		for k, o := range granted {
			bits[k] = o.bits()
		}
		return answer{p, granted[i], q.time, bits}, nil
	}
	return answer{p, granted[0], q.time, nil}, nil
}

// firstResource returns the index of the resource's type. Without a resource, it returns
// that of the bundle's first permission.
func (p *Policy) firstResource(r *usher.Request, b *bundle) (int, error) {
	if r.Resource == nil {
		return p.perms[b.perms[0]].resource, nil
	}
	want := r.Resource.Ref().Type
	for _, at := range b.perms {
		if i := p.perms[at].resource; p.resources[i].name == want {
			return i, nil
		}
	}
	return 0, printable.Errorf("%w: got %q, but no permission of %s is about it", usher.ErrWrongResource, want, b.name)
}

// switchResource continues with another type of resource and clears all cached results, except
// the container, which is that of the request's resource.
func (q *evaluation) switchResource(resource int, thing usher.Resource) {
	res := &q.p.resources[resource]
	if res == q.res {
		return
	}
	*q = evaluation{
		evalContext: evalContext{
			p: q.p, facts: q.facts, subject: q.subject, user: q.user, res: res,
			account: q.account, err: q.err,
		},
		requestAccount: q.requestAccount, context: q.context, time: q.time, class: q.class, visitor: q.visitor, acting: q.acting, gives: q.gives,
		nearest: q.nearest, nearestKnown: q.nearestKnown, containerRead: q.containerRead,
	}
	if thing != nil && thing.Ref().Type == res.name {
		q.resource = thing
	}
}
