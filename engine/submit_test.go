package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
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

func TestDo(t *testing.T) {
	w := open(t, nil).found()
	result := w.must("acme", account.AsUser("adam"), setRole("max", "admin"))
	assert.Equal(t, uint64(2), result.Version)
	assert.False(t, result.Repeated)
	assert.True(t, w.opens("max"), "the next check sees it")

	c := result.Commit
	assert.Equal(t, uint64(2), c.Version)
	assert.Equal(t, account.AsUser("adam"), c.Actor)
	assert.Equal(t, noon, c.Time)
	assert.Equal(t, load(t, office).Digest(), c.Policy)
	assert.Equal(t, []account.Change{account.RoleSet{User: "max", From: "member", To: "admin"}}, c.Changes)
	assert.Len(t, c.ID, 26)
	assert.Equal(t, c, w.journal()[1], "the returned commit is the stored one")

	result = w.must("acme", account.AsUser("adam"), setRole("max", "admin"))
	assert.Equal(t, engine.Result{Version: 2}, result, "the batch changed nothing")
}

func TestDoRefuses(t *testing.T) {
	w := open(t, nil).found()
	for _, row := range []struct {
		actor    account.Actor
		account  usher.AccountID
		commands []account.Command
		want     error
		text     string
	}{
		{account.AsUser("max"), "acme", []account.Command{setRole("adam", "member")}, usher.ErrDenied, "set-role adam member: max may not user.set-role: denied "},
		{account.Actor{}, "acme", []account.Command{setRole("adam", "member")}, account.CodeDenied, ""},
		{host, "acme", []account.Command{setRole("adam", "member"), setRole("eve", "admin")}, account.CodeUnknownUser, "command 2 of 2: set-role eve admin: unknown user"},
		{host, "acme", []account.Command{account.CreateAccount{Owner: "eve"}}, account.CodeExists, ""},
		{host, "other", []account.Command{setRole("adam", "member")}, usher.ErrUnknownAccount, `submit to "other": `},
		{host, "", []account.Command{account.CreateAccount{Owner: "eve"}}, usher.ErrUnknownAccount, ""},
		{host, "acme", []account.Command{nil}, account.CodeInvalid, ""},
		{host, "acme", []account.Command{&account.RemoveUser{User: "max"}}, account.CodeInvalid, "pass account.RemoveUser, not a pointer"},
		{host, "acme", nil, account.CodeInvalid, "invalid: the batch has no commands"},
		{host, "other", nil, account.CodeInvalid, ""},
	} {
		result, err := w.Do(ctx, row.actor, row.account, row.commands...)
		assert.ErrorIs(t, err, row.want)
		assert.ErrorContains(t, err, row.text)
		assert.Equal(t, engine.Result{}, result)
	}
	assert.Len(t, w.journal(), 1, "no changes were made")
	assert.True(t, w.opens("adam"))
}

// Conditions read the facts of a batch, and the journal has its time and note.
func TestSubmit(t *testing.T) {
	w := open(t, nil).found()
	batch := engine.Batch{Actor: account.AsUser("olivia"), Account: "acme", Commands: []account.Command{account.DeleteAccount{}}}
	_, err := w.Submit(ctx, batch)
	assert.ErrorIs(t, err, usher.ErrDenied)
	batch.Context = usher.Context{"mfa": true}
	batch.Note = "by letter"
	batch.Time = noon.Add(time.Hour)
	w.clock.add(2 * time.Hour)
	result, err := w.Submit(ctx, batch)
	require.NoError(t, err)
	assert.Equal(t, "by letter", result.Commit.Note)
	assert.Equal(t, noon.Add(time.Hour), result.Commit.Time)
	_, err = w.Check(ctx, ask("olivia", openDoor))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.Len(t, w.journal(), 2, "the journal of a deleted account stays")
	_, err = w.Do(ctx, host, "acme", account.CreateAccount{Owner: "olivia"})
	assert.ErrorIs(t, err, account.CodeExists)
}

