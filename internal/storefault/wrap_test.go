package storefault_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storetest"
)

// never returns no faults.
func never(context.Context, storefault.Call) storefault.Fault { return storefault.Fault{} }

// A wrapped store without faults keeps the contract.
func TestWrapPasses(t *testing.T) {
	storetest.Run(t, func(testing.TB) store.Store { return storefault.Wrap(new(memstore.Store), never) })
}

func TestWrapKeepsOptionalInterfaces(t *testing.T) {
	for _, row := range []struct {
		store                  store.Store
		userData, watcher, all bool
	}{
		{new(memstore.Store), true, true, true},
		{watchedUserData{new(memstore.Store)}, true, true, false},
		{onlyUserData{new(memstore.Store)}, true, false, false},
		{bare{new(memstore.Store)}, false, false, false},
		{onlyWatcher{new(memstore.Store)}, false, true, false},
	} {
		s := storefault.Wrap(row.store, never)
		_, userData := s.(store.UserDataStore)
		_, watcher := s.(store.Watcher)
		assert.Equal(t, row.userData, userData, "%T is a UserDataStore", row.store)
		assert.Equal(t, row.watcher, watcher, "%T is a Watcher", row.store)
		_, transactor := s.(store.Transactor)
		_, versions := s.(store.VersionReader)
		assert.Equal(t, row.all, transactor, "%T is a Transactor", row.store)
		assert.Equal(t, row.all, versions, "%T is a VersionReader", row.store)
	}
}

// bare, onlyUserData, onlyWatcher and watchedUserData hide the other methods of a store.
type (
	bare            struct{ store.Store }
	onlyUserData    struct{ store.UserDataStore }
	onlyWatcher     struct{ store.Watcher }
	watchedUserData struct{ watchedUserDataStore }
)

type watchedUserDataStore interface {
	store.UserDataStore
	store.Watcher
}

// The faults of InTx apply to the whole transaction.
func TestInTx(t *testing.T) {
	inner := new(memstore.Store)
	s := storefault.Wrap(inner, func(_ context.Context, c storefault.Call) storefault.Fault {
		switch {
		case c.Method == "InTx" && c.Try == 1:
			return storefault.Fault{Before: errors.New("before")}
		case c.Method == "InTx" && c.Try == 2, c.Method == "Versions" && c.Try == 1:
			return storefault.Fault{After: errors.New("after")}
		}
		return storefault.Fault{}
	}).(store.Transactor)
	begin := func(tx store.Tx) error { return tx.Append(t.Context(), "acme", commit(1, "one")) }
	assert.EqualError(t, s.InTx(t.Context(), begin), "before")
	assert.Empty(t, data(t, inner, "acme"))
	assert.EqualError(t, s.InTx(t.Context(), begin), "after")
	assert.Equal(t, []string{"one"}, data(t, inner, "acme"))
	assert.ErrorIs(t, s.InTx(t.Context(), begin), store.ErrConflict)

	versions, err := s.(store.VersionReader).Versions(t.Context(), []usher.AccountID{"acme"})
	assert.Nil(t, versions)
	assert.EqualError(t, err, "after")
	versions, err = s.(store.VersionReader).Versions(t.Context(), []usher.AccountID{"acme"})
	assert.Equal(t, []uint64{1}, versions)
	assert.NoError(t, err)
}

func commit(version uint64, data string) store.Entry {
	return store.Entry{Commit: store.Commit{Version: version, Data: []byte(data)}}
}

func data(t *testing.T, s store.Store, account usher.AccountID) (all []string) {
	t.Helper()
	commits, err := gather(s.Commits(t.Context(), account, 0))
	require.NoError(t, err)
	for _, c := range commits {
		all = append(all, string(c.Data))
	}
	return all
}

func TestFaultsOfAppend(t *testing.T) {
	boom := errors.New("boom")
	rival := commit(1, "rival")
	for _, row := range []struct {
		name  string
		fault storefault.Fault
		want  error
		kept  []string
	}{
		{"none", storefault.Fault{}, nil, []string{"mine"}},
		{"before", storefault.Fault{Before: boom}, boom, nil},
		{"after", storefault.Fault{After: boom}, boom, []string{"mine"}},
		{"a rival", storefault.Fault{Rival: &rival}, store.ErrConflict, []string{"rival"}},
		{"a rival, and after", storefault.Fault{Rival: &rival, After: boom}, boom, []string{"rival"}},
		{"a rival that is rejected", storefault.Fault{Rival: &store.Entry{}}, nil, []string{"mine"}},
		{"before all else", storefault.Fault{Before: boom, Rival: &rival, After: errors.New("other")}, boom, nil},
	} {
		mem := new(memstore.Store)
		s := storefault.Wrap(mem, func(_ context.Context, c storefault.Call) storefault.Fault {
			assert.Equal(t, storefault.Call{Method: "Append", Account: "acme", Version: 1, Try: 1}, c)
			return row.fault
		})
		err := s.Append(t.Context(), "acme", commit(1, "mine"))
		assert.ErrorIs(t, err, row.want, row.name)
		assert.Equal(t, row.kept, data(t, mem, "acme"), row.name)
	}
}

