package console

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// rolesShown are the roles of a user in the account: the account role, and those beside it.
type rolesShown struct {
	Role      role.Name    `json:"role"`
	RoleTitle string       `json:"roleTitle"`
	Beside    []besideRole `json:"beside"`
}

// besideRole is a role that a user has in addition to the account role.
type besideRole struct {
	Role  role.Name `json:"role"`
	Title string    `json:"title"`
}

// rolesShown returns the roles of a user in the account.
func (v *viewer) rolesShown(m account.Member) rolesShown {
	shown := rolesShown{Role: m.Role, RoleTitle: v.RoleTitle(m.Role), Beside: []besideRole{}}
	for _, name := range m.Beside {
		shown.Beside = append(shown.Beside, besideRole{name, v.RoleTitle(name)})
	}
	return shown
}

// teamsShown returns the teams of a user with the roles on them, and the teams on which the user
// has roles without being in them.
func (v *viewer) teamsShown(m account.Member) (teams, outside []string) {
	teams, outside = []string{}, []string{}
	for _, t := range m.Teams {
		teams = append(teams, v.membership(t))
	}
	for _, t := range m.Outside {
		outside = append(outside, v.outside(t))
	}
	return teams, outside
}

// besideRow is a role that the user of a page has in addition to the account role.
type besideRow struct {
	besideRole
	Unset control `json:"unset"`
}

func (v *viewer) besideRows(u account.Member) []besideRow {
	rows := []besideRow{}
	for _, r := range v.rolesShown(u).Beside {
		rows = append(rows, besideRow{r, v.control("person/unset-role-beside", account.UnsetRoleBeside{User: u.ID, Role: r.Role})})
	}
	return rows
}

// besideOptions returns the roles of the policy that users have in addition to the account role,
// without some.
func (v *viewer) besideOptions(without []role.Name) []option {
	return v.roleChoices(func(r role.Role) bool { return r.Beside && !slices.Contains(without, r.Name) })
}

// outsideRow is a team on which the user of a page has roles without being in it.
type outsideRow struct {
	Team    usher.TeamID  `json:"team"`
	Roles   []teamRoleRow `json:"roles"`
	SetRole choice        `json:"setRole"`
}

func (v *viewer) outsideRows(u account.Member) []outsideRow {
	rows := []outsideRow{}
	for _, t := range u.Outside {
		roles, set := v.rolesOnTeam("person", u.ID, t.Team, t.Roles, v.outsideOptions(t.Roles))
		rows = append(rows, outsideRow{t.Team, roles, set})
	}
	return rows
}

// rolesOnTeam returns the roles that a user has on a team, and the form that gives another one.
// The forms are actions of the page of the user or of that of the team.
func (v *viewer) rolesOnTeam(page string, id usher.UserID, team usher.TeamID, held []role.Name, others []option) ([]teamRoleRow, choice) {
	set, unset := "person/set-team-role", "person/unset-team-role"
	if page == "team" {
		set, unset = "team/set-role", "team/unset-role"
	}
	rows := []teamRoleRow{}
	for _, name := range held {
		rows = append(rows, teamRoleRow{name, v.RoleTitle(name), v.control(unset, account.UnsetTeamRole{User: id, Team: team, Role: name})})
	}
	return rows, v.choice(set, others, func(value string) account.Command {
		return account.SetTeamRole{User: id, Team: team, Role: role.Name(value)}
	})
}

// teamRoleOptions returns the team roles of the policy, without some.
func (v *viewer) teamRoleOptions(without []role.Name) []option {
	return v.roleChoices(func(r role.Role) bool { return r.OnTeam && !slices.Contains(without, r.Name) })
}

// outsideOptions returns the team roles that users can have without being in the team, without
// some.
func (v *viewer) outsideOptions(without []role.Name) []option {
	return v.roleChoices(func(r role.Role) bool { return r.Outside && !slices.Contains(without, r.Name) })
}

// roleChoices returns the roles of the policy that keep accepts.
func (v *viewer) roleChoices(keep func(role.Role) bool) []option {
	list := []option{}
	for _, r := range v.policy.Roles() {
		if keep(r) {
			list = append(list, option{string(r.Name), v.RoleTitle(r.Name)})
		}
	}
	return list
}
