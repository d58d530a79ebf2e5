package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policytest"
)

const testHelp = `Test asks what the checks of test files ask, and prints a line for each answer
that is not the one expected, with the reason. The last line counts the tests.

This version runs checks. Scenarios are read, and counted as not run.`

const testExample = `  usher test tests/*.yaml
  usher test --cover policy.test.yaml`

func (r *run) testCommand() *cobra.Command {
	c := command("test FILE...", "Run test files", testHelp, testExample)
	cover := c.Flags().Bool("cover", false, "list the rules that no test reached")
	verbose := c.Flags().BoolP("verbose", "v", false, "list the checks that passed, too")
	c.Args = files
	c.ValidArgsFunction = completeFiles
	c.RunE = func(_ *cobra.Command, args []string) error { return r.test(args, *cover, *verbose) }
	return c
}

// tested is what came of one file.
type tested struct {
	file   string
	suite  *policytest.Suite
	report policytest.Report

	problems []problem
	code     int
}

func (r *run) test(args []string, cover, verbose bool) error {
	var all []tested
	var total testTotal
	for _, arg := range args {
		t := r.testFile(arg)
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
		return ending(total.code)
	}
	for _, c := range covers {
		writeCoverage(r.stdout, c)
	}
	r.writeNotRun(all, total)
	r.writeNotTested(all)
	last := fmt.Sprintf("%d passed, %d failed", total.passed, total.failed)
	if total.code == exitFine {
		last = r.stdout.paint(green, last)
	} else {
		last = r.stdout.paint(red, last)
	}
	r.stdout.line("%s", last)
	return ending(total.code)
}

func (r *run) testFile(arg string) tested {
	t := tested{file: arg}
	in, err := r.open(arg)
	if err == nil {
		t.file = in.name
		t.suite, err = in.suite()
	}
	if err != nil {
		t.problems, t.code = problemsOf(arg, err)
		return t
	}
	t.report = t.suite.Run()
	if t.report.Failed > 0 {
		t.code = exitInvalid
	}
	return t
}

// testTotal sums up what came of all files.
type testTotal struct {
	passed, failed, notRun int
	notRunFiles            int
	code                   int
}

func (total *testTotal) add(t tested) {
	total.passed += t.report.Passed
	total.failed += t.report.Failed
	if n := len(t.report.NotRun); n > 0 {
		total.notRun += n
		total.notRunFiles++
	}
	total.code = max(total.code, t.code)
}

// outcome is a check with what came of it.
type outcome struct {
	check    policytest.Check
	failures []policytest.Failure
}

// outcomes returns the checks of the file in their order.
func (t tested) outcomes() []outcome {
	if t.suite == nil {
		return nil
	}
	failures := map[policy.Pos][]policytest.Failure{}
	for _, f := range t.report.Failures {
		failures[f.Pos] = append(failures[f.Pos], f)
	}
	var list []outcome
	for _, c := range t.suite.File().Checks {
		list = append(list, outcome{c, failures[c.Pos]})
	}
	return list
}

func (r *run) writeTested(t tested, verbose bool) {
	for _, p := range t.problems {
		r.stderr.problem(p)
	}
	for _, o := range t.outcomes() {
		for _, f := range o.failures {
			r.stdout.failure(f)
		}
		if verbose && len(o.failures) == 0 {
			r.stdout.line("%s: %s: %s", printable(fmt.Sprintf("%s:%d", t.file, o.check.Pos.Line)), checkTitle(o.check), r.stdout.paint(green, "passed"))
		}
	}
	if t.suite != nil && t.report.Passed+t.report.Failed == 0 {
		r.stderr.problem(problem{File: t.file, Severity: severityWarning, Message: "nothing was tested: the file has no checks"})
	}
}

// checkTitle is how people find a check again.
func checkTitle(c policytest.Check) string {
	if c.Name != "" {
		return printable(c.Name + ": " + c.Can.Text)
	}
	return printable(c.Can.Text)
}

// failure writes a failure in its one line.
func (s *stream) failure(f policytest.Failure) {
	line := f.String()
	line = s.paintPart(bold, line, printable(fmt.Sprintf("%s:%d:", f.File, f.Pos.Line)))
	line = s.paintPart(green, line, printable("expected "+f.Expected))
	line = s.paintPart(red, line, printable("got "+f.Got))
	s.line("%s", line)
}

// writeNotTested tells about files that are wrong themselves: no test of theirs is
// in the last line.
func (r *run) writeNotTested(all []tested) {
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
	r.stderr.line("%s", r.stderr.paint(red, fmt.Sprintf("usher: %s of %d %s NOT TESTED: see what is wrong above", count(broken, "file"), len(all), were)))
}

// writeNotRun tells about scenarios, lest somebody take a pass for theirs.
func (r *run) writeNotRun(all []tested, total testTotal) {
	if total.notRun == 0 {
		return
	}
	for _, t := range all {
		if n := len(t.report.NotRun); n > 0 {
			r.stderr.problem(problem{File: t.file, Severity: severityWarning, Message: count(n, "scenario") + " not run"})
		}
	}
	were := "were"
	if total.notRun == 1 {
		were = "was"
	}
	r.stderr.line("%s", r.stderr.paint(yellow, fmt.Sprintf("usher: %s in %s %s NOT RUN: this version runs checks only, so a pass says nothing of scenarios",
		count(total.notRun, "scenario"), count(total.notRunFiles, "file"), were)))
}
