package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/memstore"
)

func TestWatch(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, nil).found(), openOn(t, mem, nil)
	assert.True(t, two.opens("adam"))
	for i := range 20 {
		one.must("acme", host, setRole("adam", []role.Name{"member", "admin"}[i%2]))
		eventually(t, "the other one hears of it", func() bool { return two.opens("adam") == (i%2 == 1) })
	}
	require.NoError(t, one.Erase(ctx, "acme"))
	eventually(t, "and of the end", func() bool {
		_, err := two.Check(ctx, ask("adam", openDoor))
		if err != nil {
			assert.ErrorIs(t, err, usher.ErrUnknownAccount)
		}
		return err != nil
	})
}

// A watch that ends is started again, and missed changes are found.
func TestWatchBreaks(t *testing.T) {
	mem := new(memstore.Store)
	one := openOn(t, mem, nil).found()
	for i := range 30 {
		one.must(usher.AccountID(fmt.Sprint("a", i)), host, account.CreateAccount{Owner: "olivia"})
	}
	broken := times(2, "Watch", storefault.Fault{After: errDown, Items: 1})
	failures := make(chan error, 100)
	two := &world{t: t, clock: &clock{now: noon}, calls: &calls{faults: broken}}
	var err error
	two.Engine, err = engine.Open(engine.Options{
		Policy: load(t, office), Store: storefault.Wrap(mem, two.calls.befall),
		Observer: engine.Observer{Failed: func(err error) { failures <- err }},
	})
	require.NoError(t, err)
	defer two.Close()
	assert.True(t, two.opens("adam"))
	for i := range 30 {
		_, err := two.View(ctx, usher.AccountID(fmt.Sprint("a", i)))
		require.NoError(t, err)
	}
	err = <-failures
	assert.ErrorIs(t, err, errDown)
	assert.ErrorContains(t, err, "watch")
	one.must("acme", host, setRole("adam", "member"))
	eventually(t, "it is watched again", func() bool { return !two.opens("adam") })
}

// Hints of accounts that are not in memory cost nothing.
func TestHintsOfOthers(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, nil).found(), openOn(t, mem, nil)
	two.must("mine", host, account.CreateAccount{Owner: "olivia"})
	for range 10 {
		one.must("acme", host, setRole("adam", "member"))
		one.must("acme", host, setRole("adam", "admin"))
	}
	for _, user := range []usher.UserID{"max", "mia"} { // the second hint comes later than those that came together with the first
		one.must("mine", host, account.AddUser{User: user})
		eventually(t, "the hint of an account in memory arrives", func() bool {
			v, err := two.View(ctx, "mine")
			require.NoError(t, err)
			_, found := v.User(user)
			return found
		})
	}
	assert.Equal(t, 1, two.calls.of("Snapshot"), "acme is not read")
}
