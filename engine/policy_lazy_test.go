package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store/memstore"
)

// An engine reads no account before it needs it, also when the policy is replaced with InMemory. An
// account that does not fit is reported when it is read.
func TestSetPolicyInMemory(t *testing.T) {
	mem := new(memstore.Store)
	other := openOn(t, mem, nil)
	const accounts = 200
	for i := range accounts {
		other.must(watchedID(i), host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "cleo", Role: "member"})
	}
	other.must("clerks", host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "cleo", Role: "clerk"})
	failures := make(chan error, 100)
	w := openOn(t, mem, func(o *engine.Options) { o.Observer.Failed = func(err error) { failures <- err } })
	for i := range 3 {
		_, err := w.View(ctx, watchedID(i))
		require.NoError(t, err)
	}
	reads := w.calls.of("Commits")
	require.NoError(t, w.SetPolicy(ctx, load(t, noClerks), engine.InMemory()))
	assert.Equal(t, load(t, noClerks).Digest(), w.Policy().Digest())
	assert.Equal(t, reads, w.calls.of("Commits"))
	assert.Zero(t, w.calls.of("Accounts"))

	_, err := w.View(ctx, watchedID(7))
	require.NoError(t, err)
	assert.Empty(t, failures, "it fits")
	_, err = w.Check(ctx, usher.Request{Account: "clerks", Subject: "cleo", Permission: openDoor})
	var unfit *account.PolicyMismatchError
	require.ErrorAs(t, err, &unfit)
	err = <-failures
	require.ErrorAs(t, err, &unfit)
	assert.Equal(t, usher.AccountID("clerks"), unfit.Account)
	assert.ErrorContains(t, err, "check fit of")
	d, err := w.Check(ctx, usher.Request{Account: "clerks", Subject: "olivia", Permission: openDoor})
	require.NoError(t, err)
	assert.True(t, d.Allowed(), "the policy fits the others")

	// An account in memory that does not fit is found at once.
	again := openOn(t, mem, nil)
	_, err = again.View(ctx, "clerks")
	require.NoError(t, err)
	err = again.SetPolicy(ctx, load(t, noClerks), engine.InMemory())
	var list *engine.PolicyMismatchError
	require.ErrorAs(t, err, &list)
	assert.Len(t, list.Accounts, 1)
	assert.Equal(t, load(t, office).Digest(), again.Policy().Digest())
	require.NoError(t, again.SetPolicy(ctx, load(t, noClerks), engine.InMemory(), engine.Accept(list)))
	assert.Zero(t, again.calls.of("Accounts"))
}

// After a SetPolicy that compares all accounts, loads report nothing.
func TestSetPolicyAfterInMemory(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).must("clerks", host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "cleo", Role: "clerk"})
	failures := make(chan error, 100)
	w := openOn(t, mem, func(o *engine.Options) { o.Observer.Failed = func(err error) { failures <- err } })
	require.NoError(t, w.SetPolicy(ctx, load(t, noClerks), engine.InMemory()))
	require.NoError(t, w.SetPolicy(ctx, load(t, office)))
	_, err := w.View(ctx, "clerks")
	require.NoError(t, err)
	assert.Empty(t, failures)
}

// BenchmarkSetPolicy replaces the policy over a store with many accounts, of which 1,000 are in memory.
func BenchmarkSetPolicy(b *testing.B) {
	mem := new(memstore.Store)
	other := openOn(b, mem, nil)
	const accounts = 100_000
	for i := range accounts {
		_, err := other.Do(ctx, host, usher.AccountID(fmt.Sprint("a", i)), account.CreateAccount{Owner: "olivia"})
		require.NoError(b, err)
	}
	for name, options := range map[string][]engine.SetPolicyOption{"all": nil, "in memory": {engine.InMemory()}} {
		b.Run(name, func(b *testing.B) {
			w := openOn(b, mem, nil)
			for i := range 1000 {
				_, err := w.View(ctx, watchedID(i))
				require.NoError(b, err)
			}
			for i := 0; b.Loop(); i++ {
				text := []string{shutDoors, office}[i%2]
				if err := w.SetPolicy(ctx, load(b, text), options...); err != nil {
					b.Fatal(errors.Unwrap(err))
				}
			}
		})
	}
}
