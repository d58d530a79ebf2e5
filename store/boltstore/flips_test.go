package boltstore_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

var flips = flag.Int("flips", 1500, "how many bits of a file are flipped, one after the other, of those that are in use; 0 for all")

// clubText is a policy of as little as it takes to have accounts.
const clubText = `
usher: 1
name: club
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  member: {default: true}
`

// damaged is a file in which something is damaged, with what was in it before.
type damaged struct {
	path   string
	policy *policy.Policy
	whole  []byte
	want   map[usher.AccountID]*account.State
	erased []usher.AccountID
}

var dog = account.Host("test")

// sound makes a file with accounts that have many commits, few, one, a snapshot, and
// one that is erased. So many other accounts make the trees deep.
func sound(t *testing.T, others int) *damaged {
	t.Helper()
	p, err := policy.Load("club.yaml", []byte(clubText))
	require.NoError(t, err)
	d := &damaged{path: filepath.Join(t.TempDir(), "journal"), policy: p, want: map[usher.AccountID]*account.State{}, erased: []usher.AccountID{"gone", "bye"}}
	s, err := boltstore.Open(d.path, boltstore.Options{})
	require.NoError(t, err)
	e := d.engine(t, s)
	do := func(id usher.AccountID, commands ...account.Command) {
		_, err := e.Do(context.Background(), dog, id, commands...)
		require.NoError(t, err)
	}
	ids := []usher.AccountID{"acme", "beta", "single", "gone", "bye"}
	for i := range others {
		ids = append(ids, usher.AccountID(fmt.Sprintf("other-%03d", i)))
	}
	for _, id := range ids {
		do(id, account.CreateAccount{Owner: "olga"})
	}
	for i := range 12 {
		do("acme", account.AddUser{User: usher.UserID(fmt.Sprint("user-", i))})
		if i == 7 {
			v, err := e.View(context.Background(), "acme")
			require.NoError(t, err)
			require.NoError(t, s.SaveSnapshot(context.Background(), "acme", store.Snapshot{Version: v.Version(), Data: v.State().Encode()}))
		}
		if i < 2 {
			do("beta", account.AddUser{User: usher.UserID(fmt.Sprint("user-", i))}, account.SetRole{User: "olga", Role: "owner"})
			do("gone", account.AddUser{User: usher.UserID(fmt.Sprint("user-", i))})
		}
	}
	for _, id := range d.erased {
		require.NoError(t, e.Erase(context.Background(), id))
	}
	do("beta", account.RemoveUser{User: "user-1"}) // so that the newest write takes something away
	for _, id := range ids {
		if slices.Contains(d.erased, id) {
			continue
		}
		v, err := e.View(context.Background(), id)
		require.NoError(t, err)
		d.want[id] = v.State()
	}
	require.NoError(t, e.Close())
	require.NoError(t, s.Close())
	d.whole, err = os.ReadFile(d.path)
	require.NoError(t, err)
	return d
}

func (d *damaged) engine(t *testing.T, s store.Store) *engine.Engine {
	t.Helper()
	e, err := engine.Open(engine.Options{Policy: d.policy, Store: s, Observer: engine.Observer{Failed: func(error) {}}})
	require.NoError(t, err)
	return e
}

// examine opens the file and reads every account. Each must be as it was, or an error,
// and none may be missing without one. It returns how many were errors; with an error
// of Open all of them are.
func (d *damaged) examine(t *testing.T, what string, o boltstore.Options) (failed int) {
	t.Helper()
	s, err := boltstore.Open(d.path, o)
	if err != nil {
		return len(d.want) + len(d.erased)
	}
	defer s.Close()
	e := d.engine(t, s)
	defer e.Close()
	ctx := context.Background()
	for id, want := range d.want {
		v, err := e.View(ctx, id)
		switch {
		case errors.Is(err, usher.ErrUnknownAccount):
			t.Errorf("%s: %s is gone: %v", what, id, err)
		case err != nil:
			failed++
		case string(v.State().Encode()) != string(want.Encode()):
			t.Errorf("%s: %s is at %s, and was at %s", what, id, v.State().Head(), want.Head())
		}
	}
	for _, id := range d.erased {
		if _, err := count(s, id); err == nil {
			t.Errorf("%s: %s was erased, and its id is free again", what, id)
		} else if !errors.Is(err, store.ErrErased) {
			failed++
		}
	}
	var listed []usher.AccountID
	for id, err := range s.Accounts(ctx, "") {
		if err != nil {
			return failed + 1
		}
		listed = append(listed, id)
		if d.want[id] == nil {
			if n, err := count(s, id); err == nil {
				t.Errorf("%s: there is an account %q of %d commits", what, id, n)
			}
		}
	}
	for id := range d.want {
		if !slices.Contains(listed, id) {
			t.Errorf("%s: %s is not listed", what, id)
		}
	}
	return failed
}

