package policytest

import (
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// UserRolesOn returns the roles that a user holds on a resource. The error is always nil.
func (w *World) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	return w.State().UserRolesOn(id, on)
}

// TeamRolesOn returns the roles that a team holds on a resource. The error is always nil.
func (w *World) TeamRolesOn(id usher.TeamID, on usher.Ref) ([]role.Name, error) {
	return w.State().TeamRolesOn(id, on)
}

// UserResources yields the resources of a type on which a user holds roles. The error is always
// nil.
func (w *World) UserResources(id usher.UserID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return w.State().UserResources(id, resourceType)
}

// TeamResources yields the resources of a type on which a team holds roles. The error is always
// nil.
func (w *World) TeamResources(id usher.TeamID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return w.State().TeamResources(id, resourceType)
}

// addRolesOn checks and adds the roles of a user or a team on resources.
func (b *builder) addRolesOn(by account.Holder, list []testfile.RoleOn) {
	for _, held := range list {
		if b.RoleOn(held) {
			b.seed.RolesOn = append(b.seed.RolesOn, account.RolesOn{Holder: by, On: held.On, Roles: []role.Name{role.Name(held.Role.Text)}})
		}
	}
}
