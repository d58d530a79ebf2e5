// Package team stores which team is below which. The teams of an account form a tree. A
// member of a team also belongs to the teams above it. A role on a team also applies to the
// teams below it.
package team

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/table"
)

// The errors of a tree of teams and of changes to it.
var (
	ErrNoID     = errors.New("a team has an empty id")
	ErrUnknown  = errors.New("unknown team")
	ErrCycle    = errors.New("teams in a cycle")
	ErrExists   = errors.New("team exists")
	ErrNotEmpty = errors.New("team not empty")
)

// Tree is the teams of one account. It is immutable and safe for concurrent use;
// [Tree.Edit] makes a changed copy. The zero Tree and a nil Tree have no teams, so Within
// is always false.
type Tree struct {
	nodes    table.Table[*node]
	children table.Sets // the teams directly below each team
	nested   int        // the number of teams that have a parent
}

// New returns a tree from the parent of each team, "" at the top. The error wraps ErrNoID,
// ErrUnknown for a parent that does not exist, or ErrCycle.
func New(parents map[usher.TeamID]usher.TeamID) (*Tree, error) {
	children := make(map[usher.TeamID][]usher.TeamID)
	var lost usher.TeamID // the first team in alphabetical order whose parent does not exist
	for id, parent := range parents {
		if id == "" {
			return nil, ErrNoID
		}
		if _, ok := parents[parent]; parent != "" && !ok && (lost == "" || id < lost) {
			lost = id
		}
		children[parent] = append(children[parent], id)
	}
	if lost != "" {
		return nil, unknownParent(lost, parents[lost])
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

// cycle returns the teams of a cycle, or the first ten of a large one. Every team that a
// walk from the top does not reach is in a cycle or below one.
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

// Has reports whether the team exists.
func (t *Tree) Has(id usher.TeamID) bool {
	_, ok := t.Find(id)
	return ok
}

// Find returns the parent of a team, "" at the top, and whether the team exists.
func (t *Tree) Find(id usher.TeamID) (parent usher.TeamID, ok bool) {
	if t == nil {
		return "", false
	}
	n, ok := t.nodes.Find(string(id))
	return n.parentID(), ok
}

// Parent returns the parent of a team, or "" at the top or for a team that does not exist.
func (t *Tree) Parent(id usher.TeamID) usher.TeamID {
	parent, _ := t.Find(id)
	return parent
}

// Within reports whether team is above, or is below it at any depth. It returns false for a
// team that does not exist.
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
