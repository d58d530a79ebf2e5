package policy

import (
	"maps"
	"slices"

	"github.com/usher-go/usher/permission"
)

// permTable maps a permission to its index, and a bundle to the complement of its index. It
// uses open addressing over handles, which compare without reading the name; a Go map would
// hash the name again.
type permTable struct {
	slots []permSlot
}

type permSlot struct {
	name  permission.Permission
	index int
	perm  *perm // nil for a bundle
}

func newPermTable(size int) permTable {
	n := 4
	for n < 2*size {
		n *= 2
	}
	return permTable{slots: make([]permSlot, n)}
}

func (t *permTable) add(name permission.Permission, index int, perm *perm) {
	i := int(name.Hash()) & (len(t.slots) - 1)
	for !t.slots[i].name.IsZero() {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = permSlot{name, index, perm}
}

func (t *permTable) find(name permission.Permission) (index int, ok bool) {
	slot := t.slot(name)
	if slot == nil {
		return 0, false
	}
	return slot.index, true
}

// slot returns the slot of a name, or nil.
func (t *permTable) slot(name permission.Permission) *permSlot {
	mask := uint(len(t.slots) - 1)
	if mask >= uint(len(t.slots)) {
		return nil // the table is empty
	}
	for i := uint(name.Hash()); ; i++ {
		switch slot := &t.slots[i&mask]; {
		case slot.name.IsZero():
			return nil
		case slot.name == name:
			return slot
		}
	}
}

// nameTable maps the few names of a policy's roles and resources to indices. It hashes two
// letters and the length, which is much cheaper than hashing the name. The zero nameTable
// is empty.
type nameTable struct {
	slots [64]nameSlot
	more  []nameSlot // for collisions
}

type nameSlot struct {
	name  string
	index int32
	next  int32 // one more than an index in more; 0: none
}

func newNameTable(names []string) nameTable {
	var t nameTable
	for i, name := range names {
		if name == "" {
			continue
		}
		slot := &t.slots[letters(name)]
		if slot.name != "" {
			t.more = append(t.more, *slot)
			slot.next = int32(len(t.more))
		}
		slot.name, slot.index = name, int32(i)
	}
	return t
}

// find returns the index of the name, or -1.
func (t *nameTable) find(name string) int {
	if name == "" {
		return -1
	}
	slot := &t.slots[letters(name)]
	for slot.name != name {
		if slot.next == 0 {
			return -1
		}
		slot = &t.more[slot.next-1]
	}
	return int(slot.index)
}

func letters(name string) uint {
	last := len(name) - 1
	return (uint(last) ^ uint(name[0])<<2 ^ uint(name[last])) % 64
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
