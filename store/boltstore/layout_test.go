package boltstore

import (
	"bytes"
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Keys sort like ids, no key is a prefix of another account's, and splitKey returns the parts.
func FuzzKeys(f *testing.F) {
	f.Add("a", "ab", uint64(1))
	f.Add("a", "a\x00", uint64(256))
	f.Add("a\x00", "a\x00\x01", uint64(1<<63))
	f.Add("\x00\xff", "\x00", uint64(0))
	f.Add("", "\xff", uint64(erasedVersion))
	f.Fuzz(func(t *testing.T, a, b string, version uint64) {
		keyA, keyB := accountKey(usher.AccountID(a)), accountKey(usher.AccountID(b))
		assert.Equal(t, cmp.Compare(a, b), bytes.Compare(keyA, keyB), "%q and %q", a, b)
		if a != b {
			assert.False(t, bytes.HasPrefix(keyA, keyB) || bytes.HasPrefix(keyB, keyA), "%q and %q", a, b)
		}
		if a < b {
			assert.LessOrEqual(t, bytes.Compare(afterAccount(keyA), keyB), 0)
			assert.Negative(t, bytes.Compare(versionKey(keyA, version), keyB))
		}
		assert.Positive(t, bytes.Compare(afterAccount(keyA), versionKey(keyA, erasedVersion)))
		for _, rest := range [][]byte{versionKey(keyA, version)[len(keyA):], []byte(b)} {
			id, got, err := splitKey(append(accountKey(usher.AccountID(a)), rest...))
			require.NoError(t, err)
			assert.Equal(t, usher.AccountID(a), id)
			assert.Equal(t, string(rest), string(got))
		}
	})
}

func TestSplitKeyRejects(t *testing.T) {
	for _, key := range []string{"", "a", "a\x00", "a\x00\x02", "a\x00\x00\x01", "\x00\xff\x00\xff"} {
		_, _, err := splitKey([]byte(key))
		assert.ErrorIs(t, err, ErrDamaged, "%q", key)
	}
}

// The checksum covers the key and each byte of the value.
func TestChecksum(t *testing.T) {
	key, data := []byte("key"), []byte("some data")
	value := withChecksum(key, data)
	got, err := verifiedData(key, value)
	require.NoError(t, err)
	assert.Equal(t, data, got)
	_, err = verifiedData([]byte("kez"), value)
	assert.ErrorIs(t, err, ErrDamaged)
	for i := range value {
		wrong := bytes.Clone(value)
		wrong[i] ^= 4
		_, err := verifiedData(key, wrong)
		assert.ErrorIs(t, err, ErrDamaged, "byte %d", i)
	}
	for end := range value {
		_, err := verifiedData(key, value[:end])
		assert.ErrorIs(t, err, ErrDamaged, "%d bytes", end)
	}
}

func TestCheckSize(t *testing.T) {
	assert.NoError(t, checkSize(make([]byte, 1000)))
	assert.ErrorIs(t, checkSize(make([]byte, maxValue+1)), store.ErrInvalid)
}
