package syntax

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FORMAT.md lists each reserved word, and the limit of a list in a rule.
func TestFormat(t *testing.T) {
	text, err := os.ReadFile("../FORMAT.md")
	require.NoError(t, err)
	page := string(text)
	_, keys, ok := strings.Cut(page, "\n## The keys of the file\n")
	require.True(t, ok)
	keys, _, _ = strings.Cut(keys, "\n## ")
	for _, word := range reserved {
		assert.Contains(t, keys, "`"+word+"`")
	}
	assert.Contains(t, strings.Join(strings.Fields(page), " "), fmt.Sprintf("%d names", maxListed))
}
