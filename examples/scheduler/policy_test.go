package main

import (
	"testing"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/usherfiles"
)

func TestPolicy(t *testing.T) {
	usherfiles.Run(t, "policy.test.yaml")
}

func TestEveryFieldThatARuleHidesIsMasked(t *testing.T) {
	s := openDir(t, t.TempDir())
	if err := shown.Covers(s.engine.Policy().Fields("booking")...); err != nil {
		t.Error(err)
	}
	if fields := s.engine.Policy().Fields("calendar"); len(fields) > 0 {
		t.Errorf("rules hide %v of calendars, but no handler masks them", fields)
	}
}

func TestMappingWithoutAPartyIsFoundAtTheStart(t *testing.T) {
	s := openDir(t, t.TempDir())
	lacking := calendarMapping
	lacking.Parties = map[string]filter.Party{"host": calendarMapping.Parties["host"]}
	if _, err := tableOf(&sqliteDialect, s.engine.Policy(), lacking, viewCalendar); err == nil {
		t.Error("a mapping without the party team was taken")
	}
}
