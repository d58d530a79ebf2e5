package boltstore_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store/boltstore"
)

var flips = flag.Int("flips", 300, "how many bits of a file are flipped, one after the other, beside those that always are; 0 for all that are in use")

// manyOthers is how many accounts it takes until the trees of commits and of heads have
// branches.
const manyOthers = 100

// flip changes a bit of the file, or changes it back.
func (d *damaged) flip(t *testing.T, at int) {
	t.Helper()
	f, err := os.OpenFile(d.path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], int64(at/8))
	require.NoError(t, err)
	b[0] ^= 1 << (at % 8)
	_, err = f.WriteAt(b[:], int64(at/8))
	require.NoError(t, err)
}

// requireBranches fails unless the trees of commits and of heads have branches.
func (d *damaged) requireBranches(t *testing.T) {
	t.Helper()
	db, err := bbolt.Open(d.path, 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		for _, name := range []string{"commits", "heads"} {
			require.Positive(t, tx.Bucket([]byte(name)).Stats().BranchPageN, "pages of branches of the %s", name)
		}
		return nil
	}))
}

func flipped(at int) string { return fmt.Sprintf("byte %d, bit %d", at/8, at%8) }

// inUse is a byte that bbolt or the store reads.
type inUse struct {
	offset int
	page   string // what sort of page it is in, as bbolt says
	in     int    // how far from the beginning of that
}

// inUse returns the bytes that are read: not those of pages that are free, nor those
// behind the content of a page.
func (d *damaged) inUse(t *testing.T) (list []inUse) {
	t.Helper()
	db, err := bbolt.Open(d.path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	require.NoError(t, err)
	defer db.Close()
	size := db.Info().PageSize
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		for id := 0; ; {
			info, err := tx.Page(id)
			if info == nil || err != nil {
				return err
			}
			begin, end := id*size, (id+1)*size
			id++
			if info.Type == "free" {
				continue
			}
			end += info.OverflowCount * size
			id += info.OverflowCount
			for end > begin && d.whole[end-1] == 0 {
				end--
			}
			for offset := begin; offset < end; offset++ {
				list = append(list, inUse{offset, info.Type, offset - begin})
			}
		}
	}))
	return list
}

// bits returns the bits to flip. Always among them are every bit of the two pages where
// bbolt begins to read, a bit of every byte by which it finds its way, and, if every is
// set, a bit of each other byte that is in use, which are those of the commits and heads.
// The rest is a sample of so many, or all for 0.
func (d *damaged) bits(t *testing.T, every bool, sample int) (list []int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var rest []int
	for _, b := range d.inUse(t) {
		first := b.offset * 8
		one := random.IntN(8)
		for bit := range 8 {
			always := bit == one && (every || b.page != "leaf" || b.in < 16)
			if b.page == "meta" || always || sample == 0 {
				list = append(list, first+bit)
			} else {
				rest = append(rest, first+bit)
			}
		}
	}
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return append(list, rest[:min(sample, len(rest))]...)
}

// One flipped bit anywhere in a file leaves the right accounts, or errors: never another
// account, and never an older one.
func TestFlippedBits(t *testing.T) {
	for _, others := range []int{0, manyOthers} {
		d := sound(t, others)
		if others > 0 {
			d.requireBranches(t)
		}
		require.Zero(t, d.examine(t, "nothing is damaged", boltstore.Options{ReadOnly: true}))
		found, tried := 0, 0
		for _, at := range d.bits(t, others == 0, *flips) {
			d.flip(t, at)
			tried++
			if d.examine(t, flipped(at), boltstore.Options{ReadOnly: true}) > 0 {
				found++
			}
			d.flip(t, at)
			if t.Failed() {
				return
			}
		}
		t.Logf("%d bits of a file of %d bytes flipped, %d of them errors, the others without effect", tried, len(d.whole), found)
		require.Greater(t, found, tried/2)
	}
}

// The same where the file is written to afterwards, and then read again.
func TestFlippedBitsAndWrites(t *testing.T) {
	d := sound(t, manyOthers)
	d.requireBranches(t)
	want, stored := d.want, d.stored
	// Open rejects a flip in either of the first two pages, and nothing is written then.
	list := slices.DeleteFunc(d.bits(t, false, *flips), func(at int) bool { return at/8 < 2*os.Getpagesize() })
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if *flips > 0 {
		list = list[:min(max(*flips/3, 1), len(list))]
	}
	opened := 0
	for _, at := range list {
		require.NoError(t, os.WriteFile(d.path, d.whole, 0o600))
		d.flip(t, at)
		s, err := boltstore.Open(d.path, boltstore.Options{})
		if err != nil {
			continue
		}
		opened++
		boltstore.SkipSyncs(s)
		e := d.engine(t, s)
		d.want, d.stored = maps.Clone(want), maps.Clone(stored)
		written := slices.Collect(maps.Keys(want))
		for id := range stored {
			if strings.HasSuffix(string(id), "1") {
				written = append(written, id)
			}
		}
		for _, id := range written {
			for i := range 3 {
				if _, err := e.Do(context.Background(), dog, id, account.AddUser{User: usher.UserID(fmt.Sprint("new-", i))}); err != nil {
					break
				}
				v, err := e.View(context.Background(), id)
				require.NoError(t, err)
				d.want[id] = v.State()
				delete(d.stored, id)
			}
		}
		_ = e.Close()
		_ = s.Close()
		d.examine(t, flipped(at)+", and then writes", boltstore.Options{ReadOnly: true})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d bits of a file of %d bytes flipped, %d of the files opened", len(list), len(d.whole), opened)
	require.Positive(t, opened)
}
