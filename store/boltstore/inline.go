package boltstore

import "github.com/usher-go/usher/internal/printable"

// bbolt keeps a small bucket in the leaf that has its name: behind the number of its root,
// which is 0, and a sequence follows a page that is as long as it has to be. bbolt may
// copy it to memory of its own, and reads as many elements as its head says. Behind a
// page in the file that is a fault, of which guarded makes an error; behind such a copy is
// the memory of the host.
const (
	bucketFlag = 0x01 // of an element of a leaf
	bucketHead = 16
)

// checkInline checks the small buckets in the leaves below a page, of which check was
// asked before.
func (c *treeChecker) checkInline(at uint64) error {
	p, err := c.page(at)
	if err != nil {
		return err
	}
	for _, child := range p.below {
		if err := c.checkInline(child); err != nil {
			return err
		}
	}
	if p.flags != leafFlag {
		return nil
	}
	leaf, err := c.read(at, 0, (1+int(p.overflow))*c.pageSize)
	if err != nil {
		return err
	}
	return leafValues(leaf, at, func(flags uint32, value []byte) error {
		switch {
		case flags&bucketFlag == 0:
			return nil
		case len(value) < bucketHead:
			return printable.Errorf("%w: page %d has a bucket of %d bytes, and it takes %d", ErrDamaged, at, len(value), bucketHead)
		case native.Uint64(value) != 0:
			return nil
		}
		return leafValues(value[bucketHead:], at, func(uint32, []byte) error { return nil })
	})
}

// leafValues calls f with the flags and the value of each element of a leaf that page at
// is or contains. An element that is not all in the leaf is ErrDamaged.
func leafValues(leaf []byte, at uint64, f func(flags uint32, value []byte) error) error {
	if len(leaf) < pageHead || native.Uint16(leaf[8:]) != leafFlag {
		return printable.Errorf("%w: page %d contains a bucket that is not a leaf", ErrDamaged, at)
	}
	for i := range int(native.Uint16(leaf[10:])) {
		begin := pageHead + i*leafSize
		if begin+leafSize > len(leaf) {
			return printable.Errorf("%w: element %d of page %d is outside of its %d bytes", ErrDamaged, i, at, len(leaf))
		}
		e := leaf[begin:]
		key := uint64(begin) + uint64(native.Uint32(e[4:]))
		value := key + uint64(native.Uint32(e[8:]))
		end := value + uint64(native.Uint32(e[12:]))
		if end > uint64(len(leaf)) {
			return printable.Errorf("%w: element %d of page %d ends at %d, outside of its %d bytes", ErrDamaged, i, at, end, len(leaf))
		}
		if err := f(native.Uint32(e), leaf[value:end]); err != nil {
			return err
		}
	}
	return nil
}
