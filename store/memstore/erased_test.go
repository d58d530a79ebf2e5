package memstore_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

func TestErasedAccounts(t *testing.T) {
	s := new(memstore.Store)
	erased := func(after usher.AccountID) (ids []usher.AccountID) {
		for id, err := range s.ErasedAccounts(t.Context(), after) {
			require.NoError(t, err)
			ids = append(ids, id)
		}
		return ids
	}
	assert.Empty(t, erased(""))
	for _, id := range []usher.AccountID{"d", "a", "c", "b"} {
		require.NoError(t, s.Append(t.Context(), id, store.Entry{Commit: store.Commit{Version: 1}}))
	}
	for _, id := range []usher.AccountID{"never used", "d", "b"} {
		require.NoError(t, s.Erase(t.Context(), id))
	}
	assert.Equal(t, []usher.AccountID{"b", "d", "never used"}, erased(""))
	assert.Equal(t, []usher.AccountID{"d", "never used"}, erased("b"))
	assert.Empty(t, erased("never used"))
}
