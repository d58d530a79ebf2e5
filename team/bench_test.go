package team_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/team"
)

// spans is the reference: a map that numbers the teams in tree order, so that the teams
// below one are a range. Its checks are fast, but each change rebuilds it.
type spans map[usher.TeamID]struct{ in, out int32 }

func (s spans) number(children map[usher.TeamID][]usher.TeamID, id usher.TeamID, next int32) int32 {
	in := next
	for _, child := range children[id] {
		next = s.number(children, child, next+1)
	}
	s[id] = struct{ in, out int32 }{in, next}
	return next
}

func (s spans) within(id, above usher.TeamID) bool {
	a, ok := s[above]
	if !ok || id == above {
		return ok
	}
	b, ok := s[id]
	return ok && a.in < b.in && b.in <= a.out
}

var sink int

func BenchmarkWithin(b *testing.B) {
	for _, shape := range []struct {
		name  string
		teams int
		fan   int // the number of teams directly below each team
	}{{"100/flat", 100, 0}, {"100/fan=5", 100, 5}, {"10000/fan=10", 10_000, 10}, {"10000/fan=2", 10_000, 2}, {"10000/fan=1", 10_000, 1}} {
		parents, children, s := map[usher.TeamID]usher.TeamID{}, map[usher.TeamID][]usher.TeamID{}, spans{}
		for i := range shape.teams {
			parent := usher.TeamID("")
			if i > 0 && shape.fan > 0 {
				parent = name((i - 1) / shape.fan)
			}
			parents[name(i)] = parent
			children[parent] = append(children[parent], name(i))
		}
		s.number(children, "", 0)
		tree, err := team.New(parents)
		if err != nil {
			b.Fatal(err)
		}
		random := rand.New(rand.NewPCG(1, 1))
		asked := make([][2]usher.TeamID, 1<<12)
		for i := range asked {
			id := name(random.IntN(shape.teams))
			above := parents[id]
			if above == "" || random.IntN(2) == 0 {
				above = name(random.IntN(shape.teams))
			}
			asked[i] = [2]usher.TeamID{id, above}
		}
		b.Run(shape.name, func(b *testing.B) {
			b.ReportAllocs()
			var took [2][]float64
			const turn = 1024
			for i := 0; i < b.N; i += turn {
				for side, within := range []func(id, above usher.TeamID) bool{s.within, tree.Within} {
					start := time.Now()
					for k := range turn {
						if a := &asked[(i+k)%len(asked)]; within(a[0], a[1]) {
							sink++
						}
					}
					took[side] = append(took[side], float64(time.Since(start))/turn)
				}
			}
			slices.Sort(took[0])
			slices.Sort(took[1])
			reference, own := took[0][len(took[0])/2], took[1][len(took[1])/2]
			b.ReportMetric(reference, "ns-reference")
			b.ReportMetric(own, "ns-tree")
			b.ReportMetric(own/reference, "x-reference")
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	for _, teams := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(teams), func(b *testing.B) {
			parents := map[usher.TeamID]usher.TeamID{}
			for i := range teams {
				parents[name(i)] = ""
			}
			tree, err := team.New(parents)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				e := tree.Edit()
				if err := e.Create("new", name(0)); err != nil {
					b.Fatal(err)
				}
				e.Tree()
			}
		})
	}
}
