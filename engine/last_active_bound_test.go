package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// Invented ids take little memory.
func TestLastActiveOfIDsThatAreMadeUp(t *testing.T) {
	w := open(t, seldom).found()
	held := func() int {
		users, _ := engine.HeldSightings(w.Engine)
		return users
	}
	long := strings.Repeat("x", store.MaxID+1)
	for _, id := range []usher.AccountID{"", "\xff", "a\xff", usher.AccountID(long), usher.AccountID(strings.Repeat(long, 1000))} {
		w.MarkActive(id, "max")
		assert.Zero(t, held(), "no account can have the id %.10q", id)
	}
	for _, user := range []usher.UserID{"", "\xff", usher.UserID(long)} {
		w.MarkActive("other", user)
		assert.Zero(t, held(), "no user can have the id %.10q", user)
	}
	for i := range 20_000 {
		w.MarkActive("acme", usher.UserID(fmt.Sprint("nobody-", i)))
	}
	assert.Zero(t, held(), "there are no such users")

	for i := range 20_000 {
		id := fmt.Sprint(i, strings.Repeat("x", store.MaxID-10))
		w.MarkActive(usher.AccountID(id), usher.UserID(id))
		_, err := w.Check(ctx, usher.Request{Account: usher.AccountID(id), Subject: usher.UserID(id), Permission: openDoor})
		require.ErrorIs(t, err, usher.ErrUnknownAccount)
	}
	users, bytes := engine.HeldSightings(w.Engine)
	assert.LessOrEqual(t, users, engine.MostUnconfirmed)
	assert.LessOrEqual(t, bytes, engine.MostUnconfirmed*2*store.MaxID)

	w.MarkActive("acme", "max")
	assert.Equal(t, []string{"max 0"}, w.lastSeen(""), "users of an account in memory do not wait for room")
	engine.WriteSightings(w.Engine)
	assert.Zero(t, held(), "accounts that do not exist are dropped")
	assert.Equal(t, []string{"max 0"}, w.written())
}

// A removed user takes no memory, whichever engine removed the user and whether or not
// the account was in memory. A user added again under the id has no time.
func TestLastActiveHoldsNothingOfRemovedUsers(t *testing.T) {
	remove := []account.Command{account.RemoveUser{User: "max"}, account.AddUser{User: "max"}}
	for name, by := range map[string]func(w, other *world){
		"here":      func(w, _ *world) { w.must("acme", host, remove...) },
		"elsewhere": func(w, other *world) { other.must("acme", host, remove...); w.opens("adam") },
		"with the account, elsewhere": func(w, other *world) {
			other.must("acme", host, account.DeleteAccount{})
			_, err := w.Check(ctx, ask("adam", openDoor))
			require.ErrorIs(w.t, err, usher.ErrUnknownAccount)
		},
	} {
		mem := new(memstore.Store)
		w := openOn(t, mem, func(o *engine.Options) { seldom(o); unwatched(o); o.MaxStaleness = 1 }).found()
		other := openOn(t, mem, nil)
		w.MarkActive("acme", "max")
		w.MarkActive("acme", "adam")
		users, _ := engine.HeldSightings(w.Engine)
		require.Equal(t, 2, users, name)
		w.clock.add(2)
		by(w, other)
		if users, _ = engine.HeldSightings(w.Engine); strings.HasPrefix(name, "with") {
			assert.Zero(t, users, name)
			continue
		}
		assert.Equal(t, 1, users, name)
		assert.Equal(t, []string{"adam 0"}, w.lastSeen(""), name)
		engine.WriteSightings(w.Engine)
		assert.Equal(t, []string{"adam 0"}, w.written(), name)
	}
}

// A user that is removed during a write, or after a failed one, is not noted again.
func TestLastActiveOfAUserRemovedWhileItIsWritten(t *testing.T) {
	for _, method := range []string{"Commits", "SaveLastActive"} {
		mem := new(memstore.Store)
		w := openOn(t, mem, func(o *engine.Options) { seldom(o); unwatched(o); o.MaxStaleness = 1 }).found()
		other := openOn(t, mem, nil)
		w.MarkActive("acme", "max")
		w.clock.add(2)
		var once sync.Once
		w.calls.set(func(_ context.Context, c storefault.Call) (f storefault.Fault) {
			if c.Method == method {
				once.Do(func() {
					other.must("acme", host, account.RemoveUser{User: "max"}, account.AddUser{User: "max"})
					if method == "SaveLastActive" {
						w.clock.add(2)
						w.opens("adam") // loads the removal
						f.Before = errDown
					}
				})
			}
			return f
		})
		engine.WriteSightings(w.Engine)
		engine.WriteSightings(w.Engine)
		users, _ := engine.HeldSightings(w.Engine)
		assert.Zero(t, users, method)
		assert.Empty(t, w.written(), method)
		assert.Empty(t, w.lastSeen(""), method)
	}
}
