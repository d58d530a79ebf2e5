package engine_test

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// held makes calls of a method wait until they are released.
func held(method string) (faults func(context.Context, storefault.Call) storefault.Fault, letGo func()) {
	gate := make(chan struct{})
	return func(ctx context.Context, c storefault.Call) storefault.Fault {
		if c.Method == method {
			select {
			case <-gate:
			case <-ctx.Done():
				return storefault.Fault{Before: ctx.Err()}
			}
		}
		return storefault.Fault{}
	}, sync.OnceFunc(func() { close(gate) })
}

func TestLoadOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := new(memstore.Store)
		openOn(t, mem, nil).found()
		w := openOn(t, mem, unwatched)
		faults, letGo := held("Snapshot")
		w.calls.set(faults)
		var asked sync.WaitGroup
		for range 100 {
			asked.Go(func() { assert.True(t, w.opens("adam")) })
		}
		asked.Go(func() { // a caller that stops waiting does not stop the others
			impatient, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			_, err := w.Check(impatient, ask("adam", openDoor))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		time.Sleep(5 * time.Millisecond) // of the bubble: all callers wait by then
		letGo()
		asked.Wait()
		assert.Equal(t, 1, w.calls.of("Snapshot"))
		assert.Equal(t, 1, w.calls.of("Commits"))
		assert.True(t, w.opens("adam"))
		assert.Equal(t, 1, w.calls.of("Commits"), "an account in memory is not read")
	})
}

// The caller that started a load may stop waiting, and the others get its result.
func TestLoadOutlivesItsFirst(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	w := openOn(t, mem, unwatched)
	faults, letGo := held("Snapshot")
	w.calls.set(faults)
	first, cancel := context.WithCancel(ctx)
	gaveUp := make(chan error)
	go func() {
		_, err := w.Check(first, ask("adam", openDoor))
		gaveUp <- err
	}()
	eventually(t, "the store is asked", func() bool { return w.calls.of("Snapshot") == 1 })
	cancel()
	assert.ErrorIs(t, <-gaveUp, context.Canceled)
	letGo()
	assert.True(t, w.opens("adam"))
	assert.Equal(t, 1, w.calls.of("Snapshot"))
}

// A snapshot that is damaged, of another account or newer than allowed does no harm.
func TestDamagedSnapshots(t *testing.T) {
	mem := new(memstore.Store)
	first := openOn(t, mem, nil).found()
	first.must("acme", host, setRole("max", "admin"))
	first.must("other", host, account.CreateAccount{Owner: "olivia"})
	other := account.New("other")
	for c, err := range first.Journal(ctx, "other", 0) {
		require.NoError(t, err)
		other, err = other.Apply(c)
		require.NoError(t, err)
	}
	for name, data := range map[string][]byte{
		"no snapshot":         []byte("once upon a time"),
		"of another account":  other.Encode(),
		"cut off":             other.Encode()[:10],
		"of an empty account": account.New("acme").Encode(),
	} {
		require.NoError(t, mem.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 1, Data: data}))
		var failures []error
		w := openOn(t, mem, func(o *engine.Options) {
			o.Observer.Failed = func(err error) { failures = append(failures, err) }
		})
		assert.True(t, w.opens("max"), name)
		require.NotEmpty(t, failures, name)
		assert.ErrorContains(t, failures[0], `read snapshot "acme"`)
		require.NoError(t, w.Close())
	}
}

// A journal that cannot be read makes every check an error.
func TestDamagedJournal(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	require.NoError(t, mem.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 2, Data: []byte(`{"usher":99}`)}}))

	// An Engine that has version 1 receives a hint of more commits, and cannot read
	// them.
	eventually(t, "the hint arrives", func() bool {
		_, err := w.Check(ctx, ask("adam", openDoor))
		return err != nil
	})
	for _, asked := range []*world{w, openOn(t, mem, nil)} {
		d, err := asked.Check(ctx, ask("adam", openDoor))
		assert.ErrorIs(t, err, account.ErrNewer)
		assert.False(t, d.Allowed())
		_, err = asked.Do(ctx, host, "acme", setRole("max", "admin"))
		assert.ErrorIs(t, err, account.ErrNewer)
		last := error(nil)
		for _, err := range asked.Journal(ctx, "acme", 0) {
			last = err
		}
		assert.ErrorIs(t, last, account.ErrNewer)
	}
}

