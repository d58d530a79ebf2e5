package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/role"
)

// maxDepth is the number of containers above a resource at which a scope looks. What is above
// them is unknown, so a cycle of containers ends there.
const maxDepth = criteria.MaxDepth

// upward are the parties that a scope considers on the containers of a resource, by level. The
// zero upward has none.
type upward struct {
	levels  uint8 // no container above has one of the parties
	parties [maxDepth]uint16
}

// orAbove reports whether a scope matches on the resource or on one of its containers. If it
// matches on one of them, nothing else matters; otherwise all of them must be known.
func (q *evaluation) orAbove(t *term, team role.Name) (yes, known bool) {
	resource, res := q.resource, q.res
	defer func() { q.resource, q.res = resource, res }()
	known = true
	parties := t.parties
	for level := 0; ; level++ {
		if parties != 0 {
			yes, sure := q.scope(t.scope, parties, team)
			if yes {
				return true, true
			}
			known = known && sure
		}
		if level == int(t.above.levels) && (level < maxDepth || q.res.in == nil) {
			return false, known
		}
		container, sure := q.container(level)
		switch {
		case !sure || container != nil && level == maxDepth:
			return false, false
		case container == nil:
			return false, known
		}
		q.resource, q.res, parties = container, q.res.in, t.above.parties[level]
	}
}

// container returns the container of the current resource, which is that of the request if
// level is 0. A check calls Container of that resource once.
func (q *evaluation) container(level int) (container usher.Resource, known bool) {
	if level == 0 && q.containerRead {
		return q.nearest, q.nearestKnown
	}
	container, known = usher.Container(q.resource)
	if known && container != nil {
		if err := q.p.checkContainer(container, q.requestAccount, q.res.in); err != nil {
			q.fail(err)
			container, known = nil, false
		}
	}
	if level == 0 {
		q.nearest, q.nearestKnown, q.containerRead = container, known, true
	}
	return container, known
}

// checkContainer returns an error if a container does not have the type that the policy
// declares, belongs to another account, or has names that the policy does not declare.
func (p *Policy) checkContainer(container usher.Resource, account usher.AccountID, want *resource) error {
	ref := container.Ref()
	if ref.Type != want.name {
		return printable.Errorf("%w: the container has the type %q (want %q)", usher.ErrWrongResource, ref.Type, want.name)
	}
	if in := container.InAccount(); in != "" && in != account {
		return printable.Errorf("%w: the container belongs to %q, but the request is about %q", usher.ErrOtherAccount, in, account)
	}
	if object, ok := container.(*usher.Object); ok {
		return p.checkObject(want, object)
	}
	return nil
}

// Container returns the type of resource that contains a type of resource, "" if there is none
// and for an unknown type. Folders in folders are of the same type.
func (p *Policy) Container(resource string) string {
	if i := p.resourceTable.find(resource); i >= 0 && p.resources[i].in != nil {
		return p.resources[i].in.name
	}
	return ""
}
