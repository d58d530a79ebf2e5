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

// file is a test file, with what is wrong with it if there is no suite.
type file struct {
	name  string
	suite *policytest.Suite
	err   error
}

// find returns the files that names and patterns stand for, each once.
func find(t *testing.T, patterns []string) []string {
	t.Helper()
	if len(patterns) == 0 {
		t.Errorf("no test files are named, so nothing is tested")
	}
	var names []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if _, missing := os.Stat(pattern); missing == nil {
			found, err = []string{pattern}, nil // also where its name could be taken for a pattern
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

// titles names the subtests of files: by their last part, or in full where others end
// in the same.
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

// load reads a test file. If p is not nil, it is the policy in place of the file's.
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

// policy returns the policy in place of those of the files, or nil.
func (r Runner) policy() (*policy.Policy, error) {
	if r.Policy == "" {
		return nil, nil
	}
	return loadPolicy(r.Policy)
}

// loadPolicy loads a preset or a file, as test files name them.
func loadPolicy(name string) (*policy.Policy, error) {
	if slices.Contains(preset.Names(), name) {
		return preset.Load(name)
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, printable.Errorf("policy %q is no preset, and no file that can be read in %s%s: %w",
			name, directory(), suggest.DidYouMean(name, preset.Names()), err)
	}
	return policyfile.Load(name, src)
}

// directory is that of the test, for messages.
func directory() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}
