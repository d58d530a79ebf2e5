package sqljournal

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Of several records of one user the last one is written, and a removal before it still removes the
// last-active time.
func TestSortRecords(t *testing.T) {
	data := []byte("data")
	e := entry{Entry: store.Entry{Records: []store.Record{
		{User: "b", Data: []byte("old")}, {User: "c"}, {User: "b", Data: data}, {User: "a", Data: data}, {User: "a"}, {User: "c", Data: data}, {User: "d"},
	}}}
	e.sortRecords()
	assert.Equal(t, []store.Record{{User: "b", Data: data}, {User: "c", Data: data}}, e.kept)
	assert.Equal(t, [][]byte{[]byte("a"), []byte("d")}, e.removed)
	assert.Equal(t, [][]byte{[]byte("a"), []byte("c"), []byte("d")}, e.wiped)
}

func TestLatest(t *testing.T) {
	at := func(user usher.UserID, seconds int64) store.LastActive {
		return store.LastActive{User: user, At: time.Unix(seconds, 0)}
	}
	given := []store.LastActive{at("b", 1), at("a", 2), at("b", 3), at("b", 2)}
	assert.Equal(t, []store.LastActive{at("a", 2), at("b", 3)}, latest(given))
	assert.Equal(t, at("b", 1), given[0], "the caller's slice is unchanged")
}

func TestNext(t *testing.T) {
	for version, want := range map[uint64]bool{1: true, math.MaxInt64: true, math.MaxInt64 + 1: false, math.MaxUint64: false} {
		assert.Equal(t, want, (&entry{Entry: store.Entry{Commit: store.Commit{Version: version}}}).next(), version)
	}
}

func TestPatience(t *testing.T) {
	ctx := context.Background()
	assert.Equal(t, time.Hour, Patience(ctx, time.Hour))
	soon, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	assert.LessOrEqual(t, Patience(soon, time.Hour), time.Minute)
	past, cancel := context.WithDeadline(ctx, time.Unix(1, 0))
	defer cancel()
	assert.Equal(t, time.Millisecond, Patience(past, time.Hour))
}
