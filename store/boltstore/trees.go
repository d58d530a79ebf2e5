package boltstore

import (
	"encoding/binary"
	"hash/fnv"
	"io"

	"go.etcd.io/bbolt"

	"github.com/usher-go/usher/internal/printable"
)

// The layout of bbolt's pages. Numbers have the byte order of the machine. A page begins with a
// header of sixteen bytes: the number of the page, flags, the number of elements, and the number of
// overflow pages that follow it.
const (
	pageHead   = 16
	branchFlag = 0x01
	leafFlag   = 0x02
	// Of the list of free pages: its flag, the count that means that the real count follows in
	// eight bytes, and the page number that stands for none.
	freelistFlag = 0x10
	manyFree     = 0xFFFF
	noFreelist   = 1<<64 - 1
	branchSize   = 16 // of an element: position and length of its key, child page
	leafSize     = 16 // of an element: flags, position of its key, lengths of key and value
	metaEnd      = pageHead + 64
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
)

// maxLeaves is the number of leaves that Open reads. It limits the time to open a large file.
const maxLeaves = 4096

var native = binary.NativeEndian

// meta is the content of a meta page, from which bbolt starts to read. A file has two, and each
// transaction writes the older one. It contains page numbers and the number of the transaction.
type meta struct {
	root, free, end, tx uint64
}

// readMeta returns the meta of page 0 or 1. It reports false if the page is damaged.
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

// checkMetas returns the newer meta, and ErrDamaged if one of the two is damaged. In that case
// bbolt would silently use the other one, which may be that of the previous transaction, and the
// commits of the last transaction would be missing.
func checkMetas(r io.ReaderAt, pageSize int) (newest meta, err error) {
	a, okA := readMeta(r, pageSize, 0)
	b, okB := readMeta(r, pageSize, 1)
	if !okA || !okB {
		page := 0
		if okA {
			page = 1
		}
		return meta{}, printable.Errorf("%w: page %d, a meta page, cannot be read, and without it the last commits may be missing; "+
			"restore the file from a backup; if the machine lost power during a write, `bbolt surgery revert-meta-page` restores the state before that write",
			ErrDamaged, page)
	}
	if a.tx < b.tx {
		a, b = b, a
	}
	if a.tx > b.tx+1 {
		return meta{}, printable.Errorf("%w: its meta pages are from the transactions %d and %d, which are not consecutive; restore the file from a backup", ErrDamaged, b.tx, a.tx)
	}
	return a, nil
}

// treeChecker checks the page numbers in the branches of bbolt's trees, which bbolt does not check.
// With a cycle, bbolt would recurse forever, and recover would not help. A page that is in use but
// listed as free would be overwritten.
type treeChecker struct {
	r        io.ReaderAt
	pageSize int
	end      uint64   // all page numbers are lower
	used     []uint64 // a bit for each page: 320 kB for a file of 10 GB
	leaves   int
}

// checkTrees returns ErrDamaged unless the trees of all buckets and the list of free pages are
// consistent.
func checkTrees(r io.ReaderAt, pageSize int, m meta, tx *bbolt.Tx) error {
	c := treeChecker{r: r, pageSize: pageSize, end: m.end, used: make([]uint64, m.end/64+1)}
	c.used[0] = 0b11 // the meta pages
	if err := c.check(m.root); err != nil {
		return err
	}
	if err := c.checkInline(m.root); err != nil {
		return err
	}
	err := tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
		if b == nil || b.Root() == 0 { // checkFormat detects a key that is not a bucket; root 0 means an inline bucket
			return nil
		}
		return c.check(uint64(b.Root()))
	})
	if err != nil {
		return err
	}
	return c.checkFree(m.free)
}

// check checks the tree of a root. All leaves of a tree must have the same depth.
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
			return printable.Errorf("%w: the tree at page %d has more than 64 levels", ErrDamaged, root)
		}
		at = p.children[0]
	}
	return c.walk(root, depth)
}

// walk checks a page that has depth levels of branches, and its children.
func (c *treeChecker) walk(at uint64, depth int) error {
	if depth == 0 {
		if c.leaves++; c.leaves > maxLeaves {
			return c.use(at, 1)
		}
	}
	p, err := c.page(at)
	if err != nil {
		return err
	}
	if (p.flags == leafFlag) != (depth == 0) {
		return printable.Errorf("%w: page %d has another depth than other leaves of its tree", ErrDamaged, at)
	}
	if err := c.use(at, 1+uint64(p.overflow)); err != nil {
		return err
	}
	for _, child := range p.children {
		if err := c.walk(child, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// use marks n pages as used. It returns ErrDamaged if one of them is used already or does not
// exist.
func (c *treeChecker) use(first, n uint64) error {
	if first >= c.end || n > c.end-first {
		return printable.Errorf("%w: page %d does not exist", ErrDamaged, first+n-1)
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

// page is the header of a page, and the children of a branch.
type page struct {
	flags    uint16
	overflow uint32
	children []uint64
}

// page returns a branch or leaf page. It returns ErrDamaged for another page.
func (c *treeChecker) page(at uint64) (p page, err error) {
	head, err := c.read(at, 0, pageHead)
	if err != nil {
		return page{}, err
	}
	p = page{flags: native.Uint16(head[8:]), overflow: native.Uint32(head[12:])}
	count := int(native.Uint16(head[10:]))
	switch {
	case native.Uint64(head) != at, p.flags != leafFlag && p.flags != branchFlag, p.flags == branchFlag && count == 0:
		return page{}, printable.Errorf("%w: page %d has a wrong header", ErrDamaged, at)
	case p.flags == leafFlag:
		return p, nil
	}
	elements, err := c.read(at, pageHead, count*branchSize)
	if err != nil {
		return page{}, err
	}
	p.children = make([]uint64, count)
	for i := range p.children {
		p.children[i] = native.Uint64(elements[i*branchSize+8:])
	}
	return p, nil
}

// checkFree checks the list of free pages, which bbolt overwrites.
func (c *treeChecker) checkFree(at uint64) error {
	if at == noFreelist {
		return nil
	}
	head, err := c.read(at, 0, pageHead+8)
	if err != nil {
		return err
	}
	if native.Uint64(head) != at || native.Uint16(head[8:]) != freelistFlag {
		return printable.Errorf("%w: page %d is not a list of free pages", ErrDamaged, at)
	}
	if err := c.use(at, 1+uint64(native.Uint32(head[12:]))); err != nil {
		return err
	}
	begin, count := pageHead, uint64(native.Uint16(head[10:]))
	if count == manyFree {
		begin, count = begin+8, native.Uint64(head[pageHead:])
	}
	if count > c.end {
		return printable.Errorf("%w: page %d lists %d free pages (want at most %d)", ErrDamaged, at, count, c.end)
	}
	list, err := c.read(at, begin, int(count)*8)
	if err != nil {
		return err
	}
	last := uint64(0)
	for i := range int(count) {
		free := native.Uint64(list[i*8:])
		if free <= last || free >= c.end || c.isUsed(free) {
			return printable.Errorf("%w: page %d is wrongly listed as free", ErrDamaged, free)
		}
		last = free
	}
	return nil
}

// read returns n bytes of a page.
func (c *treeChecker) read(at uint64, from, n int) ([]byte, error) {
	if at >= c.end {
		return nil, printable.Errorf("%w: page %d does not exist", ErrDamaged, at)
	}
	b := make([]byte, n)
	if _, err := c.r.ReadAt(b, int64(at)*int64(c.pageSize)+int64(from)); err != nil {
		return nil, printable.Errorf("%w: page %d: %w", ErrDamaged, at, err)
	}
	return b, nil
}
