package boltstore

import (
	"encoding/binary"
	"hash/fnv"
	"io"

	"go.etcd.io/bbolt"

	"github.com/usher-go/usher/internal/printable"
)

// bbolt writes its pages in the byte order of the machine, and behind a head of sixteen
// bytes: the number of the page, flags, how many elements it has, and how many pages it
// runs over into.
const (
	pageHead   = 16
	branchFlag = 0x01
	leafFlag   = 0x02
	// Of the list of free pages: its flag, the count that says that the true one follows
	// in eight bytes, and the number of the page where there is no list.
	freelistFlag = 0x10
	manyFree     = 0xFFFF
	noFreelist   = 1<<64 - 1
	branchSize   = 16 // of an element: where its key is, the length of that, the page below
	leafSize     = 16 // of an element: flags, where its key is, the lengths of key and value
	metaEnd      = pageHead + 64
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
)

// mostLeaves is how many leaves of a tree are looked at on Open. A larger file would
// take long to open, since they lie anywhere in it.
const mostLeaves = 4096

var native = binary.NativeEndian

// meta is where bbolt begins to read: it has two, and writes them in turn, one in each
// transaction.
type meta struct {
	root, free, end, tx uint64
}

// readMeta returns one of the two, unless it is damaged.
func readMeta(r io.ReaderAt, pageSize, page int) (m meta, ok bool) {
	var b [metaEnd]byte
	if _, err := r.ReadAt(b[:], int64(page*pageSize)); err != nil {
		return meta{}, false
	}
	body := b[pageHead:]
	h := fnv.New64a()
	h.Write(body[:56])
	ok = native.Uint32(body) == metaMagic && native.Uint32(body[4:]) == metaVersion && native.Uint64(body[56:]) == h.Sum64()
	return meta{root: native.Uint64(body[16:]), free: native.Uint64(body[32:]), end: native.Uint64(body[40:]), tx: native.Uint64(body[48:])}, ok
}

// checkMetas refuses a file of which bbolt would read an older state. Where one of the
// two metas is damaged, bbolt takes the other one, which is that of the transaction
// before: the last transaction, and its commits, would be gone without a word.
func checkMetas(r io.ReaderAt, pageSize int) (newest meta, err error) {
	a, okA := readMeta(r, pageSize, 0)
	b, okB := readMeta(r, pageSize, 1)
	if !okA || !okB {
		page := 0
		if okA {
			page = 1
		}
		return meta{}, printable.Errorf("%w: page %d, which says where the newest data begins, cannot be read, and the last commits may be missing without it; "+
			"restore the file from a backup; if the machine lost power while the file was written, `bbolt surgery revert-meta-page` takes it back by one write",
			ErrDamaged, page)
	}
	if a.tx < b.tx {
		a, b = b, a
	}
	if a.tx > b.tx+1 {
		return meta{}, printable.Errorf("%w: its first two pages are of the writes %d and %d, which do not follow on each other; restore the file from a backup", ErrDamaged, b.tx, a.tx)
	}
	return a, nil
}

// treeChecker follows the branches of bbolt's trees. bbolt trusts the numbers of pages
// that stand in them: from one that leads back up it would never return, and no recover
// would help. One that is in use and listed as free would be written over.
type treeChecker struct {
	r        io.ReaderAt
	pageSize int
	end      uint64   // pages have lower numbers
	used     []uint64 // a bit for each page; a file of 10 GB takes 320 kB
	leaves   int
}

func checkTrees(r io.ReaderAt, pageSize int, m meta, tx *bbolt.Tx) error {
	c := treeChecker{r: r, pageSize: pageSize, end: m.end, used: make([]uint64, m.end/64+1)}
	c.used[0] = 0b11 // the two metas
	if err := c.check(m.root); err != nil {
		return err
	}
	if err := c.checkInline(m.root); err != nil {
		return err
	}
	err := tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
		if b == nil || b.Root() == 0 { // one that is no bucket is found out later, one at 0 lies in its parent
			return nil
		}
		return c.check(uint64(b.Root()))
	})
	if err != nil {
		return err
	}
	return c.checkFree(m.free)
}

