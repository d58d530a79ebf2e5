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
	requireTest(t).Helper()
	Runner{}.Run(t, files...)
}

// Runner runs test files. The zero Runner tests the policies that the files name, with
// scenarios on stores in memory.
type Runner struct {
	// Policy is a preset or a policy file that is tested in place of the policies that
	// the files name, for example a new version of a policy.
	// Default: the policies that the files name.
	Policy string

	// Cover adds a subtest "cover", which fails for each rule of the policies that no
	// test in any of the files reaches. A rule is reached if it matches in a check, in a
	// step with can, or in the permission check of a user's command.
	// Default: no such subtest.
	Cover bool

	// Store opens a store for each scenario. The store must not contain an account
	// "test". The parameter t is the subtest of the scenario; close the store with
	// t.Cleanup.
	// Default: a store in memory.
	Store func(t testing.TB) store.Store
}

// Run runs test files. Each argument is a file name or a pattern of filepath.Match. A
// file that matches several arguments runs once.
//
// Each file is a subtest, and so is each check and each scenario in it. The name of a
// check or a scenario contains its line and its name; a check without a name has its
// permission:
//
//	go test -run 'TestPolicy/oncehub.yaml/:42_'
//
// A scenario is one subtest, because each step depends on the previous ones. A failed
// step is reported at its own place. Subtests run sequentially. Run fails the test for an
// argument that matches no file, for a file without tests, and for an invalid file, with
// all of its errors.
func (r Runner) Run(t *testing.T, files ...string) {
	requireTest(t).Helper()
	names := findFiles(t, files)
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
		t.Errorf("%s:1:1: nothing is tested: the file has no checks and no scenarios", f.name)
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

// title returns the name of the subtest of a check or a scenario. It has no slash, because
// go test -run splits names at slashes.
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
