package table

import "math/bits"

// branch holds the pages for the hashes that begin with the same depth bits. The parts
// of the pages are in separate arrays, so that a lookup reads adjacent memory, and
// requests all of it at once.
type branch[V any] struct {
	pilots [places][buckets]uint8
	slots  [places][]slot[V]
	near   [places]string
	more   [places]*more[V]
	// A page that was split less often than others occupies several adjacent places;
	// width has their number.
	width [places]uint8
	depth uint8
	shift uint8 // shifts the bits after the first depth ones to the lowest position

	owner uint64 // the edit that made it
	owned uint64 // a bit for each place whose slots owner made
}

const (
	placesBits = 6
	places     = 1 << placesBits
)

// newBranch returns a branch with one page in all places.
func newBranch[V any](p page[V], owner uint64) *branch[V] {
	b := &branch[V]{owner: owner}
	b.deepen(0)
	b.width[0] = places
	b.put(0, p)
	return b
}

func (b *branch[V]) deepen(depth uint8) {
	b.depth = depth
	b.shift = 64 - depth - placesBits
}

func (b *branch[V]) place(hash uint64) int { return int(hash >> (b.shift & 63) % places) }

func (b *branch[V]) page(place int) page[V] {
	return page[V]{b.slots[place], b.pilots[place], b.near[place], b.more[place]}
}

// put stores a page, whose slots the owner of the branch has made, in all its places.
func (b *branch[V]) put(place int, p page[V]) {
	width := int(b.width[place])
	first := place &^ (width - 1)
	for i := first; i < first+width; i++ {
		b.set(i, p, width)
		b.owned |= 1 << i
	}
}

func (b *branch[V]) set(place int, p page[V], width int) {
	b.slots[place], b.pilots[place], b.near[place], b.more[place] = p.slots, p.pilots, p.near, p.more
	b.width[place] = uint8(width)
}

// pageDepth returns how many leading bits the hashes in a page have in common at least.
func (b *branch[V]) pageDepth(place int) int {
	return int(b.depth) + placesBits - bits.Len8(b.width[place]) + 1
}

// halves returns branches for the two halves of the range.
func (b *branch[V]) halves() [2]*branch[V] {
	var two [2]*branch[V]
	for half := range two {
		to := &branch[V]{owner: b.owner}
		to.deepen(b.depth + 1)
		for i := range places {
			from := (half*places + i) / 2
			to.set(i, b.page(from), 2*int(b.width[from]))
			to.owned |= b.owned >> from & 1 << i
		}
		two[half] = to
	}
	return two
}
