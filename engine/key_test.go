package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store/memstore"
)

func keyed(key string, commands ...account.Command) engine.Batch {
	return engine.Batch{Actor: account.AsUser("adam"), Account: "acme", IdempotencyKey: key, Commands: commands}
}

func TestKey(t *testing.T) {
	w := open(t, nil).found()
	add := keyed("k1", account.AddUser{User: "eve"})
	first, err := w.Submit(ctx, add)
	require.NoError(t, err)
	w.must("acme", host, account.RemoveUser{User: "eve"}, setRole("adam", "member"))

	again, err := w.Submit(ctx, add)
	require.NoError(t, err, "though the batch would be denied now")
	assert.True(t, again.Repeated)
	assert.Equal(t, uint64(2), again.Version)
	assert.Equal(t, first.Commit, again.Commit)
	assert.Len(t, w.journal(), 3)

	other := keyed("k1", account.AddUser{User: "ian"})
	_, err = w.Submit(ctx, other)
	assert.ErrorIs(t, err, engine.ErrKeyReused)
	assert.ErrorContains(t, err, "version 2")
}

// A host that retries the acceptance of an invitation uses its key, because the account does not keep who
// accepted it.
func TestKeyOfAnInvitation(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.Invite{Key: "k-17"})
	accept := engine.Batch{Actor: host, Account: "acme", IdempotencyKey: "accept k-17", Commands: []account.Command{account.AcceptInvitation{Key: "k-17", User: "nina"}}}
	first, err := w.Submit(ctx, accept)
	require.NoError(t, err)
	again, err := w.Submit(ctx, accept)
	require.NoError(t, err)
	assert.True(t, again.Repeated)
	assert.Equal(t, first.Version, again.Version)

	accept.IdempotencyKey = ""
	_, err = w.Submit(ctx, accept)
	assert.ErrorIs(t, err, account.ErrUnknownUser)
}

// The same key of two actors is two keys, also after the account was loaded again.
func TestKeyIsTheActors(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	_, err := w.Submit(ctx, keyed("1", account.AddUser{User: "eve"}))
	require.NoError(t, err)
	for i, actor := range []account.Actor{account.AsUser("olivia"), account.AsHost("adam"), account.AsHost("test")} {
		b := keyed("1", account.AddUser{User: usher.UserID("eve-" + actor.String())})
		b.Actor = actor
		if i == 2 {
			w = openOn(t, mem, nil)
		}
		for range 2 {
			result, err := w.Submit(ctx, b)
			require.NoError(t, err)
			assert.Equal(t, uint64(3+i), result.Version)
		}
		b.Commands = []account.Command{setRole("max", "admin")}
		_, err = w.Submit(ctx, b)
		assert.ErrorIs(t, err, engine.ErrKeyReused)
	}
	denied := keyed("1", account.AddUser{User: "ian"})
	denied.Actor = account.AsUser("max")
	_, err = w.Submit(ctx, denied)
	assert.ErrorIs(t, err, usher.ErrDenied)
	assert.NotErrorIs(t, err, engine.ErrKeyReused)
}

// A batch that was rejected or changed nothing does not use up its key.
func TestKeyIsFree(t *testing.T) {
	w := open(t, nil).found()
	_, err := w.Submit(ctx, keyed("k1", account.AssignSeat{User: "nobody", Pool: "desk"}))
	assert.ErrorIs(t, err, account.CodeUnknownUser)
	result, err := w.Submit(ctx, keyed("k1", setRole("max", "member")))
	require.NoError(t, err)
	assert.Nil(t, result.Commit)
	result, err = w.Submit(ctx, keyed("k1", setRole("max", "clerk")))
	require.NoError(t, err)
	assert.False(t, result.Repeated)
}

// Keys work across engines and restarts.
func TestKeyInAnotherEngine(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, unwatched).found(), openOn(t, mem, unwatched)
	assert.True(t, two.opens("adam"))
	add := keyed("k1", account.AddUser{User: "eve"})
	_, err := one.Submit(ctx, add)
	require.NoError(t, err)
	result, err := two.Submit(ctx, add)
	require.NoError(t, err)
	assert.True(t, result.Repeated, "found by the conflict")

	remove := keyed("k2", account.RemoveUser{User: "eve"})
	_, err = one.Submit(ctx, remove)
	require.NoError(t, err)
	one.must("acme", host, account.AddUser{User: "ian"})
	leave := keyed("k3", account.RemoveUser{User: "ian"})
	_, err = one.Submit(ctx, leave)
	require.NoError(t, err)
	result, err = two.Submit(ctx, leave)
	require.NoError(t, err, "the second engine does not have ian, and reads the store before it rejects")
	assert.True(t, result.Repeated)

	third := openOn(t, mem, nil)
	result, err = third.Submit(ctx, remove)
	require.NoError(t, err)
	assert.True(t, result.Repeated)
}

// A retry of a batch with an unknown outcome applies it once.
func TestKeyOfAnUnknownOutcome(t *testing.T) {
	for name, fault := range map[string]storefault.Fault{"not stored": {Before: errDown}, "stored": {After: errDown}} {
		t.Run(name, func(t *testing.T) {
			w := open(t, func(o *engine.Options) { unwatched(o); o.CommitTimeout = time.Millisecond }).found()
			w.calls.set(on("Append", fault))
			add := keyed("k1", account.AddUser{User: "eve"})
			_, err := w.Submit(ctx, add)
			if fault.Before != nil {
				require.ErrorIs(t, err, engine.ErrOutcomeUnknown)
			}
			w.calls.set(nil)
			result, err := w.Submit(ctx, add)
			require.NoError(t, err)
			assert.True(t, result.Repeated)
			assert.Len(t, w.journal(), 2)
		})
	}
}

func TestFingerprint(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField})
	request := func(b engine.Batch) string {
		b.IdempotencyKey = time.Now().String() + string(b.Actor.User()) // a new value each time
		result, err := w.Submit(ctx, b)
		require.NoError(t, err)
		return result.Commit.Request
	}
	value := func(v account.Value) engine.Batch {
		return keyed("", account.SetField{User: "max", Field: "phone", Value: v})
	}
	one := request(value("555-0100"))
	assert.Equal(t, one, request(value("555-0199")), "values are not part of the fingerprint")
	later := value("555-0111")
	later.Note, later.Time, later.Context = "again", noon.Add(time.Hour), usher.Context{"mfa": true}
	assert.Equal(t, one, request(later), "nor are the facts and the time")
	assert.NotEqual(t, one, request(keyed("", account.SetField{User: "cleo", Field: "phone", Value: "555-0100"})))
	other := value("555-0100")
	other.Actor = account.AsUser("olivia")
	assert.NotEqual(t, one, request(other))
	assert.Len(t, one, 32)
}
