// Package tools_test holds the files around the code against each other.
package tools_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// read returns the text of a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// README.md and the Makefile name the same prerequisites in the same order as .ci/setup, which
// checks for them.
func TestPrerequisites(t *testing.T) {
	var needs []string
	for _, m := range regexp.MustCompile(`(?m)^need (?:'([^']*)'|"([^"]*)") `).FindAllStringSubmatch(read(t, ".ci/setup"), -1) {
		needs = append(needs, m[1]+m[2])
	}
	if len(needs) < 2 {
		t.Fatalf(".ci/setup needs %q, want all that make test needs", needs)
	}
	last := len(needs) - 1
	want := strings.Join(needs[:last], ", ") + " and " + needs[last]
	for _, name := range []string{"README.md", "Makefile"} {
		text := strings.Join(strings.Fields(strings.ReplaceAll(read(t, name), "\n# ", " ")), " ")
		if !strings.Contains(text, want) {
			t.Errorf("%s does not list the prerequisites that .ci/setup checks: %q", name, want)
		}
	}
	for _, file := range []string{"go.work", "go.mod"} {
		m := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, file))
		if m == nil || needs[0] != "Go "+m[1] {
			t.Errorf(".ci/setup needs %s, but %s says %q", needs[0], file, m)
		}
	}
}
