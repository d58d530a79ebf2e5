package policy

import (
	"errors"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/team"
)

// ErrNoResourceLister means that a condition in SQL names resources on which the subject holds
// roles, but the facts cannot list them.
var ErrNoResourceLister = errors.New("the facts cannot list the resources on which a user holds roles; implement policy.ResourceRoleLister")

// hereScope returns the criteria of the scope here of a rule: the id of the resource, or of a
// container, is among those on which the subject holds the role. It returns false if the facts
// have no such roles.
func (b *filtering) hereScope(r *rule, t *term) (criteria.Scope, bool) {
	set := b.heldSet(int(r.held))
	if set == nil {
		return criteria.Scope{}, false
	}
	over := func(_ int, res *resource) []criteria.PartySet {
		if res != set.on.res {
			return nil
		}
		return []criteria.PartySet{{Party: criteria.ResourceID, Set: set}}
	}
	return criteria.Scope{Reach: criteria.Some, Over: over(0, b.res), Above: b.levels(t, over)}, true
}

// heldSet is the set of the resources of a type on which the subject holds a role, directly or
// through a team.
type heldSet struct {
	p       *Policy
	facts   ResourceRoles
	on      roleOnType
	subject usher.UserID
	user    *User
	tree    *team.Tree
	listed  lazyList
}

// heldSet returns the set of a role, nil if the facts have no such roles.
func (b *filtering) heldSet(role int) *heldSet {
	if s, ok := b.heldSets[role]; ok {
		return s
	}
	facts, ok := b.facts.(ResourceRoles)
	if !ok || b.p.onType == nil || role < 0 {
		return nil
	}
	s := &heldSet{p: b.p, facts: facts, on: b.p.onType[role], subject: b.subject, user: b.user}
	if len(b.user.Teams) > 0 {
		if account := b.lookAtAccount(); account != nil {
			s.tree = account.Teams
		}
	}
	if b.heldSets == nil {
		b.heldSets = map[int]*heldSet{}
	}
	b.heldSets[role] = s
	return s
}

func (s *heldSet) Has(id string) (bool, error) {
	held, err := s.p.rolesOn(s.facts, s.on.res, usher.Ref{Type: s.on.res.name, ID: id}, s.subject, s.user, s.tree)
	return held&s.on.bit != 0, err
}

func (s *heldSet) Within(other criteria.Set) bool { return other == criteria.Set(s) }

func (s *heldSet) IDs() ([]string, error) {
	return s.listed.once(func() ([]string, error) {
		var ids []string
		err := s.p.eachHeld(s.facts, s.on.res, s.subject, s.user, s.tree, func(id string, bits uint64) {
			if bits&s.on.bit != 0 {
				ids = append(ids, id)
			}
		})
		slices.Sort(ids)
		return slices.Compact(ids), err
	})
}

// eachHeld calls visit for each resource of a type on which a user holds roles, and again for each
// team through which the user does.
func (p *Policy) eachHeld(of ResourceRoles, res *resource, id usher.UserID, user *User, tree *team.Tree, visit func(id string, bits uint64)) error {
	all, ok := of.(ResourceRoleLister)
	if !ok {
		return ErrNoResourceLister
	}
	for on, err := range all.UserResources(id, res.name) {
		if err != nil {
			return err
		}
		visit(on.ID, p.roleBits(res, on.Roles))
	}
	seen := map[usher.TeamID]bool{}
	for i := range user.Teams {
		for above := user.Teams[i].Team; above != "" && !seen[above]; above = tree.Parent(above) {
			seen[above] = true
			for on, err := range all.TeamResources(above, res.name) {
				if err != nil {
					return err
				}
				visit(on.ID, p.roleBits(res, on.Roles))
			}
		}
	}
	return nil
}
