package policytest

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// Run runs the checks for every user of the account and for a visitor, and the scenarios on stores in
// memory. For the zero Suite it returns the zero Report.
func (s *Suite) Run() Report { return s.RunOn(nil) }

func inMemory() (store.Store, error) { return new(memstore.Store), nil }

// RunOn is Run with the scenarios on other stores. It calls open once for each scenario.
// The returned store must not contain an account "test". Callers must close the stores.
// With a nil open, RunOn uses stores in memory, as Run does.
func (s *Suite) RunOn(open func() (store.Store, error)) Report {
	var r Report
	if s.policy == nil {
		return r
	}
	if open == nil {
		open = inMemory
	}
	cover := newCover(s.policy.Base())
	for i := range s.checks {
		r.add(s.runCheck(&s.checks[i], cover))
	}
	for i := range s.file.Scenarios {
		r.add(s.runScenario(&s.file.Scenarios[i], open, cover))
	}
	r.Cover = cover.report()
	return r
}

func (s *Suite) runCheck(c *check, cover *cover) []Failure {
	var failures []Failure
	for _, user := range append(slices.Clone(s.world.order), "") {
		request, want := c.request, c.want[user]
		request.Subject = user
		if user == "" {
			request.Visitor, want = true, c.visitor
		}
		d, err := s.policy.Decide(s.world, &request)
		if err == nil {
			err = cover.reach(s.policy, s.world, request)
		}
		expected, got := want.compare(d, err)
		if expected == got {
			continue
		}
		f := Failure{
			File: s.file.Name, Pos: c.Pos, Name: c.Name, Asked: c.Asked(), User: user, Visitor: request.Visitor,
			Expected: expected, Got: got, Why: d.String(),
		}
		if err != nil {
			f.Why = err.Error()
		}
		failures = append(failures, f)
	}
	return failures
}

// compare returns the expected and the actual decision as texts. They are equal if the
// decision is as expected.
func (w want) compare(d usher.Decision, err error) (expected, got string) {
	effect := func(allow bool) string {
		if allow {
			return "allow"
		}
		return "deny"
	}
	expected, got = effect(w.allow), effect(d.Allowed())
	switch {
	case err != nil:
		got = "an error"
	case w.allow && d.Allowed() && w.hidden != nil && !slices.Equal(w.hidden, d.Hidden()):
		expected += hiding(w.hidden)
		got += hiding(d.Hidden())
	case !w.allow && w.reason != 0 && w.reason != d.Reason():
		expected += " (" + w.reason.String() + ")"
		if !d.Allowed() {
			got += " (" + d.Reason().String() + ")"
		}
	}
	return expected, got
}

func hiding(fields []string) string {
	if len(fields) == 0 {
		return " with nothing hidden"
	}
	return " with " + strings.Join(fields, ", ") + " hidden"
}
