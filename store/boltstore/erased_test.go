package boltstore_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// ErasedAccounts yields the erased accounts, over several pages, and also in a file of format 1.
func TestErasedAccounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	s, err := boltstore.Open(path, boltstore.Options{})
	require.NoError(t, err)
	boltstore.SkipSyncs(s)
	erased := func(after usher.AccountID) (ids []usher.AccountID) {
		for id, err := range s.ErasedAccounts(t.Context(), after) {
			require.NoError(t, err)
			ids = append(ids, id)
		}
		return ids
	}
	assert.Empty(t, erased(""))
	var want []usher.AccountID
	for i := range 900 {
		id := usher.AccountID(fmt.Sprintf("account-%04d", i))
		require.NoError(t, s.Append(t.Context(), id, store.Entry{Commit: store.Commit{Version: 1}}))
		if i%3 == 0 {
			require.NoError(t, s.Erase(t.Context(), id))
			want = append(want, id)
		}
	}
	require.NoError(t, s.Erase(t.Context(), "never used"))
	want = append(want, "never used")
	assert.Equal(t, want, erased(""))
	assert.Equal(t, want[7:], erased(want[6]))
	assert.Empty(t, erased("never used"))

	require.NoError(t, s.Close())
	for _, err := range s.ErasedAccounts(t.Context(), "") {
		require.ErrorIs(t, err, store.ErrClosed)
	}
	downgrade(t, path)
	s, err = boltstore.Open(path, boltstore.Options{ReadOnly: true})
	require.NoError(t, err)
	assert.Equal(t, want, erased(""))
	require.NoError(t, s.Close())
}
