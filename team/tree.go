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
)

// What can be wrong with a tree of teams.
var (
	ErrNoID    = errors.New("a team has an empty id")
	ErrUnknown = errors.New("unknown team")
	ErrCycle   = errors.New("teams in a circle")
)

// Tree holds the teams of one account. It is immutable and may be read by many
// goroutines. The zero Tree, like a nil one, has no teams: in it nothing is
// below anything, not even a team below itself.
type Tree struct {
	spans map[usher.TeamID]span
	flat  bool // no team is below another
}

// span numbers a team by a walk through the tree: those below it have numbers
// from in to out.
type span struct {
	in, out int32
	parent  usher.TeamID
}

// New makes a tree from the parent of each team, "" for a team at the top. The
// error wraps ErrNoID, ErrUnknown for a parent that is no team, or ErrCycle.
func New(parents map[usher.TeamID]usher.TeamID) (*Tree, error) {
	children := make(map[usher.TeamID][]usher.TeamID)
	t := &Tree{spans: make(map[usher.TeamID]span, len(parents)), flat: true}
	for id, parent := range parents {
		if id == "" {
			return nil, ErrNoID
		}
		if parent != "" {
			if _, ok := parents[parent]; !ok {
				return nil, printable.Errorf("%w: %s, the parent of %s", ErrUnknown, parent, id)
			}
			t.flat = false
		}
		children[parent] = append(children[parent], id)
	}
	t.number(children, "")
	if len(t.spans) < len(parents) {
		return nil, printable.Errorf("%w: %s", ErrCycle, cycle(parents, t.spans))
	}
	return t, nil
}

// number walks the tree without recursion: teams may nest as deep as a host
// likes.
func (t *Tree) number(children map[usher.TeamID][]usher.TeamID, root usher.TeamID) {
	type frame struct {
		id   usher.TeamID
		rest []usher.TeamID
	}
	next := int32(0)
	stack := []frame{{root, children[root]}}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.rest) > 0 {
			id := top.rest[0]
			top.rest = top.rest[1:]
			t.spans[id] = span{in: next, parent: top.id}
			next++
			stack = append(stack, frame{id, children[id]})
			continue
		}
		if top.id != root {
			s := t.spans[top.id]
			s.out = next
			t.spans[top.id] = s
		}
		stack = stack[:len(stack)-1]
	}
}

// cycle names the teams of a circle, or the first ten of a large one: those that
// no walk from the top reaches hang on it.
func cycle(parents map[usher.TeamID]usher.TeamID, reached map[usher.TeamID]span) string {
	var lost []usher.TeamID
	for id := range parents {
		if _, ok := reached[id]; !ok {
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
	if t == nil {
		return false
	}
	_, ok := t.spans[id]
	return ok
}

// Within reports whether team is above, or is below it at any depth. It is false
// for a team that the tree does not have.
func (t *Tree) Within(team, above usher.TeamID) bool {
	if t == nil || t.flat && team != above {
		return false
	}
	a, ok := t.spans[above]
	if !ok || team == above {
		return ok
	}
	b, ok := t.spans[team]
	return ok && a.in <= b.in && b.in < a.out
}

// Parent returns the team above, "" for one at the top or one that is not there.
func (t *Tree) Parent(id usher.TeamID) usher.TeamID {
	if t == nil {
		return ""
	}
	return t.spans[id].parent
}

// Len returns the number of teams.
func (t *Tree) Len() int {
	if t == nil {
		return 0
	}
	return len(t.spans)
}
