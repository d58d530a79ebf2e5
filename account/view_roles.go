package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// RoleHolders is how many users have a role, and the first of them. The zero value is a role
// without users.
type RoleHolders struct {
	Count int
	First []usher.UserID // in bytewise order
}

// RoleHolders returns the users with each role, whatever their status: with an account role, or
// with a team role on at least one team. It returns the first n ids of each. Only users that
// keep accepts count; with a nil keep, all do. It takes one pass over all users.
func (v View) RoleHolders(n int, keep func(Member) bool) map[role.Name]RoleHolders {
	all := map[role.Name]RoleHolders{}
	for id, u := range v.read().users.All() {
		if keep != nil && !keep(v.member(id, u)) {
			continue
		}
		for _, name := range rolesOf(u) {
			h := all[name]
			h.Count++
			h.First = insertFirst(h.First, n, usher.UserID(id))
			all[name] = h
		}
	}
	return all
}

// rolesOf returns the roles of a user, each once.
func rolesOf(u *policy.User) []role.Name {
	names := []role.Name{u.Role}
	for _, m := range u.Teams {
		for _, name := range m.Roles {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// insertFirst inserts an id into a sorted list of the first n ids.
func insertFirst(list []usher.UserID, n int, id usher.UserID) []usher.UserID {
	at, _ := slices.BinarySearch(list, id)
	if at >= n {
		return list
	}
	return slices.Insert(list[:min(len(list), n-1)], at, id)
}
