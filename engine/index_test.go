package engine

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
)

func newIndex() *index {
	var x index
	x.init()
	return &x
}

func snapOf(id string) *snapshot { return newSnapshot(&cachedAccount{id: usher.AccountID(id)}) }

// accountOf returns ids of all lengths, some of which differ in one byte only.
func accountOf(i int) string {
	switch i % 3 {
	case 0:
		return fmt.Sprintf("account-%d", i)
	case 1:
		return fmt.Sprintf("%d", i)
	}
	return fmt.Sprintf("0190b0a4-0000-7000-8000-%012d", i)
}

// The index behaves like a map.
func TestIndexIsAMap(t *testing.T) {
	for _, accounts := range []int{1, 2, 3, 300} {
		t.Run(fmt.Sprintf("%d accounts", accounts), func(t *testing.T) { testIndexIsAMap(t, accounts) })
	}
}

func testIndexIsAMap(t *testing.T, accounts int) {
	random := rand.New(rand.NewPCG(1, 2))
	x, model := newIndex(), map[usher.AccountID]*snapshot{}
	for range 20_000 {
		id := accountOf(random.IntN(accounts))
		switch random.IntN(3) {
		case 0, 1:
			snap := snapOf(id)
			x.put(snap)
			model[snap.id] = snap
		default:
			if i := x.slotOf(usher.AccountID(id)); i >= 0 {
				x.remove(i)
			}
			delete(model, usher.AccountID(id))
		}
		require.Equal(t, len(model), x.count)
		require.True(t, x.find(usher.AccountID(id)) == model[usher.AccountID(id)], id)
	}
	for i := range 300 {
		id := usher.AccountID(accountOf(i))
		require.True(t, x.find(id) == model[id], id)
	}
	seen := 0
	x.each(func(snap *snapshot) bool { seen++; return model[snap.id] == snap })
	assert.Equal(t, len(model), seen)
	x.clear()
	assert.Nil(t, x.find("account-1"))
}

// A lookup never returns another account, or a snapshot older than the newest at its
// start, whatever moves meanwhile.
func TestIndexWhileItChanges(t *testing.T) {
	for _, accounts := range []int{1, 2, 100} {
		t.Run(fmt.Sprintf("%d accounts", accounts), func(t *testing.T) { testIndexWhileItChanges(t, accounts) })
	}
}

func testIndexWhileItChanges(t *testing.T, accounts int) {
	x := newIndex()
	newest := make([]atomic.Uint64, accounts)
	ids := make([]usher.AccountID, accounts)
	for i := range ids {
		ids[i] = usher.AccountID(fmt.Sprintf("account-%d", i))
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for r := range 4 {
		readers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(r), 1))
			for {
				select {
				case <-stop:
					return
				default:
				}
				i := random.IntN(accounts)
				least := newest[i].Load()
				if snap := x.find(ids[i]); snap != nil && (snap.id != ids[i] || snap.basis.version < least) {
					t.Errorf("find(%s) = %s at %d, want at least %d", ids[i], snap.id, snap.basis.version, least)
					return
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(9, 9))
	for version := uint64(1); version < 100_000; version++ {
		i := random.IntN(accounts)
		if at := x.slotOf(ids[i]); at >= 0 && random.IntN(4) == 0 {
			x.remove(at)
			continue
		}
		snap := snapOf(string(ids[i]))
		snap.basis = &basis{version: version}
		x.put(snap)
		newest[i].Store(version)
	}
	close(stop)
	readers.Wait()
}

// Used accounts stay, unused ones are evicted, and pinned ones stay in any case. A removal can move
// an entry to a slot that the search has yet to pass again; such an account may go early.
func TestIndexGivesASecondChance(t *testing.T) {
	x := newIndex()
	for i := range 40 {
		x.put(snapOf(fmt.Sprintf("account-%d", i)))
	}
	anyAccount := func(*cachedAccount) bool { return true }
	x.remove(x.unused(anyAccount)) // clears all marks
	for i := range 20 {
		x.find(usher.AccountID(fmt.Sprintf("account-%d", i)))
	}
	asked := 0
	for i := range 20 {
		if x.slotOf(usher.AccountID(fmt.Sprintf("account-%d", i))) >= 0 {
			asked++
		}
	}
	for x.count > asked {
		i := x.unused(anyAccount)
		require.GreaterOrEqual(t, i, 0)
		x.remove(i)
	}
	for i := range 20 {
		id := usher.AccountID(fmt.Sprintf("account-%d", i))
		if x.slotOf(id) >= 0 {
			asked--
		}
	}
	assert.LessOrEqual(t, asked, 2, "used accounts that were evicted")
	assert.Equal(t, -1, x.unused(func(*cachedAccount) bool { return false }))
}
