package engine_test

import (
	"fmt"
	"strings"
	"sync"
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

func TestAtLeast(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, unwatched).found(), openOn(t, mem, unwatched)
	assert.True(t, two.opens("adam"))
	version := one.must("acme", host, setRole("adam", "member")).Version
	assert.True(t, two.opens("adam"), "there was no hint")

	allowed := func(r *engine.Reader) bool {
		d, err := r.Check(ctx, ask("adam", openDoor))
		require.NoError(t, err)
		return d.Allowed()
	}
	reads := two.calls.of("Commits")
	assert.True(t, allowed(two.AtLeast("acme", 0)))
	assert.True(t, allowed(two.AtLeast("acme", version-1)))
	assert.Equal(t, reads, two.calls.of("Commits"), "the cached snapshot suffices")
	assert.False(t, allowed(two.AtLeast("acme", version)))
	assert.Equal(t, reads+1, two.calls.of("Commits"))
	assert.False(t, two.opens("adam"), "the load is cached")

	_, err := two.AtLeast("acme", version+1).Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, engine.ErrFutureVersion)
	assert.ErrorContains(t, err, "the newest is 2, and the request needs 3")
	_, err = two.AtLeast("other", 1).Check(ctx, usher.Request{Account: "other", Subject: "adam", Permission: openDoor})
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	two.calls.set(on("Commits", storefault.Fault{Before: errDown}))
	_, err = two.AtLeast("acme", version+1).Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, errDown)
	assert.NotErrorIs(t, err, engine.ErrStale)
}

// At returns what View and Check returned when the version was the newest.
func TestAt(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	type then struct {
		users, cleo string
		held        int
	}
	look := func(v account.View, az usher.Authorizer) (seen then) {
		for m := range v.Users("") {
			seen.users += fmt.Sprintf("%s %s %s %v; ", m.ID, m.Role, m.Status, m.Seats)
		}
		for _, s := range v.Seats() {
			seen.held = s.Held
		}
		d, err := az.Check(ctx, ask("cleo", openDoor))
		require.NoError(t, err)
		seen.cleo = d.String()
		assert.Equal(t, v.Version(), d.Detail().Version)
		return seen
	}
	now := func() then {
		v, err := w.View(ctx, "acme")
		require.NoError(t, err)
		return look(v, w)
	}
	past := []then{now()}
	for _, command := range []account.Command{
		account.AssignSeat{User: "cleo", Pool: "desk"},
		setRole("max", "admin"),
		account.SetStatus{User: "cleo", Status: usher.Inactive},
		account.RemoveUser{User: "max"},
		setRole("cleo", "member"),
	} {
		w.must("acme", host, command)
		past = append(past, now())
	}
	state := account.New("acme")
	for i, c := range w.journal() {
		var err error
		state, err = state.Apply(c)
		require.NoError(t, err)
		if i == 2 { // a snapshot in the middle is used for later versions only
			require.NoError(t, mem.SaveSnapshot(ctx, "acme", store.Snapshot{Version: state.Version(), Data: state.Encode()}))
		}
	}
	w.must("acme", host, account.DeleteAccount{})
	for i, want := range past {
		r := w.At("acme", uint64(i)+1)
		v, err := r.View(ctx, "acme")
		require.NoError(t, err)
		assert.Equal(t, want, look(v, r), "version %d", i+1)
		x, err := r.Explain(ctx, ask("cleo", openDoor))
		require.NoError(t, err)
		assert.Equal(t, want.cleo, x.Decision.String())
		f, err := r.Filter(ctx, ask("cleo", openDoor))
		require.NoError(t, err)
		assert.Equal(t, x.Decision.Allowed(), f.All())
		may := false
		for who, err := range r.WhoMay(ctx, ask("", openDoor), "") {
			require.NoError(t, err)
			may = may || who.ID == "cleo"
		}
		assert.Equal(t, x.Decision.Allowed(), may)
	}

	for version, want := range map[uint64]error{0: usher.ErrUnknownAccount, 7: usher.ErrUnknownAccount, 8: engine.ErrFutureVersion} {
		_, err := w.At("acme", version).View(ctx, "acme")
		assert.ErrorIs(t, err, want, "version %d", version)
	}
	_, err := w.At("other", 1).View(ctx, "other")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	_, err = w.At("", 1).View(ctx, "")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
}

