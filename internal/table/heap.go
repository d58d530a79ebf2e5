package table

import "bytes"

// heap is a page to which an edit adds: a plain list of ids, which are not put
// where they are found at once before somebody wants a table.
type heap[V any] struct {
	list []entry[V]
	tags []byte // of each: a part of its hash, which is fast to look through
}

// entry is an id on its way into a page.
type entry[V any] struct {
	slot[V]
	hash uint64
	text string // of a long id
}

// tag returns bits of the hash that choose neither page nor bucket.
func tag(hash uint64) byte { return byte(hash >> 24) }

// newHeap makes a heap of the page, which stays as it is.
func newHeap[V any](p *page[V], blunt uint64) *heap[V] {
	n := p.count() + 1
	h := &heap[V]{list: make([]entry[V], 0, n), tags: make([]byte, 0, n)}
	for i := range p.slots {
		if s := &p.slots[i]; s.b != 0 {
			h.add(p.entry(s, blunt))
		}
	}
	return h
}

func (h *heap[V]) add(e entry[V]) {
	h.list = append(h.list, e)
	h.tags = append(h.tags, tag(e.hash))
}

// find returns the entry of an id, nil if it has none.
func (h *heap[V]) find(k *key) *entry[V] {
	for from := 0; ; from++ {
		i := bytes.IndexByte(h.tags[from:], tag(k.hash))
		if i < 0 {
			return nil
		}
		from += i
		e := &h.list[from]
		if e.b == k.b && e.hash == k.hash && (e.a == k.a || k.long()) && (!k.long() || e.text == k.id) {
			return e
		}
	}
}

func (h *heap[V]) remove(e *entry[V]) {
	last := len(h.list) - 1
	for i := range h.list {
		if &h.list[i] == e {
			h.list[i], h.tags[i] = h.list[last], h.tags[last]
			break
		}
	}
	h.list[last] = entry[V]{}
	h.list, h.tags = h.list[:last], h.tags[:last]
}

// split keeps those ids whose hashes have a 0 behind so many bits, and returns a
// heap of the others.
func (h *heap[V]) split(depth int) *heap[V] {
	list := h.list
	upper := &heap[V]{list: make([]entry[V], 0, len(list)), tags: make([]byte, 0, len(list))}
	h.list, h.tags = list[:0], h.tags[:0]
	for _, e := range list {
		if e.hash<<depth>>63 == 0 {
			h.add(e)
		} else {
			upper.add(e)
		}
	}
	clear(list[len(h.list):])
	return upper
}
