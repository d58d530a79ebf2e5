package boltstore_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/storetest"
)

func TestStore(t *testing.T) {
	paths := map[store.Store]string{}
	openAt := func(t testing.TB, path string) store.Store {
		s, err := boltstore.Open(path, boltstore.Options{})
		require.NoError(t, err)
		boltstore.SkipSyncs(s) // TestKill and the tests of the writer do not skip them
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		paths[s] = path
		return s
	}
	storetest.Suite{
		Open: func(t testing.TB) store.Store { return openAt(t, filepath.Join(t.TempDir(), "journal")) },
		Reopen: func(t testing.TB, s store.Store) store.Store {
			require.NoError(t, s.(*boltstore.Store).Close())
			return openAt(t, paths[s])
		},
	}.Run(t)
}
