package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// RoleReplaced gives each user who holds a role of the account another role in its place: as account
// role, beside it, and on teams. It names no users, so that its size does not depend on their number;
// [State.UsersOf] returns them. Seats, grants and team roles that the other role gives or takes have
// changes of their own. Commits of older versions of this package have a change for each user instead.
type RoleReplaced struct {
	Role  role.Name `json:"role"`
	By    role.Name `json:"by"`
	Users int       `json:"users"` // how many users hold Role; at least 1
}

func (c RoleReplaced) apply(d *draft) error {
	if _, _, err := d.customRole(c.Role); err != nil {
		return err
	}
	if c.By == "" || c.By == c.Role || c.By == d.next.unique {
		return printable.Errorf("%q cannot replace the role %s", c.By, c.Role)
	}
	holders := d.roleHolders(c.Role)
	if len(holders) != c.Users || c.Users == 0 {
		return printable.Errorf("%s the role %s, not %d", counted(len(holders), "user holds", "users hold"), c.Role, c.Users)
	}
	if c.Users >= internThreshold && d.interner == nil {
		d.interner = &interner{}
	}
	alike := map[*policy.User]*policy.User{} // most holders of a role share few records
	for _, id := range holders {
		u := d.find(id)
		after, known := alike[u]
		if !known {
			after = withRoleReplaced(u, c.Role, c.By)
			alike[u] = after
		}
		d.countUser(u, -1)
		d.countUser(after, 1)
		d.put(id, *after) // not putTeams: a user keeps the teams, and a role on each team with one
	}
	return nil
}

func (c RoleReplaced) describe() string {
	return printable.Sprintf("%s %s instead of %s", counted(c.Users, "user gets", "users get"), word(c.By), word(c.Role))
}

// roleHolders returns the users who hold a role in any way, in no order.
func (d *draft) roleHolders(name role.Name) (holders []usher.UserID) {
	for id, u := range d.all() {
		if holdsRole(u, name) {
			holders = append(holders, usher.UserID(id))
		}
	}
	return holders
}

// withRoleReplaced returns a copy of a user with another role in all places of one role.
func withRoleReplaced(u *policy.User, was, by role.Name) *policy.User {
	after := *u
	if u.Role == was {
		after.Role = by
	}
	if slices.Contains(u.Beside, was) {
		after.Beside = swapped(u.Beside, was, by)
	}
	after.Teams, after.Outside = swappedOn(u.Teams, was, by), swappedOn(u.Outside, was, by)
	return &after
}

// swappedOn returns memberships with one role in place of another.
func swappedOn(list []policy.Membership, was, by role.Name) []policy.Membership {
	if !slices.ContainsFunc(list, func(m policy.Membership) bool { return slices.Contains(m.Roles, was) }) {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		if slices.Contains(list[i].Roles, was) {
			list[i].Roles = swapped(list[i].Roles, was, by)
		}
	}
	return list
}

// swapped returns a sorted list of roles with one in place of another.
func swapped(list []role.Name, was, by role.Name) []role.Name {
	list = slices.DeleteFunc(slices.Clone(list), func(n role.Name) bool { return n == was || n == by })
	at, _ := slices.BinarySearch(list, by)
	return slices.Insert(list, at, by)
}

// UsersOf returns the users that changes of one commit concern, each once: those that they name, as
// the function UsersOf returns them, and then those who hold a role that a [RoleReplaced] replaces,
// sorted. S is the state before the commit. With a RoleReplaced, it takes time in proportion to the number of users.
func (s *State) UsersOf(changes ...Change) []usher.UserID {
	list := UsersOf(changes...)
	var holders []usher.UserID
	for _, change := range changes {
		if c, ok := change.(RoleReplaced); ok {
			for id, u := range s.all() {
				if holdsRole(u, c.Role) {
					holders = append(holders, usher.UserID(id))
				}
			}
		}
	}
	if holders == nil {
		return list
	}
	slices.Sort(holders)
	named := make(map[usher.UserID]bool, len(list))
	for _, id := range list {
		named[id] = true
	}
	for _, id := range slices.Compact(holders) {
		if !named[id] {
			list = append(list, id)
		}
	}
	return list
}
