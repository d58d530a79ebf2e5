package team

import (
	"iter"

	"github.com/usher-go/usher"
)

// All yields all teams, each with its parent, or "" at the top. The order is undefined.
func (t *Tree) All() iter.Seq2[usher.TeamID, usher.TeamID] {
	return func(yield func(usher.TeamID, usher.TeamID) bool) {
		if t == nil {
			return
		}
		for _, n := range t.nodes.All() {
			if !yield(n.id, n.parentID()) {
				return
			}
		}
	}
}

// Children yields the teams directly below a team, or the teams at the top for "". The
// order is undefined. It yields none for a team that does not exist. Listing the teams at
// the top visits all teams.
func (t *Tree) Children(id usher.TeamID) iter.Seq[usher.TeamID] {
	return func(yield func(usher.TeamID) bool) {
		switch {
		case t == nil:
		case id == "":
			for team, parent := range t.All() {
				if parent == "" && !yield(team) {
					return
				}
			}
		default:
			for team := range t.children.Of(string(id)).All() {
				if !yield(usher.TeamID(team)) {
					return
				}
			}
		}
	}
}

// Below yields a team and all teams below it. The order is undefined. It yields none for a
// team that does not exist. The cost is proportional to the number of teams that it yields.
func (t *Tree) Below(id usher.TeamID) iter.Seq[usher.TeamID] {
	return func(yield func(usher.TeamID) bool) {
		if !t.Has(id) {
			return
		}
		todo := []usher.TeamID{id}
		for len(todo) > 0 {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if !yield(at) {
				return
			}
			for child := range t.children.Of(string(at)).All() {
				todo = append(todo, usher.TeamID(child))
			}
		}
	}
}
