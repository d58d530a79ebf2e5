package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

func commit(version uint64, data string) store.Entry {
	return store.Entry{Commit: store.Commit{Version: version, Data: []byte(data)}}
}

func opened(t *testing.T, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path, boltstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// filled creates a closed file whose account acme has so many commits.
func filled(t *testing.T, commits int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	s := opened(t, path)
	boltstore.SkipSyncs(s)
	for version := range uint64(commits) {
		require.NoError(t, s.Append(t.Context(), "acme", commit(version+1, fmt.Sprintf("%0500d", version+1))))
	}
	require.NoError(t, s.Close())
	return path
}

func count(s store.Store, account usher.AccountID) (n int, err error) {
	for _, e := range s.Commits(context.Background(), account, 0) {
		if e != nil {
			return n, e
		}
		n++
	}
	return n, nil
}

func TestOpenCreatesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	s := opened(t, path)
	require.NoError(t, s.Append(t.Context(), "acme", commit(1, "one")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, fs.FileMode(0o600), info.Mode())
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "a draft is left: %v", entries)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "a second call")

	nowhere := filepath.Join(t.TempDir(), "no such folder", "journal")
	_, err = boltstore.Open(nowhere, boltstore.Options{})
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "open "+nowhere+": no such file")
	_, err = boltstore.Open(t.TempDir(), boltstore.Options{})
	assert.Error(t, err)
}

// An empty file, as touch creates it, counts as a new file.
func TestOpenEmpty(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	s := opened(t, path)
	require.NoError(t, s.Append(t.Context(), "acme", commit(1, "one")))
}

// If processes create the same file concurrently, one of them does, and the file is complete.
func TestOpenTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for {
				s, err := boltstore.Open(path, boltstore.Options{Wait: -1})
				if errors.Is(err, boltstore.ErrLocked) {
					continue
				}
				if assert.NoError(t, err) {
					assert.NoError(t, s.Close())
				}
				return
			}
		})
	}
	group.Wait()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "%v", entries)
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	s := opened(t, path)
	for _, o := range []boltstore.Options{{Wait: -1}, {Wait: 1}, {Wait: -1, ReadOnly: true}} {
		_, err := boltstore.Open(path, o)
		assert.ErrorIs(t, err, boltstore.ErrLocked)
		assert.ErrorContains(t, err, path)
		assert.ErrorContains(t, err, "stop that process first")
	}
	require.NoError(t, s.Close())
	opened(t, path)
}

func TestReadOnly(t *testing.T) {
	path := filled(t, 3)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	for range 2 { // two at the same time
		s, err := boltstore.Open(path, boltstore.Options{ReadOnly: true})
		require.NoError(t, err)
		defer s.Close()
		n, err := count(s, "acme")
		require.NoError(t, err)
		assert.Equal(t, 3, n)
		for what, err := range map[string]error{
			"Append":         s.Append(t.Context(), "acme", commit(4, "four")),
			"SaveSnapshot":   s.SaveSnapshot(t.Context(), "acme", store.Snapshot{Version: 1}),
			"Erase":          s.Erase(t.Context(), "acme"),
			"SaveLastActive": s.SaveLastActive(t.Context(), "acme", nil),
		} {
			assert.ErrorIs(t, err, store.ErrReadOnly, what)
			assert.True(t, store.IsRejected(err), what)
		}
	}
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)

	missing := filepath.Join(t.TempDir(), "journal")
	_, err = boltstore.Open(missing, boltstore.Options{ReadOnly: true})
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.NoFileExists(t, missing)
}

// Open rejects another file, and does not change it.
func TestOpenRefuses(t *testing.T) {
	bolt := func(f func(*bbolt.Tx) error) func(string) error {
		return func(path string) error {
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				return err
			}
			return errors.Join(db.Update(f), db.Close())
		}
	}
	format := func(text string) func(string) error {
		return bolt(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("usher"))
			if err != nil {
				return err
			}
			return b.Put([]byte("format"), []byte(text))
		})
	}
	text := func(n int) func(string) error {
		return func(path string) error { return os.WriteFile(path, make([]byte, n), 0o600) }
	}
	for _, row := range []struct {
		name    string
		make    func(path string) error
		want    error
		message string
	}{
		{"a few bytes", text(5), boltstore.ErrForeign, "not a bbolt file"},
		{"a page of bytes", text(4096), boltstore.ErrForeign, "not a bbolt file"},
		{"many bytes", text(1 << 20), boltstore.ErrForeign, "not a bbolt file"},
		{"another program", bolt(func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("members"))
			return err
		}), boltstore.ErrForeign, "a bbolt file of another program"},
		{"no format", format(""), boltstore.ErrForeign, `its format is ""`},
		{"some format", format("one"), boltstore.ErrForeign, `its format is "one"`},
		{"format 0", format("0"), boltstore.ErrForeign, `its format is "0"`},
		{"a newer format", format("3"), boltstore.ErrNewer, "its format is 3 (want at most 2)"},
		{"a missing bucket", format("1"), boltstore.ErrDamaged, "the bucket commits is missing"},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			require.NoError(t, row.make(path))
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, readOnly := range []bool{false, true} {
				_, err = boltstore.Open(path, boltstore.Options{ReadOnly: readOnly})
				assert.ErrorIs(t, err, row.want)
				assert.ErrorContains(t, err, row.message)
				assert.ErrorContains(t, err, path)
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, before, after)
			lock, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 1})
			if err == nil {
				require.NoError(t, lock.Close())
			}
			assert.NotErrorIs(t, err, bolterrors.ErrTimeout, "the file is still locked")
		})
	}
}

func TestClosed(t *testing.T) {
	s := opened(t, filled(t, 600))
	rounds := 0
	for _, err := range s.Commits(t.Context(), "acme", 0) {
		if err != nil {
			assert.ErrorIs(t, err, store.ErrClosed)
			break
		}
		if rounds++; rounds == 1 {
			require.NoError(t, s.Close())
		}
	}
	assert.Less(t, rounds, 600)
	_, err := count(s, "acme")
	assert.ErrorIs(t, err, store.ErrClosed)
	_, err = s.Snapshot(t.Context(), "acme")
	assert.ErrorIs(t, err, store.ErrClosed)
	_, err = s.Record(t.Context(), "acme", "mia")
	assert.ErrorIs(t, err, store.ErrClosed)
	assert.ErrorIs(t, s.Append(t.Context(), "acme", commit(601, "late")), store.ErrClosed)
	assert.ErrorIs(t, s.Erase(t.Context(), "acme"), store.ErrClosed)
}
