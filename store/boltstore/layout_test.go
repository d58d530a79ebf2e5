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

// Keys sort as ids do, none begins with another's, and each can be read back.
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

func TestSplitKeyRefuses(t *testing.T) {
	for _, key := range []string{"", "a", "a\x00", "a\x00\x02", "a\x00\x00\x01", "\x00\xff\x00\xff"} {
		_, _, err := splitKey([]byte(key))
		assert.ErrorIs(t, err, ErrDamaged, "%q", key)
	}
}

// A value is bound to its key, and to each of its bytes.
func TestSealed(t *testing.T) {
	key, data := []byte("key"), []byte("some data")
	value := sealed(key, data)
	got, err := opened(key, value)
	require.NoError(t, err)
	assert.Equal(t, data, got)
	_, err = opened([]byte("kez"), value)
	assert.ErrorIs(t, err, ErrDamaged)
	for i := range value {
		wrong := bytes.Clone(value)
		wrong[i] ^= 4
		_, err := opened(key, wrong)
		assert.ErrorIs(t, err, ErrDamaged, "byte %d", i)
	}
	for end := range value {
		_, err := opened(key, value[:end])
		assert.ErrorIs(t, err, ErrDamaged, "%d bytes", end)
	}
}

func TestCheckSize(t *testing.T) {
	assert.NoError(t, checkSize(make([]byte, 1000)))
	assert.ErrorIs(t, checkSize(make([]byte, maxValue+1)), store.ErrInvalid)
}
