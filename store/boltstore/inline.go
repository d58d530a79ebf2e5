package boltstore

import "github.com/usher-go/usher/internal/printable"

// bbolt stores a small bucket inline, in the leaf with its name: the number of its root, which is
// 0, a sequence number, and then a page of variable length. bbolt may copy it to the heap, and
// reads as many elements as its header states. A wrong number of elements in a mapped page causes a
// fault, which recoverFault turns into an error. In a copy, bbolt would read other memory of the
// process.
const (
	bucketFlag = 0x01 // flag of an element of a leaf
	bucketHead = 16
)

// checkInline checks the inline buckets in the leaves at or below a page. Call check for the page
// first.
func (c *treeChecker) checkInline(at uint64) error {
	p, err := c.page(at)
	if err != nil {
		return err
	}
	for _, child := range p.children {
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
			return printable.Errorf("%w: page %d contains a bucket of %d bytes (want at least %d)", ErrDamaged, at, len(value), bucketHead)
		case native.Uint64(value) != 0:
			return nil
		}
		return leafValues(value[bucketHead:], at, func(uint32, []byte) error { return nil })
	})
}

// leafValues calls f with the flags and the value of each element of a leaf. Page at is or contains
// the leaf. If an element is not completely in the leaf, leafValues returns ErrDamaged.
func leafValues(leaf []byte, at uint64, f func(flags uint32, value []byte) error) error {
	if len(leaf) < pageHead || native.Uint16(leaf[8:]) != leafFlag {
		return printable.Errorf("%w: page %d contains a bucket that is not a leaf", ErrDamaged, at)
	}
	for i := range int(native.Uint16(leaf[10:])) {
		begin := pageHead + i*leafSize
		if begin+leafSize > len(leaf) {
			return printable.Errorf("%w: element %d of page %d is outside of the %d bytes of its leaf", ErrDamaged, i, at, len(leaf))
		}
		e := leaf[begin:]
		key := uint64(begin) + uint64(native.Uint32(e[4:]))
		value := key + uint64(native.Uint32(e[8:]))
		end := value + uint64(native.Uint32(e[12:]))
		if end > uint64(len(leaf)) {
			return printable.Errorf("%w: element %d of page %d ends at %d, outside of the %d bytes of its leaf", ErrDamaged, i, at, end, len(leaf))
		}
		if err := f(native.Uint32(e), leaf[value:end]); err != nil {
			return err
		}
	}
	return nil
}
