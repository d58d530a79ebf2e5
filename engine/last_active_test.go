package engine_test

import (
	"fmt"
	"strings"
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

// lastSeen returns what LastActiveTimes yields for acme, as "user minutes after noon".
func (w *world) lastSeen(after usher.UserID) (list []string) {
	w.t.Helper()
	for s, err := range w.LastActiveTimes(ctx, "acme", after) {
		require.NoError(w.t, err)
		list = append(list, fmt.Sprintf("%s %v", s.User, s.At.Sub(noon).Minutes()))
	}
	return list
}

// written does the same for the times in the store.
func (w *world) written() (list []string) {
	w.t.Helper()
	for s, err := range w.mem.LastActiveTimes(ctx, "acme", "") {
		require.NoError(w.t, err)
		list = append(list, fmt.Sprintf("%s %v", s.User, s.At.Sub(noon).Minutes()))
	}
	return list
}

func seldom(o *engine.Options) { o.LastActiveEvery = time.Hour }

func TestMarkActive(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, seldom).found()
	w.MarkActive("acme", "max")
	w.MarkActive("acme", "nobody")
	w.MarkActive("other", "max")
	assert.Equal(t, []string{"max 0"}, w.lastSeen(""), "unwritten times are included")
	assert.Empty(t, w.written())

	w.clock.add(30 * time.Minute)
	w.MarkActive("acme", "max")
	w.MarkActive("acme", "adam")
	assert.Equal(t, []string{"adam 30", "max 0"}, w.lastSeen(""), "max was noted within the hour")
	assert.Equal(t, []string{"max 0"}, w.lastSeen("adam"))

	require.NoError(t, w.Close())
	assert.Equal(t, []string{"adam 30", "max 0"}, w.written(), "Close writes what is left")

	w = openOn(t, mem, seldom)
	w.clock.add(20 * time.Minute)
	w.MarkActive("acme", "adam")
	w.MarkActive("acme", "cleo")
	assert.Equal(t, []string{"adam 30", "cleo 20", "max 0"}, w.lastSeen(""), "a time never goes back")
	w.clock.add(time.Hour)
	w.MarkActive("acme", "adam")
	assert.Equal(t, []string{"adam 80", "cleo 20", "max 0"}, w.lastSeen(""))
	require.NoError(t, w.Close())
	assert.Equal(t, []string{"adam 80", "cleo 20", "max 0"}, w.written())
	for _, err := range w.LastActiveTimes(ctx, "acme", "") {
		assert.ErrorIs(t, err, engine.ErrClosed)
	}
}

// LastActive returns the times of LastActiveTimes, also for ids that are next to each
// other.
func TestLastActive(t *testing.T) {
	w := open(t, seldom).found()
	users := []usher.UserID{"\x00", "a", "a\x00", "a\x00\x00", "a\x00\x7f", "a\x01", "b", usher.UserID(strings.Repeat("a", account.MaxID))}
	seen := map[usher.UserID]time.Time{}
	for i, user := range users {
		w.must("acme", host, account.AddUser{User: user})
		if i%2 == 0 {
			w.MarkActive("acme", user)
			seen[user] = w.clock.Now()
		}
		w.clock.add(time.Minute)
	}
	for _, user := range append(users, "", "nobody", usher.UserID(strings.Repeat("a", account.MaxID+1))) {
		at, err := w.LastActive(ctx, "acme", user)
		require.NoError(t, err)
		assert.Equal(t, seen[user], at, "%q", user)
	}
	for _, user := range []usher.UserID{"", "a"} {
		_, err := w.LastActive(ctx, "other", user)
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	}
}

func TestLastActiveIsWrittenInTheBackground(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.LastActiveEvery = time.Millisecond }).found()
	w.calls.set(times(3, "SaveLastActive", storefault.Fault{Before: errDown}))
	w.MarkActive("acme", "max")
	eventually(t, "it is written", func() bool { return len(w.written()) == 1 })
	assert.Equal(t, 4, w.calls.of("SaveLastActive"), "a failed write is retried")
	assert.Equal(t, []string{"max 0"}, w.lastSeen(""))
}

// The time of a removed user is neither written nor yielded.
func TestLastActiveGoesWithTheUser(t *testing.T) {
	w := open(t, seldom).found()
	w.MarkActive("acme", "max")
	w.MarkActive("acme", "adam")
	w.must("acme", host, account.RemoveUser{User: "max"}, account.AddUser{User: "max"})
	assert.Equal(t, []string{"adam 0"}, w.lastSeen(""), "a user added again has no time")
	w.MarkActive("acme", "max")
	assert.Equal(t, []string{"adam 0", "max 0"}, w.lastSeen(""))

	other := openOn(t, w.mem, nil)
	other.must("acme", host, account.RemoveUser{User: "adam"})
	require.NoError(t, w.Close())
	assert.Equal(t, []string{"max 0"}, w.written(), "a user removed by another engine is not written")
}

// If the account is not in memory, the user is looked up when the time is written.
func TestLastActiveOfAnAccountThatIsNotInMemory(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	w := openOn(t, mem, seldom)
	w.MarkActive("acme", "max")
	w.MarkActive("acme", "nobody")
	w.MarkActive("other", "max")
	require.NoError(t, w.Close())
	assert.Equal(t, []string{"max 0"}, w.written())
}

func TestCloseTellsWhatItCouldNotWrite(t *testing.T) {
	w := open(t, seldom).found()
	w.MarkActive("acme", "max")
	w.calls.set(on("SaveLastActive", storefault.Fault{Before: errDown}))
	err := w.Close()
	assert.ErrorIs(t, err, errDown)
	assert.ErrorContains(t, err, `write last-active times of "acme"`)
	assert.NoError(t, w.Close())
}

func TestLastActiveAllocatesNothing(t *testing.T) {
	w := open(t, seldom).found()
	w.MarkActive("acme", "max")
	assert.Zero(t, testing.AllocsPerRun(1000, func() { w.MarkActive("acme", "max") }))
	assert.Zero(t, testing.AllocsPerRun(1000, func() { w.MarkActive("acme", "nobody") }))
}

func TestLastActiveByMany(t *testing.T) {
	w := open(t, func(o *engine.Options) { o.LastActiveEvery = time.Millisecond; o.Clock = time.Now })
	users := []account.Command{account.CreateAccount{Owner: "olivia"}}
	for i := range 100 {
		users = append(users, account.AddUser{User: usher.UserID(fmt.Sprint("u", i))})
	}
	w.must("acme", host, users...)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				for i := range 100 {
					w.MarkActive("acme", usher.UserID(fmt.Sprint("u", i)))
				}
				w.lastSeen("")
			}
		})
	}
	all.Wait()
	assert.Len(t, w.lastSeen(""), 100)
	require.NoError(t, w.Close())
	assert.Len(t, w.written(), 100)
}
