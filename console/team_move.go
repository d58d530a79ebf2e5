package console

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// maxTargets limits the teams below which the page offers to move a team. If there are more,
// the viewer searches.
const maxTargets = 100

// moveChoice is the form that moves a team.
type moveChoice struct {
	choice
	To   string `json:"to,omitempty"` // what the viewer searches
	More bool   `json:"more"`         // there are more teams than those that are offered
}

// moveChoice returns the form that moves a team to the top or below the teams that the engine
// accepts.
func (v *viewer) moveChoice(t account.Team, to string) moveChoice {
	m := moveChoice{To: to, choice: choice{control: control{Action: "team/move"}}}
	if v.options.ReadOnly || !v.mayAny(teamEdit) {
		return m
	}
	var targets []option
	if t.Parent != "" {
		targets = append(targets, option{"", v.teamName("")})
	}
	for other := range v.view.Teams("") {
		if other.ID == t.Parent || v.teamWithin(other.ID, t.ID) || !containsFold(string(other.ID), to) || !v.seesTeam(other.ID) {
			continue
		}
		if m.More = len(targets) == maxTargets; m.More {
			break
		}
		targets = append(targets, option{string(other.ID), string(other.ID)})
	}
	m.choice = v.choice("team/move", targets, func(value string) account.Command {
		return account.MoveTeam{Team: t.ID, Parent: usher.TeamID(value)}
	})
	return m
}

// Form returns the form without the search.
func (m moveChoice) Form() choice { return m.choice }

// moveTeam requires the field parent, which is empty for the top.
func moveTeam(_ *viewer, f form) ([]account.Command, error) {
	if !f.has("parent") {
		return nil, &inputError{Field: "parent", Key: "input.empty"}
	}
	return []account.Command{account.MoveTeam{Team: f.team(), Parent: usher.TeamID(f.raw("parent"))}}, nil
}

// maxNotes limits the sentences about users on the confirmation of a move.
const maxNotes = 100

// moveNotes returns what a move means: the teams that move along, and the users whose roles on
// teams above reach the team no longer, or only now.
func moveNotes(v *viewer, commands []account.Command) (notes []string) {
	for _, command := range commands {
		move, ok := command.(account.MoveTeam)
		if !ok {
			continue
		}
		if n := v.teamsBelow(move.Team); n > 0 {
			notes = append(notes, v.text.plain(countKey("team.move.along", n), "n", n))
		}
		before := v.rolesReaching(v.above(move.Team))
		after := v.rolesReaching(append([]usher.TeamID{move.Team}, v.above(move.Parent)...))
		notes = append(notes, v.reachNotes(move.Team, before, after)...)
	}
	return notes[:min(len(notes), maxNotes)]
}

// reachNotes returns a sentence for each user that the viewer may see and whose roles on a team
// differ.
func (v *viewer) reachNotes(team usher.TeamID, before, after map[usher.UserID][]role.Name) (notes []string) {
	users := maps.Clone(before)
	maps.Copy(users, after)
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(users)), func(id usher.UserID) bool { return !v.sees(id).exists })
	v.lookUp(ids...)
	for _, id := range ids {
		if lost := without(before[id], after[id]); len(lost) > 0 {
			notes = append(notes, v.text.plain("team.move.loses", "user", v.person(id).Name, "roles", v.list(v.roleTitles(lost)), "team", string(team)))
		}
		if got := without(after[id], before[id]); len(got) > 0 {
			notes = append(notes, v.text.plain("team.move.gains", "user", v.person(id).Name, "roles", v.list(v.roleTitles(got)), "team", string(team)))
		}
	}
	return notes
}

// rolesReaching returns the roles of users on some teams, sorted.
func (v *viewer) rolesReaching(teams []usher.TeamID) map[usher.UserID][]role.Name {
	reach := map[usher.UserID][]role.Name{}
	for _, t := range teams {
		for _, m := range v.view.TeamRoleHolders(t) {
			roles, in := m.InTeam(t)
			if !in {
				roles = m.RolesOutside(t)
			}
			reach[m.ID] = slices.Compact(slices.Sorted(slices.Values(slices.Concat(reach[m.ID], roles))))
		}
	}
	return reach
}

// teamsBelow returns how many teams are below a team, at any depth.
func (v *viewer) teamsBelow(id usher.TeamID) (n int) {
	for t := range v.view.Children(id, "") {
		n += 1 + v.teamsBelow(t.ID)
	}
	return n
}

// without returns the roles that another list does not contain.
func without(list, other []role.Name) []role.Name {
	return slices.DeleteFunc(slices.Clone(list), func(name role.Name) bool { return slices.Contains(other, name) })
}
