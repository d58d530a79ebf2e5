package main

import (
	"os"
	"testing"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policytest"
)

func TestPolicy(t *testing.T) {
	suite, err := policytest.Load("policy.test.yaml", []byte(fileText(t, "policy.test.yaml")), os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	report := suite.Run()
	for _, failure := range report.Failures {
		t.Error(failure)
	}
	if report.Passed < 30 {
		t.Errorf("%d tests passed, want 30 or more", report.Passed)
	}
}

func TestEveryFieldThatARuleHidesIsMasked(t *testing.T) {
	s := openDir(t, t.TempDir())
	if err := shown.Covers(s.policy.Fields("booking")...); err != nil {
		t.Error(err)
	}
	if fields := s.policy.Fields("calendar"); len(fields) > 0 {
		t.Errorf("rules hide %v of calendars, which nobody masks", fields)
	}
}

func TestMappingWithoutAPartyIsFoundAtTheStart(t *testing.T) {
	s := openDir(t, t.TempDir())
	lacking := calendarMapping
	lacking.Parties = map[string]filter.Party{"host": calendarMapping.Parties["host"]}
	if _, err := tableOf(s.policy, lacking, viewCalendar); err == nil {
		t.Error("a mapping without the party team was taken")
	}
}
