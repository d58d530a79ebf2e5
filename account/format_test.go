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
	for _, c := range changes {
		s := shapeByName[NameOfChange(c)]
		row := "`" + NameOfChange(c) + "`"
		for i, key := range s.keys.names {
			if s.keys.optional(i) {
				key += "?"
			}
			row += " `" + key + "`"
		}
		written = append(written, row)
	}
	assert.Equal(t, written, documented)
	for _, key := range headerKeys.names {
		assert.Contains(t, string(src), "\n| `"+key+"` | ")
	}

	example := regexp.MustCompile("(?s)```json\n(.*?)\n```").FindStringSubmatch(string(src))
	require.Len(t, example, 2)
	c, err := DecodeCommit([]byte(example[1]))
	require.NoError(t, err)
	data, err := c.Encode()
	require.NoError(t, err)
	assert.Equal(t, example[1], string(data))
}