// A Reader rejects requests about other accounts, whatever it has loaded.
func TestReaderOfAnotherAccount(t *testing.T) {
	w := open(t, nil).found()
	w.must("other", host, account.CreateAccount{Owner: "olga"})
	request := usher.Request{Account: "other", Subject: "olga", Permission: openDoor}
	for name, r := range map[string]*engine.Reader{"at least": w.AtLeast("acme", 1), "at": w.At("acme", 1)} {
		for range 2 {
			errs := map[string]error{}
			var d usher.Decision
			d, errs["Check"] = r.Check(ctx, request)
			assert.False(t, d.Allowed())
			var x usher.Explanation
			x, errs["Explain"] = r.Explain(ctx, request)
			assert.Zero(t, x)
			_, errs["Actions"] = r.Actions(ctx, request)
			_, errs["Filter"] = r.Filter(ctx, request)
			_, errs["View"] = r.View(ctx, "other")
			for _, errs["WhoMay"] = range r.WhoMay(ctx, request, "") {
			}
			for op, err := range errs {
				assert.ErrorIs(t, err, usher.ErrOtherAccount, "%s: %s", name, op)
				assert.ErrorContains(t, err, `the Reader reads "acme", and the request is about "other"`, "%s: %s", name, op)
			}
			_, err := r.Check(ctx, ask("adam", openDoor))
			assert.NoError(t, err)
		}
	}
}

// A Reader of At reads the journal once.
func TestAtReadsOnce(t *testing.T) {
	w := open(t, unwatched).found()
	w.must("acme", host, setRole("max", "admin"))
	r := w.At("acme", 1)
	reads := w.calls.of("Commits")
	for range 10 {
		actions, err := r.Actions(ctx, usher.Request{Account: "acme", Subject: "max", Resource: &usher.Object{Type: "door"}})
		require.NoError(t, err)
		assert.Empty(t, actions)
	}
	assert.Equal(t, reads+1, w.calls.of("Commits"))
}

func TestMaxStaleness(t *testing.T) {
	mem := new(memstore.Store)
	one := openOn(t, mem, unwatched).found()
	two := openOn(t, mem, func(o *engine.Options) { unwatched(o); o.MaxStaleness = time.Minute })
	assert.True(t, two.opens("adam"))
	one.must("acme", host, setRole("adam", "member"))
	reads := two.calls.of("Commits")
	two.clock.add(time.Minute)
	assert.True(t, two.opens("adam"), "a minute is allowed")
	assert.Equal(t, reads, two.calls.of("Commits"))
	two.clock.add(1)
	assert.False(t, two.opens("adam"))
	assert.Equal(t, reads+1, two.calls.of("Commits"))
	assert.False(t, two.opens("adam"))
	assert.Equal(t, reads+1, two.calls.of("Commits"), "the snapshot is confirmed again")

	two.clock.add(2 * time.Minute)
	two.calls.set(on("Commits", storefault.Fault{Before: errDown}))
	d, err := two.Check(ctx, ask("olivia", openDoor))
	assert.ErrorIs(t, err, engine.ErrStale)
	assert.ErrorIs(t, err, errDown)
	assert.False(t, d.Allowed())
	_, err = two.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrStale, "a stale snapshot is not used for a batch")
	two.calls.set(nil)
	assert.True(t, two.opens("olivia"))

	two.clock.add(-time.Hour)
	reads = two.calls.of("Commits")
	assert.True(t, two.opens("olivia"))
	assert.Equal(t, reads+1, two.calls.of("Commits"), "after the clock is set back, a snapshot is stale")

	// One load serves all waiting callers.
	two.clock.add(3 * time.Hour)
	faults, letGo := held("Commits")
	two.calls.set(faults)
	var waiting sync.WaitGroup
	for range 50 {
		waiting.Go(func() { assert.True(t, two.opens("olivia")) })
	}
	time.Sleep(5 * time.Millisecond)
	letGo()
	waiting.Wait()
	assert.Equal(t, reads+2, two.calls.of("Commits"))
}

// A commit of the Engine confirms the snapshot as a load does.
func TestOwnCommitsAreFresh(t *testing.T) {
	w := open(t, func(o *engine.Options) { unwatched(o); o.MaxStaleness = time.Minute }).found()
	w.clock.add(50 * time.Second)
	w.must("acme", host, setRole("max", "admin"))
	w.clock.add(50 * time.Second)
	reads := w.calls.of("Commits")
	assert.True(t, w.opens("max"))
	assert.Equal(t, reads, w.calls.of("Commits"))
}

func TestNoAccountIsNamed(t *testing.T) {
	w := open(t, nil).found()
	_, err := w.At("", 1).View(ctx, "")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.EqualError(t, err, `view: unknown account: the request names no account`)
	long := usher.AccountID(strings.Repeat("a", 1025))
	_, err = w.At(long, 1).View(ctx, long)
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.ErrorContains(t, err, "1025 bytes")
}
