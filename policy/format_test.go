package policy_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
)

func formatPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("FORMAT.md")
	require.NoError(t, err)
	return string(text)
}

// The policies in FORMAT.md load without warnings. A block without the key usher shows a part of
// one, and a block with the key policy is a test file, which package policytest runs.
func TestFormatExamples(t *testing.T) {
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindAllStringSubmatch(formatPage(t), -1)
	require.Greater(t, len(blocks), 2)
	for _, block := range blocks {
		if !strings.Contains(block[1], "usher: 1\n") || strings.Contains(block[1], "\npolicy: ") {
			continue
		}
		p, err := policyfile.Load("FORMAT.md", []byte(block[1]))
		require.NoError(t, err)
		assert.Empty(t, p.Warnings())
	}
}

// The policy in the package doc loads without warnings.
func TestDocExample(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, sketch, ok := strings.Cut(string(source), "//\tusher: 1\n")
	require.True(t, ok)
	sketch, _, ok = strings.Cut(sketch, "//\n// FORMAT.md")
	require.True(t, ok)
	p, err := policyfile.Load("doc.go", []byte("usher: 1\n"+strings.ReplaceAll(sketch, "//\t", "")))
	require.NoError(t, err)
	assert.Empty(t, p.Warnings())
}

// FORMAT.md documents everything: each key in the table of its section, and each word of the
// grammar.
func TestFormatIsWhole(t *testing.T) {
	page := formatPage(t)
	for _, row := range []struct{ section, src string }{
		{"The keys of the file", "zzzzzzzzzzzz: 1"},
		{"Seat pools", "seats: {a: {zzzzzzzzzzzz: 1}}"},
		{"Settings", "settings: {a: {zzzzzzzzzzzz: 1}}"},
		{"Conditions", "conditions: {a: {zzzzzzzzzzzz: 1}}"},
		{"Roles", "roles: {a: {zzzzzzzzzzzz: 1}}"},
		{"Resources", "resources: {a: {zzzzzzzzzzzz: 1}}"},
	} {
		keys := keysOf(t, row.src)
		require.Greater(t, len(keys), 1, row.src)
		assert.Equal(t, sorted(keys), sorted(firstColumn(section(t, page, row.section))), row.section)
	}

	var kinds []string
	for kind := syntax.OnSeat; kind.String() != ""; kind++ {
		kinds = append(kinds, kind.String())
	}
	assert.Equal(t, sorted(append(kinds, "title")), sorted(firstColumn(section(t, page, "Conditions"))))

	var scopes []string
	for scope := syntax.ScopeAny; scope.String() != "none"; scope++ {
		scopes = append(scopes, scope.String())
	}
	assert.Equal(t, sorted(scopes), sorted(firstColumn(section(t, page, "Rules"))))
}

// FORMAT.md and the package doc have the standard resources with their parties and
// permissions.
func TestFormatStandardResources(t *testing.T) {
	p, err := policyfile.Load("x.yaml", []byte(roles))
	require.NoError(t, err)
	page := section(t, formatPage(t), "Standard resources")
	for _, resource := range p.Resources() {
		row := regexp.MustCompile("(?m)^\\| `" + resource + "` \\| (.*)\\|$").FindStringSubmatch(page)
		require.NotNil(t, row, resource)
		parties := map[string]syntax.PartyKind{}
		for _, m := range regexp.MustCompile("`([a-z]+): (users|teams)`").FindAllStringSubmatch(row[1], -1) {
			parties[m[1]] = syntax.OfUsers
			if m[2] == "teams" {
				parties[m[1]] = syntax.OfTeams
			}
		}
		assert.True(t, maps.Equal(p.Parties(resource), parties), "parties of %s", resource)
	}
	source, err := os.ReadFile("declared.go")
	require.NoError(t, err)
	for _, permission := range p.Permissions() {
		assert.Contains(t, page, "`"+permission.String()+"`")
		assert.Regexp(t, `(?m)^//\t.*\b`+regexp.QuoteMeta(permission.String())+`\b`, string(source), "the doc of Permissions")
	}
}

// keysOf returns the keys that a message lists about an unknown one.
func keysOf(t *testing.T, src string) []string {
	t.Helper()
	_, err := policyfile.Parse("x.yaml", []byte("usher: 1\n"+src))
	require.ErrorContains(t, err, `has no key "zzzzzzzzzzzz"`)
	m := regexp.MustCompile(`has no key "zzzzzzzzzzzz" \((.*)\)`).FindStringSubmatch(err.Error())
	if m == nil {
		return nil
	}
	return strings.Split(m[1], ", ")
}

// section returns the text below a heading.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, text, ok := strings.Cut(page, "\n## "+heading+"\n")
	require.True(t, ok, heading)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// firstColumn returns the names in the first column of tables.
func firstColumn(text string) (names []string) {
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// The limits in FORMAT.md are those of the compiler.
func TestFormatLimits(t *testing.T) {
	text := strings.Join(strings.Fields(formatPage(t)), " ")
	for what, limit := range policy.Limits {
		assert.Contains(t, text, fmt.Sprintf("%d %s", limit, what))
	}
}
