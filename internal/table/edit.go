package table

import (
	"iter"
	"math/bits"
	"slices"
	"strings"
	"sync/atomic"
)

// Edit returns an edit of a copy of t. It does not change t.
func (t *Table[V]) Edit() *Edit[V] {
	e := &Edit[V]{}
	if t != nil {
		e.table = *t
	}
	return e
}

// Edit is a copy of a table that one goroutine at a time may change. The parts that it
// has copied for one change it reuses for the next. The zero Edit begins with an empty
// table.
type Edit[V any] struct {
	table Table[V]
	// owner marks the branches that this edit made since it last returned a table. While
	// owner is 0 there are none, and the root is shared, too.
	owner    uint64
	ownsPage bool     // the slots of table.few are this edit's
	pending  []uint64 // a hash in each pending page
}

// pageIDs is how many ids a page holds before it is split. With more ids each change
// copies more; with fewer the root and the branches become larger.
const pageIDs = 128

// spareDepth is how much deeper than the average a page may be.
const spareDepth = 5

var owners atomic.Uint64

// Table returns the current table. Later changes to e do not affect it.
func (e *Edit[V]) Table() *Table[V] {
	var b builder[V]
	for _, hash := range e.pending {
		if p := e.page(hash); p.pending() != nil {
			e.store(hash, b.page(p.pending()))
		}
	}
	e.pending, e.owner, e.ownsPage = nil, 0, false
	t := e.table
	return &t
}

// Find returns the current value of an id, and reports whether the table has the id.
func (e *Edit[V]) Find(id string) (V, bool) {
	k := newKey(id, e.table.blunt)
	p := e.table.page(k.hash)
	if pl := p.pending(); pl != nil {
		if entry := pl.find(&k); entry != nil {
			return entry.value, true
		}
	} else if i := p.find(&k); i >= 0 {
		return p.slots[i].value, true
	}
	var none V
	return none, false
}

// Len returns the current number of ids.
func (e *Edit[V]) Len() int { return e.table.len }

// All yields all ids with their values, in no particular order, as they are when the
// iteration begins.
func (e *Edit[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) { e.Table().All()(yield) }
}

// Set sets the value of an id, and replaces an earlier one.
func (e *Edit[V]) Set(id string, v V) {
	k := newKey(id, e.table.blunt)
	p := e.page(k.hash)
	pl := p.pending()
	if pl == nil {
		if i := p.find(&k); i >= 0 {
			p = e.own(k.hash)
			p.slots[i].value = v
			return
		}
		if i := p.gap(k.hash); i >= 0 {
			p = e.own(k.hash)
			s := slot[V]{k.a, k.b, v}
			p.keep(&s, id)
			p.slots[i] = s
			e.store(k.hash, p)
			e.table.len++
			return
		}
		pl = e.thaw(k.hash)
	} else if entry := pl.find(&k); entry != nil {
		entry.value = v
		return
	}
	added := entry[V]{slot[V]{k.a, k.b, v}, k.hash, ""}
	switch {
	case k.b >= farMark:
		added.text = strings.Clone(id)
	case k.long():
		added.text = id
	}
	pl.add(added)
	e.table.len++
	for len(pl.list) > pageIDs && e.halve(k.hash) {
		p = e.page(k.hash)
		pl = p.pending()
	}
}

// Delete removes an id, if the table has it.
func (e *Edit[V]) Delete(id string) {
	if _, ok := e.Find(id); !ok {
		return
	}
	if e.table.len == 1 {
		*e = Edit[V]{table: Table[V]{blunt: e.table.blunt}}
		return
	}
	e.table.len--
	k := newKey(id, e.table.blunt)
	p := e.page(k.hash)
	if pl := p.pending(); pl != nil {
		pl.remove(pl.find(&k))
		return
	}
	if k.long() || p.sparse() {
		// A rebuilt page no longer has the text and the free slots.
		pl := e.thaw(k.hash)
		pl.remove(pl.find(&k))
		return
	}
	p = e.own(k.hash)
	p.slots[p.find(&k)] = slot[V]{}
}

