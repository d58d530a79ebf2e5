package policytest_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policytest"
)

func formatPage(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func yamlBlocks(page string) (blocks []string) {
	for _, m := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// The test file in policytest/FORMAT.md passes, with the policy in policy/FORMAT.md.
func TestFormatExample(t *testing.T) {
	company := yamlBlocks(formatPage(t, "../policy/FORMAT.md"))[0]
	blocks := yamlBlocks(formatPage(t, "FORMAT.md"))
	require.Len(t, blocks, 1)
	suite, err := policytest.Load("FORMAT.md", []byte(blocks[0]), func(path string) ([]byte, error) {
		assert.Equal(t, "company.yaml", path)
		return []byte(company), nil
	})
	require.NoError(t, err)
	r := suite.Run()
	for _, f := range r.Failures {
		t.Error(f)
	}
	assert.Equal(t, 8, r.Passed)
}

// The test files in policy/FORMAT.md pass, each with the policy before it.
func TestPolicyFormatExamples(t *testing.T) {
	last, tests := "", 0
	for _, block := range yamlBlocks(formatPage(t, "../policy/FORMAT.md")) {
		if !strings.Contains(block, "\npolicy: ") {
			last = block
			continue
		}
		tests++
		suite, err := policytest.Load("FORMAT.md", []byte(block), func(string) ([]byte, error) { return []byte(last), nil })
		require.NoError(t, err)
		r := suite.Run()
		for _, f := range r.Failures {
			t.Error(f)
		}
		assert.Positive(t, r.Passed)
	}
	assert.Positive(t, tests)
}

// The test file in the package doc passes.
func TestDocExample(t *testing.T) {
	source := formatPage(t, "doc.go")
	_, sketch, ok := strings.Cut(source, "//\tusher: 1\n")
	require.True(t, ok)
	sketch, _, ok = strings.Cut(sketch, "//\n// FORMAT.md")
	require.True(t, ok)
	suite, err := policytest.Load("doc.go", []byte("usher: 1\n"+strings.ReplaceAll(sketch, "//\t", "")), nil)
	require.NoError(t, err)
	r := suite.Run()
	for _, f := range r.Failures {
		t.Error(f)
	}
	assert.Equal(t, 2, r.Passed)
}

// FORMAT.md documents every key of a file, in the table of its section.
func TestFormatIsWhole(t *testing.T) {
	page := formatPage(t, "FORMAT.md")
	const head = "usher: 1\npolicy: oncehub\naccount: {}\n"
	keys := func(src string) []string {
		_, err := testfile.Parse("x.yaml", []byte(src))
		m := regexp.MustCompile(`has no key "zzzzzzzzzzzz" \((.*)\)`).FindStringSubmatch(err.Error())
		require.NotNil(t, m, "%v", err)
		return strings.Split(m[1], ", ")
	}
	assert.Equal(t, sorted(keys("zzzzzzzzzzzz: 1")), sorted(firstColumn(section(t, page, "## The keys of the file"))))
	of := keys("usher: 1\npolicy: oncehub\naccount: {zzzzzzzzzzzz: 1}")
	of = append(of, keys("usher: 1\npolicy: oncehub\naccount: {users: {a: {zzzzzzzzzzzz: 1}}}")...)
	assert.Equal(t, sorted(of), sorted(firstColumn(section(t, page, "## The account"))))
	of = keys(head + "checks: [{zzzzzzzzzzzz: 1}]")
	for _, reason := range usher.Reasons() {
		if reason != usher.ReasonGranted.String() {
			of = append(of, reason)
		}
	}
	assert.Equal(t, sorted(of), sorted(firstColumn(section(t, page, "## Checks"))))

	// Keys in the text of a section.
	for heading, list := range map[string][]string{
		"## The account": append(keys("usher: 1\npolicy: oncehub\naccount: {fields: [{zzzzzzzzzzzz: 1}]}"), keys("usher: 1\npolicy: oncehub\naccount: {users: {a: {grants: [{zzzzzzzzzzzz: 1}]}}}")...),
		"## Scenarios": slices.Concat(
			keys(head+"scenarios: [{zzzzzzzzzzzz: 1}]"),
			keys(head+"scenarios: [{steps: [{can: x, zzzzzzzzzzzz: 1}]}]"),
			keys(head+"scenarios: [{steps: [{do: [], zzzzzzzzzzzz: 1}]}]"),
			keys(head+"scenarios: [{steps: [{state: {zzzzzzzzzzzz: 1}}]}]"),
			keys(head+"scenarios: [{steps: [{state: {seats: {a: {zzzzzzzzzzzz: 1}}}}]}]"),
			[]string{"state", "allow", "deny"},
		),
	} {
		for _, key := range list {
			assert.Contains(t, section(t, page, heading), "`"+key+"`", heading)
		}
	}
	for _, kind := range []account.FieldType{account.TextField, account.NumberField, account.DateField, account.BoolField} {
		assert.Contains(t, section(t, page, "## The account"), "`"+kind.String()+"`")
	}
}

// FORMAT.md documents every code, in order.
func TestFormatCodes(t *testing.T) {
	page := formatPage(t, "FORMAT.md")
	assert.Equal(t, account.Codes(), firstColumn(section(t, page, "### Codes")))
}

// section returns the text below a heading.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, text, ok := strings.Cut(page, "\n"+heading+"\n")
	require.True(t, ok, heading)
	text, _, _ = strings.Cut(text, "\n"+strings.Fields(heading)[0]+" ")
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
