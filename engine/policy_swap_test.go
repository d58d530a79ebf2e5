package engine_test

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store/memstore"
)

func TestSetPolicy(t *testing.T) {
	w := open(t, nil).found()
	assert.True(t, w.opens("adam"))
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)))
	assert.Equal(t, load(t, shutDoors).Digest(), w.Policy().Digest())
	assert.False(t, w.opens("adam"))
	assert.True(t, w.opens("olivia"))
	result := w.must("acme", host, setRole("max", "admin"))
	assert.Equal(t, load(t, shutDoors).Digest(), result.Commit.Policy)
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, 4, view.Len())
}

// A policy that does not fit an account is rejected with the list, and nothing changes,
// whether or not the account is in memory.
func TestSetPolicyRefuses(t *testing.T) {
	mem := new(memstore.Store)
	first := openOn(t, mem, nil).found()
	for i := range 3 {
		first.must(usher.AccountID(fmt.Sprint("b", i)), host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "cleo", Role: "clerk"})
	}
	first.must("fits", host, account.CreateAccount{Owner: "olivia"})
	for name, w := range map[string]*world{"in memory": first, "in the store": openOn(t, mem, nil)} {
		err := w.SetPolicy(ctx, load(t, noClerks))
		var unfit *engine.PolicyMismatchError
		require.ErrorAs(t, err, &unfit, name)
		require.Len(t, unfit.Accounts, 4)
		assert.Equal(t, usher.AccountID("acme"), unfit.Accounts[0].Account)
		assert.ErrorContains(t, err, "4 accounts do not fit")
		assert.ErrorContains(t, err, "cleo")
		assert.ErrorContains(t, err, unfit.Error(), "the list needs no escapes in a wrapping error")
		assert.Zero(t, unfit.More)
		d, err := w.Check(ctx, ask("adam", openDoor))
		require.NoError(t, err)
		assert.Equal(t, load(t, office).Digest(), d.Detail().Digest)
	}
	for _, p := range []*policy.Policy{nil, {}} {
		assert.ErrorContains(t, first.SetPolicy(ctx, p), "not compiled")
	}
}

func TestSetPolicyListsOnlySoMany(t *testing.T) {
	w := open(t, nil)
	for i := range 103 {
		w.must(usher.AccountID(fmt.Sprintf("a%03d", i)), host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "cleo", Role: "clerk"})
	}
	var unfit *engine.PolicyMismatchError
	require.ErrorAs(t, w.SetPolicy(ctx, load(t, noClerks)), &unfit)
	assert.Len(t, unfit.Accounts, 100)
	assert.Equal(t, 3, unfit.More)
	assert.ErrorContains(t, unfit, "and 3 more")
}

// An account that cannot be read cannot be compared with a policy.
func TestSetPolicyNeedsTheStore(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	w := openOn(t, mem, nil)
	for _, method := range []string{"Accounts", "Commits"} {
		w.calls.set(on(method, storefault.Fault{After: errDown}))
		assert.ErrorIs(t, w.SetPolicy(ctx, load(t, shutDoors)), errDown)
	}
	w.calls.set(nil)
	assert.True(t, w.opens("adam"), "nothing changed")
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)))
	assert.False(t, w.opens("adam"))
}

