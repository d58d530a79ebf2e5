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

var flips = flag.Int("flips", 300, "number of randomly chosen bits to flip, one at a time, besides the bits that are always flipped; 0 for all bits in use")

// manyOthers is a number of accounts with which the trees of commits and of heads have branches.
const manyOthers = 100

// flip inverts a bit of the file.
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
			require.Positive(t, tx.Bucket([]byte(name)).Stats().BranchPageN, "branch pages of the %s", name)
		}
		return nil
	}))
}

func flipped(at int) string { return fmt.Sprintf("byte %d, bit %d", at/8, at%8) }

// inUse is the position of a byte that bbolt or the store reads.
type inUse struct {
	offset int
	page   string // type of its page, as bbolt names it
	in     int    // offset in the page
}

// inUse returns all bytes except those of free pages and those after the content of a page.
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

// bits returns the bits to flip: every bit of the two meta pages, one bit of each byte of branches,
// of page headers and of the free list, and, if every is set, one bit of each other byte in use. To
// these it adds a random sample of the remaining bits, or all of them if sample is 0.
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

// With one flipped bit anywhere in a file, each account is unchanged or returns an error. No call
// returns another account or an older state.
func TestFlippedBits(t *testing.T) {
	for _, others := range []int{0, manyOthers} {
		d := sound(t, others)
		if others > 0 {
			d.requireBranches(t)
		}
		require.Zero(t, d.examine(t, "undamaged", boltstore.Options{ReadOnly: true}))
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
		t.Logf("flipped %d bits of a file of %d bytes: %d caused errors, the others had no effect", tried, len(d.whole), found)
		require.Greater(t, found, tried/2)
	}
}

// The same holds if the file is written to after the flip, and then read again.
func TestFlippedBitsAndWrites(t *testing.T) {
	d := sound(t, manyOthers)
	d.requireBranches(t)
	want, stored := d.want, d.stored
	// Open rejects a flip in a meta page, and then nothing can be written.
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
				if _, err := e.Do(context.Background(), testHost, id, account.AddUser{User: usher.UserID(fmt.Sprint("new-", i))}); err != nil {
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
	t.Logf("flipped %d bits of a file of %d bytes: %d files could be opened", len(list), len(d.whole), opened)
	require.Positive(t, opened)
}
