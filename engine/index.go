package engine

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
)

// index maps account ids to snapshots. Readers take no lock. It is a hash table with
// open addressing. The slots contain the pointers to the snapshots, so that a lookup
// waits for memory as rarely as possible.
//
// One goroutine at a time may change the index. A concurrent reader may miss an account
// that is being moved, so a caller that finds nothing must look again under the lock. A
// snapshot that is found belongs to the id, and was the newest at some time since the
// lookup began.
type index struct {
	seed  maphash.Seed
	slots atomic.Pointer[[]slot] // a power of two, at most half of them used

	// only is the snapshot of the account if there is exactly one, else nil. A lookup
	// that returns it sets no mark: if a second account needs room, this one is evicted
	// in any case.
	only atomic.Pointer[snapshot]

	count int // accounts
	hand  int // the slot at which the next search for an eviction begins
}

// slot has the hash of an account, whose lowest bit marks a recent use, and the
// snapshot.
type slot struct {
	tag  atomic.Uint64
	snap atomic.Pointer[snapshot]
}

const (
	usedMark = 1
	minSlots = 64
)

func (x *index) init() {
	x.seed = maphash.MakeSeed()
	x.clear()
}

// clear removes all accounts.
func (x *index) clear() {
	slots := make([]slot, minSlots)
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

// home returns the slot at which the search for a hash begins. It ignores the mark.
func home(hash uint64, mask int) int { return int(hash>>1) & mask }

// find returns the snapshot of an account, or nil, and marks it as used. It writes the
// mark only if it is not set, so that readers do not invalidate each other's processor
// caches.
func (x *index) find(id usher.AccountID) *snapshot {
	if snap := x.only.Load(); snap != nil && snap.id == id {
		return snap
	}
	now := x.slots.Load()
	if now == nil {
		return nil // the zero Engine
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

// slotOf returns the slot of an account, or -1. Only the goroutine that may change the
// index may call it.
func (x *index) slotOf(id usher.AccountID) int {
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

// snapshotAt returns the snapshot in a slot, or nil.
func (x *index) snapshotAt(i int) *snapshot { return (*x.slots.Load())[i].snap.Load() }

// put stores snap as the snapshot of its account, which may be new.
func (x *index) put(snap *snapshot) {
	x.place(snap)
	switch {
	case x.count == 1:
		x.only.Store(snap)
	case x.only.Load() != nil: // an unconditional store would invalidate the readers' caches
		x.only.Store(nil)
	}
}

func (x *index) place(snap *snapshot) {
	if i := x.slotOf(snap.id); i >= 0 {
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

// grown returns a copy of slots of twice the length.
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

// remove removes the account in a slot. It moves later entries up, so that none is cut
// off from its home.
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
			continue // its home is behind the gap
		}
		slots[i].tag.Store(tag)
		slots[i].snap.Store(snap)
		i = j
	}
	slots[i].snap.Store(nil)
}

// each calls visit for all snapshots until it returns false. Visit must not change the
// index, except by put of the same account.
func (x *index) each(visit func(*snapshot) bool) {
	slots := *x.slots.Load()
	for i := range slots {
		if snap := slots[i].snap.Load(); snap != nil && !visit(snap) {
			return
		}
	}
}

// unused returns the slot of an account that was not used since the last search passed
// it and that may be evicted, or -1. The search clears the marks that it passes (the
// CLOCK algorithm).
func (x *index) unused(mayGo func(*cachedAccount) bool) int {
	slots := *x.slots.Load()
	for range 2 * len(slots) {
		i := x.hand
		x.hand = (x.hand + 1) & (len(slots) - 1)
		snap := slots[i].snap.Load()
		switch {
		case snap == nil || !mayGo(snap.cached):
		case slots[i].tag.Load()&usedMark != 0:
			slots[i].tag.And(^uint64(usedMark))
		default:
			x.hand = i // the removal may move another entry here
			return i
		}
	}
	return -1
}
