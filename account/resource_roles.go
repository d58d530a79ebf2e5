package account

import (
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// resourceRoles are the roles that users and teams hold on single resources, by type of resource and
// sorted by it. Nil stands for none, so an account without such roles pays nothing. It is immutable
// and safe for concurrent use.
type resourceRoles []resourceRolesOfType

// resourceRolesOfType are the roles that users and teams hold on the resources of a type. Each of them is in
// two relations, which are the reverse of each other.
type resourceRolesOfType struct {
	name string
	relations
	lists [][]role.Name // lists of roles in use, so that equal lists share memory; at most maxSharedLists
}

// relations are indexed by the constants below.
type relations [4]*relation

// relation maps ids to resources, or resources to ids, with the roles of each pair.
type relation = table.Table[roleTable]

const (
	byUser  = iota // the resources on which a user holds roles
	byTeam         // the resources on which a team holds roles
	ofUsers        // the users who hold roles on a resource
	ofTeams        // the teams that hold roles on a resource
)

// maxSharedLists is the number of lists of roles that are compared with a new one.
const maxSharedLists = 32

// Roles on resources are part of the facts of checks.
var (
	_ policy.ResourceRoles      = (*State)(nil)
	_ policy.ResourceRoleLister = (*State)(nil)
)

// UserRolesOn returns the roles that a user holds directly on a resource, sorted; whether the policy
// declares them does not matter. The error is always nil. The caller must not change the result.
func (s *State) UserRolesOn(user usher.UserID, on usher.Ref) ([]role.Name, error) {
	if s.on == nil {
		return nil, nil
	}
	return s.on.find(byUser, on.Type, string(user), on.ID), nil
}

// TeamRolesOn returns the roles that a team holds directly on a resource, sorted. The error is always
// nil. The caller must not change the result.
func (s *State) TeamRolesOn(team usher.TeamID, on usher.Ref) ([]role.Name, error) {
	if s.on == nil {
		return nil, nil
	}
	return s.on.find(byTeam, on.Type, string(team), on.ID), nil
}

// UserResources yields the resources of a type on which a user holds roles, in no order. The error is
// always nil.
func (s *State) UserResources(user usher.UserID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return s.on.resources(byUser, resourceType, string(user))
}

// TeamResources yields the resources of a type on which a team holds roles, in no order. The error is
// always nil.
func (s *State) TeamResources(team usher.TeamID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return s.on.resources(byTeam, resourceType, string(team))
}

func (s resourceRoles) resources(in int, resourceType, holder string) iter.Seq2[policy.RolesOn, error] {
	return func(yield func(policy.RolesOn, error) bool) {
		t := s.of(in, resourceType, holder)
		for id, roles := range t.all() {
			if !yield(policy.RolesOn{ID: id, Roles: roles}, nil) {
				return
			}
		}
	}
}

// typed returns the roles on the resources of a type, nil if there are none. A policy has few types,
// so that a linear search is fast.
func (s resourceRoles) typed(name string) *resourceRolesOfType {
	for i := range s {
		if s[i].name == name {
			return &s[i]
		}
	}
	return nil
}

// of returns what a relation has for an id.
func (s resourceRoles) of(in int, resourceType, id string) roleTable {
	t := s.typed(resourceType)
	if t == nil {
		return roleTable{}
	}
	found, _ := t.relations[in].Find(id)
	return found
}

// find returns the roles of a pair. It does not allocate.
func (s resourceRoles) find(in int, resourceType, id, with string) []role.Name {
	t := s.typed(resourceType)
	if t == nil {
		return nil
	}
	found, _ := t.relations[in].Find(id)
	return found.find(with)
}

// count returns with how many resources of any type a user or a team is in a relation.
func (s resourceRoles) count(in int, id string) (n int) {
	for i := range s {
		found, _ := s[i].relations[in].Find(id)
		n += found.len()
	}
	return n
}

// roleTable maps ids to lists of roles: a few in a sorted list, and more in a table, of which a
// changed copy is cheap. The zero roleTable is empty.
type roleTable struct {
	few  []rolesOfPair
	many *table.Table[[]role.Name] // nil unless there are more than maxFew
}

// rolesOfPair are the roles of a pair, sorted and not empty.
type rolesOfPair struct {
	id    string
	roles []role.Name
}

// maxFew is the number of ids up to which a list takes less memory and time than a table.
const maxFew = 12

func (t *roleTable) len() int {
	if t.many != nil {
		return t.many.Len()
	}
	return len(t.few)
}

func (t *roleTable) find(id string) []role.Name {
	if t.many != nil {
		roles, _ := t.many.Find(id)
		return roles
	}
	for i := range t.few {
		if t.few[i].id == id {
			return t.few[i].roles
		}
	}
	return nil
}

func (t *roleTable) all() iter.Seq2[string, []role.Name] {
	if t.many != nil {
		return t.many.All()
	}
	return func(yield func(string, []role.Name) bool) {
		for _, h := range t.few {
			if !yield(h.id, h.roles) {
				return
			}
		}
	}
}