func TestEviction(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.Accounts = 10; unwatched(o) })
	id := func(i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("account-%d", i)) }
	for i := range 50 {
		w.must(id(i), host, account.CreateAccount{Owner: "olivia"})
	}
	reads := w.calls.of("Snapshot")
	for range 3 {
		for i := range 50 {
			d, err := w.Check(ctx, usher.Request{Account: id(i), Subject: "olivia", Permission: openDoor})
			require.NoError(t, err)
			assert.True(t, d.Allowed())
		}
	}
	assert.GreaterOrEqual(t, w.calls.of("Snapshot")-reads, 3*40, "at most ten of fifty are in memory")

	// An account in constant use stays in memory.
	busy := func() {
		_, err := w.Check(ctx, usher.Request{Account: id(0), Subject: "olivia", Permission: openDoor})
		require.NoError(t, err)
	}
	busy()
	for i := 1; i < 50; i++ {
		_, err := w.Check(ctx, usher.Request{Account: id(i), Subject: "olivia", Permission: openDoor})
		require.NoError(t, err)
		before := w.calls.of("Snapshot")
		busy()
		if i > 10 {
			assert.Equal(t, before, w.calls.of("Snapshot"))
		}
	}
}

// Unknown accounts evict nothing.
func TestUnknownAccountsEvictNone(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.Accounts = 1; unwatched(o) }).found()
	assert.True(t, w.opens("adam"))
	for i := range 100 {
		_, err := w.View(ctx, usher.AccountID(fmt.Sprint("other-", i)))
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	}
	reads := w.calls.of("Snapshot")
	assert.True(t, w.opens("adam"))
	assert.Equal(t, reads, w.calls.of("Snapshot"))
}

func TestEvictionByUsers(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.Users = 20; unwatched(o) })
	w.found() // four users
	users := make([]account.Command, 0, 30)
	users = append(users, account.CreateAccount{Owner: "olivia"})
	for i := range 30 {
		users = append(users, account.AddUser{User: usher.UserID(fmt.Sprint(i))})
	}
	w.must("large", host, users...)
	reads := w.calls.of("Snapshot")
	check := func(id usher.AccountID) {
		_, err := w.Check(ctx, usher.Request{Account: id, Subject: "olivia", Permission: openDoor})
		require.NoError(t, err)
	}
	check("large")
	assert.Equal(t, reads, w.calls.of("Snapshot"), "an account above the limit stays in memory")
	check("acme")
	assert.Equal(t, reads+1, w.calls.of("Snapshot"), "but no other account fits beside it")
	check("large")
	assert.Equal(t, reads+2, w.calls.of("Snapshot"))
}

// An account is not evicted during a write, so that the next writer waits for the first
// one.
func TestNoEvictionUnderAWriter(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.Accounts = 1; unwatched(o) }).found()
	faults, letGo := held("Append")
	w.calls.set(func(ctx context.Context, c storefault.Call) storefault.Fault {
		if c.Account != "acme" {
			return storefault.Fault{}
		}
		return faults(ctx, c)
	})
	appends := w.calls.of("Append")
	var writers sync.WaitGroup
	for _, user := range []usher.UserID{"a", "b", "c"} {
		writers.Go(func() { w.must("acme", host, account.AddUser{User: user}) })
	}
	eventually(t, "one writes", func() bool { return w.calls.of("Append") == appends+1 })
	for i := range 20 {
		w.must(usher.AccountID(fmt.Sprintf("account-%d", i)), host, account.CreateAccount{Owner: "olivia"})
	}
	appends = w.calls.of("Append")
	letGo()
	writers.Wait()
	assert.Equal(t, appends+2, w.calls.of("Append"), "no writer had a conflict")
	assert.Len(t, w.journal(), 4)
}

