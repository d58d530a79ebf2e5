package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

func adds(n int) (list []account.Command) {
	for i := range n {
		list = append(list, account.AddUser{User: usher.UserID(fmt.Sprint("new-", i))})
	}
	return list
}

// A batch above a limit is rejected by every method, and leaves nothing behind.
func TestBatchAboveALimit(t *testing.T) {
	w := open(t, nil).found()
	good := engine.Batch{Actor: host, Account: "acme", IdempotencyKey: "k", Note: "n", Commands: adds(1)}
	for name, spoil := range map[string]func(*engine.Batch){
		"key":      func(b *engine.Batch) { b.IdempotencyKey = strings.Repeat("k", account.MaxKey+1) },
		"note":     func(b *engine.Batch) { b.Note = strings.Repeat("n", account.MaxNote+1) },
		"commands": func(b *engine.Batch) { b.Commands = adds(account.MaxCommands + 1) },
		"teams": func(b *engine.Batch) {
			b.Commands = []account.Command{account.AddUser{User: "eve", Teams: make([]usher.TeamID, account.MaxTeams+1)}}
		},
		"host name":     func(b *engine.Batch) { b.Actor = account.AsHost(strings.Repeat("h", account.MaxID+1)) },
		"key not UTF-8": func(b *engine.Batch) { b.IdempotencyKey = "\xff" },
	} {
		b := good
		spoil(&b)
		calls := w.calls.of("Append")
		var errs []error
		_, err := w.Submit(ctx, b)
		errs = append(errs, err)
		_, err = w.Preview(ctx, b)
		errs = append(errs, err)
		if name == "commands" || name == "teams" {
			_, err = w.Do(ctx, b.Actor, b.Account, b.Commands...)
			errs = append(errs, err)
		}
		for _, err := range errs {
			var refusal *account.Refusal
			require.ErrorAs(t, err, &refusal, name)
			assert.Equal(t, account.CodeInvalid, refusal.Code, name)
			assert.Equal(t, usher.AccountID("acme"), refusal.Account, name)
		}
		assert.Len(t, w.journal(), 1, name)
		assert.Equal(t, calls, w.calls.of("Append"), name)
	}
	b := good
	b.IdempotencyKey, b.Note, b.Commands = strings.Repeat("k", account.MaxKey), strings.Repeat("n", account.MaxNote), adds(account.MaxCommands)
	_, err := w.Submit(ctx, b)
	require.NoError(t, err)
	assert.Len(t, w.journal(), 2)
}

// endsAfter is a context that ends after a number of calls of Err.
type endsAfter struct {
	context.Context
	asked *int
	after int
}

func (c endsAfter) Err() error {
	if *c.asked++; *c.asked > c.after {
		return context.Canceled
	}
	return nil
}

// A batch whose context ends changes nothing, at whatever point it ends.
func TestCancelledBatch(t *testing.T) {
	const n = 40
	b := engine.Batch{Actor: host, Account: "acme", Commands: adds(n), IdempotencyKey: "k"}
	for what, call := range map[string]func(*world, context.Context) error{
		"Submit":  func(w *world, c context.Context) error { _, err := w.Submit(c, b); return err },
		"Preview": func(w *world, c context.Context) error { _, err := w.Preview(c, b); return err },
	} {
		cancelled := 0
		for after := 0; ; after++ {
			w := open(t, nil).found()
			asked := 0
			err := call(w, endsAfter{ctx, &asked, after})
			if err == nil {
				break
			}
			cancelled++
			require.ErrorIs(t, err, context.Canceled, what)
			var refusal *account.Refusal
			require.NotErrorAs(t, err, &refusal, what)
			require.LessOrEqual(t, asked, after+3, "%s stops soon", what)
			require.Len(t, w.journal(), 1, what)
			view, err := w.View(ctx, "acme")
			require.NoError(t, err)
			_, added := view.User("new-0")
			require.False(t, added, what)
			if after == n/2 {
				_, err := w.Submit(ctx, b)
				require.NoError(t, err, "the key is free")
			}
		}
		assert.GreaterOrEqual(t, cancelled, n, "%s looks at the context before each command", what)
	}
}
