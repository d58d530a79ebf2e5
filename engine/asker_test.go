package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store/memstore"
)

// askers are an Engine, and a Reader.
type askers interface {
	usher.Authorizer
	As(context.Context, usher.AccountID, usher.UserID, usher.Context) (policy.Asker, error)
	AsRequest(context.Context, usher.Request) (policy.Asker, error)
	CheckAll(context.Context, usher.AccountID, []policy.Checked, []usher.Request) []policy.Checked
}

// opensBy reports whether a user of acme may open the door, by an Asker.
func opensBy(t testing.TB, by askers, user usher.UserID) bool {
	t.Helper()
	a, err := by.As(ctx, "acme", user, nil)
	require.NoError(t, err)
	d, err := a.Check(openDoor, nil)
	require.NoError(t, err)
	return d.Allowed()
}

// All ways to check give the same decision, with the version and the digest of the policy.
func TestAskerDecidesAsCheck(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.AssignSeat{User: "cleo", Pool: "desk"}, account.GiveGrant{User: "max", Grant: "door.lock", Until: noon.Add(time.Hour)})
	latest, err := w.Latest(ctx, "acme", 1)
	require.NoError(t, err)
	var requests []usher.Request
	for _, user := range []usher.UserID{"olivia", "adam", "cleo", "max", "eve", ""} {
		for _, name := range []string{"door.open", "door.see", "door.lock", "user.edit", "account.delete", "door.paint"} {
			r := ask(user, permission.MustParse(name))
			requests = append(requests, r)
			r.By = "cleo"
			requests = append(requests, r)
			r.By, r.Time, r.Context = "", noon.Add(2*time.Hour), usher.Context{"mfa": true}
			requests = append(requests, r)
			r.Account, r.Context = "", usher.Context{"mfa": false}
			requests = append(requests, r)
			r.Visitor, r.Account = true, "acme"
			requests = append(requests, r)
		}
	}
	for _, by := range []askers{w, w.AtLeast("acme", 2), w.At("acme", 2), latest, w.ReaderTx(w.mem.Begin())} {
		all := by.CheckAll(ctx, "acme", nil, requests)
		require.Len(t, all, len(requests))
		for i, r := range requests {
			if r.Account == "" {
				r.Account = "acme"
			}
			want, wantErr := by.Check(ctx, r)
			assert.True(t, want == all[i].Decision, r)
			a, err := by.AsRequest(ctx, r)
			if err != nil {
				assert.ErrorIs(t, err, usher.ErrVisitor)
				assert.ErrorIs(t, all[i].Err, usher.ErrVisitor)
				assert.Error(t, wantErr)
				continue
			}
			assert.Equal(t, wantErr, all[i].Err)
			got, err := a.Check(r.Permission, r.Resource)
			assert.Equal(t, wantErr, err)
			assert.True(t, want == got, r)
			assert.Equal(t, uint64(2), a.Version())
			if err == nil {
				assert.Equal(t, uint64(2), got.Detail().Version)
				assert.Equal(t, w.Policy().Digest(), got.Detail().Digest)
			}
		}
	}
	d, err := w.Can(ctx, "acme", "cleo", openDoor, nil)
	require.NoError(t, err)
	assert.True(t, d.Allowed())
	assert.True(t, decide(w, ask("cleo", openDoor)) == d)
}

// An Asker stays on its version; the next one has the commit.
func TestAskerStaysOnItsVersion(t *testing.T) {
	w := open(t, nil).found()
	a, err := w.As(ctx, "acme", "adam", nil)
	require.NoError(t, err)
	w.must("acme", host, setRole("adam", "member"))
	for range 2 {
		d, err := a.Check(openDoor, nil)
		require.NoError(t, err)
		assert.True(t, d.Allowed())
		assert.Equal(t, uint64(1), d.Detail().Version)
	}
	assert.False(t, opensBy(t, w, "adam"), "the next request sees the new role")
	require.NoError(t, w.Close())
	_, err = a.Check(openDoor, nil)
	assert.NoError(t, err, "it was made before Close")
	_, err = w.As(ctx, "acme", "adam", nil)
	assert.ErrorIs(t, err, engine.ErrClosed)
}

