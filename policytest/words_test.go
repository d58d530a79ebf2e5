package policytest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/usherfiles"
)

// TestWords runs the test files about single words of the policy format.
func TestWords(t *testing.T) { usherfiles.Run(t, "../testdata/words/*.test.yaml") }

// A policy of testdata/words that stands in policy/FORMAT.md is the same there.
func TestWordsOfTheFormatPage(t *testing.T) {
	page := formatPage(t, "../policy/FORMAT.md")
	files, err := filepath.Glob("../testdata/words/*.policy.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".policy.yaml")
		written, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, block := range yamlBlocks(page) {
			if strings.HasPrefix(block, "# "+name+".yaml\n") {
				assert.Equal(t, block, string(written), path)
			}
		}
	}
}
