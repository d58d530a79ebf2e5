package policy

import (
	"maps"
	"slices"

	"github.com/usher-go/usher/permission"
)

// askTable finds what is asked for: a permission by its index, a bundle by the
// complement of its index. It is open addressing over handles, which compare
// without a look at the name; a Go map would hash the name anew.
type askTable struct {
	slots []askSlot
}

type askSlot struct {
	name  permission.Permission
	index int32
}

func newAskTable(size int) askTable {
	n := 4
	for n < 2*size {
		n *= 2
	}
	return askTable{slots: make([]askSlot, n)}
}

func (t *askTable) add(name permission.Permission, index int) {
	i := int(name.Hash()) & (len(t.slots) - 1)
	for !t.slots[i].name.IsZero() {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = askSlot{name, int32(index)}
}

func (t *askTable) find(name permission.Permission) (index int, ok bool) {
	if len(t.slots) == 0 || name.IsZero() {
		return 0, false
	}
	mask := uint(len(t.slots) - 1)
	for i := uint(name.Hash()) & mask; ; i = (i + 1) & mask {
		switch slot := &t.slots[i]; {
		case slot.name == name:
			return int(slot.index), true
		case slot.name.IsZero():
			return 0, false
		}
	}
}

// nameTable finds the few names of a policy's roles and resources. It looks at three letters
// and the length before it compares, which is a third of what hashing costs. The
// zero nameTable has no names.
type nameTable struct {
	heads [64]int32 // one more than an index, so that zero is empty
	next  []int32
	names []string
}

func newNameTable(names []string) nameTable {
	t := nameTable{names: names, next: make([]int32, len(names))}
	for i, name := range names {
		head := &t.heads[letters(name)]
		t.next[i], *head = *head, int32(i+1)
	}
	return t
}

// find returns the index of the name, or -1.
func (t *nameTable) find(name string) int {
	if name == "" {
		return -1
	}
	for i := t.heads[letters(name)]; i != 0; i = t.next[i-1] {
		if t.names[i-1] == name {
			return int(i - 1)
		}
	}
	return -1
}

func letters(name string) uint {
	n := uint(len(name))
	return (n + 3*uint(name[0]) + 7*uint(name[n/2]) + 11*uint(name[n-1])) % 64
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
