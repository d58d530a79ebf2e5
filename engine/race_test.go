package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/memstore"
)

// Callers see their own changes at once, and versions never go back.
func TestChecksWhileCommitting(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.Accounts = 2 }).found()
	var stop atomic.Bool
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() { // versions only grow
			last := uint64(0)
			for !stop.Load() {
				d, err := w.Check(ctx, ask("olivia", openDoor))
				if err != nil || d.Detail().Version < last {
					t.Errorf("Check = version %d after %d, %v", d.Detail().Version, last, err)
					return
				}
				last = d.Detail().Version
			}
		})
	}
	others.Go(func() { // accounts are loaded and evicted
		for i := 0; !stop.Load(); i++ {
			w.must(usher.AccountID(fmt.Sprint("account-", i)), host, account.CreateAccount{Owner: "olivia"})
		}
	})
	var writers sync.WaitGroup
	for i := range 4 {
		user := usher.UserID(fmt.Sprint("u", i))
		w.must("acme", host, account.AddUser{User: user})
		writers.Go(func() {
			for k := range 100 {
				name := []role.Name{"admin", "member"}[k%2]
				w.must("acme", host, setRole(user, name))
				if got := w.opens(user); got != (name == "admin") {
					t.Errorf("%s opens = %t, right after %s", user, got, name)
					return
				}
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	others.Wait()
	assert.Len(t, w.journal(), 1+4+400)
}

// Two engines over a store that fails, hangs and returns wrong errors, with eviction.
// Every commit that was reported is in the journal once, no rejected one is, and both
// engines reach the same state.
func TestChaos(t *testing.T) {
	mem := new(memstore.Store)
	var worlds [2]*world
	for i := range worlds {
		worlds[i] = openOn(t, mem, func(o *engine.Options) {
			o.Accounts, o.CommitTimeout, o.MaxStaleness, o.Clock = 2, 3*time.Millisecond, []time.Duration{0, time.Millisecond}[i], time.Now
		})
	}
	accounts := []usher.AccountID{"a", "b", "c"}
	for _, id := range accounts {
		worlds[0].must(id, host, account.CreateAccount{Owner: "olivia"})
	}
	for i, w := range worlds {
		w.calls.set(storefault.Random(uint64(i)+1, storefault.Rates{Before: 0.2, After: 0.2, Delay: 0.1}))
	}
	const each = 60
	type fate struct {
		err   error // of the last try
		maybe bool  // some try may have been stored, judging by its error
	}
	fates := make([]map[string]fate, 6)
	var writers sync.WaitGroup
	for i := range fates {
		fates[i] = map[string]fate{}
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for k := range each {
				user := fmt.Sprintf("u%d-%d", i, k)
				batch := engine.Batch{
					Actor: host, Account: accounts[k%len(accounts)], IdempotencyKey: user,
					Commands: []account.Command{account.AddUser{User: usher.UserID(user)}},
				}
				for range 4 {
					caller, cancel := context.WithTimeout(ctx, time.Duration(1+random.IntN(50))*time.Millisecond)
					_, err := worlds[random.IntN(2)].Submit(caller, batch)
					cancel()
					fates[i][user] = fate{err, fates[i][user].maybe || errors.Is(err, engine.ErrOutcomeUnknown)}
					if err == nil {
						break
					}
				}
			}
		})
	}
	writers.Wait()
	for _, w := range worlds {
		w.calls.set(nil)
	}
	// A pending commit is resolved before the next batch.
	for _, id := range accounts {
		for _, w := range worlds {
			eventually(t, "it can be written to", func() bool {
				_, err := w.Do(ctx, host, id, account.AddUser{User: usher.UserID(fmt.Sprintf("last-%p", w))})
				return err == nil || errors.Is(err, account.CodeExists)
			})
		}
	}
	added := map[string]int{}
	for _, id := range accounts {
		var version uint64
		for c, err := range worlds[0].Journal(ctx, id, 0) {
			require.NoError(t, err)
			version = c.Version
			for _, change := range c.Changes {
				if a, ok := change.(account.UserAdded); ok {
					added[string(a.User)]++
				}
			}
		}
		var views [2]string
		for i, w := range worlds {
			v, err := w.AtLeast(id, version).View(ctx, id)
			require.NoError(t, err)
			for m := range v.Users("") {
				views[i] += string(m.ID) + " "
			}
		}
		assert.Equal(t, views[0], views[1])
	}
	done, unknown := 0, 0
	for i := range fates {
		for user, f := range fates[i] {
			switch {
			case f.err == nil:
				done++
				assert.Equal(t, 1, added[user], "%s was said to be added", user)
			case f.maybe:
				unknown++
				assert.LessOrEqual(t, added[user], 1, user)
			default:
				assert.Zero(t, added[user], "%s was said not to be added: %v", user, f.err)
			}
		}
	}
	t.Logf("%d done, %d unknown, of %d", done, unknown, len(fates)*each)
	assert.Greater(t, done, each)
}
