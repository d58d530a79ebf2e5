package account

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FORMAT.md lists what is written, key by key.
func TestFormatIsDocumented(t *testing.T) {
	src, err := os.ReadFile("FORMAT.md")
	require.NoError(t, err)
	var documented, written []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z]+-[a-z-]+`) \\|(.*)\\|$").FindAllStringSubmatch(string(src), -1) {
		documented = append(documented, strings.TrimSpace(row[1]+row[2]))
	}
	for _, c := range changeTypes {
		s := shapeByName[c.ChangeType()]
		row := "`" + c.ChangeType() + "`"
		for i := range s.keys.Len() {
			key := s.keys.Name(i)
			if s.keys.Optional(i) {
				key += "?"
			}
			row += " `" + key + "`"
		}
		written = append(written, row)
	}
	assert.Equal(t, written, documented)
	for i := range headerKeys.Len() {
		assert.Contains(t, string(src), "\n| `"+headerKeys.Name(i)+"` | ")
	}

	example := regexp.MustCompile("(?s)```json\n(.*?)\n```").FindStringSubmatch(string(src))
	require.Len(t, example, 2)
	c, err := DecodeCommit([]byte(example[1]))
	require.NoError(t, err)
	data, err := c.Encode()
	require.NoError(t, err)
	assert.Equal(t, example[1], string(data))
}
