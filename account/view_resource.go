package account

import (
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// RolesOn are the roles that a user or a team holds on one resource.
type RolesOn struct {
	Holder
	On    usher.Ref
	Roles []role.Name // sorted, not empty; the caller must not change them
}

// ResourcesOfUser yields the resources on which a user holds roles directly, in the bytewise order of
// their types and then of their ids, starting after the given one. Roles of the user's teams are not
// included. The resource of a page's last entry is the cursor of the next page. The cost of a page is
// in proportion to the resources of the user. TermsOf has the ends of the roles, too.
func (v View) ResourcesOfUser(user usher.UserID, after usher.Ref) iter.Seq[RolesOn] {
	return v.read().on.resourcesOf(Holder{User: user}, after)
}

// ResourcesOfTeam is ResourcesOfUser for the roles that a team holds. Those of teams above it are not
// included.
func (v View) ResourcesOfTeam(team usher.TeamID, after usher.Ref) iter.Seq[RolesOn] {
	return v.read().on.resourcesOf(Holder{Team: team}, after)
}

// HoldersOf yields the users who hold roles directly on a resource, and then the teams, each in the
// bytewise order of their ids, starting after the given one. The Holder of a page's last entry is the
// cursor of the next page. The members of the teams are not included. The cost of a page is in
// proportion to the holders. TermsOn has the ends of the roles, too.
func (v View) HoldersOf(on usher.Ref, after Holder) iter.Seq[RolesOn] {
	return func(yield func(RolesOn) bool) {
		s := v.read().on
		if after.Team == "" {
			users := s.of(ofUsers, on.Type, on.ID)
			for id, roles := range inOrder(users.all(), string(after.User), anyRoles) {
				if !yield(RolesOn{Holder{User: usher.UserID(id)}, on, roles}) {
					return
				}
			}
		}
		teams := s.of(ofTeams, on.Type, on.ID)
		for id, roles := range inOrder(teams.all(), string(after.Team), anyRoles) {
			if !yield(RolesOn{Holder{Team: usher.TeamID(id)}, on, roles}) {
				return
			}
		}
	}
}

func anyRoles(string, []role.Name) bool { return true }

func (s resourceRoles) resourcesOf(h Holder, after usher.Ref) iter.Seq[RolesOn] {
	return func(yield func(RolesOn) bool) {
		for i := range s {
			from := ""
			switch name := s[i].name; {
			case name < after.Type:
				continue
			case name == after.Type:
				from = after.ID
			}
			resources, _ := s[i].relations[h.by()].Find(h.id())
			for id, roles := range inOrder(resources.all(), from, anyRoles) {
				if !yield(RolesOn{h, usher.Ref{Type: s[i].name, ID: id}, roles}) {
					return
				}
			}
		}
	}
}

// AllRolesOn yields all roles that users and teams hold on resources, in no order.
func (v View) AllRolesOn() iter.Seq[RolesOn] {
	return func(yield func(RolesOn) bool) {
		for i := range v.read().on {
			t := &v.read().on[i]
			for _, in := range []int{byUser, byTeam} {
				for id, resources := range t.relations[in].All() {
					h := Holder{User: usher.UserID(id)}
					if in == byTeam {
						h = Holder{Team: usher.TeamID(id)}
					}
					for on, roles := range resources.all() {
						if !yield(RolesOn{h, usher.Ref{Type: t.name, ID: on}, roles}) {
							return
						}
					}
				}
			}
		}
	}
}
