// Package raced is for tests: it tells whether the race detector is on. Under it, long tests do a part of
// their work, because it makes them many times slower: in a test with one goroutine it finds nothing, and in
// a test that repeats the same concurrent calls a part is enough. make test also runs them without it, in full.
package raced

// Part returns the size of a test: all, or part under the race detector.
func Part(all, part int) int {
	if Enabled {
		return part
	}
	return all
}
