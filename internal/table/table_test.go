package table

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// blunts are the ignored bits of hashes that make ids collide: all ids, those of a page,
// those of a bucket.
var blunts = map[string]uint64{
	"none":         0,
	"all":          ^uint64(0),
	"few pages":    1<<64 - 1<<16,
	"few branches": 0xff << 56,
	"one bucket":   buckets - 1,
	"few places":   1<<40 - 1,
	"one bit":      ^uint64(1 << 63),
	"no tag":       0xff << 24,
}

// hostile returns ids with lengths on both sides of each limit of the storage forms.
func hostile() []string {
	ids := []string{"\x00", "\x00\x00", "a", "a\x00", "\x00a", "aa", "aba", "aaa", "\xff", "é"}
	for _, n := range []int{3, 4, 7, 8, 9, 14, 15, 16, 17, 24, 31, 36, 126, 127, 128, 129, 255, 64 << 10} {
		same := strings.Repeat("a", n)
		ids = append(ids, same, same[1:]+"b", "b"+same[1:], same[1:]+"\x00", "\x00"+same[1:], strings.Repeat("\x00", n))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	return keys(seen)
}

func keys[V any](m map[string]V) []string {
	var ids []string
	for id := range m {
		ids = append(ids, id)
	}
	return ids
}

// TestAgainstMap makes random changes to random versions of a table and of a map, and
// compares all versions again at the end.
func TestAgainstMap(t *testing.T) {
	for name, blunt := range blunts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			random := rand.New(rand.NewPCG(seed, 0))
			ids := hostile()
			n := 400
			if blunt == 0 {
				n = 10_000
			}
			for i := range n {
				ids = append(ids, fmt.Sprint("u", i), fmt.Sprintf("user-%08d-0000-0000-0000", i))
			}
			type version struct {
				table *Table[int]
				model map[string]int
			}
			versions := []version{{&Table[int]{blunt: blunt}, map[string]int{}}}
			for range 30 {
				from := versions[max(0, len(versions)-1-random.IntN(4))]
				e, model := from.table.Edit(), maps.Clone(from.model)
				deletes := random.IntN(10)
				for range 1 << random.IntN(11) {
					id := ids[random.IntN(len(ids))]
					if random.IntN(10) < deletes {
						e.Delete(id)
						delete(model, id)
					} else {
						v := random.Int()
						e.Set(id, v)
						model[id] = v
					}
					if v, ok := e.Find(id); v != model[id] || ok != has(model, id) || e.Len() != len(model) {
						t.Fatalf("Find(%.40q) = %d, %t while editing, want %d, %t", id, v, ok, model[id], has(model, id))
					}
					switch random.IntN(300) {
					case 0:
						versions = append(versions, version{e.Table(), maps.Clone(model)})
					case 1:
						assert.Equal(t, model, maps.Collect(e.All()))
					}
				}
				versions = append(versions, version{e.Table(), model})
			}
			for _, v := range versions {
				check(t, v.table)
				require.Equal(t, len(v.model), v.table.Len())
				for _, id := range ids {
					if got, ok := v.table.Find(id); got != v.model[id] || ok != has(v.model, id) {
						t.Fatalf("Find(%.40q) = %d, %t, want %d, %t", id, got, ok, v.model[id], has(v.model, id))
					}
				}
				require.Equal(t, v.model, maps.Collect(v.table.All()))
			}
		})
	}
}

func has[V any](m map[string]V, id string) bool {
	_, ok := m[id]
	return ok
}

// check verifies the invariants of a returned table.
func check[V any](t *testing.T, table *Table[V]) {
	t.Helper()
	count := func(p page[V]) int {
		n := 0
		for i := range p.slots {
			if p.slots[i].b != 0 {
				n++
			} else {
				assert.Zero(t, p.slots[i], "an empty slot keeps something")
			}
		}
		assert.Nil(t, p.pending(), "a pending page was returned")
		assert.LessOrEqual(t, len(p.slots), 16+5*n, "slots for %d ids", n)
		return n
	}
	if table.root == nil {
		assert.Equal(t, table.len, count(table.few))
		return
	}
	require.Len(t, table.root, 1<<table.depth)
	total := 0
	for i, b := range table.root {
		width := 1 << (table.depth - b.depth)
		require.Same(t, table.root[i&^(width-1)], b)
		if i%width != 0 {
			continue
		}
		for place := 0; place < places; place++ {
			first := place &^ (int(b.width[place]) - 1)
			require.Equal(t, b.page(first), b.page(place))
			if first == place {
				total += count(b.page(place))
			}
		}
	}
	assert.Equal(t, table.len, total)
}

