package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
)

func TestErase(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, account.SetField{User: "max", Field: "phone", Value: "1"})
	w.MarkActive("acme", "max")
	require.NoError(t, w.Erase(ctx, "acme"))

	_, err := w.Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	_, err = w.Do(ctx, host, "acme", account.CreateAccount{Owner: "olivia"})
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.ErrorIs(t, err, store.ErrErased, "the error states the reason")
	_, err = w.At("acme", 1).View(ctx, "acme")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	_, err = w.View(ctx, "acme")
	assert.EqualError(t, err, `view "acme": unknown account: account erased; its id is never used again`)
	for _, err := range w.Journal(ctx, "acme", 0) {
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	}
	for id := range w.Accounts(ctx, "") {
		t.Errorf("there still is %s", id)
	}
	require.NoError(t, w.Erase(ctx, "acme"), "a second Erase does nothing")
	assert.ErrorIs(t, w.Erase(ctx, ""), usher.ErrUnknownAccount)
	require.NoError(t, w.Close())
	_, err = w.mem.Record(ctx, "acme", "max")
	assert.ErrorIs(t, err, store.ErrErased)
}

// If the store fails, the account may be erased or not: the next call reads the store.
func TestEraseFails(t *testing.T) {
	for name, row := range map[string]struct {
		fault storefault.Fault
		lives bool
	}{"not erased": {storefault.Fault{Before: errDown}, true}, "erased": {storefault.Fault{After: errDown}, false}} {
		t.Run(name, func(t *testing.T) {
			w := open(t, unwatched).found()
			w.calls.set(on("Erase", row.fault))
			err := w.Erase(ctx, "acme")
			assert.ErrorIs(t, err, errDown)
			assert.ErrorContains(t, err, `erase "acme"`)
			_, err = w.Check(ctx, ask("adam", openDoor))
			if row.lives {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, usher.ErrUnknownAccount)
			}
		})
	}
}

// A pending commit with an unknown outcome disappears with the account.
func TestEraseEndsAnUnknownOutcome(t *testing.T) {
	w := open(t, nil).found()
	w.calls.set(on("Append", storefault.Fault{Before: errDown}))
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
	require.NoError(t, w.Erase(ctx, "acme"))
	w.calls.set(nil)
	_, err = w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)), "no batch is underway")
}

// An account that another process erases during a write is unknown.
func TestErasedWhileWriting(t *testing.T) {
	w := open(t, unwatched).found()
	require.NoError(t, w.mem.Erase(ctx, "acme"))
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	_, err = w.Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount, "the next check finds out, too")
}
