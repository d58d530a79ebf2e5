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

// A slow loop gets each changed account once, and the zero Hint instead of too many accounts.
func TestWatchMerges(t *testing.T) {
	s := new(memstore.Store)
	begin := func(prefix string, n int) {
		for i := range n {
			err := s.Append(t.Context(), usher.AccountID(fmt.Sprint(prefix, i)), store.Entry{Commit: store.Commit{Version: 1}})
			require.NoError(t, err)
		}
	}
	got := []store.Hint{}
	for hint, err := range s.Watch(t.Context()) {
		require.NoError(t, err)
		got = append(got, hint)
		switch len(got) {
		case 1:
			begin("a", 3)
			require.NoError(t, s.Erase(t.Context(), "a0"))
			require.NoError(t, s.Append(t.Context(), "a1", store.Entry{Commit: store.Commit{Version: 2}}))
		case 4:
			begin("b", 5000)
		}
		if len(got) == 5 {
			break
		}
	}
	assert.Equal(t, store.Hint{}, got[0])
	assert.ElementsMatch(t, []store.Hint{{Account: "a0"}, {Account: "a1", Version: 2}, {Account: "a2", Version: 1}}, got[1:4])
	assert.Equal(t, store.Hint{}, got[4])
}

// Each loop yields a mark after the hints of what was acknowledged before, also for a slow loop that
// several calls of Confirm meet.
func TestConfirmMerges(t *testing.T) {
	s := new(memstore.Store)
	got := []store.Hint{}
	for hint, err := range s.Watch(t.Context()) {
		require.NoError(t, err)
		if got = append(got, hint); len(got) == 3 {
			break
		}
		if len(got) == 1 {
			first, err := s.Confirm(t.Context())
			require.NoError(t, err)
			require.NoError(t, s.Append(t.Context(), "acme", store.Entry{Commit: store.Commit{Version: 1}}))
			second, err := s.Confirm(t.Context())
			require.NoError(t, err)
			assert.Less(t, first, second)
		}
	}
	assert.Equal(t, []store.Hint{{}, {Account: "acme", Version: 1}, {Mark: 2}}, got)
}
