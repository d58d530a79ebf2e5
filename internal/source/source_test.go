package source_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/source"
)

func parse(src string) (*source.Node, []string) {
	var problems []string
	n := source.Parse([]byte(src), func(line, col int, message string) {
		problems = append(problems, fmt.Sprintf("%d:%d: %s", line, col, message))
	})
	return n, problems
}

func TestParse(t *testing.T) {
	n, problems := parse("a: 007\nb: [x, 'true', true, ~]\n")
	require.Empty(t, problems)
	require.Equal(t, source.Map, n.Kind)
	a, b := n.Entries[0], n.Entries[1]
	assert.Equal(t, "007", a.Value.Text, "a scalar is its text as written")
	assert.Equal(t, 2, b.Key.Line)
	items := b.Value.Items
	require.Len(t, items, 4)
	assert.Equal(t, 5, items[0].Col)
	_, ok := items[1].Bool()
	assert.False(t, ok, "a quoted true is a text")
	v, ok := items[2].Bool()
	assert.True(t, v && ok)
	assert.True(t, items[3].IsNull())
}

func TestRefused(t *testing.T) {
	for _, row := range []struct{ name, src, want string }{
		{"too large", "a: " + strings.Repeat("b", source.MaxBytes), "1:1: the file is 1048579 bytes long"},
		{"empty", "", "1:1: the file is empty"},
		{"only a comment", "# hello\n", "1:1: the file is empty"},
		{"syntax", "a: b\nc: d: e\n", "2:1: not YAML: mapping values are not allowed"},
		{"tab", "a:\n  \tb: c\n", "2:1: not YAML: found character that cannot start any token; the line begins with a tab; indent with spaces"},
		{"no tab", "a:\n  @b: c\td\n", "2:1: not YAML: found character that cannot start any token\n"},
		{"not text", "a: \xff", "1:1: not YAML: "},
		{"second document", "a: b\n---\nc: d\n", "2:1: a second document begins here"},
		{"anchor", "a: &x b\n", "1:4: anchors (&x) are not supported"},
		{"alias", "a: &x b\nc: *x\n", "2:4: aliases (*x) are not supported"},
		{"merge key", "a:\n  <<: {b: c}\n", "2:3: merge keys (<<) are not supported"},
		{"custom tag", "a: !secret b\n", "1:4: tags (!secret) are not supported"},
		{"standard tag", "a: !!str b\n", "1:4: tags (!!str) are not supported"},
		{"duplicate key", "a: b\nc: d\na: e\n", `3:1: duplicate key "a"; the first is in line 1`},
		{"null key", "~: b\n", "1:1: a key must be a name, not nothing"},
		{"list as a key", "[a]: b\n", "1:1: a key must be a name, not a list"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, problems := parse(row.src)
			assert.Contains(t, strings.Join(problems, "\n")+"\n", row.want)
		})
	}
}
