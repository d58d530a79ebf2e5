package sqljournal

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
)

// panicking is a database whose statements panic.
type panicking struct{ Database }

func (panicking) Exec(context.Context, string, ...any) (int64, error) { panic("exec") }

func (panicking) Change(context.Context, string, ...any) (Rows, error) { panic("change") }

// A panic while a group is stored neither stops the lane nor the other callers of the group, for
// which the outcome is unknown.
func TestLeaderPanics(t *testing.T) {
	j := New(Options{Database: panicking{}, Dialect: PostgreSQL("usher"), LockTimeout: time.Second, PollEvery: time.Second})
	alone := func() {
		_ = j.Append(context.Background(), "acme", store.Entry{Commit: store.Commit{Version: 2}})
	}
	assert.PanicsWithValue(t, "exec", alone)
	assert.PanicsWithValue(t, "exec", alone, "the lane is free again")

	waiters := make([]*waiter, 2)
	for i := range waiters {
		waiters[i] = &waiter{entry: &entry{account: "acme"}, turn: make(chan struct{})}
	}
	waiters[0].group = waiters
	j.lane.busy = true
	assert.PanicsWithValue(t, "change", func() { j.lead(context.Background(), waiters[0]) })
	<-waiters[1].turn
	require.ErrorIs(t, waiters[1].err, errAborted)
	assert.False(t, store.IsRejected(waiters[1].err))
	assert.False(t, j.lane.busy)
}
