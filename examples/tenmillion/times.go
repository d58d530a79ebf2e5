package main

import (
	"math"
	"time"
)

// quantile returns the time that a share of all checks do not exceed, if hits is the hit rate, and the
// other checks load their account from a source.
func (c costs) quantile(from source, hits, share float64) time.Duration {
	cold := from.check()
	low, high := time.Duration(1), time.Hour
	for high-low > 1 {
		middle := (low + high) / 2
		if hits*c.check.below(middle)+(1-hits)*cold.below(middle) < share {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// check returns the times of a check that loads its account. To add p99 to p99 is too pessimistic, and
// on the safe side.
func (s source) check() spread {
	reads := time.Duration(s.reads)
	return spread{s.load.p50 + reads*s.read.p50, s.load.p99 + reads*s.read.p99}
}

// below returns the share of calls that take at most d. The logarithms of the times have a normal
// distribution with the given median and p99.
func (s spread) below(d time.Duration) float64 {
	const z99 = 2.326 // p99 of the normal distribution, in standard deviations
	deviation := math.Log(float64(s.p99)/float64(s.p50)) / z99
	return 0.5 * math.Erfc(-math.Log(float64(d)/float64(s.p50))/deviation/math.Sqrt2)
}