// check looks at a tree: all of its leaves are equally deep.
func (c *treeChecker) check(root uint64) error {
	depth, at := 0, root
	for {
		p, err := c.page(at)
		if err != nil {
			return err
		}
		if p.flags == leafFlag {
			break
		}
		if depth++; depth > 64 {
			return printable.Errorf("%w: the tree at page %d has no end", ErrDamaged, root)
		}
		at = p.below[0]
	}
	return c.walk(root, depth)
}

// walk looks at a page with so many levels of branches from there on.
func (c *treeChecker) walk(at uint64, depth int) error {
	if depth == 0 {
		if c.leaves++; c.leaves > mostLeaves {
			return c.use(at, 1)
		}
	}
	p, err := c.page(at)
	if err != nil {
		return err
	}
	if (p.flags == leafFlag) != (depth == 0) {
		return printable.Errorf("%w: page %d is not as deep in its tree as others", ErrDamaged, at)
	}
	if err := c.use(at, 1+uint64(p.overflow)); err != nil {
		return err
	}
	for _, child := range p.below {
		if err := c.walk(child, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// use notes pages, which nothing else may use.
func (c *treeChecker) use(first, n uint64) error {
	if first >= c.end || n > c.end-first {
		return printable.Errorf("%w: there is no page %d", ErrDamaged, first+n-1)
	}
	for at := first; at < first+n; at++ {
		if c.isUsed(at) {
			return printable.Errorf("%w: page %d is used twice", ErrDamaged, at)
		}
		c.used[at/64] |= 1 << (at % 64)
	}
	return nil
}

func (c *treeChecker) isUsed(at uint64) bool { return c.used[at/64]>>(at%64)&1 != 0 }

// page is the head of a page, and the pages to which it leads if it is a branch.
type page struct {
	flags    uint16
	overflow uint32
	below    []uint64
}

func (c *treeChecker) page(at uint64) (p page, err error) {
	head, err := c.read(at, 0, pageHead)
	if err != nil {
		return page{}, err
	}
	p = page{flags: native.Uint16(head[8:]), overflow: native.Uint32(head[12:])}
	count := int(native.Uint16(head[10:]))
	switch {
	case native.Uint64(head) != at, p.flags != leafFlag && p.flags != branchFlag, p.flags == branchFlag && count == 0:
		return page{}, printable.Errorf("%w: page %d is not what its place says", ErrDamaged, at)
	case p.flags == leafFlag:
		return p, nil
	}
	elements, err := c.read(at, pageHead, count*branchSize)
	if err != nil {
		return page{}, err
	}
	p.below = make([]uint64, count)
	for i := range p.below {
		p.below[i] = native.Uint64(elements[i*branchSize+8:])
	}
	return p, nil
}

// checkFree looks at the list of free pages, which bbolt writes over.
func (c *treeChecker) checkFree(at uint64) error {
	if at == noFreelist {
		return nil
	}
	head, err := c.read(at, 0, pageHead+8)
	if err != nil {
		return err
	}
	if native.Uint64(head) != at || native.Uint16(head[8:]) != freelistFlag {
		return printable.Errorf("%w: page %d does not list the free pages", ErrDamaged, at)
	}
	if err := c.use(at, 1+uint64(native.Uint32(head[12:]))); err != nil {
		return err
	}
	begin, count := pageHead, uint64(native.Uint16(head[10:]))
	if count == manyFree {
		begin, count = begin+8, native.Uint64(head[pageHead:])
	}
	if count > c.end {
		return printable.Errorf("%w: page %d lists %d free pages of %d", ErrDamaged, at, count, c.end)
	}
	list, err := c.read(at, begin, int(count)*8)
	if err != nil {
		return err
	}
	last := uint64(0)
	for i := range int(count) {
		free := native.Uint64(list[i*8:])
		if free <= last || free >= c.end || c.isUsed(free) {
			return printable.Errorf("%w: page %d is listed as free, and is not", ErrDamaged, free)
		}
		last = free
	}
	return nil
}

func (c *treeChecker) read(at uint64, from, n int) ([]byte, error) {
	if at >= c.end {
		return nil, printable.Errorf("%w: there is no page %d", ErrDamaged, at)
	}
	b := make([]byte, n)
	if _, err := c.r.ReadAt(b, int64(at)*int64(c.pageSize)+int64(from)); err != nil {
		return nil, printable.Errorf("%w: page %d: %w", ErrDamaged, at, err)
	}
	return b, nil
}
