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

// held has calls of a method wait until they are let go.
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
		w := openOn(t, mem, deaf)
		faults, letGo := held("Snapshot")
		w.calls.set(faults)
		var asked sync.WaitGroup
		for range 100 {
			asked.Go(func() { assert.True(t, w.opens("adam")) })
		}
		asked.Go(func() { // who loses patience stops nobody
			impatient, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			_, err := w.Check(impatient, ask("adam", openDoor))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		time.Sleep(5 * time.Millisecond) // of the bubble: all of them wait by then
		letGo()
		asked.Wait()
		assert.Equal(t, 1, w.calls.of("Snapshot"))
		assert.Equal(t, 1, w.calls.of("Commits"))
		assert.True(t, w.opens("adam"))
		assert.Equal(t, 1, w.calls.of("Commits"), "what is in memory is not read")
	})
}

// The one who made the store be read may stop waiting, and the others get it.
func TestLoadOutlivesItsFirst(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	w := openOn(t, mem, deaf)
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

// A snapshot that is damaged, of another account or ahead of its time is no loss.
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

// A journal that cannot be read makes every question an error.
func TestDamagedJournal(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	require.NoError(t, mem.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 2, Data: []byte(`{"usher":99}`)}}))

	// Who knows version 1 is told by the store that there is more, and cannot tell what.
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
	w := open(t, func(o *engine.Options) { o.Accounts = 10; deaf(o) })
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

	// Who is asked about all the time stays.
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

// Accounts that there are not take no room.
func TestUnknownAccountsEvictNone(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.Accounts = 1; deaf(o) }).found()
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
	w := open(t, func(o *engine.Options) { o.Users = 20; deaf(o) })
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
	assert.Equal(t, reads, w.calls.of("Snapshot"), "one that is too large by itself stays all the same")
	check("acme")
	assert.Equal(t, reads+1, w.calls.of("Snapshot"), "but there is room for none beside it")
	check("large")
	assert.Equal(t, reads+2, w.calls.of("Snapshot"))
}

// While somebody writes to an account it is not evicted, so that the next writer
// waits for the one before.
func TestNoEvictionUnderAWriter(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.Accounts = 1; deaf(o) }).found()
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
	assert.Equal(t, appends+2, w.calls.of("Append"), "nobody found the version taken")
	assert.Len(t, w.journal(), 4)
}

// Those who wait for what there is not are answered together, too.
func TestManyAskForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, deaf).found()
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
		synctest.Wait() // all of them wait
		letGo()
		asked.Wait()
		assert.LessOrEqual(t, w.calls.of("Commits")-reads, 20)
		require.NoError(t, w.Close())
	})
}

// late is a store whose commits arrive some time after they were read.
type late struct {
	justKeeper
	arrive chan struct{}
}

func (s late) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		var all []store.Commit
		for c, err := range s.justKeeper.Commits(ctx, id, after) {
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

// What was read before a commit does not come after it, even if the account had to
// be forgotten meanwhile.
func TestNeverBackInTime(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	slow := late{justKeeper{mem}, make(chan struct{}, 1)}
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

// Whoever joins those who wait gets what the store had when they came, not what it
// had when the first one came.
func TestLateJoiners(t *testing.T) {
	mem := new(memstore.Store)
	other := openOn(t, mem, nil).found()
	slow := late{justKeeper{mem}, make(chan struct{}, 1)}
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

// A reading that had begun before somebody joined it fails for those who began it,
// and for nobody else.
func TestLateJoinersHaveATryOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, deaf).found()
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
			assert.ErrorIs(t, err, engine.ErrFutureVersion, "the store was asked again")
		})
		synctest.Wait()
		close(letGo)
		asked.Wait()
		require.NoError(t, w.Close())
	})
}
