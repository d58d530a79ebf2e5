package archived_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/archived"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/filearchive"
	"github.com/usher-go/usher/store/memstore"
)

// counting is an archive that notes which objects are saved and loaded, with their sizes.
type counting struct {
	store.Archive
	saved  map[string]int
	loaded []string
}

func (c *counting) Save(ctx context.Context, id usher.AccountID, name string, data []byte) error {
	c.saved[name] = len(data)
	return c.Archive.Save(ctx, id, name, data)
}

func (c *counting) Load(ctx context.Context, id usher.AccountID, name string) ([]byte, error) {
	c.loaded = append(c.loaded, name)
	return c.Archive.Load(ctx, id, name)
}

func open(t testing.TB) *counting {
	t.Helper()
	files, err := filearchive.Open(t.TempDir())
	require.NoError(t, err)
	return &counting{Archive: files, saved: map[string]int{}}
}

// dataOf returns data of many lengths, with line breaks and digits.
func dataOf(version uint64) []byte {
	switch version {
	case 5:
		return nil
	case 7:
		return bytes.Repeat([]byte("7\n"), 1<<20)
	}
	return bytes.Repeat(fmt.Appendf(nil, "%d\n\x00\xff", version), int(version*997%50_000))
}

const last = 40

func filled(t testing.TB) *memstore.Store {
	t.Helper()
	s := new(memstore.Store)
	for v := uint64(1); v <= last; v++ {
		require.NoError(t, s.Append(t.Context(), "a\xff", store.Entry{Commit: store.Commit{Version: v, Data: dataOf(v)}}))
	}
	return s
}

// shorten archives and deletes the commits before a version.
func shorten(t testing.TB, s *memstore.Store, a store.Archive, snapshot uint64) {
	t.Helper()
	saved := store.Snapshot{Version: snapshot, Data: fmt.Appendf(nil, "state %d", snapshot)}
	require.NoError(t, s.SaveSnapshot(t.Context(), "a\xff", saved))
	_, before, err := archived.Newest(t.Context(), s, a, "a\xff", last)
	require.NoError(t, err)
	upTo, seal, err := archived.Save(t.Context(), a, "a\xff", before, s.Commits(t.Context(), "a\xff", before.UpTo), saved)
	require.NoError(t, err)
	require.Equal(t, snapshot-1, upTo)
	require.NoError(t, s.Shorten(t.Context(), "a\xff", upTo, seal))
}

// Commits of any bytes come back from parts of bounded size, from every version on.
func TestCommits(t *testing.T) {
	s, a := filled(t), open(t)
	for _, snapshot := range []uint64{2, 9, 31, last} {
		shorten(t, s, a, snapshot)
		for _, after := range []uint64{0, 7, 8, 38, 40, 41} {
			next := after
			for c, err := range archived.Commits(t.Context(), s, a, "a\xff", after) {
				require.NoError(t, err)
				next++
				require.Equal(t, next, c.Version)
				require.True(t, bytes.Equal(dataOf(next), c.Data), "commit %d after %d", next, after)
			}
			assert.Equal(t, max(after, last), next)
		}
	}
	parts := 0
	for name, size := range a.saved {
		if strings.HasPrefix(name, "commits-") {
			parts++
			if !strings.Contains(name, "-7-") { // one commit has more than the limit
				assert.Less(t, size, 3<<19, name)
			}
		}
	}
	assert.Greater(t, parts, 6)

	a.loaded = nil
	for _, err := range archived.Commits(t.Context(), s, a, "a\xff", 37) {
		require.NoError(t, err)
		break
	}
	require.Len(t, a.loaded, 2, "the index, and only the part with commit 38")
	assert.True(t, strings.HasPrefix(a.loaded[0], "index-39-"))
	assert.True(t, slices.ContainsFunc(a.loaded, func(name string) bool { return strings.HasPrefix(name, "commits-") && strings.Contains(name, "-39-") }))
}

func TestSnapshots(t *testing.T) {
	s, a := filled(t), open(t)
	none, index, err := archived.Newest(t.Context(), s, a, "a\xff", last)
	require.NoError(t, err)
	assert.Zero(t, none)
	assert.Zero(t, index)
	shorten(t, s, a, 10)
	shorten(t, s, a, 20)
	for until, want := range map[uint64]uint64{1: 0, 9: 0, 10: 10, 19: 10, 20: 20, last: 20} {
		found, index, err := archived.Newest(t.Context(), s, a, "a\xff", until)
		require.NoError(t, err)
		assert.Equal(t, want, found.Version, "until %d", until)
		if want > 0 {
			assert.Equal(t, fmt.Sprintf("state %d", want), string(found.Data))
		}
		assert.Equal(t, uint64(19), index.UpTo)
	}
}

// A journal with a gap, or that ends too early, is not archived.
func TestSaveRejects(t *testing.T) {
	s, a := filled(t), open(t)
	for _, row := range []struct {
		after, snapshot uint64
		want            string
	}{
		{3, 10, "the store returned commit 4 (want commit 1)"},
		{0, last + 2, "the journal ends at version 40, and a snapshot of version 42 exists"},
	} {
		_, _, err := archived.Save(t.Context(), a, "a\xff", archived.Index{}, s.Commits(t.Context(), "a\xff", row.after), store.Snapshot{Version: row.snapshot})
		assert.EqualError(t, err, row.want)
	}
	for name := range a.saved {
		assert.False(t, strings.HasPrefix(name, "index-"), name)
	}
}
