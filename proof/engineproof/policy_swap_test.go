package engineproof_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
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

// TestPolicySwapLeavesNoMismatch replaces the policy with one without clerks and back, while other
// goroutines make a user a clerk and revert that. A policy in use must fit: no call may return a
// policy mismatch.
func TestPolicySwapLeavesNoMismatch(t *testing.T) {
	const enough = 30
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	withClerks := loadPolicy(t, officeText)
	without := loadPolicy(t, bytes.ReplaceAll(officeText, []byte("clerk"), []byte("teller")))
	slow := func(_ context.Context, c storefault.Call) (f storefault.Fault) {
		if c.Method == "Append" && c.Version%4 == 0 {
			f.Delay = 2 * time.Millisecond
		}
		return f
	}
	e, err := engine.Open(engine.Options{Policy: withClerks, Store: storefault.Wrap(new(memstore.Store), slow)})
	require.NoError(t, err)
	defer e.Close()
	_, err = e.Do(ctx, host.actor(), "acme",
		account.CreateAccount{Owner: names[0]}, account.SetSeats{Pool: desk, Total: 1}, account.AddUser{User: names[3]})
	require.NoError(t, err)

	var seen counts
	var busy sync.WaitGroup
	busy.Go(func() {
		defer cancel() // ends the other goroutines
		for ctx.Err() == nil && (seen.of("exchanged") < enough || seen.of("unfit") < enough || seen.of("batches") < enough) {
			var unfit *engine.PolicyMismatchError
			switch err := e.SetPolicy(ctx, without); {
			case err == nil:
				v, err := e.View(ctx, "acme")
				assert.NoError(t, err)
				m, _ := v.User(names[3])
				assert.NotEqual(t, "clerk", string(m.Role))
				seen.add("exchanged", 1)
			case errors.As(err, &unfit):
				seen.add("unfit", 1)
			default:
				assert.NoError(t, err)
			}
			assert.NoError(t, e.SetPolicy(ctx, withClerks))
		}
	})
	busy.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			_, err := e.Do(ctx, host.actor(), "acme", op{kind: setRole, user: 3, role: member + modelRole(i%2)}.command())
			switch {
			case err == nil:
				seen.add("batches", 1)
			case !errors.Is(err, account.CodeUnknownRole):
				assert.ErrorIs(t, err, context.Canceled)
			}
		}
	})
	busy.Go(func() {
		for ctx.Err() == nil {
			_, err := e.Check(context.Background(), usher.Request{Account: "acme", Subject: names[3], Permission: doorOpen})
			assert.NoError(t, err)
		}
	})
	busy.Wait()
	t.Logf("counts:\n%v", &seen)
	assert.GreaterOrEqual(t, min(seen.of("exchanged"), seen.of("unfit"), seen.of("batches")), enough)
}
