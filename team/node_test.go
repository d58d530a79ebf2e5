package team

import (
	"fmt"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
)

// From the deepest team of a chain, jumps and single steps reach each team above it in few
// steps.
func TestJumpsAreLong(t *testing.T) {
	const deep = 2000
	nodes := []*node{newNode("t0", nil)}
	for i := 1; i < deep; i++ {
		nodes = append(nodes, newNode(usher.TeamID(fmt.Sprint("t", i)), nodes[i-1]))
	}
	most := 0
	for _, above := range nodes {
		steps := 0
		for n := nodes[deep-1]; n != above; steps++ {
			if n.jump.depth >= above.depth {
				n = n.jump
			} else {
				n = n.parent
			}
		}
		most = max(most, steps)
	}
	assert.LessOrEqual(t, most, 3*bits.Len(deep))
}
