package engine

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
)

// index finds the snapshot of an account without a lock. It is a table with open
// addressing that has the pointers to the snapshots in its slots, so that a
// question waits for as little memory as can be.
//
// Changes are made by one goroutine at a time. A reader beside them may miss an
// account that is being moved, so to find nothing means to look again under the
// lock; but what it finds is the account that it looked for, in a version that was
// the newest at some time since it began to look.
type index struct {
	seed  maphash.Seed
	slots atomic.Pointer[[]slot] // a power of two of them, at most half of them full

	// only is the snapshot of the only account, for those who have one, or nil. Whoever
	// finds it leaves no mark: where a second account needs room, it must go anyway.
	only atomic.Pointer[snapshot]

	count int // accounts
	hand  int // the slot at which the search for one to evict goes on
}

// slot has the hash of an account with its lowest bit as the mark that somebody
// asked about it.
type slot struct {
	tag  atomic.Uint64
	snap atomic.Pointer[snapshot]
}

const (
	usedMark  = 1
	leastSize = 64
)

func (x *index) init() {
	x.seed = maphash.MakeSeed()
	x.clear()
}

// clear forgets all accounts.
func (x *index) clear() {
	slots := make([]slot, leastSize)
	x.only.Store(nil)
	x.slots.Store(&slots)
	x.count, x.hand = 0, 0
}

func (x *index) hash(id usher.AccountID) uint64 {
	if len(id) > table.Short {
		return maphash.String(x.seed, string(id)) &^ usedMark
	}
	_, _, hash := table.Words(string(id))
	return hash &^ usedMark
}

// home is the slot at which the search for a hash begins. It leaves the mark out.
func home(hash uint64, mask int) int { return int(hash>>1) & mask }

// find returns the snapshot of an account, or nil, and marks it as used. The mark
// is written only where it is not set, so that readers do not take the memory
// from each other.
func (x *index) find(id usher.AccountID) *snapshot {
	if snap := x.only.Load(); snap != nil && snap.id == id {
		return snap
	}
	now := x.slots.Load()
	if now == nil {
		return nil // of the zero Engine
	}
	slots := *now
	var a, b, hash uint64
	if len(id) > table.Short {
		hash = maphash.String(x.seed, string(id))
	} else {
		a, b, hash = table.Words(string(id))
	}
	hash, mask := hash&^usedMark, len(slots)-1
	for i := home(hash, mask); ; i = (i + 1) & mask {
		s := &slots[i]
		snap := s.snap.Load()
		if snap == nil {
			return nil
		}
		tag := s.tag.Load()
		if tag&^usedMark == hash && snap.a == a && snap.b == b && (b != 0 || snap.id == id) {
			if tag&usedMark == 0 {
				s.tag.Or(usedMark)
			}
			return snap
		}
	}
}

// at returns the slot of an account for those who change the index, or -1.
func (x *index) at(id usher.AccountID) int {
	slots := *x.slots.Load()
	hash, mask := x.hash(id), len(slots)-1
	for i := home(hash, mask); ; i = (i + 1) & mask {
		snap := slots[i].snap.Load()
		if snap == nil {
			return -1
		}
		if snap.id == id {
			return i
		}
	}
}

// in returns the snapshot in a slot.
func (x *index) in(i int) *snapshot { return (*x.slots.Load())[i].snap.Load() }

// put makes snap that of its account, which may be new.
func (x *index) put(snap *snapshot) {
	x.place(snap)
	switch {
	case x.count == 1:
		x.only.Store(snap)
	case x.only.Load() != nil: // to store it each time would take the memory from readers
		x.only.Store(nil)
	}
}

func (x *index) place(snap *snapshot) {
	if i := x.at(snap.id); i >= 0 {
		(*x.slots.Load())[i].snap.Store(snap)
		return
	}
	slots := *x.slots.Load()
	if x.count++; 2*x.count > len(slots) {
		slots = x.grown(slots)
		insert(slots, x.hash(snap.id)|usedMark, snap)
		x.slots.Store(&slots)
		return
	}
	insert(slots, x.hash(snap.id)|usedMark, snap)
}

// grown returns a copy of slots with twice as many.
func (x *index) grown(old []slot) []slot {
	slots := make([]slot, 2*len(old))
	for i := range old {
		if snap := old[i].snap.Load(); snap != nil {
			insert(slots, old[i].tag.Load(), snap)
		}
	}
	x.hand = 0
	return slots
}

func insert(slots []slot, tag uint64, snap *snapshot) {
	mask := len(slots) - 1
	i := home(tag, mask)
	for slots[i].snap.Load() != nil {
		i = (i + 1) & mask
	}
	slots[i].tag.Store(tag)
	slots[i].snap.Store(snap)
}

// remove forgets the account in a slot. Those that come after move up, so that
// none is cut off from its home.
func (x *index) remove(i int) {
	x.only.Store(nil)
	slots := *x.slots.Load()
	mask := len(slots) - 1
	x.count--
	for j := (i + 1) & mask; ; j = (j + 1) & mask {
		snap := slots[j].snap.Load()
		if snap == nil {
			break
		}
		tag := slots[j].tag.Load()
		if (j-home(tag, mask))&mask < (j-i)&mask {
			continue // its home lies past the hole
		}
		slots[i].tag.Store(tag)
		slots[i].snap.Store(snap)
		i = j
	}
	slots[i].snap.Store(nil)
}

// each visits all snapshots, until visit returns false. Visit must not change the
// index but for put of the same account.
func (x *index) each(visit func(*snapshot) bool) {
	slots := *x.slots.Load()
	for i := range slots {
		if snap := slots[i].snap.Load(); snap != nil && !visit(snap) {
			return
		}
	}
}

// unused returns the slot of an account that nobody asked about since this came
// by it the last time, and that may go, or -1 if there is none. Passing by takes
// the marks away.
func (x *index) unused(mayGo func(*cachedAccount) bool) int {
	slots := *x.slots.Load()
	for range 2 * len(slots) {
		i := x.hand
		x.hand = (x.hand + 1) & (len(slots) - 1)
		snap := slots[i].snap.Load()
		switch {
		case snap == nil || !mayGo(snap.live):
		case slots[i].tag.Load()&usedMark != 0:
			slots[i].tag.And(^uint64(usedMark))
		default:
			x.hand = i // where another one may have moved up
			return i
		}
	}
	return -1
}
