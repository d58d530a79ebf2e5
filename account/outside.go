package account

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// OutsideRoleSet gives a user, who is not in the team, a role on it.
type OutsideRoleSet struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
	Role role.Name    `json:"role"`
}

func (c OutsideRoleSet) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	if _, ok := d.team(c.Team); !ok {
		return printable.Errorf("the team %s does not exist", c.Team)
	}
	if _, in := teamIndex(u, c.Team); in {
		return printable.Errorf("%s is in %s", c.User, c.Team)
	}
	roles := rolesOn(u, c.Team)
	k, held := slices.BinarySearch(roles, c.Role)
	if held || c.Role == "" {
		return printable.Errorf("%s already has the role %q on %s", c.User, c.Role, c.Team)
	}
	d.putTeams(c.User, u, withTeamRoles(u, c.Team, slices.Insert(slices.Clone(roles), k, c.Role)))
	return nil
}

func (c OutsideRoleSet) describe() string {
	return word(c.User) + " gets the role " + word(c.Role) + " on the team " + word(c.Team) + " without joining it"
}

// OutsideRoleUnset removes the role of a user who is not in the team.
type OutsideRoleUnset struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
	Role role.Name    `json:"role"`
}

func (c OutsideRoleUnset) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	roles := outsideRoles(u, c.Team)
	k, held := slices.BinarySearch(roles, c.Role)
	if !held {
		return printable.Errorf("%s does not have the role %q outside %s", c.User, c.Role, c.Team)
	}
	d.putTeams(c.User, u, withTeamRoles(u, c.Team, without(roles, k)))
	return nil
}

func (c OutsideRoleUnset) describe() string {
	return word(c.User) + ", who is not in the team " + word(c.Team) + ", loses the role " + word(c.Role) + " on it"
}

// rolesOn returns the roles of a user on a team, in the team or outside it.
func rolesOn(u *policy.User, id usher.TeamID) []role.Name {
	if at, in := teamIndex(u, id); in {
		return u.Teams[at].Roles
	}
	return outsideRoles(u, id)
}

// outsideRoles returns the roles on a team of a user who is not in it.
func outsideRoles(u *policy.User, id usher.TeamID) []role.Name {
	if at, has := indexOf(u.Outside, id); has {
		return u.Outside[at].Roles
	}
	return nil
}

// withTeamRoles returns a copy of a user who has exactly these roles on a team: in it, if the user
// is a member, and otherwise outside it.
func withTeamRoles(u *policy.User, on usher.TeamID, roles []role.Name) *policy.User {
	changed := *u
	if at, in := teamIndex(u, on); in {
		changed.Teams = slices.Clone(u.Teams)
		changed.Teams[at].Roles = roles
		return &changed
	}
	changed.Outside = withOutside(u.Outside, on, roles)
	return &changed
}

// withOutside returns a copy of a list in which a team has exactly these roles. A team without
// roles is not in the list, and an empty list is nil, so that equal users have equal records.
func withOutside(list []policy.Membership, on usher.TeamID, roles []role.Name) []policy.Membership {
	at, has := indexOf(list, on)
	switch {
	case len(roles) == 0 && has:
		return without(list, at)
	case len(roles) == 0:
		return list
	}
	list = slices.Clone(list)
	if !has {
		list = slices.Insert(list, at, policy.Membership{Team: on})
	}
	list[at].Roles = roles
	return list
}

// joined returns a copy of a user who is a member of a team, with the roles that the user had
// outside it.
func joined(u *policy.User, id usher.TeamID) *policy.User {
	at, in := teamIndex(u, id)
	if in {
		return u
	}
	changed := *u
	changed.Teams = slices.Insert(slices.Clone(u.Teams), at, policy.Membership{Team: id, Roles: outsideRoles(u, id)})
	changed.Outside = withOutside(u.Outside, id, nil)
	return &changed
}

// unsetOn returns the changes that take all roles of a user on a team.
func unsetOn(u *policy.User, id usher.UserID, on usher.TeamID) (changes []Change) {
	_, in := teamIndex(u, on)
	for _, name := range rolesOn(u, on) {
		if in {
			changes = append(changes, TeamRoleUnset{Team: on, User: id, Role: name})
		} else {
			changes = append(changes, OutsideRoleUnset{Team: on, User: id, Role: name})
		}
	}
	return changes
}

// indexOf returns the index of a team in a sorted list, or where it would be.
func indexOf(list []policy.Membership, id usher.TeamID) (at int, has bool) {
	return slices.BinarySearchFunc(list, id, func(m policy.Membership, id usher.TeamID) int {
		return cmp.Compare(m.Team, id)
	})
}
