package console

import (
	"iter"
	"net/http"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherhttp"
)

// teamPage is the page of one team.
var teamPage = page{
	Path:    "team",
	Visible: (*viewer).seesAnyTeam,
	Lacks:   func(v *viewer) missing { return v.lacks(teamCreate) },
	Load:    loadTeam,
	Model:   teamModel{},
	Params:  []input{teamID, {Name: "after", Kind: "user"}, {Name: "below", Kind: "team"}, {Name: "find", Kind: "text"}, {Name: "outside", Kind: "user"}, {Name: "give", Kind: "text"}, {Name: "to", Kind: "text"}},
	Actions: []action{
		{Name: "add", Inputs: []input{teamID, selectedUsers}, Commands: forEach(func(id usher.UserID, f form) account.Command {
			return account.AddToTeam{Team: f.team(), User: id}
		})},
		{Name: "remove", Inputs: []input{teamID, selectedUsers}, Commands: forEach(func(id usher.UserID, f form) account.Command {
			return account.RemoveFromTeam{Team: f.team(), User: id}
		})},
		{Name: "set-role", Inputs: append([]input{teamID, selectedUsers, teamRole}, termInputs...), Commands: forEachDuring(func(id usher.UserID, f form) account.Command {
			return account.SetTeamRole{Team: f.team(), User: id, Role: role.Name(f.raw("role"))}
		})},
		{Name: "unset-role", Inputs: []input{teamID, selectedUsers, teamRole}, Commands: forEach(func(id usher.UserID, f form) account.Command {
			return account.UnsetTeamRole{Team: f.team(), User: id, Role: role.Name(f.raw("role"))}
		})},
		{Name: "create", Inputs: []input{teamID, newTeam}, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.CreateTeam{Team: usher.TeamID(f.text("team")), Parent: f.team()}}, nil
		}},
		{Name: "move", Inputs: []input{teamID, {Name: "parent", Kind: "team"}}, Commands: moveTeam, Notes: moveNotes},
		{Name: "join", Inputs: []input{teamID}, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.JoinTeam{Team: f.team()}}, nil
		}},
		{Name: "leave", Inputs: []input{teamID}, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.LeaveTeam{Team: f.team()}}, nil
		}},
		{Name: "delete", Inputs: []input{teamID}, After: toTeams, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.DeleteTeam{Team: f.team()}}, nil
		}},
	},
}

var (
	teamID   = input{Name: "id", Kind: "team", Must: true}
	teamRole = input{Name: "role", Kind: "team-role", Must: true}
)

// team returns the team of the page that has the form.
func (f form) team() usher.TeamID { return usher.TeamID(f.raw("id")) }

// teamModel is the content of the page.
type teamModel struct {
	Team  usher.TeamID   `json:"team"`
	Path  []usher.TeamID `json:"path"`            // the teams above it that the viewer may see, from the top
	Count int            `json:"count,omitempty"` // how many users were put in it, for viewers who may see all users

	Holders []teamHolder `json:"holders"` // of roles that apply to the team, on it or above it

	Members []teamMember `json:"members"`        // a page of the users who were put in the team
	Next    string       `json:"next,omitempty"` // the cursor of their next page, for the parameter after
	After   string       `json:"-"`

	Outside outsideSection `json:"outside"` // users who are not in the team and have a role on it, or may get one

	Adds  bool        `json:"-"`              // the viewer may add some users
	Find  string      `json:"find,omitempty"` // what the viewer searches, to add users
	Found []foundUser `json:"found,omitempty"`
	Add   control     `json:"add"`                 // allowed if at least one of the users found can be added
	Teams []teamRow   `json:"teams"`               // a page of the teams directly below
	Below string      `json:"nextBelow,omitempty"` // the cursor of their next page, for the parameter below

	Create control    `json:"create"` // a team below this one
	Move   moveChoice `json:"move"`
	Join   control    `json:"join"`  // of the viewer, who is not in the team
	Leave  control    `json:"leave"` // of the viewer, who is in the team or has a role on it
	Delete control    `json:"delete"`
}

// teamMember is a user who was put in the team.
type teamMember struct {
	person
	rolesShown
	Roles   []teamRoleRow `json:"roles"` // on the team
	SetRole choice        `json:"setRole"`
	Remove  control       `json:"remove"`
}

// foundUser is a user that the viewer may want to add.
type foundUser struct {
	person
	rolesShown
	In  bool    `json:"in"` // is in the team already
	Add control `json:"add"`
}