// thaw replaces the page of a hash by a pending page.
func (e *Edit[V]) thaw(hash uint64) *pendingPage[V] {
	p := e.page(hash)
	pl := newPendingPage(&p, e.table.blunt)
	e.store(hash, page[V]{more: &more[V]{pending: pl}})
	e.pending = append(e.pending, hash)
	return pl
}

// page returns the page of a hash. Its root and branch are this edit's.
func (e *Edit[V]) page(hash uint64) page[V] {
	if e.owner == 0 {
		e.owner = owners.Add(1)
		e.table.root = slices.Clone(e.table.root)
	}
	if e.table.root == nil {
		return e.table.few
	}
	b := e.branch(hash)
	return b.page(b.place(hash))
}

// own does what page does, and copies the slots if they are not this edit's.
func (e *Edit[V]) own(hash uint64) page[V] {
	p := e.page(hash)
	owned := e.ownsPage
	if e.table.root != nil {
		b := e.branch(hash)
		owned = b.owned>>b.place(hash)&1 != 0
	}
	if !owned {
		p.slots = slices.Clone(p.slots)
		e.store(hash, p)
	}
	return p
}

// store stores a page, whose slots this edit has made, in its place.
func (e *Edit[V]) store(hash uint64, p page[V]) {
	if e.table.root == nil {
		e.table.few, e.ownsPage = p, true
		return
	}
	b := e.branch(hash)
	b.put(b.place(hash), p)
}

// branch returns the branch of a hash, and copies it if it is not this edit's.
func (e *Edit[V]) branch(hash uint64) *branch[V] {
	b := e.table.root[e.table.rootPlace(hash)]
	if b.owner != e.owner {
		copied := *b
		b = &copied
		b.owner, b.owned = e.owner, 0
		e.replace(hash, b, b)
	}
	return b
}

// replace stores two branches in place of the branch of a hash.
func (e *Edit[V]) replace(hash uint64, lower, upper *branch[V]) {
	at := e.table.rootPlace(hash)
	width := uint64(1) << (e.table.depth - e.table.root[at].depth)
	first := at &^ (width - 1)
	for i := range width {
		b := lower
		if i >= width/2 {
			b = upper
		}
		e.table.root[first+i] = b
	}
}

// halve splits a pending page that has too many ids. It returns false, and splits
// nothing, if the page is far deeper than a good hash would make it for so many ids;
// such a page then grows.
func (e *Edit[V]) halve(hash uint64) bool {
	t := &e.table
	if t.root == nil {
		t.root = []*branch[V]{newBranch(t.few, e.owner)}
		t.few, t.shift = page[V]{}, 63
	}
	b := e.branch(hash)
	place := b.place(hash)
	depth := b.pageDepth(place)
	if depth >= bits.Len(uint(t.len/pageIDs))+spareDepth {
		return false
	}
	if b.width[place] == 1 {
		e.halveBranch(hash, b)
		b = e.branch(hash)
		place = b.place(hash)
	}
	width := int(b.width[place] / 2)
	place &^= 2*width - 1
	pl := b.more[place].pending
	for _, half := range [2]*pendingPage[V]{pl, pl.split(depth)} {
		b.width[place] = uint8(width)
		b.put(place, page[V]{more: &more[V]{pending: half}})
		place += width
	}
	e.pending = append(e.pending, hash, hash^1<<(63-depth))
	return true
}

func (e *Edit[V]) halveBranch(hash uint64, b *branch[V]) {
	t := &e.table
	if b.depth == t.depth {
		root := make([]*branch[V], 2*len(t.root))
		for i := range root {
			root[i] = t.root[i/2]
		}
		t.root = root
		t.depth++
		t.shift--
	}
	two := b.halves()
	e.replace(hash, two[0], two[1])
}
