package account

import (
	"cmp"
	"iter"
	"slices"
)

// firstChunk is the number of entries sorted first: a page or two. Each chunk is chunkGrowth
// times as large as the one before, because each costs a pass over the table.
const (
	firstChunk  = 256
	chunkGrowth = 16
)

type entry[V any] struct {
	id    string
	value V
}

func byID[V any](a, b entry[V]) int { return cmp.Compare(a.id, b.id) }

// sorted returns n entries in the order of their ids.
func sorted[ID ~string, V any](all iter.Seq2[ID, V], n int) []entry[V] {
	list := make([]entry[V], 0, n)
	for id, v := range all {
		list = append(list, entry[V]{string(id), v})
	}
	slices.SortFunc(list, byID[V])
	return list
}

// inOrder yields the entries that keep accepts, sorted by id, starting after the given id. It
// sorts them in chunks, because a table has no order and most callers want one page.
func inOrder[ID ~string, V any](all iter.Seq2[ID, V], after string, keep func(ID, V) bool) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		cursor, more := after, true
		for size := firstChunk; more; size *= chunkGrowth {
			var chunk []entry[V]
			chunk, more = smallest(all, cursor, size, keep)
			for _, e := range chunk {
				if !yield(e.id, e.value) {
					return
				}
				cursor = e.id
			}
		}
	}
}

// smallest returns the first n entries after an id, sorted, or all of them if there are not
// many more, and whether there may be more.
func smallest[ID ~string, V any](all iter.Seq2[ID, V], after string, n int, keep func(ID, V) bool) (chunk []entry[V], more bool) {
	for of, v := range all {
		id := string(of)
		if id <= after || more && id >= chunk[n-1].id || !keep(of, v) {
			continue
		}
		// Collect twice as many as wanted, so that sorting is rare.
		if chunk = append(chunk, entry[V]{id, v}); len(chunk) == 2*n {
			slices.SortFunc(chunk, byID[V])
			chunk, more = chunk[:n], true
		}
	}
	slices.SortFunc(chunk, byID[V])
	if more {
		chunk = chunk[:n]
	}
	return chunk, more
}
