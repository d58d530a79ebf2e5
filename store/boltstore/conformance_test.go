package boltstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// What the documentation of the products promises holds on a file as it does in
// memory.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("../../testdata/conformance/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			suite, err := policytest.Load(file, src, os.ReadFile)
			require.NoError(t, err)
			opened := 0
			r := suite.RunOn(func() (store.Store, error) {
				opened++
				s, err := boltstore.Open(filepath.Join(t.TempDir(), "usher.db"), boltstore.Options{})
				if err == nil {
					t.Cleanup(func() { assert.NoError(t, s.Close()) })
				}
				return s, err
			})
			for _, f := range r.Failures {
				t.Error(f)
			}
			assert.Equal(t, len(suite.File().Scenarios), opened)
			assert.Equal(t, len(suite.File().Checks)+len(suite.File().Scenarios), r.Passed)
		})
	}
}
