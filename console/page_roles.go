package console

import (
	"net/http"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
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
	OwnOnly   bool          `json:"ownOnly,omitempty"` // the viewer sees only the roles that the viewer has
	Roles     []roleRow     `json:"roles"`
	Resources []matrixTable `json:"resources"`
}

// roleRow is a role with the users who have it.
type roleRow struct {
	Role     role.Name `json:"role"`
	Title    string    `json:"title"`
	OnTeam   bool      `json:"onTeam,omitempty"`  // held on a team
	Unique   bool      `json:"unique,omitempty"`  // exactly one user has it
	Default  bool      `json:"default,omitempty"` // the role of new users
	Yours    bool      `json:"yours,omitempty"`
	Includes []string  `json:"includes,omitempty"` // titles of roles
	Requires []string  `json:"requires,omitempty"` // titles of conditions
	Takes    []string  `json:"takes,omitempty"`    // pools of which its users have a seat
	MayTake  []string  `json:"mayTake,omitempty"`  // pools of which its users can have a seat
	AtLeast  int       `json:"atLeast,omitempty"`  // active users
	AtMost   int       `json:"atMost,omitempty"`   // users; 0 for no limit
	Count    int       `json:"count"`              // users with the role, among those whom the viewer may see
	Users    []person  `json:"users"`              // the first of them
}

// firstHolders is the number of users that a role shows.
const firstHolders = 5

func loadRoles(v *viewer, _ *http.Request) (any, error) {
	shown := v.rolesShown()
	m := rolesModel{OwnOnly: len(shown) < len(v.policy.Roles()), Roles: []roleRow{}, Resources: v.matrix(shown)}
	holders := v.view.RoleHolders(firstHolders, v.onlySeen())
	if v.ctx.Err() != nil {
		return nil, v.ctx.Err()
	}
	var ids []usher.UserID
	for _, h := range holders {
		ids = append(ids, h.First...)
	}
	v.lookUp(ids...)
	own := v.ownRoles()
	for _, r := range v.policy.Roles() {
		if slices.Contains(shown, r.Name) {
			row := v.roleRow(r, holders[r.Name])
			row.Yours = slices.Contains(own, r.Name)
			m.Roles = append(m.Roles, row)
		}
	}
	return m, nil
}

func (v *viewer) roleRow(r role.Role, h account.RoleHolders) roleRow {
	row := roleRow{
		Role: r.Name, Title: v.RoleTitle(r.Name), OnTeam: r.OnTeam, Unique: r.Unique, Default: r.Default,
		AtLeast: r.AtLeast, AtMost: r.AtMost, Count: h.Count, Users: []person{},
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
	for _, id := range h.First {
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

// rolesShown returns the roles that the viewer may see: all, for viewers who see all users or
// give roles, and otherwise the viewer's own.
func (v *viewer) rolesShown() []role.Name {
	all := v.seesAllUsers()
	for _, p := range rolePermissions {
		all = all || v.mayAny(p)
	}
	own := v.ownRoles()
	var names []role.Name
	for _, r := range v.policy.Roles() {
		if all || slices.Contains(own, r.Name) {
			names = append(names, r.Name)
		}
	}
	return names
}

// ownRoles returns the viewer's account role and team roles.
func (v *viewer) ownRoles() []role.Name {
	me, _ := v.view.User(v.subject.User)
	names := []role.Name{me.Role}
	for _, t := range me.Teams {
		names = append(names, t.Roles...)
	}
	return names
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

// onlySeen returns the function that selects the users whom the viewer may see, or nil if these
// are all users.
func (v *viewer) onlySeen() func(account.Member) bool {
	if v.seesAllUsers() {
		return nil
	}
	return func(m account.Member) bool { return v.ctx.Err() == nil && v.seesMember(m).exists }
}

// hasRole reports whether a user has a role in the account, or on a team.
func hasRole(m account.Member, name role.Name) bool {
	if m.Role == name {
		return true
	}
	for _, t := range m.Teams {
		if slices.Contains(t.Roles, name) {
			return true
		}
	}
	return false
}

// everyRole returns all roles, for a filter of users.
func (v *viewer) everyRole() []option {
	list := []option{}
	for _, r := range v.policy.Roles() {
		list = append(list, option{string(r.Name), v.RoleTitle(r.Name)})
	}
	return list
}
