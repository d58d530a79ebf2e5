package table

import "bytes"

// pendingPage replaces a page to which an edit adds ids. It is a plain list, from which
// Edit.Table builds the page.
type pendingPage[V any] struct {
	list []entry[V]
	tags []byte // a part of each hash, which is fast to search
}

// entry is an id with its hash, to be placed in a page.
type entry[V any] struct {
	slot[V]
	hash uint64
	text string // of a long id
}

// tag returns bits of the hash that choose neither the page nor the bucket.
func tag(hash uint64) byte { return byte(hash >> 24) }

// newPendingPage returns a pending page with the ids of p. It does not change p.
func newPendingPage[V any](p *page[V], blunt uint64) *pendingPage[V] {
	n := p.count() + 1
	pl := &pendingPage[V]{list: make([]entry[V], 0, n), tags: make([]byte, 0, n)}
	for i := range p.slots {
		if s := &p.slots[i]; s.b != 0 {
			pl.add(p.entry(s, blunt))
		}
	}
	return pl
}

func (pl *pendingPage[V]) add(e entry[V]) {
	pl.list = append(pl.list, e)
	pl.tags = append(pl.tags, tag(e.hash))
}

// find returns the entry of an id, or nil.
func (pl *pendingPage[V]) find(k *key) *entry[V] {
	for from := 0; ; from++ {
		i := bytes.IndexByte(pl.tags[from:], tag(k.hash))
		if i < 0 {
			return nil
		}
		from += i
		e := &pl.list[from]
		if e.b == k.b && (k.long() && e.text == k.id || !k.long() && e.a == k.a) {
			return e
		}
	}
}

func (pl *pendingPage[V]) remove(e *entry[V]) {
	last := len(pl.list) - 1
	for i := range pl.list {
		if &pl.list[i] == e {
			pl.list[i], pl.tags[i] = pl.list[last], pl.tags[last]
			break
		}
	}
	pl.list[last] = entry[V]{}
	pl.list, pl.tags = pl.list[:last], pl.tags[:last]
}

// split keeps the ids whose hashes have a 0 after depth bits, and returns the others in
// a new pending page.
func (pl *pendingPage[V]) split(depth int) *pendingPage[V] {
	list := pl.list
	upper := &pendingPage[V]{list: make([]entry[V], 0, len(list)), tags: make([]byte, 0, len(list))}
	pl.list, pl.tags = list[:0], pl.tags[:0]
	for _, e := range list {
		if e.hash<<depth>>63 == 0 {
			pl.add(e)
		} else {
			upper.add(e)
		}
	}
	clear(list[len(pl.list):])
	return upper
}
