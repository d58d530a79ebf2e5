package usherfiles_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/usherfiles"
)

func TestMatrix(t *testing.T) {
	usherfiles.Matrix(t, "testdata/policy.yaml", "testdata/roles.md")

	// Git may check out CRLF line breaks on Windows.
	src, err := os.ReadFile("testdata/roles.md")
	require.NoError(t, err)
	golden := filepath.Join(t.TempDir(), "roles.md")
	require.NoError(t, os.WriteFile(golden, []byte(strings.ReplaceAll(string(src), "\n", "\r\n")), 0o600))
	usherfiles.Matrix(t, "testdata/policy.yaml", golden)
}

// A change of the policy is shown as changed lines of the tables.
func TestMatrixDiffers(t *testing.T) {
	t.Setenv("USHER_UPDATE", "0")
	dir := t.TempDir()
	src, err := os.ReadFile("testdata/policy.yaml")
	require.NoError(t, err)
	changed := strings.NewReplacer("edit: {member: sole}", "edit: {member: own}", "book: {member: any}", "book: {member: any}\n      clean: {guest: any}").Replace(string(src))
	p, golden := filepath.Join(dir, "policy.yaml"), "testdata/roles.md"
	require.NoError(t, os.WriteFile(p, []byte(changed), 0o600))

	s := &spy{name: "TestRoles/my_own (1)"}
	usherfiles.Matrix(s, p, golden)
	assert.Equal(t, `testdata/roles.md does not match DIR/policy.yaml.
testdata/roles.md:77:1: ## calendar
  | | Owner | Member | Guest |
- | edit | any | sole | – |
+ | edit | any | own | – |
testdata/roles.md:84:1: ## room
  | | Owner | Member | Guest |
+ | clean | any | – | any |
testdata/roles.md:91:1: ## Words
- | sole | resources of the user alone |
If the policy is right, update the file: USHER_UPDATE=1 go test -run '^TestRoles$/^my_own \(1\)$'`, strings.ReplaceAll(strings.Join(s.notes, "\n"), dir, "DIR"))
}

func TestMatrixIsMissing(t *testing.T) {
	t.Setenv("USHER_UPDATE", "")
	t.Setenv("CI", "")
	golden := filepath.Join(t.TempDir(), "new", "roles.md")
	s := &spy{name: "TestRoles"}
	assert.Equal(t, golden+" does not exist. To create it from oncehub: USHER_UPDATE=1 go test -run '^TestRoles$'",
		s.during(func() { usherfiles.Matrix(s, "oncehub", golden) }))
	assert.NoFileExists(t, golden)

	t.Setenv("USHER_UPDATE", "1")
	t.Setenv("CI", "true")
	assert.Equal(t, "USHER_UPDATE=1 is not allowed with CI=true: update golden files locally, and review the changes",
		s.during(func() { usherfiles.Matrix(s, "oncehub", golden) }))
	assert.NoFileExists(t, golden)

	t.Setenv("CI", "false")
	assert.Equal(t, "log: wrote "+golden, s.during(func() { usherfiles.Matrix(s, "oncehub", golden) }))
	assert.Empty(t, s.during(func() { usherfiles.Matrix(s, "oncehub", golden) }), "it is up to date")
	assert.Equal(t, "log: wrote "+golden, s.during(func() { usherfiles.Matrix(s, "calcom", golden) }))
	t.Setenv("USHER_UPDATE", "")
	assert.Empty(t, s.during(func() { usherfiles.Matrix(s, "calcom", golden) }))
}

func TestMatrixCannot(t *testing.T) {
	t.Setenv("USHER_UPDATE", "yes")
	dir, s := t.TempDir(), &spy{name: "TestRoles"}
	assert.Equal(t, "invalid USHER_UPDATE=yes (want 1 or 0)",
		s.during(func() { usherfiles.Matrix(s, "oncehub", filepath.Join(dir, "roles.md")) }))
	t.Setenv("USHER_UPDATE", "1")
	t.Setenv("CI", "")
	for golden, want := range map[string]string{
		dir: "is a directory",
		filepath.Join("testdata", "policy.yaml", "roles.md"): "not a directory",
	} {
		assert.Contains(t, s.during(func() { usherfiles.Matrix(s, "oncehub", golden) }), want)
	}
	assert.Contains(t, s.during(func() { usherfiles.Matrix(s, "oncehup", "testdata/roles.md") }), `policy "oncehup" is not a preset, and the file cannot be read in `)
	assert.Contains(t, s.during(func() { usherfiles.Matrix(s, "testdata/untested.yaml", "testdata/roles.md") }), `testdata/untested.yaml:1:1: a policy needs the key "roles"`)

	// An empty file is not a missing file.
	t.Setenv("USHER_UPDATE", "0")
	empty := filepath.Join(dir, "empty.md")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	assert.Contains(t, s.during(func() { usherfiles.Matrix(s, "testdata/policy.yaml", empty) }), "\n"+empty+":1:1:\n+ # Calendars\n+ \n+ ## account\n")
}
