// Package team says which team is below which. Teams of an account nest in a
// tree; whoever is put in a team belongs to it and to those above it, and
// whoever holds a role on a team holds it on those below.
package team

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/table"
)

// What can be wrong with a tree of teams, or with a change to it.
var (
	ErrNoID     = errors.New("a team has an empty id")
	ErrUnknown  = errors.New("unknown team")
	ErrCycle    = errors.New("teams in a circle")
	ErrExists   = errors.New("team exists")
	ErrNotEmpty = errors.New("team not empty")
)

// Tree holds the teams of one account. It is immutable and may be read by many
// goroutines; [Tree.Edit] makes a changed copy. The zero Tree, like a nil one, has no
// teams: in it nothing is below anything, not even a team below itself.
type Tree struct {
	nodes    table.Table[*node]
	children table.Sets // of each team that has any
	nested   int        // how many teams are below another
}

// New makes a tree from the parent of each team, "" for a team at the top. The
// error wraps ErrNoID, ErrOutcomeUnknown for a parent that is no team, or ErrCycle.
func New(parents map[usher.TeamID]usher.TeamID) (*Tree, error) {
	children := make(map[usher.TeamID][]usher.TeamID)
	for id, parent := range parents {
		if id == "" {
			return nil, ErrNoID
		}
		if _, ok := parents[parent]; parent != "" && !ok {
			return nil, unknownParent(id, parent)
		}
		children[parent] = append(children[parent], id)
	}
	e := (*Tree)(nil).Edit()
	todo := children[""]
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], children[id]...)
		e.put(id, e.node(parents[id]))
	}
	if e.nodes.Len() < len(parents) {
		return nil, printable.Errorf("%w: %s", ErrCycle, cycle(parents, e))
	}
	return e.Tree(), nil
}

func unknownParent(id, parent usher.TeamID) error {
	return printable.Errorf("%w: %s, the parent of %s", ErrUnknown, parent, id)
}

// cycle names the teams of a circle, or the first ten of a large one: those that
// no walk from the top reaches hang on it.
func cycle(parents map[usher.TeamID]usher.TeamID, reached *Edit) string {
	var lost []usher.TeamID
	for id := range parents {
		if reached.node(id) == nil {
			lost = append(lost, id)
		}
	}
	at := slices.Min(lost)
	seen := map[usher.TeamID]bool{}
	for !seen[at] {
		seen[at] = true
		at = parents[at]
	}
	circle := []string{printable.Word(at)}
	for id := parents[at]; id != at; id = parents[id] {
		if len(circle) == 10 {
			circle = append(circle, "…")
			break
		}
		circle = append(circle, printable.Word(id))
	}
	return strings.Join(append(circle, printable.Word(at)), " below ")
}

// Has reports whether there is such a team.
func (t *Tree) Has(id usher.TeamID) bool {
	_, ok := t.Find(id)
	return ok
}

// Find returns the team above, "" for one at the top, and whether there is such a
// team.
func (t *Tree) Find(id usher.TeamID) (parent usher.TeamID, ok bool) {
	if t == nil {
		return "", false
	}
	n, ok := t.nodes.Find(string(id))
	return n.parentID(), ok
}

// Parent returns the team above, "" for one at the top or one that is not there.
func (t *Tree) Parent(id usher.TeamID) usher.TeamID {
	parent, _ := t.Find(id)
	return parent
}

// Within reports whether team is above, or is below it at any depth. It is false
// for a team that the tree does not have.
func (t *Tree) Within(team, above usher.TeamID) bool {
	if t == nil || t.nested == 0 && team != above {
		return false
	}
	a, ok := t.nodes.Find(string(above))
	if !ok || team == above {
		return ok
	}
	n, ok := t.nodes.Find(string(team))
	return ok && n.within(a)
}

// Len returns the number of teams.
func (t *Tree) Len() int {
	if t == nil {
		return 0
	}
	return t.nodes.Len()
}
