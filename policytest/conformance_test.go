package policytest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
)

const conformance = "../testdata/conformance"

// The presets keep what the documentation of their products promises, and no rule
// of theirs is there for nothing: together, the files of a product reach them all.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob(conformance + "/*.yaml")
	require.NoError(t, err)
	unreached := map[string]map[usher.Rule]int{} // by preset: how many files did not reach a rule
	count := map[string]int{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			suite, err := policytest.Load(file, src, os.ReadFile)
			require.NoError(t, err)
			r := suite.Run()
			for _, f := range r.Failures {
				t.Error(f)
			}
			assert.Equal(t, len(suite.File().Checks)+len(suite.File().Scenarios), r.Passed)

			name := suite.Policy().Name()
			count[name]++
			if unreached[name] == nil {
				unreached[name] = map[usher.Rule]int{}
			}
			for _, rule := range r.Cover.Unreached {
				unreached[name][rule]++
			}
		})
	}
	for _, name := range preset.Names() {
		assert.NotZero(t, count[name], "no file is about %s", name)
		for rule, n := range unreached[name] {
			assert.Less(t, n, count[name], "no check reaches %s", rule)
		}
	}
}
