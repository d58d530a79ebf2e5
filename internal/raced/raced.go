// Package raced is for tests: it tells whether the race detector is on. Under it, long tests in one
// goroutine do a part of their work, because it makes them many times slower and finds nothing
// in them. make test also runs them without it, in full.
package raced

// Part returns the size of a test: all, or part under the race detector.
func Part(all, part int) int {
	if Enabled {
		return part
	}
	return all
}