func TestEmpty(t *testing.T) {
	var none *Table[int]
	for _, table := range []*Table[int]{none, {}, none.Edit().Table(), new(Edit[int]).Table()} {
		v, ok := table.Find("a")
		assert.Zero(t, v)
		assert.False(t, ok)
		_, ok = table.Find(strings.Repeat("a", 100))
		assert.False(t, ok)
		_, ok = table.Find("")
		assert.False(t, ok)
		assert.Zero(t, table.Len())
		assert.Empty(t, maps.Collect(table.All()))
		e := table.Edit()
		e.Delete("a")
		e.Set("a", 1)
		assert.Equal(t, map[string]int{"a": 1}, maps.Collect(e.Table().All()))
		e.Delete("a")
		assert.Empty(t, maps.Collect(e.Table().All()))
	}
}

// An empty id works like any other id.
func TestEmptyID(t *testing.T) {
	var e Edit[int]
	e.Set("", 1)
	e.Set("\x00", 2)
	assert.Equal(t, map[string]int{"": 1, "\x00": 2}, maps.Collect(e.Table().All()))
}

func TestShort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	seen := map[[2]uint64]string{}
	for n := range maxShort + 1 {
		for range 2000 {
			id := make([]byte, n)
			for i := range id {
				id[i] = "\x00\x01ab\xff"[random.IntN(5)]
			}
			a, b := short(string(id))
			require.NotZero(t, b)
			require.Equal(t, id, appendShort([]byte{}, a, b))
			before, met := seen[[2]uint64{a, b}]
			require.True(t, !met || before == string(id), "%q and %q", before, id)
			seen[[2]uint64{a, b}] = string(id)
		}
	}
}

// Without the secrets of the hash, no choice of ids makes a page much deeper than the
// average.
func TestEven(t *testing.T) {
	for name, id := range map[string]func(i int) string{
		"numbers": func(i int) string { return fmt.Sprintf("user-%07d", i) },
		"first letter": func(i int) string {
			return string([]byte{byte(i), byte(i >> 8), byte(i >> 16), 0, 0, 0, 0, 0, 0, 0, 0})
		},
		"last letter": func(i int) string {
			return string([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(i), byte(i >> 8), byte(i >> 16)})
		},
		"high bits": func(i int) string { return string([]byte{0, 0, 0, 0, 0, byte(i), byte(i >> 8), byte(i >> 16)}) },
		"long":      func(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", i) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 50_000
			var e Edit[int]
			for i := range n {
				e.Set(id(i), i)
			}
			table := e.Table()
			check(t, table)
			assert.LessOrEqual(t, len(table.root), 64)
			full := 0
			for p := range table.pages() {
				assert.LessOrEqual(t, len(p.slots), 3*room(pageIDs))
				full += bytes.Count(p.pilots[:], []byte{crowded})
			}
			assert.LessOrEqual(t, full, 4, "crowded buckets")
			for i := range n {
				if v, ok := table.Find(id(i)); v != i || !ok {
					t.Fatalf("Find(%q) = %d, %t, want %d", id(i), v, ok, i)
				}
			}
		})
	}
}

// If hashes collide, a table takes no more memory than its ids need.
func TestBoundedDepth(t *testing.T) {
	for _, blunt := range []uint64{^uint64(0), 1<<64 - 1<<8, 0xffff << 48} {
		e := (&Table[int]{blunt: blunt}).Edit()
		for i := range 3000 {
			e.Set(fmt.Sprint("user-", i), i)
		}
		table := e.Table()
		check(t, table)
		assert.LessOrEqual(t, len(table.root), 32)
	}
}

// An edit changes in place what it has copied, until it returns a table.
func TestCopiesOnce(t *testing.T) {
	for _, n := range []int{50, 50_000} {
		var first Edit[int]
		for i := range n {
			first.Set(fmt.Sprint("user-", i), 0)
		}
		table := first.Table()
		hash := newKey("user-1", 0).hash
		slots := func(t *Table[int]) *slot[int] { return &t.page(hash).slots[0] }
		e := table.Edit()
		e.Set("user-1", 1)
		copied := slots(&e.table)
		assert.NotSame(t, slots(table), copied)
		e.Set("user-1", 2)
		assert.Same(t, copied, slots(&e.table))
		given := e.Table()
		assert.Same(t, copied, slots(given))
		e.Set("user-1", 3)
		assert.NotSame(t, copied, slots(&e.table))
		for want, table := range map[int]*Table[int]{0: table, 2: given, 3: e.Table()} {
			v, _ := table.Find("user-1")
			assert.Equal(t, want, v)
		}
	}
}

