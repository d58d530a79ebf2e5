package table

import "slices"

// builder builds pages from pending pages, and reuses its buffers.
type builder[V any] struct {
	list  []entry[V]
	order [buckets]uint8 // the buckets by size, largest first
	first [buckets]int32 // for each bucket, one more than the index in list of its first id
	next  []int32        // the same for the id that follows in the bucket
	text  []byte
}

const (
	// maxBucket limits how many ids share a pilot.
	maxBucket = 16

	// maxGrow limits how often a page is enlarged to find pilots; the first try almost
	// always succeeds.
	maxGrow = 3
)

// room returns how many slots a new page has. With fewer empty slots pilots are hard to
// find.
func room(ids int) int { return ids + ids*3/8 + 1 }

// page builds a page from pl, which must not be used after that.
func (b *builder[V]) page(pl *pendingPage[V]) page[V] {
	var p page[V]
	if len(pl.list) == 0 {
		return p
	}
	b.list = pl.list
	b.sort()
	b.texts(&p)
	n := room(len(pl.list))
	for range maxGrow {
		if b.place(&p, n, false) {
			return p
		}
		n += n / 4
	}
	b.place(&p, n, true)
	return p
}

// sort links the ids of each bucket. Large buckets are the hardest to place, so they
// come first.
func (b *builder[V]) sort() {
	var size [buckets]int
	clear(b.first[:])
	b.next = slices.Grow(b.next[:0], len(b.list))[:len(b.list)]
	for i := range b.list {
		of := bucket(b.list[i].hash)
		size[of]++
		b.next[i], b.first[of] = b.first[of], int32(i+1)
	}
	for i := range b.order {
		b.order[i] = uint8(i)
	}
	slices.SortFunc(b.order[:], func(x, y uint8) int { return size[y] - size[x] })
}

// texts stores the texts of the list in the page.
func (b *builder[V]) texts(p *page[V]) {
	b.text = b.text[:0]
	var far []string
	for i := range b.list {
		e := &b.list[i]
		switch {
		case e.b < textMark:
		case e.b < farMark:
			e.a = e.a&^placeMask | uint64(len(b.text))
			b.text = append(b.text, e.text...)
		default:
			e.a = e.a&^placeMask | uint64(len(far))
			far = append(far, e.text)
		}
	}
	p.near = string(b.text)
	if far != nil {
		p.more = &more[V]{far: far}
	}
}

// place stores the list in n slots. It returns false if a bucket has no pilot, unless
// crowd allows that.
func (b *builder[V]) place(p *page[V], n int, crowd bool) bool {
	p.slots = append([]slot[V](nil), make([]slot[V], n)...)
	p.slots = p.slots[:cap(p.slots)] // use the full allocation
	empty := 0                       // no slot before it is empty
	for _, of := range b.order {
		var (
			hashes [maxBucket]uint64
			to     [maxBucket]uint64
			n      int
		)
		for i := b.first[of]; i != 0; i = b.next[i-1] {
			if n < maxBucket {
				hashes[n] = b.list[i-1].hash
			}
			n++
		}
		pilot := uint8(crowded)
		if n <= maxBucket {
			pilot = p.pilot(hashes[:n], &to)
		}
		p.pilots[of] = pilot
		switch {
		case pilot != crowded:
			for i, k := b.first[of], 0; i != 0; i, k = b.next[i-1], k+1 {
				p.slots[to[k]] = b.list[i-1].slot
			}
		case !crowd:
			return false
		default:
			for i := b.first[of]; i != 0; i = b.next[i-1] {
				for p.slots[empty].b != 0 {
					empty++
				}
				p.slots[empty] = b.list[i-1].slot
			}
		}
	}
	return true
}

// pilot returns a pilot for which each id of a bucket has an empty slot of its own, or
// crowded. It stores the slots in to.
func (p *page[V]) pilot(hashes []uint64, to *[maxBucket]uint64) uint8 {
next:
	for pilot := uint8(0); pilot < crowded; pilot++ {
		for i, hash := range hashes {
			place := at(hash, pilot, len(p.slots))
			if p.slots[place].b != 0 {
				continue next
			}
			for _, taken := range to[:i] {
				if taken == place {
					continue next
				}
			}
			to[i] = place
		}
		return pilot
	}
	return crowded
}
