package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// checked is a store that checks itself.
type checked struct {
	confirming
	problems []store.Problem
	err      error
}

func (c checked) Check(context.Context) ([]store.Problem, error) { return c.problems, c.err }

// Health reports what the store finds out, and what the engine knows of its hints.
func TestHealth(t *testing.T) {
	slow := store.Problem{Where: "stream a", Text: "a replica is behind"}
	c := checked{problems: []store.Problem{slow}}
	w := openMany(t, new(memstore.Store), 1, func(o *engine.Options) {
		c.confirming = o.Store.(confirming)
		o.Store = &c
	})
	problems, err := w.Health(ctx)
	require.NoError(t, err)
	assert.Equal(t, []store.Problem{slow}, problems)

	c.problems = nil
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Confirm" {
			return storefault.Fault{Before: errDown}
		}
		return storefault.Fault{}
	})
	w.clock.add(2 * time.Minute)
	_, err = w.adamOpens(watchedID(0))
	require.NoError(t, err)
	w.clock.add(time.Second)
	problems, err = w.Health(ctx)
	require.NoError(t, err)
	require.Len(t, problems, 1)
	assert.Equal(t, "the engine: the store could not confirm 1s ago that the accounts in memory have not changed; each is read by itself", problems[0].String())

	c.err = errDown
	_, err = w.Health(ctx)
	assert.ErrorIs(t, err, errDown)
	require.NoError(t, w.Close())
	_, err = w.Health(ctx)
	assert.ErrorIs(t, err, engine.ErrClosed)
	_, err = new(engine.Engine).Health(ctx)
	assert.ErrorIs(t, err, engine.ErrClosed)
}

// An engine that does not hear of changes says so; one whose store cannot be watched does not.
func TestHealthUnwatched(t *testing.T) {
	w := open(t, unwatched)
	problems, err := w.Health(ctx)
	require.NoError(t, err)
	assert.Empty(t, problems)
	w = open(t, func(o *engine.Options) {
		o.Store = &filtered{o.Store.(confirming), func(h store.Hint) (store.Hint, bool) { return h, false }}
	})
	problems, err = w.Health(ctx)
	require.NoError(t, err)
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0].Text, "it does not hear of changes of other processes")
}