// A commit during the comparison counts, even if the account leaves memory again.
func TestSetPolicyWhileCommitting(t *testing.T) {
	for name, accounts := range map[string]int{"it stays in memory": 100, "it is evicted": 1} {
		t.Run(name, func(t *testing.T) {
			w := open(t, func(o *engine.Options) { o.Accounts = accounts; unwatched(o) })
			for _, id := range []usher.AccountID{"a", "b", "c"} {
				w.must(id, host, account.CreateAccount{Owner: "olivia"})
			}
			// When c is compared, a was compared already; then a gets what does not fit.
			once := sync.OnceFunc(func() {
				w.must("a", host, account.AddUser{User: "cleo", Role: "clerk"})
				w.must("new", host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "cleo", Role: "clerk"})
				_, err := w.Check(ctx, usher.Request{Account: "b", Subject: "olivia", Permission: openDoor})
				assert.NoError(t, err)
			})
			ids := 0
			yields := accountsHook{userDataOnly{w.mem}, func() {
				if ids++; ids == 3 {
					once()
				}
			}}
			v := &world{t: t, mem: w.mem, calls: &calls{}, clock: w.clock}
			var err error
			v.Engine, err = engine.Open(engine.Options{Policy: load(t, office), Store: yields, Accounts: accounts})
			require.NoError(t, err)
			defer v.Close()
			w.Engine = v.Engine
			var unfit *engine.PolicyMismatchError
			require.ErrorAs(t, v.SetPolicy(ctx, load(t, noClerks)), &unfit)
			assert.Len(t, unfit.Accounts, 2)
		})
	}
}

// SetPolicy waits for a batch that is being stored, and for a commit with an unknown
// outcome.
func TestSetPolicyWaitsForBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, nil).found()
		w.must("other", host, account.CreateAccount{Owner: "olivia"})
		w.must("acme", host, setRole("cleo", "member"))
		faults, letGo := held("Append")
		w.calls.set(faults)
		written := make(chan error)
		go func() {
			_, err := w.Do(ctx, host, "acme", setRole("max", "clerk"))
			written <- err
		}()
		synctest.Wait()
		require.Equal(t, 4, w.calls.of("Append"), "the append is running")
		set := make(chan error)
		go func() { set <- w.SetPolicy(ctx, load(t, noClerks)) }()
		synctest.Wait()
		select {
		case err := <-set:
			t.Fatalf("SetPolicy = %v, before the batch was stored", err)
		default:
		}
		assert.True(t, w.opens("adam"), "checks do not wait")
		letGo()
		require.NoError(t, <-written)
		var unfit *engine.PolicyMismatchError
		assert.ErrorAs(t, <-set, &unfit, "after the batch the account does not fit")

		w.calls.set(on("Append", storefault.Fault{Before: errDown}))
		_, err := w.Do(ctx, host, "acme", setRole("max", "member"))
		assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
		impatient, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, w.SetPolicy(impatient, load(t, shutDoors)), context.DeadlineExceeded)
		w.calls.set(nil)
		require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)))
	})
}

// Every decision is made under the old policy or the new one, and after SetPolicy under
// the new one. No change is allowed by one policy and lost under the other.
func TestSetPolicyWhileChecking(t *testing.T) {
	w := open(t, nil).found()
	policies := [2]*policy.Policy{load(t, office), load(t, shutDoors)}
	allows := map[string]bool{policies[0].Digest(): true, policies[1].Digest(): false}
	var stop atomic.Bool
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			for !stop.Load() {
				d, err := w.Check(ctx, ask("adam", openDoor))
				if err != nil || d.Allowed() != allows[d.Detail().Digest] {
					t.Errorf("Check = %v, %v under %s", d, err, d.Detail().Digest)
					return
				}
			}
		})
	}
	others.Go(func() {
		for i := 0; !stop.Load(); i++ {
			user := usher.UserID(fmt.Sprint("u", i))
			w.must("acme", host, account.AddUser{User: user})
		}
	})
	for i := range 50 {
		p := policies[(i+1)%2]
		require.NoError(t, w.SetPolicy(ctx, p))
		d, err := w.Check(ctx, ask("adam", openDoor))
		require.NoError(t, err)
		assert.Equal(t, p.Digest(), d.Detail().Digest)
	}
	stop.Store(true)
	others.Wait()
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Len(t, w.journal(), view.Len()-3, "each commit added one user")
}

// accountsHook is a store that calls a function before it yields an account.
type accountsHook struct {
	userDataOnly
	each func()
}

func (s accountsHook) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		for id, err := range s.userDataOnly.Accounts(ctx, after) {
			s.each()
			if !yield(id, err) {
				return
			}
		}
	}
}
