package cli

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policytest"
)

type testRun struct {
	Passed int           `json:"passed"`
	Failed int           `json:"failed"`
	Files  []testRunFile `json:"files"`
	Cover  []coverJSON   `json:"cover,omitempty"` // with --cover
}

type testRunFile struct {
	File     string        `json:"file"`
	Passed   int           `json:"passed"`
	Failed   int           `json:"failed"`
	Failures []failureJSON `json:"failures"`
	Passes   []passJSON    `json:"passes,omitempty"` // with --verbose
	Problems []problem     `json:"problems"`
}

type passJSON struct {
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Name string `json:"name"`
	Can  string `json:"can,omitempty"` // of a check
}

type failureJSON struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Col      int    `json:"col"`
	Name     string `json:"name"`
	Asked    string `json:"asked"`
	User     string `json:"user"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Why      string `json:"why"`
}

type coverJSON struct {
	Policy    string       `json:"policy"`
	Rules     int          `json:"rules"`
	Reached   int          `json:"reached"`
	Unreached []usher.Rule `json:"unreached"`
}

func testJSON(all []fileResult, total testTotal, covers []coverage, verbose bool) testRun {
	run := testRun{Passed: total.passed, Failed: total.failed, Files: []testRunFile{}}
	for _, t := range all {
		run.Files = append(run.Files, t.json(verbose))
	}
	for _, c := range covers {
		unreached := append([]usher.Rule{}, c.unreached...)
		run.Cover = append(run.Cover, coverJSON{c.policy, c.rules, c.rules - len(c.unreached), unreached})
	}
	return run
}

func (t fileResult) json(verbose bool) testRunFile {
	f := testRunFile{
		File: t.file, Passed: t.report.Passed, Failed: t.report.Failed,
		Failures: []failureJSON{}, Problems: append([]problem{}, t.problems...),
	}
	for _, x := range t.report.Failures {
		f.Failures = append(f.Failures, failureOf(x))
	}
	for _, o := range t.results() {
		if verbose && len(o.failures) == 0 {
			f.Passes = append(f.Passes, passJSON{o.pos.Line, o.pos.Col, o.name, o.can})
		}
	}
	return f
}

func failureOf(f policytest.Failure) failureJSON {
	return failureJSON{
		File: f.File, Line: f.Pos.Line, Col: f.Pos.Col, Name: f.Name, Asked: f.Asked, User: string(f.User),
		Expected: f.Expected, Got: f.Got, Why: f.Why,
	}
}
