package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// clubText is a minimal policy for accounts.
const clubText = `
usher: 1
name: club
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  member: {default: true}
`

// damaged is a damaged file, with its original bytes and data.
type damaged struct {
	path   string
	policy *policy.Policy
	whole  []byte
	want   map[usher.AccountID]*account.State
	stored map[usher.AccountID][]store.Commit // commits of the accounts that are not in want
	erased []usher.AccountID
}

var testHost = account.AsHost("test")

// sound creates a file that is not damaged yet. It has accounts with many commits, few, or one,
// with a snapshot, and erased ones. The other accounts make the trees deep; they have one commit
// each, and no Engine verifies them, since this would be slow.
func sound(t *testing.T, others int) *damaged {
	t.Helper()
	p, err := policyfile.Load("club.yaml", []byte(clubText))
	require.NoError(t, err)
	d := &damaged{path: filepath.Join(t.TempDir(), "journal"), policy: p, erased: []usher.AccountID{"gone", "bye"}}
	d.want, d.stored = map[usher.AccountID]*account.State{}, map[usher.AccountID][]store.Commit{}
	s, err := boltstore.Open(d.path, boltstore.Options{})
	require.NoError(t, err)
	boltstore.SkipSyncs(s)
	e := d.engine(t, s)
	do := func(id usher.AccountID, commands ...account.Command) {
		_, err := e.Do(context.Background(), testHost, id, commands...)
		require.NoError(t, err)
	}
	named := []usher.AccountID{"acme", "beta", "single", "gone", "bye"}
	for _, id := range named {
		do(id, account.CreateAccount{Owner: "olga"})
	}
	for i := range others {
		id := usher.AccountID(fmt.Sprintf("other-%03d", i))
		do(id, account.CreateAccount{Owner: "olga"})
		d.stored[id], err = collected(s.Commits(context.Background(), id, 0))
		require.NoError(t, err)
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
	do("beta", account.RemoveUser{User: "user-1"}) // so that the newest write removes something
	for _, id := range named {
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
	// A write to a damaged account has an unknown outcome, and waiting does not change it.
	e, err := engine.Open(engine.Options{Policy: d.policy, Store: s, CommitTimeout: time.Millisecond, Observer: engine.Observer{Failed: func(error) {}}})
	require.NoError(t, err)
	return e
}

// examine opens the file and reads every account. Each account must be unchanged or return an
// error, and none may be missing without an error. examine returns the number of accounts with an
// error; after an error of Open, this is the number of all accounts.
func (d *damaged) examine(t *testing.T, what string, o boltstore.Options) (failed int) {
	t.Helper()
	s, err := boltstore.Open(d.path, o)
	if err != nil {
		return len(d.want) + len(d.stored) + len(d.erased)
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
	for id, want := range d.stored {
		got, err := collected(s.Commits(ctx, id, 0))
		switch {
		case err != nil:
			failed++
		case !reflect.DeepEqual(got, want):
			t.Errorf("%s: %s has the commits %v, and had %v", what, id, got, want)
		}
		if snapshot, err := s.Snapshot(ctx, id); err == nil && snapshot.Version != 0 {
			t.Errorf("%s: %s has a snapshot of version %d, and had none", what, id, snapshot.Version)
		}
	}
	for _, id := range d.erased {
		if _, err := count(s, id); err == nil {
			t.Errorf("%s: %s was erased, but its id can be used again", what, id)
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
		if d.want[id] == nil && d.stored[id] == nil {
			if n, err := count(s, id); err == nil {
				t.Errorf("%s: there is an account %q of %d commits", what, id, n)
			}
		}
	}
	known := slices.AppendSeq(slices.Collect(maps.Keys(d.want)), maps.Keys(d.stored))
	for _, id := range known {
		if !slices.Contains(listed, id) {
			t.Errorf("%s: %s is not listed", what, id)
		}
	}
	return failed
}

func collected[T any](all iter.Seq2[T, error]) (list []T, err error) {
	for v, err := range all {
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