func TestTimeNeverGoesBack(t *testing.T) {
	w := open(t, nil).found()
	w.clock.add(-time.Hour)
	assert.Equal(t, noon, w.must("acme", host, setRole("max", "admin")).Commit.Time)
	w.clock.add(2 * time.Hour)
	assert.Equal(t, noon.Add(time.Hour), w.must("acme", host, setRole("max", "member")).Commit.Time)
}

// A batch with a time in the next century is evaluated at that time, and committed at
// the time of the clock.
func TestTimeIsNotAheadOfTheClock(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.GiveGrant{User: "max", Grant: "user.set-role", Until: noon.Add(time.Hour)})
	later := engine.Batch{
		Actor: account.AsUser("max"), Account: "acme", Time: noon.AddDate(100, 0, 0), Commands: []account.Command{setRole("cleo", "member")},
	}
	_, err := w.Submit(ctx, later)
	assert.ErrorIs(t, err, usher.ErrDenied, "the grant has ended at that time")
	later.Actor = account.AsUser("adam")
	for _, key := range []string{"", "k"} {
		later.IdempotencyKey = key
		w.clock.add(time.Minute)
		result, err := w.Submit(ctx, later)
		require.NoError(t, err)
		assert.Equal(t, w.clock.Now(), result.Commit.Time)
		v, err := w.View(ctx, "acme")
		require.NoError(t, err)
		assert.Equal(t, w.clock.Now(), v.Time())
		w.must("acme", host, setRole("cleo", "clerk"))
	}
	w.clock.add(-time.Hour)
	result, err := w.Submit(ctx, engine.Batch{Actor: host, Account: "acme", Time: later.Time, Commands: []account.Command{setRole("cleo", "member")}})
	require.NoError(t, err)
	assert.Equal(t, noon.Add(2*time.Minute), result.Commit.Time, "nor before the last commit")
	imported, err := w.Submit(ctx, engine.Batch{Actor: host, Account: "new", Time: later.Time, Commands: []account.Command{account.CreateAccount{Owner: "eve"}}})
	require.NoError(t, err)
	assert.Equal(t, w.clock.Now(), imported.Commit.Time)
}

// After a conflict the batch is proposed again on the new state.
func TestConflict(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, unwatched).found(), openOn(t, mem, unwatched)
	assert.True(t, two.opens("adam"))
	one.must("acme", host, account.AssignSeat{User: "adam", Pool: "desk"})

	result := two.must("acme", host, account.AssignSeat{User: "cleo", Pool: "desk"})
	assert.Equal(t, uint64(3), result.Version)
	assert.Equal(t, 2, two.calls.of("Append"))

	// One engine does not know of the second seat, and finds out that it is the last.
	_, err := one.Do(ctx, host, "acme", account.AssignSeat{User: "max", Pool: "desk"})
	assert.ErrorIs(t, err, account.CodeNoSeatsLeft)
	assert.True(t, one.opens("cleo"), "and the load is cached")
}

// After a conflict the batch is authorized again: the actor has lost the role.
func TestConflictAuthorizesAgain(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, unwatched).found(), openOn(t, mem, unwatched)
	assert.True(t, two.opens("adam"))
	one.must("acme", host, setRole("adam", "member"))
	_, err := two.Do(ctx, account.AsUser("adam"), "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, usher.ErrDenied)
	assert.Equal(t, 1, two.calls.of("Append"))
}

// A rejection or a batch without changes reflects the store, not only the cache.
func TestRefusalsAreOfNow(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, unwatched).found(), openOn(t, mem, unwatched)
	one.must("acme", host, account.SetSeats{Pool: "desk", Total: 1}, account.AssignSeat{User: "adam", Pool: "desk"})
	assert.True(t, two.opens("adam"))
	one.must("acme", host, account.UnassignSeat{User: "adam", Pool: "desk"}, setRole("max", "admin"))

	two.must("acme", host, account.AssignSeat{User: "cleo", Pool: "desk"})
	result := one.must("acme", host, setRole("max", "member"))
	assert.Equal(t, result.Version+1, two.must("acme", host, setRole("max", "admin")).Version)

	two.calls.set(on("Commits", storefault.Fault{Before: errDown}))
	_, err := two.Do(ctx, host, "acme", account.AssignSeat{User: "max", Pool: "desk"})
	assert.ErrorIs(t, err, errDown, "if the store cannot be read, no rejection is returned")
}

