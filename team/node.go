package team

import "github.com/usher-go/usher"

// node is a team with a pointer to its parent. It is immutable. All versions of a tree
// share it, until the team or a team above it is moved.
type node struct {
	id     usher.TeamID
	parent *node // nil at the top
	// jump is a team above, or the node itself at the top. From each node, jumps and single
	// steps reach every team above it in about 2·log(depth) moves.
	jump  *node
	depth int // the number of teams above
}

func newNode(id usher.TeamID, parent *node) *node {
	n := &node{id: id, parent: parent}
	if parent == nil {
		n.jump = n
		return n
	}
	n.depth = parent.depth + 1
	// Two consecutive jumps of equal length become one jump over both. So the lengths are
	// the digits of the depth as a skew binary number.
	n.jump = parent
	if first := parent.jump; parent.depth-first.depth == first.depth-first.jump.depth {
		n.jump = first.jump
	}
	return n
}

// parentID returns the id of the parent, or "" at the top or for nil.
func (n *node) parentID() usher.TeamID {
	if n == nil || n.parent == nil {
		return ""
	}
	return n.parent.id
}

// within reports whether n is the node above, or is below it. Both must belong to the same
// tree.
func (n *node) within(above *node) bool {
	for n.depth > above.depth {
		if n.jump.depth >= above.depth {
			n = n.jump
		} else {
			n = n.parent
		}
	}
	return n == above
}
