package sqljournal

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

func waiterOf(account usher.AccountID, version uint64, size int) *waiter {
	return &waiter{
		entry: &entry{account: account, Entry: store.Entry{Commit: store.Commit{Version: version}}},
		size:  size, turn: make(chan struct{}),
	}
}

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

	leader, other := waiterOf("acme", 2, 1), waiterOf("bell", 2, 1)
	require.True(t, j.lane.enter(leader))
	require.False(t, j.lane.enter(other))
	assert.PanicsWithValue(t, "change", func() { j.lead(context.Background(), leader) })
	<-other.turn
	require.ErrorIs(t, other.err, errAborted)
	assert.False(t, store.IsRejected(other.err))
	assert.False(t, j.lane.busy)
}

// A group has at most one entry of each account, and no more entries or bytes than a statement may
// have. The others stay in their order.
func TestGroups(t *testing.T) {
	var l lane
	add := func(account usher.AccountID, version uint64, size int) *waiter {
		w := waiterOf(account, version, size)
		assert.Equal(t, !l.busy, l.enter(w))
		return w
	}
	a2, b, a3, big, a4 := add("a", 2, 1), add("b", 2, 1), add("a", 3, 1), add("big", 2, maxGroupBytes), add("a", 4, 1)
	assert.True(t, a2.leads)
	assert.Equal(t, []*waiter{a2, b}, l.take(a2))
	assert.Equal(t, []*waiter{a3, big, a4}, l.waiting)
	assert.True(t, l.cancel(a4))
	assert.False(t, l.cancel(a4))
	assert.False(t, l.cancel(b), "its group has begun")
	l.pass()
	<-a3.turn
	assert.True(t, a3.leads)
	assert.False(t, l.cancel(a3), "it leads")
	assert.Equal(t, []*waiter{a3}, l.take(a3))
	l.pass()
	assert.Equal(t, []*waiter{big}, l.take(big))
	l.pass()
	assert.False(t, l.busy)
	first := add("first", 2, 1)
	for i := range maxGroup {
		add(usher.AccountID(rune('A'+i)), 2, 1)
	}
	assert.Len(t, l.take(first), maxGroup)
	require.Len(t, l.waiting, 1)
}

// gathering returns a channel that is closed when gather ends, after it has begun to wait.
func gathering(t *testing.T, ctx context.Context, l *lane) chan struct{} {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.gather(ctx)
	}()
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.enough != nil
	}, time.Minute, time.Millisecond)
	return done
}

// A leader waits for as many entries as there were at the end of the last group.
func TestGather(t *testing.T) {
	l := lane{misses: 5}
	leader := waiterOf("a", 2, 1)
	require.True(t, l.enter(leader))
	require.False(t, l.enter(waiterOf("b", 2, 1)))
	l.expect(1, time.Hour) // stored by a group of one while one waited
	assert.Equal(t, 2, l.want)
	assert.LessOrEqual(t, time.Until(l.until), maxGather)
	l.gather(context.Background())
	assert.Equal(t, 5, l.misses, "there was no wait")

	l.want, l.until = 4, time.Now().Add(time.Hour)
	done := gathering(t, context.Background(), &l)
	require.False(t, l.enter(waiterOf("c", 2, 1)))
	select {
	case <-done:
		t.Fatal("it waits for four entries, and there are three")
	case <-time.After(20 * time.Millisecond):
	}
	require.False(t, l.enter(waiterOf("d", 2, 1)))
	<-done
	assert.Zero(t, l.misses)
	assert.Zero(t, l.skip)
	require.False(t, l.enter(waiterOf("e", 2, 1)))
	assert.Len(t, l.take(leader), 5)
	l.expect(maxGroup+1, time.Hour)
	assert.Equal(t, maxGroup, l.want)
}

// A single caller does not wait, and after waits in vain others wait ever less often.
func TestGatherInVain(t *testing.T) {
	ctx := context.Background()
	var l lane
	require.True(t, l.enter(waiterOf("a", 2, 1)))
	for range 100 {
		l.expect(1, time.Hour)
		l.until = time.Now().Add(time.Hour)
		l.gather(ctx)
	}
	assert.Zero(t, l.misses)

	var waits []int // the groups with a wait
	waitInVain := func() {
		for before := l.skip; l.skip == before; { // again if the time was over before it began
			l.until = time.Now().Add(time.Millisecond)
			l.gather(ctx)
		}
	}
	for group := range 40 {
		l.expect(2, time.Hour)
		if l.want == 2 {
			waits = append(waits, group)
			waitInVain()
		}
	}
	for i, group := range waits[1:] {
		assert.Equal(t, 1<<i+1, group-waits[i], "one wait in vain, and then groups without a wait")
	}
	assert.Len(t, waits, 6)
	l.misses = maxMisses
	l.skip = 0
	l.expect(2, time.Hour)
	waitInVain()
	assert.Equal(t, 1<<(maxMisses-1), l.skip)

	l.misses, l.skip = 0, 0
	l.want, l.until = 2, time.Now().Add(-time.Second)
	l.gather(ctx)
	assert.Zero(t, l.misses, "a caller that comes later does not wait")
}

// A leader whose context ends while it waits passes the lane on, and has stored nothing.
func TestLeaderGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	j := New(Options{Database: panicking{}, Dialect: PostgreSQL("usher"), LockTimeout: time.Second, PollEvery: time.Second})
	l := &j.lane
	l.want, l.until = 10, time.Now().Add(time.Hour)
	failed := make(chan error)
	go func() {
		failed <- j.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 2}})
	}()
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.enough != nil
	}, time.Minute, time.Millisecond)
	other := waiterOf("bell", 2, 1)
	require.False(t, l.enter(other))
	cancel()
	err := <-failed
	require.ErrorIs(t, err, store.ErrNotStored)
	require.ErrorIs(t, err, context.Canceled)
	<-other.turn
	assert.True(t, other.leads)
	assert.Zero(t, l.misses)
}