// Only a call with the same values counts as another try.
func TestTries(t *testing.T) {
	var tries []string
	s := storefault.Wrap(new(memstore.Store), func(_ context.Context, c storefault.Call) storefault.Fault {
		tries = append(tries, fmt.Sprintf("%s %s %d #%d", c.Method, c.Account, c.Version, c.Try))
		return storefault.Fault{Before: storefault.ErrInjected}
	})
	for range 2 {
		assert.ErrorIs(t, s.Append(t.Context(), "acme", commit(1, "")), storefault.ErrInjected)
	}
	assert.Error(t, s.Append(t.Context(), "acme", commit(2, "")))
	assert.Error(t, s.Append(t.Context(), "other", commit(1, "")))
	assert.Error(t, s.Append(t.Context(), "acme", commit(1, "")))
	assert.Equal(t, []string{"Append acme 1 #1", "Append acme 1 #2", "Append acme 2 #1", "Append other 1 #1", "Append acme 1 #3"}, tries)
}

// Every method can fail, and then returns no data.
func TestFaultsOfEveryMethod(t *testing.T) {
	boom := errors.New("boom")
	for _, fault := range []storefault.Fault{{Before: boom}, {After: boom}} {
		mem := new(memstore.Store)
		require.NoError(t, mem.Append(t.Context(), "acme", store.Entry{
			Commit: store.Commit{Version: 1}, Records: []store.Record{{User: "mia", Data: []byte("Mia")}},
		}))
		require.NoError(t, mem.SaveSnapshot(t.Context(), "acme", store.Snapshot{Version: 1}))
		active := []store.LastActive{{User: "mia", At: time.Unix(1, 0)}}
		require.NoError(t, mem.SaveLastActive(t.Context(), "acme", active))
		var methods []string
		s := storefault.Wrap(mem, func(_ context.Context, c storefault.Call) storefault.Fault {
			methods = append(methods, c.Method)
			return fault
		})
		userData, watcher := s.(store.UserDataStore), s.(store.Watcher)
		ctx := t.Context()
		fails := func(err error) {
			t.Helper()
			assert.ErrorIs(t, err, boom)
		}
		fails(s.Append(ctx, "acme", commit(2, "")))
		fails(s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 1}))
		snapshot, err := s.Snapshot(ctx, "acme")
		assert.Zero(t, snapshot)
		fails(err)
		record, err := userData.Record(ctx, "acme", "mia")
		assert.Nil(t, record)
		fails(err)
		fails(userData.SaveLastActive(ctx, "acme", active))
		commits, err := gather(s.Commits(ctx, "acme", 0))
		assert.Empty(t, commits)
		fails(err)
		accounts, err := gather(s.Accounts(ctx, ""))
		assert.Empty(t, accounts)
		fails(err)
		records, err := gather(userData.Records(ctx, "acme", ""))
		assert.Empty(t, records)
		fails(err)
		times, err := gather(userData.LastActiveTimes(ctx, "acme", ""))
		assert.Empty(t, times)
		fails(err)
		watched, err := gather(watcher.Watch(ctx))
		assert.Empty(t, watched)
		fails(err)
		fails(s.(store.Shortener).Shorten(ctx, "acme", 1, nil))
		fails(s.Erase(ctx, "acme"))
		assert.Equal(t, []string{
			"Append", "SaveSnapshot", "Snapshot", "Record", "SaveLastActive", "Commits", "Accounts", "Records", "LastActiveTimes", "Watch", "Shorten", "Erase",
		}, methods)
	}
}

func TestFaultInALoop(t *testing.T) {
	mem := new(memstore.Store)
	for version := uint64(1); version <= 5; version++ {
		require.NoError(t, mem.Append(t.Context(), "acme", commit(version, fmt.Sprint(version))))
	}
	for items, want := range []int{0, 1, 2, 3, 4, 5, 5} {
		s := storefault.Wrap(mem, func(context.Context, storefault.Call) storefault.Fault {
			return storefault.Fault{After: storefault.ErrInjected, Items: items}
		})
		got, err := gather(s.Commits(t.Context(), "acme", 0))
		assert.ErrorIs(t, err, storefault.ErrInjected)
		assert.Len(t, got, want)
		for c, err := range s.Commits(t.Context(), "acme", 0) {
			assert.Equal(t, items == 0, err != nil, "the first of %d: %v", items, c)
			break
		}
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := storefault.Wrap(new(memstore.Store), func(context.Context, storefault.Call) storefault.Fault {
			return storefault.Fault{Delay: time.Second}
		})
		began := time.Now()
		require.NoError(t, s.Append(t.Context(), "acme", commit(1, "one")))
		assert.Equal(t, time.Second, time.Since(began))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, s.Append(ctx, "acme", commit(2, "two")), context.DeadlineExceeded)
		assert.Equal(t, time.Second+time.Millisecond, time.Since(began))
	})
}

