package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policytest"
)

const testHelp = `Test runs the checks and the scenarios of test files. It prints a line with the reason
for each decision and each step that is not as expected. The last line counts the
tests: each check is one test, and each scenario is one.

A scenario starts with the account of its file, in a store of its own: in memory, or
with --on bolt in a temporary file.`

const testExample = `  usher test tests/*.yaml
  usher test --cover policy.test.yaml
  usher test --on bolt policy.test.yaml`

func (r *run) testCommand() *cobra.Command {
	c := command("test FILE...", "Run test files", testHelp, testExample)
	cover := c.Flags().Bool("cover", false, "list the rules that no test reached")
	verbose := c.Flags().BoolP("verbose", "v", false, "also list the tests that passed")
	on := choice{flag: "on", value: onMemory, values: []string{onMemory, onBolt}}
	c.Flags().Var(&on, "on", "run scenarios on stores in memory, or on bolt files")
	on.complete(c)
	c.Args = files
	c.ValidArgsFunction = completeFiles
	c.RunE = func(_ *cobra.Command, args []string) error { return r.test(args, on.value, *cover, *verbose) }
	return c
}

// fileResult is the result of one test file.
type fileResult struct {
	file   string
	suite  *policytest.Suite
	report policytest.Report

	problems []problem
	code     int
}

func (r *run) test(args []string, on string, cover, verbose bool) (err error) {
	stores, err := newScenarioStores(on)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stores.close()) }()
	var all []fileResult
	var total testTotal
	for _, arg := range args {
		t := r.testFile(arg, stores)
		all = append(all, t)
		total.add(t)
		if !r.json() {
			r.writeTested(t, verbose)
		}
	}
	var covers []coverage
	if cover {
		covers = coverageOf(all)
	}
	if r.json() {
		if err := r.stdout.json(testJSON(all, total, covers, verbose)); err != nil {
			return err
		}
		return exitWith(total.code)
	}
	for _, c := range covers {
		writeCoverage(r.stdout, c)
	}
	r.writeNotTested(all)
	last := fmt.Sprintf("%d passed, %d failed", total.passed, total.failed)
	if total.code == exitFine {
		last = r.stdout.paint(green, last)
	} else {
		last = r.stdout.paint(red, last)
	}
	r.stdout.line("%s", last)
	return exitWith(total.code)
}

func (r *run) testFile(arg string, stores *scenarioStores) fileResult {
	t := fileResult{file: arg}
	in, err := r.open(arg)
	if err == nil {
		t.file = in.name
		t.suite, err = in.suite()
	}
	if err != nil {
		t.problems, t.code = problemsOf(arg, err)
		return t
	}
	t.report = t.suite.RunOn(stores.open)
	if t.report.Failed > 0 {
		t.code = exitInvalid
	}
	return t
}

// testTotal is the result of all files.
type testTotal struct {
	passed, failed int
	code           int
}

func (total *testTotal) add(t fileResult) {
	total.passed += t.report.Passed
	total.failed += t.report.Failed
	total.code = max(total.code, t.code)
}

func (r *run) writeTested(t fileResult, verbose bool) {
	for _, p := range t.problems {
		r.stderr.problem(p)
	}
	for _, o := range t.results() {
		for _, f := range o.failures {
			r.stdout.failure(f)
		}
		if verbose && len(o.failures) == 0 {
			r.stdout.line("%s: %s: %s", printable.Text(fmt.Sprintf("%s:%d", t.file, o.pos.Line)), o.title(), r.stdout.paint(green, "passed"))
		}
	}
	if t.suite != nil && t.report.Passed+t.report.Failed == 0 {
		r.stderr.problem(problem{File: t.file, Severity: severityWarning, Message: "nothing was tested: the file has no checks and no scenarios"})
	}
}

// failure writes a failure in one line.
func (s *stream) failure(f policytest.Failure) {
	line := f.String()
	line = s.paintPart(bold, line, printable.Text(fmt.Sprintf("%s:%d:", f.File, f.Pos.Line)))
	line = s.paintPart(green, line, printable.Text("expected "+f.Expected))
	line = s.paintPart(red, line, printable.Text("got "+f.Got))
	s.line("%s", line)
}

// writeNotTested writes the number of invalid files. The last line does not count their
// tests.
func (r *run) writeNotTested(all []fileResult) {
	broken := 0
	for _, t := range all {
		if t.suite == nil {
			broken++
		}
	}
	if broken == 0 {
		return
	}
	were := "were"
	if broken == 1 {
		were = "was"
	}
	r.stderr.line("%s", r.stderr.paint(red, fmt.Sprintf("usher: %s of %d %s NOT TESTED: see the problems above", count(broken, "file"), len(all), were)))
}
