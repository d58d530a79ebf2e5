package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// A truncated file causes an error, and no memory fault, at whatever size it was truncated.
func TestCutOff(t *testing.T) {
	path := filled(t, 200)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	refused := 0
	for size := 0; size < len(whole); size += os.Getpagesize() {
		cut := filepath.Join(t.TempDir(), "cut")
		require.NoError(t, os.WriteFile(cut, whole[:size], 0o600))
		for _, readOnly := range []bool{true, false} {
			s, err := boltstore.Open(cut, boltstore.Options{ReadOnly: readOnly, Wait: -1})
			if err != nil {
				refused++
				continue
			}
			n, err := count(s, "acme")
			if err == nil && size > 0 {
				assert.Equal(t, 200, n, "commits of a file of %d bytes", size)
			}
			require.NoError(t, s.Close())
		}
	}
	assert.Greater(t, refused, 10)
}

// After a truncation of an open file, each call returns an error.
func TestCutOffLater(t *testing.T) {
	for _, left := range []int{2, 0} { // 0: not even the meta pages are left
		path := filled(t, 200)
		s, err := boltstore.Open(path, boltstore.Options{})
		require.NoError(t, err)
		require.NoError(t, os.Truncate(path, int64(left*os.Getpagesize())))
		for range 3 {
			_, err = count(s, "acme")
			assert.ErrorIs(t, err, boltstore.ErrDamaged)
			err = s.Append(t.Context(), "acme", commit(201, "more"))
			assert.ErrorIs(t, err, boltstore.ErrDamaged)
			assert.False(t, store.IsRejected(err))
			_, err = s.Snapshot(t.Context(), "acme")
			assert.ErrorIs(t, err, boltstore.ErrDamaged)
		}
		err = s.Close()
		assert.Equal(t, left == 0, errors.Is(err, boltstore.ErrDamaged), "Close: %v", err)
	}
}

// change runs f on the buckets of a closed file.
func change(t *testing.T, path string, f func(tx *bbolt.Tx)) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error { f(tx); return nil }))
	require.NoError(t, db.Close())
}

// Data that was changed in the file is an error.
func TestDamage(t *testing.T) {
	ctx := context.Background()
	key := func(rest string) []byte { return []byte("acme\x00\x01" + rest) }
	version := func(n byte) []byte { return key("\x00\x00\x00\x00\x00\x00\x00" + string(rune(n))) }
	put := func(bucket string, key, value []byte) func(*bbolt.Tx) {
		return func(tx *bbolt.Tx) { require.NoError(t, tx.Bucket([]byte(bucket)).Put(key, value)) }
	}
	flip := func(bucket string, key []byte) func(*bbolt.Tx) {
		return func(tx *bbolt.Tx) {
			value := bytes.Clone(tx.Bucket([]byte(bucket)).Get(key))
			require.NotEmpty(t, value)
			value[0] ^= 1
			put(bucket, key, value)(tx)
		}
	}
	commits := func(s *boltstore.Store) error { _, err := count(s, "acme"); return err }
	snapshot := func(s *boltstore.Store) error { _, err := s.Snapshot(ctx, "acme"); return err }
	record := func(s *boltstore.Store) error { _, err := s.Record(ctx, "acme", "mia"); return err }
	records := func(s *boltstore.Store) (err error) {
		for _, err = range s.Records(ctx, "acme", "") {
		}
		return err
	}
	lastActive := func(s *boltstore.Store) (err error) {
		for _, err = range s.LastActiveTimes(ctx, "acme", "") {
		}
		return err
	}
	accounts := func(s *boltstore.Store) (err error) {
		for _, err = range s.Accounts(ctx, "") {
		}
		return err
	}
	for _, row := range []struct {
		name   string
		damage func(*bbolt.Tx)
		reads  []func(*boltstore.Store) error
	}{
		{"a commit changed", flip("commits", version(2)), []func(*boltstore.Store) error{commits}},
		{"a commit missing", func(tx *bbolt.Tx) {
			require.NoError(t, tx.Bucket([]byte("commits")).Delete(version(2)))
		}, []func(*boltstore.Store) error{commits}},
		{"a commit with the key of another", func(tx *bbolt.Tx) {
			put("commits", version(2), bytes.Clone(tx.Bucket([]byte("commits")).Get(version(1))))(tx)
		}, []func(*boltstore.Store) error{commits}},
		{"a commit too short", put("commits", version(1), []byte("abc")), []func(*boltstore.Store) error{commits}},
		{"a version too long", put("commits", key("\xff\xff"), nil), []func(*boltstore.Store) error{commits}},
		{"a key without an account", put("commits", []byte("zzz"), nil), []func(*boltstore.Store) error{accounts}},
		{"a snapshot changed", flip("snapshots", key("")), []func(*boltstore.Store) error{snapshot}},
		{"a snapshot empty", put("snapshots", key(""), nil), []func(*boltstore.Store) error{snapshot}},
		{"a record changed", flip("records", key("mia")), []func(*boltstore.Store) error{record, records}},
		{"a last-active time too short", put("sightings", key("mia"), []byte("abc")), []func(*boltstore.Store) error{lastActive}},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			s := opened(t, path)
			for n := range uint64(3) {
				e := commit(n+1, fmt.Sprint("data", n))
				e.Records = []store.Record{{User: "mia", Data: []byte("Mia")}}
				require.NoError(t, s.Append(ctx, "acme", e))
			}
			require.NoError(t, s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 2, Data: []byte("state")}))
			active := []store.LastActive{{User: "mia", At: time.Unix(1, 0)}}
			require.NoError(t, s.SaveLastActive(ctx, "acme", active))
			require.NoError(t, s.Close())
			change(t, path, row.damage)

			s = opened(t, path)
			for _, read := range row.reads {
				assert.ErrorIs(t, read(s), boltstore.ErrDamaged)
			}
			require.NoError(t, s.Append(ctx, "other", commit(1, "one")), "other accounts work")
			// Writing a snapshot, record or last-active time again repairs it.
			if row.reads[0](s) != nil && commits(s) == nil && accounts(s) == nil {
				e := commit(4, "four")
				e.Records = []store.Record{{User: "mia", Data: []byte("Mia")}}
				require.NoError(t, s.Append(ctx, "acme", e))
				require.NoError(t, s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 2, Data: []byte("state")}))
				require.NoError(t, s.SaveLastActive(ctx, "acme", active))
				for _, read := range row.reads {
					assert.NoError(t, read(s))
				}
			}
			require.NoError(t, s.Erase(ctx, "acme"))
			assert.ErrorIs(t, commits(s), store.ErrErased)
		})
	}
}

// A slow loop blocks neither writers nor the reuse of free pages.
func TestSlowLoop(t *testing.T) {
	path := filled(t, 600)
	s := opened(t, path)
	boltstore.SkipSyncs(s)
	churn := func() {
		for range 300 {
			require.NoError(t, s.SaveSnapshot(t.Context(), "acme", store.Snapshot{Version: 1, Data: make([]byte, 50_000)}))
		}
	}
	size := func() int64 {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.Size()
	}
	churn()
	before := size()
	for _, err := range s.Commits(t.Context(), "acme", 0) {
		require.NoError(t, err)
		churn()
		break
	}
	for id, err := range s.Accounts(t.Context(), "") {
		require.NoError(t, err)
		assert.Equal(t, usher.AccountID("acme"), id)
		churn()
	}
	assert.Equal(t, before, size(), "bytes of the file, after 600 more snapshots of 50 kB")
}
