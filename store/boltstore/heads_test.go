package boltstore_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

func keyOf(account string, version uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(account+"\x00\x01"), version)
}

// signed returns data with a valid checksum, as an attacker with knowledge of the format would
// write it.
func signed(key, data []byte) []byte {
	table := crc32.MakeTable(crc32.Castagnoli)
	return binary.BigEndian.AppendUint32(bytes.Clone(data), crc32.Checksum(append(bytes.Clone(key), data...), table))
}

// downgrade turns a file into format 1, which earlier versions wrote.
func downgrade(t *testing.T, path string) {
	t.Helper()
	change(t, path, func(tx *bbolt.Tx) {
		require.NoError(t, tx.DeleteBucket([]byte("heads")))
		require.NoError(t, tx.Bucket([]byte("usher")).Put([]byte("format"), []byte("1")))
	})
}

// Each row changes the file with the functions of bbolt, some with valid checksums. Afterwards no
// call returns another account or an older state.
func TestTamperedFile(t *testing.T) {
	bucket := func(tx *bbolt.Tx, name string) *bbolt.Bucket { return tx.Bucket([]byte(name)) }
	head := func(account string) []byte { return []byte(account + "\x00\x01") }
	move := func(tx *bbolt.Tx, name string, from, to []byte) {
		value := bucket(tx, name).Get(from)
		require.NotEmpty(t, value)
		require.NoError(t, bucket(tx, name).Put(to, signed(to, value[:len(value)-4])))
	}
	for name, damage := range map[string]func(*bbolt.Tx){
		"the last commit is gone":  func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "commits").Delete(keyOf("acme", 13))) },
		"the first commit is gone": func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "commits").Delete(keyOf("beta", 1))) },
		"the only commit is gone":  func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "commits").Delete(keyOf("single", 1))) },
		"a commit is gone":         func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "commits").Delete(keyOf("beta", 3))) },
		"the head is gone":         func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "heads").Delete(head("acme"))) },
		"the only head is gone":    func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "heads").Delete(head("single"))) },
		"the mark is gone":         func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "commits").Delete(keyOf("gone", 1<<64-1))) },
		"the marked head is gone":  func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "heads").Delete(head("gone"))) },
		"another account's head":   func(tx *bbolt.Tx) { move(tx, "heads", head("beta"), head("acme")) },
		"another account's commit": func(tx *bbolt.Tx) { move(tx, "commits", keyOf("acme", 2), keyOf("beta", 2)) },
		"another account's last":   func(tx *bbolt.Tx) { move(tx, "commits", keyOf("beta", 4), keyOf("acme", 13)) },
		"another one of its own":   func(tx *bbolt.Tx) { move(tx, "commits", keyOf("acme", 12), keyOf("acme", 13)) },
		"a commit too many":        func(tx *bbolt.Tx) { move(tx, "commits", keyOf("acme", 13), keyOf("acme", 14)) },
		"the accounts change places": func(tx *bbolt.Tx) {
			for version := uint64(1); version <= 4; version++ {
				move(tx, "commits", keyOf("beta", version), keyOf("acme", version))
			}
			for version := uint64(5); version <= 13; version++ {
				require.NoError(t, bucket(tx, "commits").Delete(keyOf("acme", version)))
			}
			move(tx, "heads", head("beta"), head("acme"))
		},
		"an older head of its own": func(tx *bbolt.Tx) {
			// The state of version 6, but with the snapshot of version 9.
			for version := uint64(7); version <= 13; version++ {
				require.NoError(t, bucket(tx, "commits").Delete(keyOf("acme", version)))
			}
			value := bucket(tx, "commits").Get(keyOf("acme", 6))
			sum := sha256.Sum256(value[:len(value)-4])
			data := append(binary.BigEndian.AppendUint64(nil, 6), sum[:]...)
			require.NoError(t, bucket(tx, "heads").Put(head("acme"), signed(head("acme"), data)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := sound(t, 0)
			change(t, d.path, damage)
			assert.Positive(t, d.examine(t, name, boltstore.Options{ReadOnly: true}))
			assert.Positive(t, d.examine(t, name, boltstore.Options{}))
		})
	}
	for name, harmless := range map[string]func(*bbolt.Tx){ // the existing accounts can be read
		"a commit of a new account":               func(tx *bbolt.Tx) { move(tx, "commits", keyOf("acme", 1), keyOf("new", 1)) },
		"a head of a new account":                 func(tx *bbolt.Tx) { move(tx, "heads", head("acme"), head("new")) },
		"the snapshot is gone":                    func(tx *bbolt.Tx) { require.NoError(t, bucket(tx, "snapshots").Delete(head("acme"))) },
		"the snapshot is that of another account": func(tx *bbolt.Tx) { move(tx, "snapshots", head("acme"), head("beta")) },
	} {
		d := sound(t, 0)
		change(t, d.path, harmless)
		assert.LessOrEqual(t, d.examine(t, name, boltstore.Options{}), 1)
	}
}

