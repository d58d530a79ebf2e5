package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// withRole returns a copy of a user with another account role, without the team roles and the
// grants that users with the role cannot have, and the changes that take these away. The seats are
// still those of before.
func (q *proposing) withRole(id usher.UserID, u *policy.User, r role.Role) (*policy.User, []Change) {
	changed := *u
	changed.Role = r.Name
	var changes []Change
	if r.NoTeamRoles {
		changed.Teams, changed.Outside = slices.Clone(u.Teams), nil
		for i := range changed.Teams {
			changes = append(changes, unsetOn(u, id, changed.Teams[i].Team)...)
			changed.Teams[i].Roles = nil
		}
		for _, m := range u.Outside {
			changes = append(changes, unsetOn(u, id, m.Team)...)
		}
	}
	if r.NoGrants {
		changed.Grants = nil
		for _, g := range u.Grants {
			changes = append(changes, GrantRevoked{User: id, Grant: g.Name})
		}
	}
	return &changed, changes
}

// checkMayHoldTeamRoles rejects the command if users with the user's account role hold no team
// roles.
func (q *proposing) checkMayHoldTeamRoles(id usher.UserID, u *policy.User) error {
	if r, ok := q.policy.Role(u.Role); ok && r.NoTeamRoles {
		return q.refuse(CodeTeamRoleNotAllowed, "%s has the role %s, which cannot hold team roles; set-role gives another role", id, r.Name)
	}
	return nil
}

// checkMayHaveGrants rejects the command if users with the user's account role have no grants.
func (q *proposing) checkMayHaveGrants(id usher.UserID, u *policy.User) error {
	if r, ok := q.policy.Role(u.Role); ok && r.NoGrants {
		return q.refuse(CodeGrantNotAllowed, "%s has the role %s, which cannot have grants; set-role gives another role", id, r.Name)
	}
	return nil
}

// emitWithSeats makes changes that give a user other roles or another status, between the seats that
// the user loses with them and those that the user gets.
func (q *proposing) emitWithSeats(id usher.UserID, before, after *policy.User, changes ...Change) error {
	if err := q.releaseSeats(id, before, after); err != nil {
		return err
	}
	if err := q.emit(changes...); err != nil {
		return err
	}
	return q.takeSeats(id, before, after)
}
