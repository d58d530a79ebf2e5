package sqlstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// ErasedAccounts yields the erased accounts, over several pages.
func TestErasedAccounts(t *testing.T) {
	for name, first := range map[string]func(testing.TB) handle{
		"SQLite":     func(t testing.TB) handle { return liteFile(t, 1) },
		"PostgreSQL": func(t testing.TB) handle { return postgresSchema(t, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := first(t).open(t)
			erased := func(after usher.AccountID) (ids []usher.AccountID) {
				for id, err := range s.ErasedAccounts(t.Context(), after) {
					require.NoError(t, err)
					ids = append(ids, id)
				}
				return ids
			}
			assert.Empty(t, erased(""))
			var want []usher.AccountID
			for i := range 1100 {
				want = append(want, usher.AccountID(fmt.Sprintf("account-%04d", i)))
				require.NoError(t, s.Erase(t.Context(), want[i]))
			}
			require.NoError(t, s.Append(t.Context(), "account-0000x", store.Entry{Commit: store.Commit{Version: 1}}))
			assert.Equal(t, want, erased(""))
			assert.Equal(t, want[7:], erased(want[6]))
			assert.Empty(t, erased("b"))
		})
	}
}
