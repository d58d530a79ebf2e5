package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// The store fails once, before or after it stored the commit. In both cases the batch is
// applied once, and the caller gets no error.
func TestUnknownOutcomeIsFoundOut(t *testing.T) {
	for name, fault := range map[string]storefault.Fault{
		"not stored": {Before: errDown},
		"stored":     {After: errDown},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, longTimeout).found()
			w.calls.set(times(1, "Append", fault))
			result := w.must("acme", host, setRole("max", "admin"))
			assert.Equal(t, uint64(2), result.Version)
			assert.True(t, w.opens("max"))
			assert.Len(t, w.journal(), 2)
			assert.Equal(t, 3, w.calls.of("Append"))
			w.must("acme", host, setRole("max", "member"))
		})
	}
}

// While the outcome is unknown, another engine commits the version. The batch is
// proposed and authorized again.
func TestUnknownOutcomeIsOvertaken(t *testing.T) {
	mem := new(memstore.Store)
	rival := openOn(t, mem, nil).found()
	w := openOn(t, mem, func(o *engine.Options) { unwatched(o); longTimeout(o) })
	assert.True(t, w.opens("adam"))
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Append" && c.Try == 1 && c.Version == 2 {
			rival.must("acme", host, setRole("adam", "member"))
			return storefault.Fault{Before: errDown}
		}
		return storefault.Fault{}
	})
	_, err := w.Do(ctx, account.AsUser("adam"), "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, usher.ErrDenied)
	result := w.must("acme", account.AsUser("olivia"), setRole("max", "admin"))
	assert.Equal(t, uint64(3), result.Version)
}

// A store that stays down makes the outcome unknown. The next writer and the background
// retry with the same bytes.
func TestUnknownOutcomeStaysUnknown(t *testing.T) {
	for name, stored := range map[string]bool{"not stored": false, "stored": true} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var seen []string
			note := func(_ context.Context, c *account.Commit) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, c.ID)
			}
			w := open(t, func(o *engine.Options) { o.Observer.Committed = note }).found()
			down := storefault.Fault{Before: errDown}
			w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
				switch {
				case c.Method == "Append" && c.Try == 1 && stored:
					return storefault.Fault{After: errDown}
				case c.Method == "Append", c.Method == "Commits":
					return down
				}
				return storefault.Fault{}
			})
			_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
			assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
			assert.ErrorIs(t, err, errDown)
			var e *engine.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, uint64(2), e.Version)
			assert.True(t, w.opens("adam"), "checks use the cached snapshot")

			_, err = w.Do(ctx, host, "acme", setRole("max", "clerk"))
			assert.ErrorIs(t, err, engine.ErrContention, "nothing is proposed before the outcome is known")
			assert.ErrorIs(t, err, errDown)

			w.calls.set(nil)
			result := w.must("acme", host, setRole("max", "clerk"))
			assert.Equal(t, uint64(3), result.Version, "the first commit was resolved before")
			all := w.journal()
			require.Len(t, all, 3)
			assert.Equal(t, []account.Change{account.RoleSet{User: "max", From: "member", To: "admin"}}, all[1].Changes)
			assert.Equal(t, []string{all[0].ID, all[1].ID, all[2].ID}, seen, "the Observer receives each commit once")
		})
	}
}

func TestUnknownOutcomeIsFoundOutInTheBackground(t *testing.T) {
	w := open(t, nil).found()
	w.calls.set(on("Append", storefault.Fault{Before: errDown}))
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
	w.calls.set(nil)
	eventually(t, "it is stored", func() bool { return w.opens("max") })
	assert.Len(t, w.journal(), 2)
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)), "no batch is underway")
}

// Another engine committed the version of a commit with an unknown outcome.
func TestUnknownOutcomeIsLost(t *testing.T) {
	mem := new(memstore.Store)
	rival := openOn(t, mem, nil).found()
	w := openOn(t, mem, unwatched)
	w.calls.set(on("Append", storefault.Fault{Before: errDown}))
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
	rival.must("acme", host, setRole("cleo", "member"))
	w.calls.set(nil)
	result := w.must("acme", host, setRole("max", "clerk"))
	assert.Equal(t, uint64(3), result.Version)
	assert.Equal(t, []account.Change{account.RoleSet{User: "max", From: "member", To: "clerk"}}, result.Commit.Changes)
	assert.Len(t, rival.journal(), 3)
}

// If the context ends during an append, the caller still gets the outcome.
func TestCancelledWhileStoring(t *testing.T) {
	for name, fault := range map[string]storefault.Fault{
		"not stored": {Before: context.Canceled},
		"stored":     {After: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, longTimeout).found()
			once := times(1, "Append", fault)
			caller, cancel := context.WithCancel(ctx)
			w.calls.set(func(ctx context.Context, c storefault.Call) storefault.Fault {
				if c.Method == "Append" {
					cancel()
				}
				return once(ctx, c)
			})
			result, err := w.Do(caller, host, "acme", setRole("max", "admin"))
			require.NoError(t, err, "the outcome is found all the same")
			assert.Equal(t, uint64(2), result.Version)
			assert.True(t, w.opens("max"))
		})
	}
	w := open(t, nil).found()
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err := w.Do(done, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, engine.ErrOutcomeUnknown, "no append was begun")
	assert.Equal(t, 1, w.calls.of("Append"))
}

// A store that retries by itself may conflict with its own commit.
func TestOwnCommitInTheWay(t *testing.T) {
	w := open(t, longTimeout).found()
	w.calls.set(times(1, "Append", storefault.Fault{After: &store.Error{Op: "append", Err: store.ErrConflict}}))
	result := w.must("acme", host, setRole("max", "admin"))
	assert.Equal(t, uint64(2), result.Version)
	assert.Len(t, w.journal(), 2)
}

// A definite rejection after a failure does not state the outcome of the attempt before
// it.
func TestRefusalAfterFailure(t *testing.T) {
	w := open(t, nil).found()
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		switch {
		case c.Method != "Append":
			return storefault.Fault{}
		case c.Try == 1:
			return storefault.Fault{After: errDown}
		}
		return storefault.Fault{Before: store.ErrClosed}
	})
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
	w.calls.set(nil)
	eventually(t, "it is found out", func() bool { return w.opens("max") })
}

// A hint publishes the commit before its writer knows the outcome.
func TestHintOfAnUnknownOutcome(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.CommitTimeout = time.Hour }).found()
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Append" && c.Try == 1 {
			return storefault.Fault{After: errDown}
		}
		if c.Method == "Append" {
			for !w.opens("max") { // until the hint arrives
				time.Sleep(time.Millisecond)
			}
		}
		return storefault.Fault{}
	})
	result := w.must("acme", host, setRole("max", "admin"))
	assert.Equal(t, uint64(2), result.Version)
	w.calls.set(nil)
	assert.Equal(t, uint64(3), w.must("acme", host, setRole("max", "clerk")).Version)
}
