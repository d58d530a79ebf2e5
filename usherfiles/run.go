package usherfiles

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// Run runs test files with the zero [Runner].
func Run(t *testing.T, files ...string) {
	only(t).Helper()
	Runner{}.Run(t, files...)
}

// Runner runs test files. The zero Runner runs them with the policies that they name,
// in memory.
type Runner struct {
	// Policy is tested in place of the policies that the files name: a preset, or a
	// file. It holds a policy under development against the tests of a product. Empty
	// for those that the files name.
	Policy string

	// Cover adds a subtest "cover", which fails for each rule of the policies that no
	// test reaches in any of the files: no check, and neither a question nor a user's
	// command of a scenario.
	Cover bool

	// Store opens a store for each scenario, in which there is no account "test". It
	// closes the store in t.Cleanup; t is the subtest of the scenario. Nil for a store
	// in memory.
	Store func(t testing.TB) store.Store
}

// Run runs test files. Each name may be a pattern, as filepath.Match has them; a file
// that several stand for runs once.
//
// Each file is a subtest, and so is each check and each scenario in it, named by its
// place and by its name or, without one, by what a check asks for:
//
//	go test -run 'TestPolicy/oncehub.yaml/:42_'
//
// A scenario is one subtest, for its steps need those before them; a step that fails
// is reported at its own place. Subtests run one after another. A name or a pattern
// that stands for no file fails, and so does a file with errors, with all of them, and
// a file without tests.
func (r Runner) Run(t *testing.T, files ...string) {
	only(t).Helper()
	names := find(t, files)
	replace, err := r.policy()
	if err != nil {
		t.Error(err)
		return
	}
	loaded := make([]file, len(names))
	for i, title := range titles(names) {
		loaded[i] = load(names[i], replace)
		t.Run(title, func(t *testing.T) {
			t.Helper()
			r.runFile(t, loaded[i])
		})
	}
	if r.Cover {
		t.Run("cover", func(t *testing.T) {
			t.Helper()
			cover(t, loaded)
		})
	}
}

func (r Runner) runFile(t *testing.T, f file) {
	t.Helper()
	if f.err != nil {
		t.Error(f.err)
		return
	}
	tests := f.suite.Split()
	if len(tests) == 0 {
		t.Errorf("%s:1:1: nothing is tested: the file has neither checks nor scenarios", f.name)
	}
	for _, test := range tests {
		t.Run(title(test), func(t *testing.T) {
			t.Helper()
			report := test.RunOn(func() (store.Store, error) { return r.open(t), nil })
			for _, failure := range report.Failures {
				t.Errorf("%s:%d:%d: %s", failure.File, failure.Pos.Line, failure.Pos.Col, failure.Text())
			}
			if report.Passed+report.Failed != 1 {
				t.Errorf("%d tests were run, want 1", report.Passed+report.Failed)
			}
		})
	}
}

func (r Runner) open(t *testing.T) store.Store {
	if r.Store == nil {
		return new(memstore.Store)
	}
	return r.Store(t)
}

// title names the subtest of a check or a scenario. A slash in it would make a level
// of its own.
func title(test *policytest.Suite) string {
	f := test.File()
	line, what := 0, "scenario"
	for _, c := range f.Checks {
		line, what = c.Pos.Line, c.Can.Text
		if c.Name != "" {
			what = c.Name
		}
	}
	for _, s := range f.Scenarios {
		line = s.Pos.Line
		if s.Name != "" {
			what = s.Name
		}
	}
	return strings.ReplaceAll(printable.Sprintf("%s:%d %s", filepath.Base(f.Name), line, what), "/", "_")
}
