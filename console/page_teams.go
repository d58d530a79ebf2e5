package console

import (
	"net/http"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// teamsPage is the tree of the teams that the viewer may see.
var teamsPage = page{
	Path: "teams", InMenu: true,
	Visible: (*viewer).seesAnyTeam,
	Lacks:   func(v *viewer) missing { return v.lacks(teamCreate) },
	Load:    loadTeams,
	Model:   teamsModel{},
	Params:  []input{{Name: "q", Kind: "text"}, {Name: "after", Kind: "team"}},
	Actions: []action{
		{Name: "create", Inputs: []input{newTeam}, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.CreateTeam{Team: usher.TeamID(f.text("team"))}}, nil
		}},
	},
}

var newTeam = input{Name: "team", Kind: "text", Must: true}

// teamsModel is the content of the page.
type teamsModel struct {
	Query  string    `json:"q,omitempty"`
	Teams  []teamRow `json:"teams"`          // the tree, each team before those below it; or those that the query finds
	Next   string    `json:"next,omitempty"` // the cursor of the next page, for the parameter after
	After  string    `json:"-"`
	Create control   `json:"create"` // a team at the top

	Tree []*teamNode `json:"-"` // of Teams
}

// teamRow is a team in a list.
type teamRow struct {
	Team    usher.TeamID   `json:"team"`
	Parent  usher.TeamID   `json:"parent,omitempty"`
	Path    []usher.TeamID `json:"-"`                 // the teams above it that the viewer may see, from the top
	Below   int            `json:"below"`             // how many teams are directly below it
	Members int            `json:"members,omitempty"` // how many users were put in it, for viewers who may see all users
	Holders []teamHolder   `json:"holders"`           // of roles on it
}

// teamNode is a team in the tree. A team of which the tree does not contain those below it has
// no Nodes.
type teamNode struct {
	teamRow
	Nodes []*teamNode
}

// maxTree limits the teams of one tree. Levels that do not fit are on the pages of their teams.
const maxTree = 200

// seesAnyTeam reports whether there is a team that the viewer may see, or the viewer may create
// the first one.
func (v *viewer) seesAnyTeam() bool {
	facts, _ := v.view.State().Account() // the error is always nil
	return len(v.ownTeams()) > 0 || v.mayAny(teamCreate) || facts.Teams.Len() > 0 && v.seesTeams()
}

func loadTeams(v *viewer, r *http.Request) (any, error) {
	q := r.URL.Query()
	m := teamsModel{Query: strings.TrimSpace(q.Get("q")), After: q.Get("after"), Create: v.createTeamControl("teams/create", "")}
	roots, next := v.topTeams(usher.TeamID(m.After))
	if m.Query != "" {
		roots, next = v.findTeams(m.Query, usher.TeamID(m.After))
	}
	m.Next = string(next)
	m.Tree = v.grow(roots, m.Query == "")
	m.Teams = v.teamRows(m.Tree)
	return m, nil
}

// topTeams returns a page of the highest teams that the viewer may see, and the cursor of the
// next page.
func (v *viewer) topTeams(after usher.TeamID) (list []usher.TeamID, next usher.TeamID) {
	if !v.seesTeams() {
		return v.highestOwnTeams(), ""
	}
	return v.children("", after)
}

// children returns a page of the teams directly below a team, and the cursor of the next page.
func (v *viewer) children(parent, after usher.TeamID) (list []usher.TeamID, next usher.TeamID) {
	for t := range v.view.Children(parent, after) {
		if len(list) == pageSize {
			return list, list[pageSize-1]
		}
		list = append(list, t.ID)
	}
	return list, ""
}

// findTeams returns a page of the teams with a text in their names, and the cursor of the next
// page.
func (v *viewer) findTeams(query string, after usher.TeamID) (list []usher.TeamID, next usher.TeamID) {
	for t := range v.view.Teams(after) {
		if !containsFold(string(t.ID), query) || !v.seesTeam(t.ID) {
			continue
		}
		if len(list) == pageSize {
			return list, list[pageSize-1]
		}
		list = append(list, t.ID)
	}
	return list, ""
}

// grow returns the tree of some teams, level by level as far as it fits.
func (v *viewer) grow(roots []usher.TeamID, deep bool) []*teamNode {
	everyone := v.seesEveryone()
	total := len(roots)
	node := func(id usher.TeamID) *teamNode {
		t, _ := v.view.Team(id)
		n := &teamNode{teamRow: teamRow{Team: id, Holders: v.holders(id)}}
		if v.seesTeam(t.Parent) {
			n.Parent = t.Parent
		}
		if everyone {
			n.Members = v.view.TeamLen(id)
		}
		return n
	}
	var tree, level []*teamNode
	for _, id := range roots {
		tree = append(tree, node(id))
	}
	level = tree
	for len(level) > 0 {
		var next []*teamNode
		for _, n := range level {
			below := make([]usher.TeamID, 0, pageSize)
			for t := range v.view.Children(n.Team, "") {
				below = append(below, t.ID)
			}
			n.Below = len(below)
			if !deep || total+len(below) > maxTree {
				continue
			}
			total += len(below)
			for _, id := range below {
				n.Nodes = append(n.Nodes, node(id))
			}
			next = append(next, n.Nodes...)
		}
		level = next
	}
	return tree
}

// teamRows sets the names in a tree, and returns its teams, each before those below it.
func (v *viewer) teamRows(tree []*teamNode) []teamRow {
	var nodes []*teamNode
	var visit func(list []*teamNode)
	visit = func(list []*teamNode) {
		for _, n := range list {
			nodes = append(nodes, n)
			visit(n.Nodes)
		}
	}
	visit(tree)
	var ids []usher.UserID
	for _, n := range nodes {
		for _, h := range n.Holders {
			ids = append(ids, h.ID)
		}
	}
	v.lookUp(ids...)
	rows := make([]teamRow, len(nodes))
	for i, n := range nodes {
		v.nameHolders(n.Holders)
		n.Path = v.pathTo(n.Parent)
		rows[i] = n.teamRow
	}
	return rows
}

// pathTo returns the teams down to one, from the top, as far as the viewer may see them.
func (v *viewer) pathTo(id usher.TeamID) []usher.TeamID {
	list := []usher.TeamID{}
	for _, t := range v.above(id) {
		if v.seesTeam(t) {
			list = append([]usher.TeamID{t}, list...)
		}
	}
	return list
}

// createTeamControl returns the form that creates a team below another one, or at the top.
func (v *viewer) createTeamControl(action string, parent usher.TeamID) control {
	probe := usher.TeamID("new-team")
	for {
		err := v.try(account.CreateTeam{Team: probe, Parent: parent})
		if refusal := asRefusal(err); refusal == nil || refusal.Code != account.CodeExists {
			return v.controlOf(action, err)
		}
		probe += "-" // exists, or was deleted
	}
}
