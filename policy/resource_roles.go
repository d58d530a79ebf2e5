package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// roleOnType is the type of resource on which a role is held. The zero value is that of another
// kind of role.
type roleOnType struct {
	res *resource
	bit uint64 // identifies the role among all that are held on resources
}

// heldAll is the value of evaluation.heldLevels if all containers were read, as far as they are
// known.
const heldAll = 255

// holdsHere reports whether the scope here of a rule matches: whether the subject holds the role
// of the rule on the resource, or on a container at which the scope looks. An unknown container
// does not match; the scope is never negated and never under never.
func (q *evaluation) holdsHere(r *rule) bool {
	if q.resource == nil || r.held < 0 || q.p.onType == nil {
		return false
	}
	bit := q.p.onType[r.held].bit
	if q.heldLevels == 0 {
		q.heldHere, q.heldLevels = q.rolesOn(q.resource, q.res), 1
	}
	if q.heldHere&bit != 0 {
		return true
	}
	if r.here > 0 && q.heldAbove&bit == 0 && q.heldLevels <= r.here {
		q.readAbove(bit, r.here)
	}
	return r.here > 0 && q.heldAbove&bit != 0
}

// readAbove reads the roles on the containers, up to a number of levels, or until it finds the
// role of the bit.
func (q *evaluation) readAbove(bit uint64, levels uint8) {
	resource, res := q.resource, q.res
	defer func() { q.resource, q.res = resource, res }()
	for level := range levels {
		container, known := q.container(int(level))
		if !known || container == nil {
			q.heldLevels = heldAll
			return
		}
		q.resource, q.res = container, q.res.in
		if q.heldLevels <= level+1 {
			q.heldAbove |= q.rolesOn(q.resource, q.res)
			q.heldLevels = level + 2
		}
		if q.heldAbove&bit != 0 {
			return
		}
	}
}

// rolesOn returns the roles that the subject holds on a resource, as bits.
func (q *evaluation) rolesOn(thing usher.Resource, res *resource) uint64 {
	of, ok := q.facts.(ResourceRoles)
	if !ok || q.user == nil || q.subject == "" || !res.holdsRoles {
		return 0
	}
	on := usher.Ref{Type: res.name, ID: thing.Ref().ID}
	var tree *team.Tree
	if len(q.user.Teams) > 0 {
		if account := q.lookAtAccount(); account != nil {
			tree = account.Teams
		}
	}
	held, err := q.p.rolesOn(of, res, on, q.subject, q.user, tree)
	if err != nil {
		q.fail(err)
	}
	return held
}

// rolesOn returns the roles that a user holds on a resource, directly and through the teams to
// which the user belongs. With an error, it returns none.
func (p *Policy) rolesOn(of ResourceRoles, res *resource, on usher.Ref, id usher.UserID, user *User, tree *team.Tree) (held uint64, err error) {
	if on.ID == "" {
		return 0, nil
	}
	names, err := of.UserRolesOn(id, on)
	if err != nil {
		return 0, err
	}
	held = p.roleBits(res, names)
	for i := range user.Teams {
		for above := user.Teams[i].Team; above != ""; above = tree.Parent(above) {
			if names, err = of.TeamRolesOn(above, on); err != nil {
				return 0, err
			}
			held |= p.roleBits(res, names)
		}
	}
	return held, nil
}

// roleBits returns the bits of roles that are held on a type of resource. Other names have none.
func (p *Policy) roleBits(res *resource, names []role.Name) (bits uint64) {
	for _, name := range names {
		if at := p.roleIndex(name); at >= 0 && p.onType[at].res == res {
			bits |= p.onType[at].bit
		}
	}
	return bits
}
