package table

import (
	"slices"
	"strings"
)

// page holds the ids of one range of hashes, about a hundred. The hash of an id and the
// pilot of its bucket determine its slot, so a lookup reads a single slot. A processor
// that need not predict the length of a search executes the next instructions while it
// waits for memory. The pilots are chosen when the page is built, so that no two ids
// share a slot.
//
// A page is copied by value, and the copies share what it points to. Only an edit
// changes slots or a pending page, and only those it made itself. The zero page is
// empty.
type page[V any] struct {
	slots  []slot[V]
	pilots [buckets]uint8
	near   string   // the texts of long ids
	more   *more[V] // nil for most pages
}

// slot is an id with its value. An empty slot has b == 0.
type slot[V any] struct {
	a, b  uint64 // as in key
	value V
}

// more has the parts that few pages have.
type more[V any] struct {
	far     []string        // the texts of very long ids
	pending *pendingPage[V] // if not nil, it has all ids, and the page has no others
}

const (
	buckets = 32

	// crowded is the pilot of a bucket for which no pilot was found. Its ids may be in
	// any slot. A million ids have at most one such bucket, unless an attacker has
	// broken the hash.
	crowded = 255
)

func bucket(hash uint64) uint8 { return uint8(hash % buckets) }

// at returns the slot of an id among n. It uses other bits of the hash than the choice
// of the page.
func at(hash uint64, pilot uint8, n int) uint64 {
	return uint64(uint32(hash)+uint32(pilot)*uint32(hash>>16)) * uint64(n) >> 32
}

// pending returns the pending page that replaces the page during an edit, or nil.
func (p *page[V]) pending() *pendingPage[V] {
	if p.more == nil {
		return nil
	}
	return p.more.pending
}

// find returns the slot of an id, or -1.
func (p *page[V]) find(k *key) int {
	pilot := p.pilots[bucket(k.hash)]
	if i := at(k.hash, pilot, len(p.slots)); i < uint64(len(p.slots)) && p.has(&p.slots[i], k) {
		return int(i)
	}
	if pilot == crowded {
		return slices.IndexFunc(p.slots, func(s slot[V]) bool { return p.has(&s, k) })
	}
	return -1
}

// gap returns an empty slot in which find would find an id, or -1.
func (p *page[V]) gap(hash uint64) int {
	pilot := p.pilots[bucket(hash)]
	if i := at(hash, pilot, len(p.slots)); i < uint64(len(p.slots)) && p.slots[i].b == 0 {
		return int(i)
	}
	if pilot == crowded {
		return slices.IndexFunc(p.slots, func(s slot[V]) bool { return s.b == 0 })
	}
	return -1
}

// has reports whether the slot contains the id.
func (p *page[V]) has(s *slot[V], k *key) bool {
	switch {
	case s.b != k.b:
		return false
	case !k.long():
		return s.a == k.a
	case (s.a^k.a)>>placeBits != 0:
		return false
	case k.b < farMark:
		return nearText(p.near, s.a, s.b) == k.id
	}
	return p.more.far[s.a&placeMask] == k.id
}

func nearText(near string, a, b uint64) string {
	from := a & placeMask
	return near[from : from+b&maxText]
}

// entry returns the entry of an id in the page.
func (p *page[V]) entry(s *slot[V], blunt uint64) entry[V] {
	e := entry[V]{slot: *s}
	if s.b < textMark {
		e.hash = hashShort(s.a, s.b) &^ blunt
		return e
	}
	if s.b < farMark {
		e.text = nearText(p.near, s.a, s.b)
	} else {
		e.text = p.more.far[s.a&placeMask]
	}
	e.hash = hashLong(e.text) &^ blunt
	return e
}

// keep adds the text of an id to the page, and stores its position in the slot.
func (p *page[V]) keep(s *slot[V], text string) {
	switch {
	case s.b < textMark:
	case s.b < farMark:
		s.a = s.a&^placeMask | uint64(len(p.near))
		p.near += text
	default:
		var far []string
		if p.more != nil {
			far = p.more.far
		}
		s.a = s.a&^placeMask | uint64(len(far))
		p.more = &more[V]{far: append(slices.Clip(far), strings.Clone(text))}
	}
}

func (p *page[V]) count() int {
	n := 0
	for i := range p.slots {
		if p.slots[i].b != 0 {
			n++
		}
	}
	return n
}

// sparse reports whether a page has far more slots than its ids need.
func (p *page[V]) sparse() bool { return 4*p.count() < len(p.slots) }