func TestBusy(t *testing.T) {
	mem := new(memstore.Store)
	rival := openOn(t, mem, nil).found()
	w := openOn(t, mem, unwatched)
	assert.True(t, w.opens("adam"))
	n := 0
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Append" {
			n++
			rival.must("acme", host, account.AddUser{User: usher.UserID(fmt.Sprint("rival-", n))})
		}
		return storefault.Fault{}
	})
	_, err := w.Do(ctx, host, "acme", account.AddUser{User: "eve"})
	assert.ErrorIs(t, err, engine.ErrContention)
	assert.ErrorContains(t, err, "16 times")
	w.calls.set(nil)
	w.must("acme", host, account.AddUser{User: "eve"})
}

// Each try is one append, and Options.Tries limits the tries.
func TestTries(t *testing.T) {
	for given, want := range map[int]int{0: 16, 1: 1, 2: 2, 5: 5, 40: 40} {
		mem := new(memstore.Store)
		rival := openOn(t, mem, nil).found()
		w := openOn(t, mem, func(o *engine.Options) { o.Tries = given; unwatched(o) })
		n := 0
		w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
			if c.Method == "Append" {
				n++
				rival.must("acme", host, account.AddUser{User: usher.UserID(fmt.Sprint("rival-", n))})
			}
			return storefault.Fault{}
		})
		_, err := w.Do(ctx, host, "acme", account.AddUser{User: "eve"})
		assert.ErrorIs(t, err, engine.ErrContention)
		assert.ErrorContains(t, err, fmt.Sprintf("%d times", want))
		assert.Equal(t, want, n)
		view, err := rival.View(ctx, "acme")
		require.NoError(t, err)
		_, there := view.User("eve")
		assert.False(t, there, "no changes were made")
	}
	_, err := engine.Open(engine.Options{Policy: load(t, office), Store: new(memstore.Store), Tries: -1})
	assert.ErrorContains(t, err, "Tries")
}

// Writers of one account in two engines lose no commit, and sell no seat twice.
func TestManyWriters(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, nil).found(), openOn(t, mem, nil)
	one.must("acme", host, account.SetSeats{Pool: "desk", Total: 10})
	const users = 20
	for i := range users {
		one.must("acme", host, account.AddUser{User: usher.UserID(fmt.Sprint("u", i))})
	}
	var writers sync.WaitGroup
	var seated atomic.Int64
	for i := range users {
		w := one
		if i%2 == 1 {
			w = two
		}
		writers.Go(func() {
			for {
				_, err := w.Do(ctx, host, "acme", account.AssignSeat{User: usher.UserID(fmt.Sprint("u", i)), Pool: "desk"})
				switch {
				case err == nil:
					seated.Add(1)
				case errors.Is(err, engine.ErrContention):
					continue
				default:
					assert.ErrorIs(t, err, account.CodeNoSeatsLeft)
				}
				return
			}
		})
	}
	writers.Wait()
	assert.Equal(t, int64(10), seated.Load())
	view, err := two.AtLeast("acme", uint64(len(one.journal()))).View(ctx, "acme")
	require.NoError(t, err)
	for _, s := range view.Seats() {
		assert.Equal(t, 10, s.Held)
	}
}

