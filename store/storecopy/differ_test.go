package storecopy_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storecopy"
)

func ids(t testing.TB, s store.Store) iter.Seq[usher.AccountID] {
	return func(yield func(usher.AccountID) bool) {
		for id, err := range s.Accounts(t.Context(), "") {
			require.NoError(t, err)
			if !yield(id) {
				return
			}
		}
	}
}

// An account that cannot be continued is a problem. It stays as it is, and the others are copied.
func TestDifferent(t *testing.T) {
	for _, row := range []struct {
		name, problem string
		prepare       func(t *testing.T, source, target *memstore.Store)
	}{
		{"another commit", "commit 2 of the target is another one than that of the source; only a copy of the source can be continued", func(t *testing.T, source, target *memstore.Store) {
			add(t, target, "acme", "one")
			add(t, target, "acme", "other")
		}},
		{"more commits", "the target has commit 4, which the source does not have; only a copy of the source can be continued", func(t *testing.T, source, target *memstore.Store) {
			for _, data := range []string{"one", "two", "three", "four"} {
				add(t, target, "acme", data)
			}
		}},
		{"erased in the target", "the target: read commits \"acme\": account erased; its id is never used again", func(t *testing.T, source, target *memstore.Store) {
			require.NoError(t, target.Erase(t.Context(), "acme"))
		}},
		{"other records", `the records of "mia" differ, and can only be written with a commit; copy into an empty store`, func(t *testing.T, source, target *memstore.Store) {
			add(t, target, "acme", "one")
			add(t, target, "acme", "two")
			add(t, target, "acme", "three", "mia=other")
		}},
		{"many other records", `the records of "a", "b", "c" and 2 more users differ, and can only be written with a commit; copy into an empty store`, func(t *testing.T, source, target *memstore.Store) {
			add(t, target, "acme", "one")
			add(t, target, "acme", "two")
			add(t, target, "acme", "three", "a=1", "b=1", "c=1", "d=1", "mia=")
		}},
		{"a later time", `the last-active times of "mia" differ`, func(t *testing.T, source, target *memstore.Store) {
			copied(t, source, target)
			active(t, target, "acme", "mia", day.Add(time.Hour))
		}},
		{"a time of another user", `the last-active times of "eve" differ`, func(t *testing.T, source, target *memstore.Store) {
			copied(t, source, target)
			active(t, target, "acme", "eve", day)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			source, target := new(memstore.Store), new(memstore.Store)
			add(t, source, "acme", "one")
			add(t, source, "acme", "two")
			add(t, source, "acme", "three", "mia=Mia")
			active(t, source, "acme", "mia", day)
			add(t, source, "beta", "one")
			row.prepare(t, source, target)
			before := dumpAccount(t, target, "acme")
			outcomes := copied(t, source, target)
			assert.EqualError(t, outcomes["acme"].Problem, row.problem)
			assert.NoError(t, outcomes["beta"].Problem)
			assert.Equal(t, uint64(1), outcomes["beta"].Version)
			assert.Equal(t, before, dumpAccount(t, target, "acme"))
		})
	}
}

// dumpAccount returns the commits and records of one account.
func dumpAccount(t testing.TB, s *memstore.Store, id usher.AccountID) (all []string) {
	t.Helper()
	for c, err := range s.Commits(t.Context(), id, 0) {
		all = append(all, fmt.Sprintf("%d %q %v", c.Version, c.Data, err))
	}
	for r, err := range s.Records(t.Context(), id, "") {
		all = append(all, fmt.Sprintf("%q %q %v", r.User, r.Data, err))
	}
	return all
}

func TestExtraAccount(t *testing.T) {
	source, target := new(memstore.Store), new(memstore.Store)
	add(t, source, "beta", "one")
	for _, id := range []usher.AccountID{"acme", "beta", "cora"} {
		add(t, target, id, "one")
	}
	outcomes := copied(t, source, target)
	for _, id := range []usher.AccountID{"acme", "cora"} {
		assert.EqualError(t, outcomes[id].Problem, "the source has no such account; the target must contain nothing else than the copy")
		assert.Equal(t, uint64(1), lastOf(t, target, id))
	}
	assert.NoError(t, outcomes["beta"].Problem)
}

// A user who was removed in the source loses the record and the time in the target. A user who was
// removed and added again keeps the new record.
func TestRemovedUsers(t *testing.T) {
	source, target := new(memstore.Store), new(memstore.Store)
	add(t, source, "acme", "one", "mia=Mia", "max=Max", "eve=Eve")
	for _, user := range []usher.UserID{"mia", "max", "eve", "guest"} {
		active(t, source, "acme", user, day)
	}
	wantEqual(t, source, target, copied(t, source, target))
	add(t, source, "acme", "two", "mia=", "max=", "guest=")
	add(t, source, "acme", "three", "max=Max")
	wantEqual(t, source, target, copied(t, source, target))
	add(t, source, "acme", "four", "max=", "max=Max 2")
	wantEqual(t, source, target, copied(t, source, target))
}

// inUse is a store that a service uses: it gets another commit whenever its records are read.
type inUse struct {
	*memstore.Store
	t    *testing.T
	left int
}