// One change copies a page, a branch and the root, whatever the size of the table.
func TestBytesOfAChange(t *testing.T) {
	var e Edit[*int]
	const n = 200_000
	for i := range n {
		e.Set(fmt.Sprintf("user-%07d", i), nil)
	}
	table := e.Table()
	for what, id := range map[string]func(i int) string{
		"change": func(i int) string { return fmt.Sprintf("user-%07d", i*97%n) },
		"add":    func(i int) string { return fmt.Sprintf("more-%07d", i) },
	} {
		const changes = 1000
		ids := make([]string, changes)
		for i := range ids {
			ids[i] = id(i)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, id := range ids {
			e := table.Edit()
			e.Set(id, nil)
			e.Table()
		}
		runtime.ReadMemStats(&after)
		assert.Less(t, (after.TotalAlloc-before.TotalAlloc)/changes, uint64(24<<10), what)
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	var e Edit[*int]
	ids := hostile()
	for i := range 1000 {
		ids = append(ids, fmt.Sprint("user-", i))
	}
	for _, id := range ids {
		e.Set(id, new(int))
	}
	for _, table := range []*Table[*int]{e.Table(), nil} {
		assert.Zero(t, testing.AllocsPerRun(10, func() {
			for _, id := range ids {
				table.Find(id)
			}
			table.Find("nobody")
			table.Find("nobody with a name as long as this one")
		}))
	}
}

func TestAllStopsEarly(t *testing.T) {
	var e Edit[int]
	for i := range 10_000 {
		e.Set(fmt.Sprint("user-", i), i)
	}
	for range 3 {
		n := 0
		for range e.Table().All() {
			if n++; n == 300 {
				break
			}
		}
		assert.Equal(t, 300, n)
	}
}

// An edit may change during a loop over its All.
func TestEditWhileAll(t *testing.T) {
	var e Edit[int]
	for i := range 1000 {
		e.Set(fmt.Sprint("user-", i), i)
	}
	seen := 0
	for id, v := range e.All() {
		seen++
		e.Delete(id)
		e.Set(id+"x", v)
	}
	assert.Equal(t, 1000, seen)
	assert.Equal(t, 1000, e.Len())
	for id := range e.All() {
		assert.True(t, strings.HasSuffix(id, "x"), id)
	}
}

// Readers use versions while a writer makes the next ones.
func TestReadersBesideAWriter(t *testing.T) {
	const n = 2000
	id := func(i int) string { return fmt.Sprintf("%[1]*[2]d", 1+i%20, i) }
	var now atomic.Pointer[Table[int]]
	var e Edit[int]
	for i := range n {
		e.Set(id(i), i)
	}
	now.Store(e.Table())
	var done atomic.Bool
	var readers sync.WaitGroup
	for reader := range 4 {
		readers.Go(func() {
			for i := reader; !done.Load(); i++ {
				table := now.Load()
				if v, ok := table.Find(id(i % n)); !ok || v%n != i%n {
					t.Errorf("Find(%q) = %d, %t", id(i%n), v, ok)
					return
				}
			}
		})
	}
	for i := range 3000 {
		e.Set(id(i%n), i)
		e.Set(fmt.Sprint("extra-", i), i)
		e.Delete(fmt.Sprint("extra-", i-100))
		if i%3 == 0 {
			now.Store(e.Table())
		}
	}
	done.Store(true)
	readers.Wait()
}

// The words of a short id are unique, and their hash is the one that Find uses.
func TestWords(t *testing.T) {
	type words struct{ a, b uint64 }
	seen := map[words]string{}
	for n := range 2 * maxShort {
		for at := range n + 1 {
			text := bytes.Repeat([]byte{0}, n)
			if at < n {
				text[at] = 1
			}
			id := string(text)
			a, b, hash := Words(id)
			if n > maxShort {
				require.Zero(t, a|b|hash, "%q", id)
				continue
			}
			require.NotZero(t, b, "%q", id)
			require.Equal(t, newKey(strings.Clone(id), 0), key{id, a, b, hash})
			other, met := seen[words{a, b}]
			require.False(t, met, "%q and %q have the same words", id, other)
			seen[words{a, b}] = id
		}
	}
}
