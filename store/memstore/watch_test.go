package memstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// A slow loop gets each changed account once, and "" instead of too many accounts.
func TestWatchMerges(t *testing.T) {
	s := new(memstore.Store)
	begin := func(prefix string, n int) {
		for i := range n {
			err := s.Append(t.Context(), usher.AccountID(fmt.Sprint(prefix, i)), store.Entry{Commit: store.Commit{Version: 1}})
			require.NoError(t, err)
		}
	}
	got := []usher.AccountID{}
	for id, err := range s.Watch(t.Context()) {
		require.NoError(t, err)
		got = append(got, id)
		switch len(got) {
		case 1:
			begin("a", 2)
			require.NoError(t, s.Erase(t.Context(), "a0"))
		case 3:
			begin("b", 5000)
		}
		if len(got) == 4 {
			break
		}
	}
	assert.Equal(t, usher.AccountID(""), got[0])
	assert.ElementsMatch(t, []usher.AccountID{"a0", "a1"}, got[1:3])
	assert.Equal(t, usher.AccountID(""), got[3])
}
