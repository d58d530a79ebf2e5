// Package table implements immutable maps from ids to values, of which a changed copy is
// cheap. An account keeps its users and its teams in them. Readers use one version
// without a lock and without garbage, while the next version is being made.
//
// A small table is one page. A larger one has a root of branches, and the branches have
// pages; each page holds the ids whose hashes begin with certain bits. A change copies a
// page, its branch and the root, which is about ten kilobytes at a million ids.
package table

import "iter"

// Table is an immutable map from ids to values. It is safe for concurrent use. A nil
// Table and the zero Table are empty.
//
// Ids may be chosen by an attacker, and be as many and as long as fit in memory.
type Table[V any] struct {
	few  page[V]      // all ids, if root is nil
	root []*branch[V] // by the first depth bits of the hash; a branch of smaller depth is repeated
	// hash >> 1 >> shift is the index in root. With one branch, it shifts out all 64
	// bits.
	shift uint8
	depth uint8 // how many bits of the hash choose a branch
	len   int

	blunt uint64 // bits of the hash that are ignored; only tests set it
}

// Find returns the value of an id, and reports whether the table has the id.
func (t *Table[V]) Find(id string) (V, bool) {
	n := len(id)
	if t == nil || n > maxShort {
		return t.findLong(id)
	}
	var a, b uint64
	if n >= 8 {
		a, b = word(id), word(id[n-8:])>>8>>(uint(15-n)*8&63) // as short does
	} else {
		a = tiny(id)
	}
	b |= uint64(n+1) << lengthShift
	hash := hashShort(a, b) &^ t.blunt
	pilots, slots := &t.few.pilots, t.few.slots
	if t.root != nil {
		b, place := t.place(hash)
		pilots, slots = &b.pilots[place], b.slots[place]
	}
	pilot := pilots[bucket(hash)]
	if i := at(hash, pilot, len(slots)); i < uint64(len(slots)) {
		if s := &slots[i]; s.a == a && s.b == b {
			return s.value, true
		}
	}
	if pilot == crowded {
		return t.findByKey(id)
	}
	var none V
	return none, false
}

// findLong is Find for long ids. Two separate functions are faster.
func (t *Table[V]) findLong(id string) (V, bool) {
	var none V
	if t == nil {
		return none, false
	}
	if len(id) > maxText {
		return t.findByKey(id)
	}
	hash := hashLong(id) &^ t.blunt
	pilots, slots, near := &t.few.pilots, t.few.slots, t.few.near
	if t.root != nil {
		b, place := t.place(hash)
		pilots, slots, near = &b.pilots[place], b.slots[place], b.near[place]
	}
	pilot := pilots[bucket(hash)]
	if i := at(hash, pilot, len(slots)); i < uint64(len(slots)) {
		s := &slots[i]
		if s.b == textMark|uint64(len(id)) && nearText(near, s.a, s.b) == id {
			return s.value, true
		}
	}
	if pilot == crowded {
		return t.findByKey(id)
	}
	return none, false
}

// findByKey is the slow path of Find, for every id.
func (t *Table[V]) findByKey(id string) (V, bool) {
	k := newKey(id, t.blunt)
	p := t.page(k.hash)
	if i := p.find(&k); i >= 0 {
		return p.slots[i].value, true
	}
	var none V
	return none, false
}

func (t *Table[V]) page(hash uint64) page[V] {
	if t.root == nil {
		return t.few
	}
	b, place := t.place(hash)
	return b.page(int(place))
}

func (t *Table[V]) place(hash uint64) (*branch[V], uint64) {
	b := t.root[t.rootPlace(hash)]
	return b, hash >> (b.shift & 63) % places
}

func (t *Table[V]) rootPlace(hash uint64) uint64 { return hash >> 1 >> (t.shift & 63) }

// Len returns the number of ids.
func (t *Table[V]) Len() int {
	if t == nil {
		return 0
	}
	return t.len
}

// All yields all ids with their values, in no particular order.
func (t *Table[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for p := range t.pages() {
			if !p.all(yield) {
				return
			}
		}
	}
}

// pages yields each page once.
func (t *Table[V]) pages() iter.Seq[page[V]] {
	return func(yield func(page[V]) bool) {
		if t == nil || t.root == nil && !yield(t.few) {
			return
		}
		for i := 0; i < len(t.root); i += 1 << (t.depth - t.root[i].depth) {
			b := t.root[i]
			for place := 0; place < places; place += int(b.width[place]) {
				if !yield(b.page(place)) {
					return
				}
			}
		}
	}
}

// all yields the ids of a page. It builds one string for all short ids, which is one
// allocation instead of a hundred.
func (p *page[V]) all(yield func(string, V) bool) bool {
	var spelled []byte
	for i := range p.slots {
		if s := &p.slots[i]; s.b != 0 && s.b < textMark {
			spelled = appendShort(spelled, s.a, s.b)
		}
	}
	rest := string(spelled)
	for i := range p.slots {
		s := &p.slots[i]
		if s.b == 0 {
			continue
		}
		var id string
		switch {
		case s.b < textMark:
			n := s.b>>lengthShift - 1
			id, rest = rest[:n], rest[n:]
		case s.b < farMark:
			id = nearText(p.near, s.a, s.b)
		default:
			id = p.more.far[s.a&placeMask]
		}
		if !yield(id, s.value) {
			return false
		}
	}
	return true
}
