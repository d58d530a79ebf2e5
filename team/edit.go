package team

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/table"
)

// Edit is a batch of changes to a copy of a tree. [Tree.Edit] makes it. It is not safe for
// concurrent use. Creating or deleting a team costs about the same in a tree of any size;
// moving one costs in proportion to the teams below it. A call that returns an error
// changes nothing.
type Edit struct {
	nodes    *table.Edit[*node]
	children *table.SetsEdit
	nested   int
}

// Edit begins a batch of changes to a copy of t. It does not change t.
func (t *Tree) Edit() *Edit {
	if t == nil {
		t = &Tree{}
	}
	return &Edit{t.nodes.Edit(), t.children.Edit(), t.nested}
}

// Tree returns the tree with the changes so far. Later changes of e do not affect it.
func (e *Edit) Tree() *Tree {
	return &Tree{*e.nodes.Table(), *e.children.Sets(), e.nested}
}

// Find returns the parent of a team, "" at the top, and whether the team exists, with the
// changes so far.
func (e *Edit) Find(id usher.TeamID) (parent usher.TeamID, ok bool) {
	n := e.node(id)
	return n.parentID(), n != nil
}

// Within is [Tree.Within] with the changes so far.
func (e *Edit) Within(team, above usher.TeamID) bool {
	n, a := e.node(team), e.node(above)
	return n != nil && a != nil && n.within(a)
}

// Create adds a team below a parent, or at the top for "". The error wraps ErrNoID,
// ErrExists, or ErrUnknown if the parent does not exist.
func (e *Edit) Create(id, parent usher.TeamID) error {
	if id == "" {
		return ErrNoID
	}
	if e.node(id) != nil {
		return printable.Errorf("%w: there is a team %s already", ErrExists, id)
	}
	above := e.node(parent)
	if parent != "" && above == nil {
		return unknownParent(id, parent)
	}
	e.put(id, above)
	return nil
}

// Move moves a team, with all teams below it, below a parent, or to the top for "". The
// error wraps ErrUnknown, or ErrCycle if the parent is the team or below it.
func (e *Edit) Move(id, parent usher.TeamID) error {
	n := e.node(id)
	if n == nil {
		return printable.Errorf("%w: %s", ErrUnknown, id)
	}
	above := e.node(parent)
	switch {
	case parent != "" && above == nil:
		return unknownParent(id, parent)
	case above != nil && above.within(n):
		return printable.Errorf("%w: %s would be below %s, which is the same team or below it", ErrCycle, id, parent)
	}
	e.remove(n)
	e.put(id, above)
	// Nodes point to the nodes above them, so all nodes below are made again.
	todo := []usher.TeamID{id}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		above := e.node(at)
		for child := range e.children.Of(string(at)).All() {
			e.nodes.Set(child, newNode(e.node(usher.TeamID(child)).id, above))
			todo = append(todo, usher.TeamID(child))
		}
	}
	return nil
}

// Delete removes a team. The error wraps ErrUnknown, or ErrNotEmpty if there are teams
// below it.
func (e *Edit) Delete(id usher.TeamID) error {
	n := e.node(id)
	if n == nil {
		return printable.Errorf("%w: %s", ErrUnknown, id)
	}
	switch below, only := e.Children(id); {
	case below == 1:
		return printable.Errorf("%w: %s is below %s", ErrNotEmpty, only, id)
	case below > 1:
		return printable.Errorf("%w: %d teams are below %s", ErrNotEmpty, below, id)
	}
	e.remove(n)
	e.nodes.Delete(string(id))
	return nil
}

// Children returns the number of teams directly below a team, and its only child if there
// is exactly one, otherwise "". It returns 0 for a team that does not exist, and for "".
func (e *Edit) Children(id usher.TeamID) (n int, only usher.TeamID) {
	if n = e.children.Len(string(id)); n != 1 {
		return n, ""
	}
	for child := range e.children.Of(string(id)).All() {
		only = usher.TeamID(child)
	}
	return n, only
}

// node returns a team, or nil.
func (e *Edit) node(id usher.TeamID) *node {
	n, _ := e.nodes.Find(string(id))
	return n
}

// put adds a team below a parent, or at the top for nil.
func (e *Edit) put(id usher.TeamID, parent *node) {
	e.nodes.Set(string(id), newNode(id, parent))
	if parent != nil {
		e.children.Add(string(parent.id), string(id))
		e.nested++
	}
}

// remove removes a team from the children of its parent.
func (e *Edit) remove(n *node) {
	if n.parent != nil {
		e.children.Remove(string(n.parent.id), string(n.id))
		e.nested--
	}
}