// Faults depend on the seed, not on the order of calls.
func TestRandom(t *testing.T) {
	rates := storefault.Rates{
		Before: 0.2, After: 0.2, Delay: 0.5, Rival: 0.2, MaxDelay: time.Microsecond,
		NewRival: func(c storefault.Call) *store.Entry { e := commit(c.Version, "rival"); return &e },
	}
	var calls []storefault.Call
	for i := range 500 {
		calls = append(calls, storefault.Call{Method: "Append", Account: usher.AccountID(fmt.Sprint(i % 7)), Version: uint64(i), Try: 1 + i%3})
	}
	faultsOf := func(seed uint64, backward bool) string {
		faults := storefault.Random(seed, rates)
		all := make([]string, len(calls))
		var group sync.WaitGroup
		for i, c := range calls {
			if backward {
				i, c = len(calls)-1-i, calls[len(calls)-1-i]
			}
			group.Go(func() {
				f := faults(t.Context(), c)
				all[i] = fmt.Sprint(f.Delay, f.Before, f.Rival != nil, f.After, f.Items)
			})
		}
		group.Wait()
		return fmt.Sprint(all)
	}
	assert.Equal(t, faultsOf(1, false), faultsOf(1, true))
	assert.NotEqual(t, faultsOf(1, false), faultsOf(2, false))

	before, after, delay, rival := 0, 0, 0, 0
	faults := storefault.Random(7, rates)
	for _, c := range calls {
		f := faults(t.Context(), c)
		for _, made := range []struct {
			n  *int
			is bool
		}{{&before, f.Before != nil}, {&after, f.After != nil}, {&delay, f.Delay > 0}, {&rival, f.Rival != nil}} {
			if made.is {
				*made.n++
			}
		}
		assert.Less(t, f.Delay, time.Microsecond)
	}
	for _, n := range []int{before, after, rival} {
		assert.InDelta(t, 100, n, 40)
	}
	assert.InDelta(t, 250, delay, 60)
	for _, c := range calls {
		assert.Zero(t, storefault.Random(7, storefault.Rates{})(t.Context(), c))
		assert.Equal(t, storefault.ErrInjected, storefault.Random(7, storefault.Rates{Before: 1})(t.Context(), c).Before)
	}
}

// A caller that follows the contract loses no commit and stores none twice, however often calls
// fail.
func TestProtocolUnderFaults(t *testing.T) {
	mem := new(memstore.Store)
	s := storefault.Wrap(mem, storefault.Random(3, storefault.Rates{
		Before: 0.2, After: 0.3, Delay: 0.1, Rival: 0.2,
		NewRival: func(c storefault.Call) *store.Entry {
			e := commit(c.Version, fmt.Sprintf("rival %d", c.Version))
			return &e
		},
	}))
	retry := func(call func() error) error {
		for {
			if err := call(); !errors.Is(err, storefault.ErrInjected) {
				return err
			}
		}
	}
	var mine []string
	next := uint64(1)
	for i := range 300 {
		text := fmt.Sprintf("mine %d", i)
		for {
			err := retry(func() error { return s.Append(t.Context(), "acme", commit(next, text)) })
			if !errors.Is(err, store.ErrConflict) {
				require.NoError(t, err)
				break
			}
			var stored string
			require.NoError(t, retry(func() error {
				for c, err := range s.Commits(t.Context(), "acme", next-1) {
					if err != nil {
						return err
					}
					stored = string(c.Data)
					break
				}
				return nil
			}))
			if stored == text {
				break
			}
			next++
		}
		next++
		mine = append(mine, text)
	}
	var kept []string
	rivals := 0
	for _, text := range data(t, mem, "acme") {
		if text[0] == 'm' {
			kept = append(kept, text)
		} else {
			rivals++
		}
	}
	assert.True(t, slices.Equal(mine, kept), "every commit once, in order")
	assert.Positive(t, rivals)
}

// gather returns what a loop yields before its first error.
func gather[T any](loop iter.Seq2[T, error]) (all []T, err error) {
	for v, err := range loop {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}
