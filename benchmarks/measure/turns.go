package measure

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// side is one of the alternating sides: a function that answers question i, and the number
// of questions in a turn.
type side struct {
	ask  func(i int)
	turn int
	at   int // the next number
}

// pace sets the number of questions in a turn, so that a turn takes about a given time.
func (s *side) pace(turn time.Duration) {
	n, took := 0, time.Duration(0)
	for took < turn && n < 1<<14 {
		start := time.Now()
		s.ask(s.at)
		took += time.Since(start)
		s.at++
		n++
	}
	s.turn = min(max(1, int(float64(n)*float64(turn)/float64(max(1, took)))), 1<<17)
}

// way runs a turn of a side. It returns the time and the number of answers.
type way func(*side) (took time.Duration, n int)

// A turn on many processors is longer, because it ends when the last processor is done.
const (
	serialTurn   = time.Millisecond
	parallelTurn = 20 * time.Millisecond
)

// serial runs a turn on one goroutine.
func (s *side) serial() (took time.Duration, n int) {
	start := time.Now()
	for i := s.at; i < s.at+s.turn; i++ {
		s.ask(i)
	}
	took = time.Since(start)
	s.at += s.turn
	return took, s.turn
}

// parallel runs a turn on every processor, each at another position in the list.
func (s *side) parallel() (took time.Duration, n int) {
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	start := time.Now()
	for w := range workers {
		from := s.at + w*104_729
		all.Go(func() {
			for i := from; i < from+s.turn; i++ {
				s.ask(i)
			}
		})
	}
	all.Wait()
	took = time.Since(start)
	s.at += s.turn
	return took, workers * s.turn
}

// rounds runs alternating turns of the sides. It returns, for each round, the time of an
// answer of each side in nanoseconds: the lower quartile of its turns, because other programs on
// the machine only make turns longer. The sides are at distant positions in the list, so
// that no side finds data in the processor's caches that the other has just used.
func (b Budget) rounds(turn time.Duration, way way, asks ...func(i int)) [][]float64 {
	sides := make([]side, len(asks))
	for i, ask := range asks {
		sides[i] = side{ask: ask, at: i * b.Questions / len(asks)}
		sides[i].pace(turn)
	}
	runtime.GC() // earlier garbage must not be collected in the first round
	list := make([][]float64, b.Rounds)
	for round := range list {
		turns := make([][]float64, len(sides))
		for start := time.Now(); time.Since(start) < max(b.Round, 4*turn) || len(turns[0]) == 0; {
			for i := range sides {
				t, k := way(&sides[i])
				turns[i] = append(turns[i], float64(t.Nanoseconds())/float64(k))
			}
		}
		for i := range sides {
			list[round] = append(list[round], quantile(turns[i], 25))
		}
	}
	return list
}

// pair returns the medians of two columns of rounds, and of their ratios.
func pair(rounds [][]float64, reference, peer int) Pair {
	var columns [3][]float64
	for _, r := range rounds {
		columns[0] = append(columns[0], r[reference])
		columns[1] = append(columns[1], r[peer])
		columns[2] = append(columns[2], r[peer]/r[reference])
	}
	return Pair{Reference: quantile(columns[0], 50), Peer: quantile(columns[1], 50), Ratio: quantile(columns[2], 50)}
}

// quantile returns a percentile of the list. It sorts the list.
func quantile(list []float64, percent int) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)-1, len(list)*percent/100)]
}
