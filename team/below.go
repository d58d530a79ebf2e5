package team

import (
	"iter"

	"github.com/usher-go/usher"
)

// Below yields a team and all teams below it, in no order; none for a team that the
// tree does not have. It looks at every team of the tree.
func (t *Tree) Below(id usher.TeamID) iter.Seq[usher.TeamID] {
	return func(yield func(usher.TeamID) bool) {
		if t == nil {
			return
		}
		above, ok := t.spans[id]
		if !ok {
			return
		}
		for team, s := range t.spans {
			if above.in <= s.in && s.in < above.out && !yield(team) {
				return
			}
		}
	}
}
