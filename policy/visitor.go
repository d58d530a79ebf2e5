package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/role"
)

// Visitors reports whether visitors may have a permission: a rule of visitors gives it, or for
// a bundle each of its permissions. It returns false for a name that the policy lacks, and for
// a nil Policy. To decide for a visitor, set Visitor in a request.
func (p *Policy) Visitors(name permission.Permission) bool {
	if p == nil {
		return false
	}
	perms, err := p.expandBundle(name)
	return err == nil && p.allOpen(perms)
}

// allOpen reports whether each of the permissions has rules of visitors.
func (p *Policy) allOpen(perms []int) bool {
	return !slices.ContainsFunc(perms, func(i int) bool { return p.perms[i].visitor == nil })
}

// outsider has the facts of a requester who is not in the account: no role, team, seat or
// grant. It is not active.
var outsider User

// active reports whether the requester is an active user of the account, to whom all rules
// apply. To others, only rules of visitors and those under never apply.
func (q *evaluation) active() bool { return q.class.active }

// identified reports whether rules of visitors apply: the request has a subject, or is marked
// as a visitor's.
func (q *evaluation) identified() bool { return q.visitor || q.subject != "" }

// followVisitor evaluates the rules of visitors for a requester who is not an active user. If
// none of them allows, the outcome is the denial of such a requester.
func (q *evaluation) followVisitor(list *stepList) outcome {
	denied := withoutRules(list.perm, q.class)
	if !q.identified() {
		return denied
	}
	if q.user == nil {
		q.user = &outsider
		defer func() { q.user = nil }()
	}
	granted := q.match(list)
	if granted.reason() != usher.ReasonGranted {
		return denied
	}
	if forbidden := q.forbidden(list.perm); forbidden != 0 {
		return forbidden
	}
	return granted
}

// required returns the literals that must hold for a rule of the requester, including those
// that the account role requires.
func (q *evaluation) required(r *rule) uint64 {
	switch q.p.written[r.written].source {
	case usher.SourceNever, usher.SourceVisitor:
		return r.need
	}
	return r.need | q.class.guard
}

// eachOpen calls visit for the rules that apply to a requester who is not an active user:
// rules of visitors, and those under never of the same permission. There are none for a
// request without a subject that is not marked as a visitor's.
func (q *evaluation) eachOpen(perm *perm, visit func(r *rule, team role.Name)) {
	if perm.visitor == nil || !q.identified() {
		return
	}
	for _, list := range [][]rule{perm.never, perm.visitor} {
		for i := range list {
			visit(&list[i], "")
		}
	}
}
