package usherfiles

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
)

// file is a loaded test file, or the error of loading it.
type file struct {
	name  string
	suite *policytest.Suite
	err   error
}

// findFiles returns the files that match the names and patterns, without duplicates.
func findFiles(t *testing.T, patterns []string) []string {
	t.Helper()
	if len(patterns) == 0 {
		t.Errorf("no test files are given, so nothing is tested")
	}
	var names []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if _, missing := os.Stat(pattern); missing == nil {
			found, err = []string{pattern}, nil // an existing file whose name is also a pattern
		}
		switch {
		case err != nil:
			t.Errorf("%q: %v", pattern, err)
		case len(found) == 0:
			t.Errorf("%q: there is no such file in %s, so nothing is tested", pattern, directory())
		}
		for _, name := range found {
			if !slices.Contains(names, filepath.Clean(name)) {
				names = append(names, filepath.Clean(name))
			}
		}
	}
	return names
}

// titles returns the names of the subtests: the base name of each file, or the full name
// if several files have the same base name.
func titles(names []string) []string {
	count := map[string]int{}
	for _, name := range names {
		count[filepath.Base(name)]++
	}
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = filepath.Base(name)
		if count[list[i]] > 1 {
			list[i] = filepath.ToSlash(name)
		}
	}
	return list
}

// load loads a test file, with the policy p in place of the file's policy if p is not nil.
func load(name string, p *policy.Policy) file {
	f := file{name: name}
	src, err := os.ReadFile(name)
	if err != nil {
		f.err = err
		return f
	}
	if p == nil {
		f.suite, f.err = policytest.Load(name, src, os.ReadFile)
		return f
	}
	f.suite, f.err = policytest.LoadWith(name, src, p)
	return f
}

// policy returns the policy that replaces the policies of the files, or nil.
func (r Runner) policy() (*policy.Policy, error) {
	if r.Policy == "" {
		return nil, nil
	}
	return loadPolicy(r.Policy)
}

// loadPolicy loads a preset or a policy file.
func loadPolicy(name string) (*policy.Policy, error) {
	if slices.Contains(preset.Names(), name) {
		return preset.Load(name)
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, printable.Errorf("policy %q is not a preset, and the file cannot be read in %s%s: %w",
			name, directory(), suggest.DidYouMean(name, preset.Names()), err)
	}
	return policyfile.Load(name, src)
}

// directory returns the working directory, for messages.
func directory() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}
