package natsstore_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/natsstore"
)

// The messages of commits leave the stream, also if a call was stopped after it had saved its own
// message; until then the commits do not exist for readers. An erasure removes that message.
func TestShortened(t *testing.T) {
	ctx := t.Context()
	s := open(t, 0, natsstore.Options{Name: newName(), Partitions: 1})
	for v := uint64(1); v <= 9; v++ {
		data := []byte("data")
		if v == 4 {
			data = bytes.Repeat([]byte("long"), 1<<19) // several messages
		}
		require.NoError(t, s.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: v, Data: data}}))
	}
	require.NoError(t, s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 8, Data: []byte("state")}))
	has := func(commits int, shortened bool) {
		t.Helper()
		n, found, err := natsstore.Messages(ctx, s, "acme")
		require.NoError(t, err)
		assert.Equal(t, commits, n)
		assert.Equal(t, shortened, found)
	}
	has(11, false)
	require.NoError(t, natsstore.ShortenPartly(ctx, s, "acme", 3, []byte("three")))
	has(11, true)
	for _, err := range s.Commits(ctx, "acme", 2) {
		of := new(store.ShortenedError)
		require.ErrorAs(t, err, &of)
		assert.Equal(t, store.ShortenedError{UpTo: 3, Seal: []byte("three")}, *of)
	}
	for c, err := range s.Commits(ctx, "acme", 3) {
		require.NoError(t, err)
		assert.Equal(t, uint64(4), c.Version)
		break
	}
	require.NoError(t, s.Shorten(ctx, "acme", 2, []byte("two")), "it completes the call that was stopped")
	has(8, true)
	require.NoError(t, s.Shorten(ctx, "acme", 7, []byte("seven")))
	has(2, true)
	require.NoError(t, s.Erase(ctx, "acme"))
	has(1, false)
}
