package boltstore_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// shortenedFile returns a file in which acme has the commits 6 to 9 and a snapshot of version 7.
func shortenedFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	s, err := boltstore.Open(path, boltstore.Options{})
	require.NoError(t, err)
	for v := uint64(1); v <= 9; v++ {
		require.NoError(t, s.Append(t.Context(), "acme", store.Entry{Commit: store.Commit{Version: v, Data: fmt.Append(nil, v)}}))
	}
	require.NoError(t, s.SaveSnapshot(t.Context(), "acme", store.Snapshot{Version: 7, Data: []byte("seven")}))
	require.NoError(t, s.Shorten(t.Context(), "acme", 5, []byte("seal")))
	require.NoError(t, s.Close())
	return path
}

// If what the file has about a shortened journal is damaged, a read returns an error: it neither starts
// later nor says that other commits were deleted.
func TestShortenedDamaged(t *testing.T) {
	key := []byte("acme\x00\x01")
	bucket := func(tx *bbolt.Tx) *bbolt.Bucket { return tx.Bucket([]byte("shortened")) }
	damages := map[string]func(*bbolt.Tx){
		"the mark is gone":      func(tx *bbolt.Tx) { require.NoError(t, bucket(tx).Delete(key)) },
		"the bucket is gone":    func(tx *bbolt.Tx) { require.NoError(t, tx.DeleteBucket([]byte("shortened"))) },
		"the mark is too short": func(tx *bbolt.Tx) { require.NoError(t, bucket(tx).Put(key, signed(key, []byte("1234567")))) },
	}
	for i := range 8 + len("seal") + 4 {
		damages[fmt.Sprint("byte ", i)] = func(tx *bbolt.Tx) {
			value := append([]byte{}, bucket(tx).Get(key)...)
			value[i] ^= 1
			require.NoError(t, bucket(tx).Put(key, value))
		}
	}
	for name, damage := range damages {
		path := shortenedFile(t)
		change(t, path, damage)
		s, err := boltstore.Open(path, boltstore.Options{})
		require.NoError(t, err)
		for _, err := range s.Commits(t.Context(), "acme", 0) {
			assert.ErrorIs(t, err, boltstore.ErrDamaged, name)
			assert.False(t, errors.Is(err, store.ErrShortened), name)
		}
		require.NoError(t, s.Erase(t.Context(), "acme"), name)
		require.NoError(t, s.Close())
	}
}

// A snapshot from before the first commit in the file does not replace a damaged one.
func TestShortenedSnapshotDamaged(t *testing.T) {
	path := shortenedFile(t)
	change(t, path, func(tx *bbolt.Tx) {
		key := []byte("acme\x00\x01")
		value := append([]byte{}, tx.Bucket([]byte("snapshots")).Get(key)...)
		value[9] ^= 1
		require.NoError(t, tx.Bucket([]byte("snapshots")).Put(key, value))
	})
	s, err := boltstore.Open(path, boltstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.SaveSnapshot(t.Context(), "acme", store.Snapshot{Version: 5, Data: []byte("five")}))
	_, err = s.Snapshot(t.Context(), "acme")
	assert.ErrorIs(t, err, boltstore.ErrDamaged)
	require.NoError(t, s.SaveSnapshot(t.Context(), "acme", store.Snapshot{Version: 6, Data: []byte("six")}))
	saved, err := s.Snapshot(t.Context(), "acme")
	require.NoError(t, err)
	assert.Equal(t, store.Snapshot{Version: 6, Data: []byte("six")}, saved)
}