// While commits run, all checks of an Asker are about one version.
func TestAskerIsConsistent(t *testing.T) {
	w := open(t, nil).found()
	var committing sync.WaitGroup
	committing.Go(func() {
		for i := range 200 {
			// In each version, exactly one of the two may open the door.
			one, other := account.SetRole{User: "adam", Role: "admin"}, account.SetRole{User: "max", Role: "member"}
			if i%2 == 0 {
				one.Role, other.Role = other.Role, one.Role
			}
			w.must("acme", host, one, other)
		}
	})
	for range 50 {
		// A page about two users: the requests of the batch are about one version, too.
		both := w.CheckAll(ctx, "acme", nil, []usher.Request{ask("adam", openDoor), ask("max", openDoor)})
		assert.NotEqual(t, both[0].Decision.Allowed(), both[1].Decision.Allowed())
		assert.Equal(t, both[0].Decision.Detail().Version, both[1].Decision.Detail().Version)
		a, err := w.As(ctx, "acme", "adam", nil)
		require.NoError(t, err)
		first, err := a.Check(openDoor, nil)
		require.NoError(t, err)
		for range 10 {
			d, err := a.Check(openDoor, nil)
			require.NoError(t, err)
			assert.True(t, first == d)
			list, err := a.Actions(&door{"front"})
			require.NoError(t, err)
			assert.Equal(t, first.Allowed(), len(list) > 0)
			x, err := a.Explain(openDoor, nil)
			require.NoError(t, err)
			assert.Equal(t, first.String(), x.Decision.String())
			assert.Equal(t, a.Version(), x.Decision.Detail().Version)
		}
	}
	committing.Wait()
}

// With MaxStaleness, each method returns ErrStale once the version is too old.
func TestAskerGetsTooOld(t *testing.T) {
	mem := new(memstore.Store)
	one := openOn(t, mem, unwatched).found()
	for _, observed := range []bool{false, true} {
		two := openOn(t, mem, func(o *engine.Options) {
			unwatched(o)
			o.MaxStaleness = time.Minute
			if observed {
				o.Observer.Decided = func(context.Context, usher.Request, usher.Decision, error) {}
			}
		})
		a, err := two.As(ctx, "acme", "olivia", nil)
		require.NoError(t, err)
		past, err := two.At("acme", 1).As(ctx, "acme", "olivia", nil)
		require.NoError(t, err)
		one.must("acme", host, account.AddUser{User: usher.UserID(fmt.Sprint("new", observed))})
		two.clock.add(time.Minute)
		_, err = a.Check(openDoor, nil)
		require.NoError(t, err, "a minute is allowed")
		two.clock.add(1)
		d, err := a.Check(openDoor, nil)
		assert.ErrorIs(t, err, engine.ErrStale)
		assert.False(t, d.Allowed())
		_, err = a.Actions(&door{"front"})
		assert.ErrorIs(t, err, engine.ErrStale)
		_, err = a.Filter(openDoor)
		assert.ErrorIs(t, err, engine.ErrStale)
		_, err = a.Explain(openDoor, nil)
		assert.ErrorIs(t, err, engine.ErrStale)
		assert.True(t, opensBy(t, two, "olivia"), "the next one reads the store")
		d, err = past.Check(openDoor, nil)
		require.NoError(t, err, "a version of the past does not get too old")
		assert.True(t, d.Allowed())

		two.clock.add(2 * time.Minute)
		two.calls.set(on("Commits", storefault.Fault{Before: errDown}))
		_, err = two.As(ctx, "acme", "olivia", nil)
		assert.ErrorIs(t, err, engine.ErrStale)
		for _, c := range two.CheckAll(ctx, "acme", nil, []usher.Request{ask("olivia", openDoor)}) {
			assert.ErrorIs(t, c.Err, engine.ErrStale)
			assert.False(t, c.Decision.Allowed())
		}
	}
}

// What is due by then has taken effect, and also at a time in the future.
func TestAskerKnowsWhatIsDue(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.SetRole{User: "max", Role: "admin", From: noon.Add(time.Hour)})
	later := ask("max", openDoor)
	later.Time = noon.Add(time.Hour)
	allowed := func() (now, then bool) {
		a, err := w.AsRequest(ctx, later)
		require.NoError(t, err)
		d, err := a.Check(openDoor, nil)
		require.NoError(t, err)
		all := w.CheckAll(ctx, "acme", nil, []usher.Request{later, ask("max", openDoor)})
		assert.Equal(t, d.Allowed(), all[0].Decision.Allowed())
		assert.Equal(t, opensBy(t, w, "max"), all[1].Decision.Allowed())
		return opensBy(t, w, "max"), d.Allowed()
	}
	now, then := allowed()
	assert.False(t, now)
	assert.True(t, then)
	w.clock.add(time.Hour)
	now, _ = allowed()
	assert.True(t, now)
}