func (s *inUse) Records(ctx context.Context, id usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	if s.left > 0 {
		s.left--
		n := lastOf(s.t, s.Store, id) + 1
		add(s.t, s.Store, id, fmt.Sprint("commit ", n), fmt.Sprint("mia=", n))
	}
	return s.Store.Records(ctx, id, after)
}

// While the source is in use, an account in the target has the records of its last commit.
func TestSourceInUse(t *testing.T) {
	for _, left := range []int{1, 2, 5, 19, 20, 21, 1000} {
		source, target := &inUse{new(memstore.Store), t, left}, new(memstore.Store)
		add(t, source.Store, "acme", "commit 1", "mia=1")
		a := copied(t, source, target)["acme"]
		if left >= 20 && a.Problem != nil {
			assert.EqualError(t, a.Problem, "the source changes faster than its user data can be read; stop the services that use it, and copy again")
		}
		record, err := target.Record(t.Context(), "acme", "mia")
		require.NoError(t, err)
		if a.Problem == nil {
			assert.Equal(t, fmt.Sprint(a.Version), string(record), "%d", left)
			assert.Equal(t, lastOf(t, source, "acme") > a.Version, a.Changed, "%d", left)
		}
		source.left = 0
		wantEqual(t, source.Store, target, copied(t, source, target))
	}
}

// plain is a store without user data.
type plain struct{ store.Store }

func TestNoUserData(t *testing.T) {
	source, target := new(memstore.Store), new(memstore.Store)
	add(t, source, "acme", "one", "mia=Mia")
	add(t, source, "beta", "one")
	add(t, source, "cora", "one")
	active(t, source, "cora", "mia", day)
	outcomes := copied(t, source, refusing{plain{target}})
	assert.ErrorIs(t, outcomes["acme"].Problem, store.ErrNoUserData)
	assert.NoError(t, outcomes["beta"].Problem)
	assert.ErrorIs(t, outcomes["cora"].Problem, store.ErrNoUserData)

	// A source without user data empties that of the target.
	source = new(memstore.Store)
	target = new(memstore.Store)
	add(t, source, "acme", "one")
	add(t, target, "acme", "one", "mia=Mia")
	active(t, target, "acme", "mia", day)
	add(t, source, "acme", "two")
	wantEqual(t, source, target, copied(t, plain{source}, target))
}

// refusing rejects records, as a store without user data must.
type refusing struct{ plain }

func (r refusing) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if len(e.Records) > 0 {
		return store.ErrNoUserData
	}
	return r.plain.Append(ctx, id, e)
}

// An error says which store it is of, and does not contain text that is not safe to print.
func TestErrors(t *testing.T) {
	bad := errors.New("cut\x1b[2J\n")
	source, target := new(memstore.Store), new(memstore.Store)
	add(t, source, "acme", "one")
	add(t, source, "beta", "one")
	fails := func(method string, id usher.AccountID) storefault.Faults {
		return func(_ context.Context, c storefault.Call) storefault.Fault {
			if c.Method == method && c.Account == id {
				return storefault.Fault{Before: bad}
			}
			return storefault.Fault{}
		}
	}
	for _, method := range []string{"Commits", "Snapshot", "Records", "LastActiveTimes"} {
		outcomes := copied(t, storefault.Wrap(source, fails(method, "acme")), new(memstore.Store))
		assert.EqualError(t, outcomes["acme"].Problem, `the source: cut\x1b[2J\n`, method)
		assert.ErrorIs(t, outcomes["acme"].Problem, bad)
		assert.NoError(t, outcomes["beta"].Problem)
	}
	for _, method := range []string{"Commits", "Append"} {
		outcomes := copied(t, source, storefault.Wrap(target, fails(method, "acme")))
		assert.EqualError(t, outcomes["acme"].Problem, `the target: cut\x1b[2J\n`, method)
		assert.NoError(t, outcomes["beta"].Problem)
	}
	for _, err := range storecopy.Copy(t.Context(), storefault.Wrap(source, fails("Accounts", "")), target) {
		assert.EqualError(t, err, `the source: cut\x1b[2J\n`)
	}
	for _, err := range storecopy.Copy(t.Context(), source, storefault.Wrap(target, fails("Accounts", ""))) {
		assert.EqualError(t, err, `the target: cut\x1b[2J\n`)
	}
}

// A target that has accounts of another origin is not a copy, so nothing in it is erased.
func TestErasesOnlyInCopies(t *testing.T) {
	for name, other := range map[string]func(*memstore.Store){
		"only in the target": func(target *memstore.Store) { add(t, target, "another", "one") },
		"other commits":      func(target *memstore.Store) { add(t, target, "common", "of the target") },
	} {
		source, target := new(memstore.Store), new(memstore.Store)
		add(t, source, "common", "of the source")
		for _, id := range []usher.AccountID{"acme", "never"} {
			require.NoError(t, source.Erase(t.Context(), id))
		}
		add(t, target, "acme", "one")
		other(target)
		outcomes := copied(t, source, target)
		for _, id := range []usher.AccountID{"acme", "never"} {
			assert.EqualError(t, outcomes[id].Problem, "the account is erased in the source, and not in the target, which has accounts of another origin", name)
			assert.False(t, outcomes[id].Erased, name)
		}
		assert.Contains(t, slices.Collect(ids(t, target)), usher.AccountID("acme"), name)
	}
}