// A definite rejection by the store is returned at once, and blocks nothing. The account
// is loaded again only if the store has fewer commits than the cache.
func TestStoreRefuses(t *testing.T) {
	for refusal, reads := range map[error]int{store.ErrReadOnly: 0, store.ErrInvalid: 0, store.ErrGap: 1} {
		w := open(t, unwatched).found()
		before := w.calls.of("Snapshot")
		w.calls.set(on("Append", storefault.Fault{Before: refusal}))
		_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
		assert.ErrorIs(t, err, refusal)
		assert.NotErrorIs(t, err, engine.ErrOutcomeUnknown)
		assert.Equal(t, 2, w.calls.of("Append"))
		w.calls.set(nil)
		assert.False(t, w.opens("max"))
		assert.Equal(t, before+reads, w.calls.of("Snapshot"), refusal)
		w.must("acme", host, setRole("max", "admin"))
		assert.True(t, w.opens("max"))
	}
}

func TestWritersWaitNoLongerThanTheyLike(t *testing.T) {
	w := open(t, nil).found()
	faults, letGo := held("Append")
	w.calls.set(func(ctx context.Context, c storefault.Call) storefault.Fault {
		if c.Account != "acme" {
			return storefault.Fault{}
		}
		return faults(ctx, c)
	})
	first := make(chan error)
	go func() {
		_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
		first <- err
	}()
	eventually(t, "the first one writes", func() bool { return w.calls.of("Append") == 2 })
	impatient, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	_, err := w.Do(impatient, host, "acme", setRole("max", "clerk"))
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	w.must("other", host, account.CreateAccount{Owner: "olivia"}) // other accounts do not wait
	letGo()
	require.NoError(t, <-first)
	assert.Len(t, w.journal(), 2)
}

func TestPreview(t *testing.T) {
	w := open(t, nil).found()
	batch := engine.Batch{Actor: account.AsUser("adam"), Account: "acme", Commands: []account.Command{
		setRole("max", "clerk"), account.AssignSeat{User: "max", Pool: "desk"},
	}}
	preview, err := w.Preview(ctx, batch)
	require.NoError(t, err)
	assert.Len(t, preview.Changes, 2)
	require.Len(t, preview.Seats, 1)
	assert.Equal(t, 1, preview.Seats[0].After.Held)
	require.Len(t, preview.Users, 1)
	assert.NotEmpty(t, preview.Users[0].Gains)
	assert.Len(t, w.journal(), 1, "no changes were made")

	batch.Actor = account.AsUser("max")
	_, err = w.Preview(ctx, batch)
	assert.ErrorIs(t, err, usher.ErrDenied)
	batch.Account = "other"
	_, err = w.Preview(ctx, batch)
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	batch.Commands = nil
	_, err = w.Preview(ctx, batch)
	assert.ErrorIs(t, err, account.CodeInvalid)
}

// A panic of the host application or of the store leaves nothing locked.
func TestPanicsLeaveNothingLocked(t *testing.T) {
	commits := 0
	w := open(t, func(o *engine.Options) {
		o.Observer.Committed = func(context.Context, *account.Commit) {
			if commits++; commits == 2 {
				panic("observed")
			}
		}
	}).found()
	assert.PanicsWithValue(t, "observed", func() { w.must("acme", host, setRole("max", "admin")) })
	assert.True(t, w.opens("max"), "the commit was stored all the same")
	w.must("acme", host, setRole("max", "member"))

	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Append" {
			panic("out of cheese")
		}
		return storefault.Fault{}
	})
	assert.PanicsWithValue(t, "out of cheese", func() { w.must("acme", host, setRole("max", "admin")) })
	w.calls.set(nil)
	w.must("acme", host, setRole("max", "clerk"))
	assert.LessOrEqual(t, len(w.journal()), 5)
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)), "no batch counts as underway")
}

// An id that no journal can have is an unknown account.
func TestAccountThatCannotBe(t *testing.T) {
	w := open(t, nil).found()
	for _, id := range []usher.AccountID{"", "\xff"} {
		_, err := w.Do(ctx, account.AsUser("adam"), id, account.RemoveUser{User: "max"})
		assert.ErrorIs(t, err, usher.ErrUnknownAccount, "%q", id)
	}
}
