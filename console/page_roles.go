package console

import (
	"net/http"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// rolesPage shows what each role may do, and which users have it.
var rolesPage = page{
	Path: "roles", InMenu: true,
	Visible: func(v *viewer) bool { return v.mayAny(userView) },
	Lacks:   func(v *viewer) missing { return v.lacks(userView) },
	Load:    loadRoles,
	Model:   rolesModel{},
}

// rolesModel is the content of the page.
type rolesModel struct {
	Partial   bool          `json:"partial,omitempty"` // the roles are those of the viewer, and of users that the viewer may see
	Roles     []roleRow     `json:"roles"`
	Resources []matrixTable `json:"resources"`
}

// roleRow is a role with the users who have it.
type roleRow struct {
	Role       role.Name `json:"role"`
	Title      string    `json:"title"`
	OnTeam     bool      `json:"onTeam,omitempty"`     // held on a team
	OnResource string    `json:"onResource,omitempty"` // the type of resource on which it is held
	Outside    bool      `json:"outside,omitempty"`    // held on a team, also by users who are not in it
	Beside     bool      `json:"beside,omitempty"`     // held in addition to the role in the account
	Unique     bool      `json:"unique,omitempty"`     // exactly one user has it
	Default    bool      `json:"default,omitempty"`    // the role of new users
	Yours      bool      `json:"yours,omitempty"`
	NoTeams    bool      `json:"noTeamRoles,omitempty"` // its users have no roles on teams
	NoGrants   bool      `json:"noGrants,omitempty"`    // its users have no grants
	Includes   []string  `json:"includes,omitempty"`    // titles of roles
	Requires   []string  `json:"requires,omitempty"`    // titles of conditions
	Takes      []string  `json:"takes,omitempty"`       // pools of which its users have a seat
	MayTake    []string  `json:"mayTake,omitempty"`     // pools of which its users can have a seat
	AtLeast    int       `json:"atLeast,omitempty"`     // active users; of a role on teams, on each team
	AtMost     int       `json:"atMost,omitempty"`      // users, for a role on teams on each team; 0 for no limit
	Count      int       `json:"count"`                 // users with the role, among those that the viewer may see; 0 for a role on resources
	Users      []person  `json:"users"`                 // the first of them
}

// firstHolders is the number of users that a role shows.
const firstHolders = 5

func loadRoles(v *viewer, _ *http.Request) (any, error) {
	found, err := v.roleHolders()
	if err != nil {
		return nil, err
	}
	var ids []usher.UserID
	for _, h := range found {
		ids = append(ids, h.first...)
	}
	v.lookUp(ids...)
	own := v.ownRoles()
	all := v.seesAllRoles()
	m := rolesModel{Partial: !all, Roles: []roleRow{}}
	var shown []role.Name
	for _, r := range v.policy.Roles() {
		if yours := slices.Contains(own, r.Name); all || yours || found[r.Name].count > 0 {
			shown = append(shown, r.Name)
			row := v.roleRow(r, found[r.Name])
			row.Yours = yours
			m.Roles = append(m.Roles, row)
		}
	}
	m.Resources = v.matrix(shown)
	return m, nil
}

// holders are the users with a role that the viewer may see.
type holders struct {
	count int
	first []usher.UserID // sorted by id
}

// roleHolders returns the users with each role: with an account role, with a role beside it, or
// with a team role on at least one team.
func (v *viewer) roleHolders() (map[role.Name]holders, error) {
	all := v.seesAllUsers()
	found := map[role.Name]holders{}
	for m := range v.anyOrder() {
		if v.ctx.Err() != nil {
			return nil, v.ctx.Err()
		}
		if !all && !v.seesMember(m).exists {
			continue
		}
		for _, name := range rolesOf(m) {
			h := found[name]
			h.count++
			h.first = insertFirst(h.first, m.ID)
			found[name] = h
		}
	}
	return found, nil
}

// insertFirst inserts an id into the sorted list of the first ids.
func insertFirst(list []usher.UserID, id usher.UserID) []usher.UserID {
	at, _ := slices.BinarySearch(list, id)
	if at >= firstHolders {
		return list
	}
	return slices.Insert(list[:min(len(list), firstHolders-1)], at, id)
}

func (v *viewer) roleRow(r role.Role, h holders) roleRow {
	row := roleRow{
		Role: r.Name, Title: v.RoleTitle(r.Name), OnTeam: r.OnTeam, Outside: r.Outside, Beside: r.Beside, OnResource: r.OnResource, Unique: r.Unique, Default: r.Default, NoTeams: r.NoTeamRoles, NoGrants: r.NoGrants,
		AtLeast: r.AtLeast, AtMost: r.AtMost, Count: h.count, Users: []person{},
	}
	for _, name := range r.Includes {
		row.Includes = append(row.Includes, v.RoleTitle(name))
	}
	for _, name := range r.Requires {
		row.Requires = append(row.Requires, v.conditionTitle(name))
	}
	for _, kind := range v.policy.Pools() {
		switch r.SeatIn(kind.Name) {
		case role.SeatRequired:
			row.Takes = append(row.Takes, string(kind.Name))
		case role.SeatOptional:
			row.MayTake = append(row.MayTake, string(kind.Name))
		}
	}
	for _, id := range h.first {
		row.Users = append(row.Users, v.person(id))
	}
	return row
}

// More returns the number of users with the role that the row does not name.
func (r roleRow) More() int { return r.Count - len(r.Users) }

// List joins words: "a, b and c".
func (v *viewer) List(words []string) string { return v.list(words) }

// rolePermissions are the permissions for which a viewer must know all roles: to give or take
// them, and to read what happened.
var rolePermissions = []permission.Permission{
	permission.MustParse("user.set-role"), permission.MustParse("team.set-role"), userCreate,
	permission.MustParse("grant.give"), permission.MustParse("grant.revoke"), auditView,
}

// seesAllRoles reports whether the viewer may see the roles that no user has that the viewer may
// see: because the viewer sees all users, or needs to know all roles.
func (v *viewer) seesAllRoles() bool {
	return v.seesAllUsers() || slices.ContainsFunc(rolePermissions, v.mayAny)
}

// ownRoles returns the viewer's roles.
func (v *viewer) ownRoles() []role.Name {
	me, exists := v.view.User(v.subject.User)
	if !exists {
		return nil
	}
	return rolesOf(me)
}

// seesAllUsers reports whether the viewer may see all users of the account, with all fields.
func (v *viewer) seesAllUsers() bool {
	f, err := v.reader.Filter(v.ctx, v.subject.Request(userView, nil))
	if err != nil {
		v.fail(err)
		return false
	}
	return f.All()
}

// rolesOf returns the roles of a user, each once: the account role, the roles beside it, and the
// team roles.
func rolesOf(m account.Member) []role.Name {
	names := append([]role.Name{m.Role}, m.Beside...)
	for _, list := range [][]policy.Membership{m.Teams, m.Outside} {
		for _, t := range list {
			for _, name := range t.Roles {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// hasRole reports whether a user has a role in the account, or on a team.
func hasRole(m account.Member, name role.Name) bool {
	on := func(t policy.Membership) bool { return slices.Contains(t.Roles, name) }
	return m.Role == name || slices.Contains(m.Beside, name) || slices.ContainsFunc(m.Teams, on) || slices.ContainsFunc(m.Outside, on)
}

// rolesToFilter returns the roles for a filter of users: all of them, or for viewers who may not
// see all roles, those of the viewer, of the users on the page, and of the filter.
func (v *viewer) rolesToFilter(chosen role.Name, rows []sight) []option {
	list := []option{}
	all, own := v.seesAllRoles(), v.ownRoles()
	for _, r := range v.policy.Roles() {
		if r.OnResource != "" {
			continue // no user has it in the account
		}
		held := func(s sight) bool { return hasRole(s.member, r.Name) }
		if all || r.Name == chosen || slices.Contains(own, r.Name) || slices.ContainsFunc(rows, held) {
			list = append(list, option{string(r.Name), v.RoleTitle(r.Name)})
		}
	}
	return list
}