// The error of a damaged account states the remedy. The account rejects writes, and other accounts
// work.
func TestLostCommit(t *testing.T) {
	path := filled(t, 3)
	change(t, path, func(tx *bbolt.Tx) { require.NoError(t, tx.Bucket([]byte("commits")).Delete(keyOf("acme", 3))) })
	s := opened(t, path)
	_, err := count(s, "acme")
	assert.ErrorIs(t, err, boltstore.ErrDamaged)
	assert.ErrorContains(t, err, "the account's head (last version 3) does not match its commits (last version 2); restore the file from a backup")
	for version := uint64(2); version <= 4; version++ {
		err := s.Append(t.Context(), "acme", commit(version, "more"))
		assert.ErrorIs(t, err, boltstore.ErrDamaged, "version %d", version)
	}
	assert.ErrorIs(t, s.SaveSnapshot(t.Context(), "acme", store.Snapshot{Version: 1}), boltstore.ErrDamaged)
	_, err = s.Record(t.Context(), "acme", "mia")
	assert.ErrorIs(t, err, boltstore.ErrDamaged)
	require.NoError(t, s.Append(t.Context(), "other", commit(1, "one")))
	var listed []usher.AccountID
	for id, err := range s.Accounts(t.Context(), "") {
		require.NoError(t, err)
		listed = append(listed, id)
	}
	assert.Equal(t, []usher.AccountID{"acme", "other"}, listed)
	require.NoError(t, s.Erase(t.Context(), "acme"))
	_, err = count(s, "acme")
	assert.ErrorIs(t, err, store.ErrErased)
}

// A last commit that does not match the head is damaged, even with a valid checksum.
func TestReplacedLastCommit(t *testing.T) {
	path := filled(t, 3)
	change(t, path, func(tx *bbolt.Tx) {
		require.NoError(t, tx.Bucket([]byte("commits")).Put(keyOf("acme", 3), signed(keyOf("acme", 3), []byte("another"))))
	})
	_, err := count(opened(t, path), "acme")
	assert.ErrorIs(t, err, boltstore.ErrDamaged)
	assert.ErrorContains(t, err, "commit 3 does not match the account's head")
}

// A file of format 1 can be read without an upgrade. Opening it for writing adds the heads.
func TestFormat1(t *testing.T) {
	for _, others := range []int{0, manyOthers} {
		d := sound(t, others)
		downgrade(t, d.path)
		before, err := os.ReadFile(d.path)
		require.NoError(t, err)
		assert.Zero(t, d.examine(t, "format 1, for reading", boltstore.Options{ReadOnly: true}))
		after, err := os.ReadFile(d.path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(before, after), "the file is unchanged")

		assert.Zero(t, d.examine(t, "format 1, for writing", boltstore.Options{}))
		change(t, d.path, func(tx *bbolt.Tx) {
			assert.Equal(t, "2", string(tx.Bucket([]byte("usher")).Get([]byte("format"))))
			assert.Equal(t, len(d.want)+len(d.stored)+len(d.erased), tx.Bucket([]byte("heads")).Stats().KeyN)
		})
		assert.Zero(t, d.examine(t, "format 2", boltstore.Options{ReadOnly: true}))
		change(t, d.path, func(tx *bbolt.Tx) { require.NoError(t, tx.Bucket([]byte("commits")).Delete(keyOf("acme", 13))) })
		assert.Equal(t, 1, d.examine(t, "format 2, damaged", boltstore.Options{}))
	}
}

// A damaged meta page is an error, since bbolt would use the other one and lose the last write.
func TestDamagedMeta(t *testing.T) {
	path := filled(t, 20)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for page := range 2 {
		for offset := 16; offset < 80; offset++ {
			broken := bytes.Clone(whole)
			broken[page*os.Getpagesize()+offset] ^= 4
			require.NoError(t, os.WriteFile(path, broken, 0o600))
			for _, readOnly := range []bool{false, true} {
				_, err := boltstore.Open(path, boltstore.Options{ReadOnly: readOnly})
				require.ErrorIs(t, err, boltstore.ErrDamaged, "page %d, byte %d", page, offset)
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(broken, after), "the file is unchanged")
		}
	}
}

// Open allocates no memory for a number of pages whose size in bytes overflows.
func TestTooManyPages(t *testing.T) {
	path := filled(t, 3)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, pages := range []uint64{1 << 32, 1<<51 - 1, 1 << 51, 1<<52 + 1, 1<<64 - 1} {
		for page := range 2 {
			meta := whole[page*os.Getpagesize()+16:]
			binary.NativeEndian.PutUint64(meta[40:], pages)
			h := fnv.New64a()
			h.Write(meta[:56])
			binary.NativeEndian.PutUint64(meta[56:], h.Sum64())
		}
		require.NoError(t, os.WriteFile(path, whole, 0o600))
		for _, readOnly := range []bool{false, true} {
			_, err := boltstore.Open(path, boltstore.Options{ReadOnly: readOnly})
			assert.ErrorIs(t, err, boltstore.ErrDamaged, "%d pages", pages)
		}
	}
}
