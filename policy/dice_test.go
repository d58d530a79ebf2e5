package policy_test

import (
	"math/rand/v2"
	"slices"
)

// dice makes the choices of a random test. The same seed and number repeat the same choices.
type dice struct{ *rand.Rand }

func newDice(seed, n uint64) dice { return dice{rand.New(rand.NewPCG(seed, n))} }

func (d dice) chance(percent float64) bool { return d.Float64()*100 < percent }

// upTo returns a number from low to high.
func (d dice) upTo(low, high int) int { return low + d.IntN(high-low+1) }

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// some returns low to high different elements of a list, in any order; all if it is shorter.
func some[T any](d dice, low, high int, from []T) []T {
	from = shuffled(d, from)
	return from[:min(d.upTo(low, high), len(from))]
}

func shuffled[T any](d dice, list []T) []T {
	list = slices.Clone(list)
	d.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
