package main

import "math"

// group is a number of accounts that are used about equally often.
type group struct {
	accounts float64
	share    float64 // of all requests that go to one of them
}

// hitRate returns the share of the requests whose account is in memory. The account of rank r has
// a share of the requests in proportion to 1/r^exponent (Zipf). If requests are routed, each
// process serves an eighth of the accounts; otherwise each serves all.
//
// It computes the hit rate of a cache that evicts what was not used for longest, by the
// approximation of Che et al. (2002): an account is in memory if it was used in the last t requests,
// where t is such that the expected number of accounts in memory is that of the cache. The cache of
// an engine gives each account a second chance, which is close to that; a test compares both.
func (s service) hitRate(exponent float64, routed bool) float64 {
	groups, each := zipf(s.accounts, exponent), 1.0
	if routed {
		each = float64(s.processes)
	}
	// In a process that serves one of eight accounts, each has eight times the share.
	inMemory := func(t float64) (accounts float64) {
		for _, g := range groups {
			accounts += g.accounts / each * -math.Expm1(-g.share*each*t)
		}
		return accounts
	}
	low, high := 0.0, 1.0
	for high < 1e15 && inMemory(high) < float64(s.held) {
		high *= 2
	}
	for range 200 {
		if middle := (low + high) / 2; inMemory(middle) < float64(s.held) {
			low = middle
		} else {
			high = middle
		}
	}
	hits := 0.0
	for _, g := range groups {
		hits += g.accounts * g.share * -math.Expm1(-g.share*each*low)
	}
	return hits
}

// zipf returns n accounts in groups: each of the first thousand alone, then groups whose ranks differ
// by at most a thousandth.
func zipf(n int, exponent float64) (groups []group) {
	total := 0.0
	for first := 1; first <= n; {
		last := min(n, max(first, first+first/1000-1))
		middle := math.Sqrt(float64(first) * float64(last))
		g := group{accounts: float64(last - first + 1), share: math.Pow(middle, -exponent)}
		groups = append(groups, g)
		total += g.accounts * g.share
		first = last + 1
	}
	for i := range groups {
		groups[i].share /= total
	}
	return groups
}
