package boltstore_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/usherfiles"
)

// The conformance scenarios pass with a file as they do in memory.
func TestConformance(t *testing.T) {
	opened := 0
	usherfiles.Runner{Store: func(t testing.TB) store.Store {
		opened++
		s, err := boltstore.Open(filepath.Join(t.TempDir(), "usher.db"), boltstore.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, s.Close()) })
		return s
	}}.Run(t, "../../testdata/conformance/*.yaml")
	assert.GreaterOrEqual(t, opened, 24, "each scenario has a store of its own")
}
