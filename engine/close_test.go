package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
)

func TestClose(t *testing.T) {
	w := open(t, nil).found()
	assert.True(t, w.opens("adam"))
	past := w.At("acme", 1)
	require.NoError(t, w.Close())
	require.NoError(t, w.Close())

	d, err := w.Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, engine.ErrClosed)
	assert.False(t, d.Allowed())
	errs := map[string]error{"SetPolicy": w.SetPolicy(ctx, load(t, office)), "Erase": w.Erase(ctx, "acme")}
	_, errs["Explain"] = w.Explain(ctx, ask("adam", openDoor))
	_, errs["Actions"] = w.Actions(ctx, ask("adam", openDoor))
	_, errs["AtLeast"] = w.AtLeast("acme", 1).Check(ctx, ask("adam", openDoor))
	_, errs["At"] = past.Check(ctx, ask("adam", openDoor))
	_, errs["View"] = w.View(ctx, "acme")
	_, errs["Values"] = w.Values(ctx, "acme", "adam")
	_, errs["Do"] = w.Do(ctx, host, "acme", setRole("max", "admin"))
	_, errs["Preview"] = w.Preview(ctx, engine.Batch{Actor: host, Account: "acme"})
	for _, err := range w.Journal(ctx, "acme", 0) {
		errs["Journal"] = err
	}
	for _, err := range w.Accounts(ctx, "") {
		errs["Accounts"] = err
	}
	assert.Len(t, errs, 12)
	for name, err := range errs {
		assert.ErrorIs(t, err, engine.ErrClosed, name)
	}
	w.MarkActive("acme", "adam")
}

// Running and waiting batches are stored before Close returns.
func TestCloseWaitsForBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, nil).found()
		faults, letGo := held("Append")
		w.calls.set(faults)
		done := make(chan error, 2)
		for _, user := range []usher.UserID{"a", "b"} {
			go func() {
				_, err := w.Do(ctx, host, "acme", account.AddUser{User: user})
				done <- err
			}()
		}
		synctest.Wait() // one batch is being written, the other one waits
		require.Equal(t, 2, w.calls.of("Append"))
		closed := make(chan error)
		go func() { closed <- w.Close() }()
		synctest.Wait()
		select {
		case <-closed:
			t.Fatal("Close returned before the batches")
		default:
		}
		letGo()
		require.NoError(t, <-closed)
		require.NoError(t, <-done)
		require.NoError(t, <-done)
		n := 0
		for range w.mem.Commits(ctx, "acme", 0) {
			n++
		}
		assert.Equal(t, 3, n)
	})
}

// A store that hangs does not block Close forever.
func TestCloseWhileTheStoreHangs(t *testing.T) {
	w := open(t, nil).found()
	faults, _ := held("Commits") // hangs until the context ends
	w.calls.set(faults)
	asked := make(chan error)
	go func() {
		_, err := w.AtLeast("acme", 9).Check(ctx, ask("adam", openDoor))
		asked <- err
	}()
	eventually(t, "somebody waits", func() bool { return w.calls.of("Commits") > 0 })
	require.NoError(t, w.Close())
	assert.ErrorIs(t, <-asked, engine.ErrClosed)
}

// No goroutine is left running after an unknown outcome.
func TestCloseWithAnUnknownOutcome(t *testing.T) {
	w := open(t, nil).found()
	w.calls.set(on("Append", storefault.Fault{Before: errDown}))
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	assert.ErrorIs(t, err, engine.ErrOutcomeUnknown)
	require.NoError(t, w.Close())
	appends := w.calls.of("Append")
	time.Sleep(400 * time.Millisecond)
	assert.Equal(t, appends, w.calls.of("Append"))
}
