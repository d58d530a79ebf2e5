package account

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of changes in FORMAT.md")

const (
	beginMark = "<!-- derived from the types of changes; to change it, run make generate -->\n"
	endMark   = "<!-- end of what is derived -->\n"
)

// FORMAT.md lists the keys of the changes as their types define them.
func TestGenerated(t *testing.T) {
	src, err := os.ReadFile("FORMAT.md")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(src), beginMark)
	require.True(t, ok, "FORMAT.md has no %q", beginMark)
	_, after, ok := strings.Cut(rest, endMark)
	require.True(t, ok, "FORMAT.md has no %q", endMark)
	want := before + beginMark + changeTable() + endMark + after
	switch {
	case want == string(src):
	case *update:
		require.NoError(t, os.WriteFile("FORMAT.md", []byte(want), 0o644))
	default:
		t.Error("account/FORMAT.md does not say what the types of changes do: run make generate")
	}
}

func changeTable() string {
	var b strings.Builder
	b.WriteString("\n| change | keys |\n|---|---|\n")
	for _, c := range changes {
		keys := shapeByName[NameOfChange(c)].keys
		b.WriteString("| `" + NameOfChange(c) + "` |")
		for i := range keys.Len() {
			key := keys.Name(i)
			if keys.Optional(i) {
				key += "?"
			}
			b.WriteString(" `" + key + "`")
		}
		b.WriteString(" |\n")
	}
	b.WriteString("\n")
	return b.String()
}

// FORMAT.md lists the keys of a commit, and its example is a valid commit.
func TestFormatIsDocumented(t *testing.T) {
	src, err := os.ReadFile("FORMAT.md")
	require.NoError(t, err)
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