// A user that the policy cannot decide for gets an error, and so does a request on behalf of one.
func TestAskerOfAMismatch(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	w := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, noClerks) })
	var mismatch *account.PolicyMismatchError
	_, err := w.As(ctx, "acme", "cleo", nil)
	assert.ErrorAs(t, err, &mismatch)
	_, err = w.AsRequest(ctx, usher.Request{Account: "acme", Subject: "adam", By: "cleo"})
	assert.ErrorAs(t, err, &mismatch)
	all := w.CheckAll(ctx, "acme", nil, []usher.Request{ask("adam", openDoor), ask("cleo", openDoor), ask("olivia", openDoor)})
	assert.True(t, all[0].Decision.Allowed())
	assert.ErrorAs(t, all[1].Err, &mismatch)
	assert.Equal(t, usher.Decision{}, all[1].Decision)
	assert.True(t, all[2].Decision.Allowed(), "an error of one request is that of no other")
}

// The Observer receives each check once, and an As that fails.
func TestObserverOfAskers(t *testing.T) {
	type seen struct {
		r   usher.Request
		err error
		key any
	}
	var got []seen
	type key struct{}
	w := open(t, func(o *engine.Options) {
		o.Observer.Decided = func(ctx context.Context, r usher.Request, _ usher.Decision, err error) {
			got = append(got, seen{r, err, ctx.Value(key{})})
		}
	}).found()
	a, err := w.As(context.WithValue(ctx, key{}, "page"), "acme", "adam", nil)
	require.NoError(t, err)
	assert.Empty(t, got)
	_, err = a.Check(openDoor, nil)
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, seen{ask("adam", openDoor), nil, "page"}, got[0])
	_, err = a.Explain(openDoor, nil)
	require.NoError(t, err)
	assert.Len(t, got, 1)

	got = nil
	_, err = w.As(ctx, "other", "adam", nil)
	require.Error(t, err)
	w.CheckAll(ctx, "acme", nil, []usher.Request{{Subject: "max", Permission: openDoor}, {Account: "other", Subject: "max", Permission: openDoor}})
	require.Len(t, got, 3)
	assert.ErrorIs(t, got[0].err, usher.ErrUnknownAccount)
	assert.Equal(t, ask("max", openDoor), got[1].r)
	assert.NoError(t, got[1].err)
	assert.ErrorIs(t, got[2].err, usher.ErrOtherAccount)
	assert.Equal(t, usher.AccountID("other"), got[2].r.Account)
}

// A program that has only an usher.Authorizer gets an Asker of the Engine, and of a Reader.
func TestResolve(t *testing.T) {
	w := open(t, nil).found()
	for _, az := range []usher.Authorizer{w.Engine, w.AtLeast("acme", 1)} {
		a, err := usher.Resolve(ctx, az, ask("adam", openDoor))
		require.NoError(t, err)
		assert.IsType(t, new(policy.Asker), a)
		d, err := usher.RequireAsker(a, openDoor, nil)
		require.NoError(t, err)
		assert.True(t, d.Allowed())
		_, err = usher.Resolve(ctx, az, usher.Request{Account: "other", Subject: "adam"})
		assert.ErrorIs(t, err, usher.ErrUndecided)
	}
	_, err := usher.Resolve(ctx, w.Engine, usher.Request{Account: "other", Subject: "adam"})
	assert.EqualError(t, err, "ask adam: unknown account")
}

func TestAskersAllocateNothing(t *testing.T) {
	w := open(t, nil).found()
	stale := open(t, func(o *engine.Options) { o.MaxStaleness = time.Minute }).found()
	d := &door{"front"}
	room := make([]policy.Action, 0, 8)
	dst := make([]policy.Checked, 0, 64)
	requests := make([]usher.Request, 40)
	for i := range requests {
		requests[i] = usher.Request{Subject: []usher.UserID{"adam", "cleo", "max", "eve"}[i%4], Permission: openDoor, Resource: d}
	}
	for name, e := range map[string]*world{"plain": w, "a bound on staleness": stale} {
		allowed := 0
		assert.Zero(t, allocations(func() {
			a, err := e.As(ctx, "acme", "adam", nil)
			if err != nil {
				t.Error(err)
			}
			for range 5 {
				if d, _ := a.Check(openDoor, d); d.Allowed() {
					allowed++
				}
			}
			room, _ = a.AppendActions(room[:0], d)
		}), name)
		assert.Positive(t, allowed)
		assert.NotEmpty(t, room)
		assert.Zero(t, allocations(func() { dst = e.CheckAll(ctx, "acme", dst[:0], requests) }), name)
		assert.Zero(t, allocations(func() { _, _ = e.Can(ctx, "acme", "adam", openDoor, d) }), name)
	}
}
