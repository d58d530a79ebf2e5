package console

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var (
	teamCreate     = permission.MustParse("team.create")
	teamEdit       = permission.MustParse("team.edit")
	teamSetMembers = permission.MustParse("team.set-members")
	teamSetRole    = permission.MustParse("team.set-role")
)

// seesTeam reports whether the viewer may see a team: any that exists, or the viewer's own teams
// and those below them.
func (v *viewer) seesTeam(id usher.TeamID) bool {
	if _, ok := v.view.Team(id); !ok {
		return false
	}
	own := func(team usher.TeamID) bool { return v.teamWithin(id, team) }
	return v.seesTeams() || slices.ContainsFunc(v.ownTeams(), own)
}

// ownTeams returns the teams that the viewer was put in or has a role on, sorted, if the viewer
// may see them: they are part of the viewer's own entry.
func (v *viewer) ownTeams() []usher.TeamID {
	me := v.sees(v.subject.User).member
	list := append(teamsOf(me.Teams), teamsOf(me.Outside)...)
	slices.Sort(list)
	return list
}

// teamsOf returns the teams of memberships.
func teamsOf(list []policy.Membership) []usher.TeamID {
	ids := make([]usher.TeamID, len(list))
	for i, m := range list {
		ids[i] = m.Team
	}
	return ids
}

// highestOwnTeams returns the viewer's own teams without those that are below another one of
// them.
func (v *viewer) highestOwnTeams() (list []usher.TeamID) {
	own := v.ownTeams()
	for _, id := range own {
		t, _ := v.view.Team(id)
		inside := func(other usher.TeamID) bool { return v.teamWithin(t.Parent, other) }
		if !slices.ContainsFunc(own, inside) {
			list = append(list, id)
		}
	}
	return list
}

// above returns a team and the teams above it, the nearest first; nil for "".
func (v *viewer) above(id usher.TeamID) (list []usher.TeamID) {
	for id != "" {
		list = append(list, id)
		t, _ := v.view.Team(id)
		id = t.Parent
	}
	return list
}

// seesEveryone reports whether the viewer may see all users. Only then a page shows how many
// users are in a team.
func (v *viewer) seesEveryone() bool {
	f, err := v.reader.Filter(v.ctx, v.subject.Request(userView, nil))
	if err != nil {
		v.fail(err)
		return false
	}
	return f.All()
}

// teamHolder is a user with roles on a team.
type teamHolder struct {
	person
	Team    usher.TeamID `json:"team"` // on which the user has the roles
	Roles   []string     `json:"roles"`
	Outside bool         `json:"outside,omitempty"` // the user is not in that team
}

// maxHolders limits the holders of roles on one team that a page names.
const maxHolders = 20

// holders returns the users with roles on a team that the viewer may see, without those of teams
// above it.
func (v *viewer) holders(team usher.TeamID) []teamHolder {
	list := []teamHolder{}
	for _, m := range v.view.TeamRoleHolders(team) {
		if len(list) == maxHolders {
			break
		}
		if !v.seesMember(m).exists {
			continue
		}
		roles, in := m.InTeam(team)
		if !in {
			roles = m.RolesOutside(team)
		}
		list = append(list, teamHolder{Team: team, person: person{ID: m.ID}, Roles: v.roleTitles(roles), Outside: !in})
	}
	return list
}

// nameHolders sets the names of holders, after lookUp.
func (v *viewer) nameHolders(list []teamHolder) {
	for i := range list {
		list[i].person = v.person(list[i].ID)
	}
}

func (v *viewer) roleTitles(names []role.Name) []string {
	titles := make([]string, len(names))
	for i, name := range names {
		titles[i] = v.RoleTitle(name)
	}
	return titles
}

// containsFold reports whether a text contains another one in any case.
func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
