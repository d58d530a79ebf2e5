// Package tools_test holds the files around the code against each other.
package tools_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// Workflows run nothing but make, so that their checks can be repeated on any machine.
func TestWorkflows(t *testing.T) {
	makefile := read(t, "Makefile")
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(makefile, -1) {
		targets = append(targets, m[1])
	}
	if phony := strings.Fields(regexp.MustCompile(`(?m)^\.PHONY:(.*)$`).FindString(makefile))[1:]; !slices.Equal(phony, targets) {
		t.Errorf(".PHONY in the Makefile is %q, want its targets in their order: %q", phony, targets)
	}

	files, err := filepath.Glob("../.github/workflows/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("found the workflows %q, %v", files, err)
	}
	for _, file := range files {
		name := strings.TrimPrefix(file, "../")
		text := read(t, name)
		runs := regexp.MustCompile(`(?m)\brun:(.*)$`).FindAllStringSubmatch(text, -1)
		if len(runs) == 0 {
			t.Errorf("%s runs nothing", name)
		}
		for _, run := range runs {
			words := strings.Fields(run[1])
			if len(words) < 2 || words[0] != "make" || !slices.Contains(targets, words[1]) {
				t.Errorf("%s runs %q, want make and one of %q", name, run[1], targets)
			}
		}
		for _, use := range regexp.MustCompile(`\buses: *(\S+)`).FindAllStringSubmatch(text, -1) {
			if !regexp.MustCompile(`@v\d+\.\d+\.\d+$|@[0-9a-f]{40}$`).MatchString(use[1]) {
				t.Errorf("%s uses %s, want a full version such as @v1.2.3", name, use[1])
			}
		}
	}
}