// flip changes a bit of the file, or changes it back.
func (d *damaged) flip(t *testing.T, offset, bit int) {
	t.Helper()
	f, err := os.OpenFile(d.path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], int64(offset))
	require.NoError(t, err)
	b[0] ^= 1 << bit
	_, err = f.WriteAt(b[:], int64(offset))
	require.NoError(t, err)
}

// bits returns the bits to flip: all of those in use, or a sample. What lies behind the
// content of a page, or in a page that nothing leads to, is not in use.
func (d *damaged) bits(all int) (list []int) {
	for offset := range d.whole {
		if offset%4096 < 128 || d.whole[offset] != 0 {
			for bit := range 8 {
				list = append(list, offset*8+bit)
			}
		}
	}
	if all == 0 || all >= len(list) {
		return list
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	list = list[:all]
	// Where bbolt begins to read, one bit is worth more than elsewhere.
	for page := range 2 {
		for bit := range 80 * 8 {
			list = append(list, page*4096*8+bit)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// One flipped bit anywhere in a file leaves the right accounts, or errors: never another
// account, and never an older one.
func TestFlippedBits(t *testing.T) {
	for _, others := range []int{0, 150} {
		d := sound(t, others)
		require.Zero(t, d.examine(t, "nothing is damaged", boltstore.Options{ReadOnly: true}))
		found, tried := 0, 0
		for _, at := range d.bits(*flips) {
			d.flip(t, at/8, at%8)
			tried++
			if d.examine(t, fmt.Sprintf("byte %d, bit %d", at/8, at%8), boltstore.Options{ReadOnly: true}) > 0 {
				found++
			}
			d.flip(t, at/8, at%8)
			if t.Failed() {
				return
			}
		}
		t.Logf("%d bits of a file of %d bytes flipped, %d of them errors, the others without effect", tried, len(d.whole), found)
		require.Greater(t, found, tried/4)
	}
}

// The same where the file is written to afterwards, and then read again.
func TestFlippedBitsAndWrites(t *testing.T) {
	d := sound(t, 150)
	wanted := d.want
	list := d.bits(max(*flips/5, 1))
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for _, at := range list[:max(*flips/5, 1)] {
		require.NoError(t, os.WriteFile(d.path, d.whole, 0o600))
		d.flip(t, at/8, at%8)
		what := fmt.Sprintf("byte %d, bit %d, and then writes", at/8, at%8)
		s, err := boltstore.Open(d.path, boltstore.Options{})
		if err != nil {
			continue
		}
		e := d.engine(t, s)
		d.want = map[usher.AccountID]*account.State{}
		for id, state := range wanted {
			d.want[id] = state
			if strings.HasSuffix(string(id), "1") || !strings.HasPrefix(string(id), "other") {
				for i := range 3 {
					if _, err := e.Do(context.Background(), dog, id, account.AddUser{User: usher.UserID(fmt.Sprint("new-", i))}); err != nil {
						break
					}
					v, err := e.View(context.Background(), id)
					require.NoError(t, err)
					d.want[id] = v.State()
				}
			}
		}
		_ = e.Close()
		_ = s.Close()
		d.examine(t, what, boltstore.Options{ReadOnly: true})
		if t.Failed() {
			return
		}
	}
}
