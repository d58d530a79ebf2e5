package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// overQuota is the error of a store that rejects an entry by a rule of its own.
var overQuota = &store.Error{Op: "append", Account: "acme", Version: 2, Err: fmt.Errorf("%w: the quota of acme is used up", store.ErrRefused)}

// refusedBatch submits a batch that the store rejects, and compares the result with the
// contract, at once and after a long time.
func refusedBatch(t *testing.T, w *world, appends int) {
	t.Helper()
	before := w.calls.of("Append")
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, store.ErrRefused)
	assert.NotErrorIs(t, err, engine.ErrOutcomeUnknown, "it is known that nothing is stored")
	assert.NotErrorIs(t, err, engine.ErrContention)
	assert.ErrorContains(t, err, "the quota of acme is used up")
	var e *engine.Error
	assert.ErrorAs(t, err, &e)
	var refused interface{ Refused() string } // as usherhttp recognizes it
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "store-refused", refused.Refused())

	w.calls.set(nil) // the rule would accept it from now on
	time.Sleep(time.Hour)
	assert.Equal(t, before+appends, w.calls.of("Append"), "there is no retry")
	assert.False(t, w.opens("max"))
	assert.Len(t, w.journal(), 1, "and nothing is stored later")

	result := w.must("acme", host, setRole("max", "clerk"))
	assert.Equal(t, uint64(2), result.Version, "the account can still be changed")
	assert.Equal(t, []account.Change{account.RoleSet{User: "max", From: "member", To: "clerk"}}, result.Commit.Changes)
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)), "no batch is underway")
	require.NoError(t, w.Close())
}

// An append that the store rejects for good is not retried, and never stored.
func TestStoreRefusesForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		w := open(t, func(o *engine.Options) { o.Observer = engine.Log(slog.New(slog.NewTextHandler(&log, nil))) }).found()
		w.calls.set(on("Append", storefault.Fault{Before: overQuota}))
		refusedBatch(t, w, 1)
		assert.Contains(t, log.String(), "level=WARN")
	})
}

// The same after tries with an unknown outcome: the waiting caller gets the rejection.
func TestStoreRefusesARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, nil).found()
		w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
			switch {
			case c.Method != "Append":
				return storefault.Fault{}
			case c.Try < 3:
				return storefault.Fault{Before: errDown}
			}
			return storefault.Fault{Before: overQuota}
		})
		refusedBatch(t, w, 3)
	})
}

// The same when the caller got ErrOutcomeUnknown: the rejection ends the retries in the
// background, and the next batch does not wait.
func TestStoreRefusesInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored []string
		w := open(t, func(o *engine.Options) {
			o.Observer.Committed = func(_ context.Context, c *account.Commit) { stored = append(stored, c.ID) }
		}).found()
		w.calls.set(on("Append", storefault.Fault{Before: errDown}))
		_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
		require.ErrorIs(t, err, engine.ErrOutcomeUnknown)
		w.calls.set(on("Append", storefault.Fault{Before: overQuota}))
		time.Sleep(time.Minute)
		tries := w.calls.of("Append")
		w.calls.set(nil)
		time.Sleep(time.Hour)
		assert.Equal(t, tries, w.calls.of("Append"), "there is no retry")
		assert.Len(t, w.journal(), 1)
		assert.Len(t, stored, 1)
		w.must("acme", host, setRole("max", "clerk"))
		require.NoError(t, w.Close())
	})
}

// A store that checks its rule first may reject a retry of a commit that it has stored.
// The caller gets the Result.
func TestStoreRefusesWhatItHas(t *testing.T) {
	w := open(t, longTimeout).found()
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		switch {
		case c.Method != "Append":
			return storefault.Fault{}
		case c.Try == 1:
			return storefault.Fault{After: errDown}
		}
		return storefault.Fault{Before: overQuota}
	})
	result := w.must("acme", host, setRole("max", "admin"))
	assert.Equal(t, uint64(2), result.Version)
	assert.True(t, w.opens("max"))
	assert.Len(t, w.journal(), 2)
}

// While the store cannot be read, the outcome stays unknown.
func TestStoreRefusesAndCannotBeRead(t *testing.T) {
	w := open(t, nil).found()
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		switch {
		case c.Method == "Append" && c.Try == 1:
			return storefault.Fault{After: errDown}
		case c.Method == "Append":
			return storefault.Fault{Before: overQuota}
		}
		return storefault.Fault{Before: errDown}
	})
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
	w.calls.set(nil)
	eventually(t, "it is found out", func() bool { return w.opens("max") })
}

// A rejected batch does not use up its key, and the store decides each try.
func TestStoreRefusesUnderAKey(t *testing.T) {
	w := open(t, nil).found()
	b := engine.Batch{Actor: host, Account: "acme", IdempotencyKey: "k", Commands: []account.Command{setRole("max", "admin")}}
	w.calls.set(times(2, "Append", storefault.Fault{Before: overQuota}))
	for range 2 {
		_, err := w.Submit(ctx, b)
		assert.ErrorIs(t, err, store.ErrRefused)
	}
	result, err := w.Submit(ctx, b)
	require.NoError(t, err)
	assert.False(t, result.Repeated)
	again, err := w.Submit(ctx, b)
	require.NoError(t, err)
	assert.True(t, again.Repeated)
}

// Every error that means "not stored" ends the batch at the first try; every other error
// leaves the outcome unknown.
func TestRefusalsEndABatch(t *testing.T) {
	refusals := []error{
		store.ErrGap, store.ErrErased, store.ErrInvalid, store.ErrNoUserData, store.ErrReadOnly, store.ErrClosed, store.ErrRefused,
	}
	for _, reason := range slices.Concat(refusals, []error{errDown, context.DeadlineExceeded}) {
		w := openOn(t, new(memstore.Store), nil).found()
		w.calls.set(on("Append", storefault.Fault{Before: &store.Error{Op: "append", Err: reason}}))
		_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
		assert.Equal(t, slices.Contains(refusals, reason), store.IsRejected(reason), "%v", reason)
		assert.Equal(t, !store.IsRejected(reason), errors.Is(err, engine.ErrOutcomeUnknown), "%v", reason)
		if store.IsRejected(reason) {
			assert.Equal(t, 2, w.calls.of("Append"), "%v", reason)
		}
	}
}