// Concurrent callers for an unknown account share one load, too.
func TestManyAskForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, unwatched).found()
		faults, letGo := held("Commits")
		w.calls.set(faults)
		reads := w.calls.of("Commits")
		var asked sync.WaitGroup
		for range 100 {
			asked.Go(func() {
				_, err := w.AtLeast("acme", 9).Check(ctx, ask("adam", openDoor))
				assert.ErrorIs(t, err, engine.ErrFutureVersion)
			})
			asked.Go(func() {
				_, err := w.View(ctx, "other")
				assert.ErrorIs(t, err, usher.ErrUnknownAccount)
			})
		}
		synctest.Wait() // all callers wait
		letGo()
		asked.Wait()
		assert.LessOrEqual(t, w.calls.of("Commits")-reads, 20)
		require.NoError(t, w.Close())
	})
}

// late is a store whose iterators return commits some time after they read them.
type late struct {
	userDataOnly
	arrive chan struct{}
}

func (s late) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		var all []store.Commit
		for c, err := range s.userDataOnly.Commits(ctx, id, after) {
			if err != nil {
				yield(c, err)
				return
			}
			all = append(all, c)
		}
		<-s.arrive
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// A load that began before a commit does not replace it, even if the account was evicted
// meanwhile.
func TestNeverBackInTime(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	slow := late{userDataOnly{mem}, make(chan struct{}, 1)}
	counted := &calls{}
	w := openOn(t, mem, func(o *engine.Options) { o.Store = storefault.Wrap(slow, counted.befall) })
	w.calls = counted
	slow.arrive <- struct{}{}
	assert.True(t, w.opens("adam"))

	asked := make(chan error)
	go func() {
		d, err := w.AtLeast("acme", 2).Check(ctx, ask("adam", openDoor))
		if err == nil && d.Allowed() {
			err = fmt.Errorf("allowed at version %d", d.Detail().Version)
		}
		asked <- err
	}()
	eventually(t, "it is read", func() bool { return w.calls.of("Commits") == 2 })
	time.Sleep(5 * time.Millisecond)
	w.must("acme", host, setRole("adam", "member"))
	w.calls.set(on("Append", storefault.Fault{Before: store.ErrGap}))
	_, err := w.Do(ctx, host, "acme", setRole("adam", "admin"))
	assert.ErrorIs(t, err, store.ErrGap)
	close(slow.arrive)
	require.NoError(t, <-asked)
	assert.False(t, w.opens("adam"))
}

// A caller that joins waiting callers gets the state at its own call, not at that of the
// first caller.
func TestLateJoiners(t *testing.T) {
	mem := new(memstore.Store)
	other := openOn(t, mem, nil).found()
	slow := late{userDataOnly{mem}, make(chan struct{}, 1)}
	counted := &calls{}
	w := openOn(t, mem, func(o *engine.Options) { o.Store = storefault.Wrap(slow, counted.befall) })
	slow.arrive <- struct{}{}
	assert.True(t, w.opens("adam"))
	var asked sync.WaitGroup
	asked.Go(func() { _, _ = w.AtLeast("acme", 2).View(ctx, "acme") })
	eventually(t, "it is read", func() bool { return counted.of("Commits") == 2 })
	time.Sleep(5 * time.Millisecond)
	other.must("acme", host, setRole("max", "admin"))
	for range 5 {
		asked.Go(func() {
			v, err := w.AtLeast("acme", 2).View(ctx, "acme")
			if assert.NoError(t, err) {
				assert.Equal(t, uint64(2), v.Version())
			}
		})
	}
	time.Sleep(5 * time.Millisecond)
	close(slow.arrive)
	asked.Wait()
}

// A load that fails returns its error to the callers from before its start. Callers that
// came later get another load.
func TestLateJoinersHaveATryOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, unwatched).found()
		letGo := make(chan struct{})
		reads := w.calls.of("Commits")
		w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
			if c.Method == "Commits" && w.calls.of("Commits") == reads+1 {
				<-letGo
				return storefault.Fault{Before: errDown}
			}
			return storefault.Fault{}
		})
		var asked sync.WaitGroup
		asked.Go(func() {
			_, err := w.AtLeast("acme", 2).View(ctx, "acme")
			assert.ErrorIs(t, err, errDown)
		})
		synctest.Wait()
		asked.Go(func() {
			_, err := w.AtLeast("acme", 2).View(ctx, "acme")
			assert.ErrorIs(t, err, engine.ErrFutureVersion, "the store was read again")
		})
		synctest.Wait()
		close(letGo)
		asked.Wait()
		require.NoError(t, w.Close())
	})
}
