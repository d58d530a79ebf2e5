package policy_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
)

// Each file of testdata/refused has one mistake. Its first line has the one problem that Load
// returns, as "# want: line:col: message"; the end of the message may be missing. A mistake with
// two problems has two such lines.
func TestRefused(t *testing.T) {
	for _, file := range examples(t, "refused") {
		t.Run(file.name, func(t *testing.T) {
			_, err := policyfile.Load(file.name, file.src)
			var problems *syntax.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("Load(%s) = %v, want problems", file.name, err)
			}
			file.says(t, problems.List())
			assert.Len(t, problems.List(), problems.Len(), "what is counted is told")
		})
	}
}

// An error has the file, the position and the problem.
func TestRefusedError(t *testing.T) {
	_, err := policyfile.Load("acme.yaml", []byte("usher: 2\nroles: []\n"))
	assert.EqualError(t, err, `acme.yaml:1:8: unknown format version "2" (want 1)`+"\n"+
		`acme.yaml:2:8: roles must be a map, not a list`)
}

// A file with mistakes in every line gets a short error.
func TestRefusedManyTimes(t *testing.T) {
	src := roles + "resources:\n" + lines(1000, "  page-%d: {permission: {}}\n")
	_, err := policyfile.Load("acme.yaml", []byte(src))
	require.Error(t, err)
	told := strings.Split(err.Error(), "\n")
	assert.Len(t, told, 21)
	assert.Contains(t, told[0], `acme.yaml:6:12: a resource has no key "permission"; did you mean "permissions"?`)
	assert.Equal(t, "acme.yaml: and 980 more", told[20])
}

// A policy at each limit loads, and one above it is rejected.
func TestRefusedTooMany(t *testing.T) {
	const page = "resources:\n  page:\n    parties: {host: users}\n"
	const cell = page + "    permissions:\n      view:\n        member:\n"
	conditions := "conditions:\n" + lines(41, "  c%d: {context: c%d}\n")
	for _, row := range []struct {
		src  string // of a policy, after its roles
		want string // line, column and beginning of the one problem
	}{
		{lines(255, "  r%d: {}\n"), "259:3: more than 256 roles"},
		{"bundles:\n" + lines(1025, "  b%d: [user.view]\n"), "1030:3: more than 1024 bundles"},
		{"resources:\n  page:\n    permissions:\n" + lines(4097, "      p%d: {}\n"), "4073:7: more than 4096 permissions"},
		{"resources:\n  page:\n    parties:\n" + lines(17, "      p%d: users\n"), "24:7: more than 16 parties of one resource"},
		{"resources:\n  page:\n    fields:\n" + lines(41, "      g%d: [f%d]\n"), "48:13: more than 40 fields of one resource"},
		{cell + lines(65, "          - own\n"), "75:13: more than 64 rules in one cell"},
		{"never:\n  user.view:\n" + lines(65, "    - own\n"), "71:7: more than 64 rules in one cell"},
		{cell + lines(41, "          - own if c%d\n") + conditions, "51:20: more than 40 different conditions in the rules of one resource"},
		{cell + "          own if " + lines(40, "c%d and ") + "c40\n" + conditions, "11:328: more than 40 names in one list of a rule"},
	} {
		_, err := policyfile.Load("acme.yaml", []byte(roles+row.src))
		var problems *syntax.Problems
		if !errors.As(err, &problems) {
			t.Errorf("Load(… %.60q …) = %v, want %s", row.src, err, row.want)
			continue
		}
		assert.Len(t, problems.List(), 1)
		assert.Contains(t, err.Error(), "acme.yaml:"+row.want)
	}
}

// roles is the beginning of a policy, with four lines.
const roles = "usher: 1\nroles:\n  owner: {unique: true, hands-over-to: member}\n  member: {default: true}\n"

// lines repeats a text, each time with another number for its %d.
func lines(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "%d", strconv.Itoa(i)))
	}
	return b.String()
}

// example is a file of testdata.
type example struct {
	name string
	src  []byte
}

func examples(tb testing.TB, dir string) []example {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.yaml"))
	require.NoError(tb, err)
	require.NotEmpty(tb, paths)
	var files []example
	for _, path := range paths {
		src, err := os.ReadFile(path)
		require.NoError(tb, err)
		files = append(files, example{filepath.Base(path), src})
	}
	return files
}

// says compares problems with those that the file expects.
func (e example) says(t *testing.T, problems []syntax.Problem) {
	t.Helper()
	var got, want []string
	for line := range strings.Lines(string(e.src)) {
		if text, ok := strings.CutPrefix(line, "# want: "); ok {
			want = append(want, strings.TrimSpace(text))
		}
	}
	for i, p := range problems {
		text := fmt.Sprintf("%d:%d: %s", p.Pos.Line, p.Pos.Col, p.Message)
		if i < len(want) && strings.HasPrefix(text, want[i]) {
			text = want[i]
		}
		got = append(got, text)
	}
	assert.Equal(t, want, got, "Load(%s)", e.name)
}