func loadTeam(v *viewer, r *http.Request) (any, error) {
	q := r.URL.Query()
	id := usher.TeamID(q.Get("id"))
	if !v.seesTeam(id) {
		return nil, usherhttp.ErrNotFound
	}
	t, _ := v.view.Team(id)
	m := teamModel{Team: id, Path: v.pathTo(t.Parent), After: q.Get("after"), Holders: []teamHolder{}, Add: control{Action: "team/add"}}
	if m.Adds = !v.options.ReadOnly && v.mayAny(teamSetMembers); m.Adds {
		m.Find = strings.TrimSpace(q.Get("find"))
	}
	if v.seesEveryone() {
		m.Count = v.view.TeamLen(id)
	}
	for _, above := range v.above(id) {
		m.Holders = append(m.Holders, v.holders(above)...)
	}
	members, next := v.teamMembers(id, usher.UserID(m.After))
	m.Next = next
	found, err := v.findFor(m.Find)
	if err != nil {
		return nil, err
	}
	outside, nextOutside := v.outsideHolders(id, usher.UserID(q.Get("outside")))
	gives, give := v.givesOutside(), ""
	if gives {
		give = strings.TrimSpace(q.Get("give"))
	}
	receivers, err := v.findFor(give)
	if err != nil {
		return nil, err
	}
	v.lookUpAll(m.Holders, members, found, outside, receivers)
	v.nameHolders(m.Holders)
	m.Members = v.memberRows(id, members)
	v.addFound(&m, found)
	m.Outside = v.outsideSection(id, outside, receivers)
	m.Outside.Next, m.Outside.After, m.Outside.Gives, m.Outside.Give = nextOutside, q.Get("outside"), gives, give
	teams, below := v.children(id, usher.TeamID(q.Get("below")))
	m.Below = string(below)
	m.Teams = v.teamRows(v.grow(teams, false))
	m.Create = v.createTeamControl("team/create", id)
	m.Move = v.moveChoice(t, strings.TrimSpace(q.Get("to")))
	if you, _ := v.view.User(v.subject.User); you.ID == v.subject.User {
		_, in := you.InTeam(id)
		if in || len(you.RolesOutside(id)) > 0 {
			m.Leave = v.control("team/leave", account.LeaveTeam{Team: id})
		}
		if !in {
			m.Join = v.control("team/join", account.JoinTeam{Team: id})
		}
	}
	m.Delete = v.deleteControl(t, len(m.Teams) > 0)
	return m, nil
}

// teamMembers returns a page of the users who were put in a team and that the viewer may see,
// and the cursor of the next page.
func (v *viewer) teamMembers(id usher.TeamID, after usher.UserID) (list []account.Member, next string) {
	var members iter.Seq[account.Member]
	switch _, all := v.candidates(); {
	case v.view.TeamLen(id) <= maxProbe:
		members = v.membersAfter(v.view.UsersOf(id), after)
	case all:
		members = v.view.TeamUsers(id, after)
	default:
		members = v.users(after, func(m account.Member) bool { _, in := m.InTeam(id); return in })
	}
	for m := range members {
		if !v.seesMember(m).exists {
			continue
		}
		if len(list) == pageSize {
			return list, string(list[pageSize-1].ID)
		}
		list = append(list, m)
	}
	return list, ""
}

// findFor returns the first users that match what the viewer typed.
func (v *viewer) findFor(query string) (list []account.Member, err error) {
	if query == "" {
		return nil, nil
	}
	rows, _, err := v.findPeople(peopleFilter{Query: query, found: v.searchHost(query)})
	for _, s := range rows {
		list = append(list, s.member)
	}
	return list, err
}

// lookUpAll reads the profiles of all users of the page in one call.
func (v *viewer) lookUpAll(holders []teamHolder, lists ...[]account.Member) {
	var ids []usher.UserID
	for _, h := range holders {
		ids = append(ids, h.ID)
	}
	for _, list := range lists {
		for _, m := range list {
			ids = append(ids, m.ID)
		}
	}
	v.lookUp(ids...)
}

func (v *viewer) memberRows(id usher.TeamID, members []account.Member) []teamMember {
	rows := []teamMember{}
	for _, u := range members {
		roles, _ := u.InTeam(id)
		row := teamMember{person: v.person(u.ID), rolesShown: v.rolesShown(u), Remove: v.control("team/remove", account.RemoveFromTeam{Team: id, User: u.ID})}
		row.Roles, row.SetRole = v.rolesOnTeam("team", u.ID, id, roles, v.teamRoleOptions(roles))
		rows = append(rows, row)
	}
	return rows
}

// addFound sets the users that the viewer may want to add, each with the engine's answer.
func (v *viewer) addFound(m *teamModel, found []account.Member) {
	for _, u := range found {
		row := foundUser{person: v.person(u.ID), rolesShown: v.rolesShown(u), Add: control{Action: "team/add"}}
		if _, row.In = u.InTeam(m.Team); !row.In {
			row.Add = v.control("team/add", account.AddToTeam{Team: m.Team, User: u.ID})
		}
		m.Add.Allowed = m.Add.Allowed || row.Add.Allowed
		m.Found = append(m.Found, row)
	}
}

// maxProbe limits the members of a team for which the page evaluates its deletion, which takes
// time in proportion to them.
const maxProbe = 1000

// deleteControl returns the form that deletes a team. That of a team with very many members is
// offered if the viewer has the permission, and the engine decides when the form is sent.
func (v *viewer) deleteControl(t account.Team, hasTeams bool) control {
	command := account.DeleteTeam{Team: t.ID}
	q, ok := v.view.State().RequestFor(v.policy, v.subject.User, command)
	if hasTeams || !ok || v.options.ReadOnly || v.view.TeamLen(t.ID) <= maxProbe {
		return v.control("team/delete", command)
	}
	return control{Action: "team/delete", Allowed: v.mayBegin(q)}
}

// toTeams leads to the tree after a team was deleted.
func toTeams(*viewer, form) (string, map[string][]string) { return "teams", map[string][]string{} }
