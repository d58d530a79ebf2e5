package main

import (
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// Each test stops the service between the two writes of a request, as a crash does, and
// restarts it.

func TestCrashBeforeARemovedHostIsForgotten(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	if _, err := s.engine.Do(t.Context(), account.AsUser("adam"), "acme", account.RemoveUser{User: "mia"}); err != nil {
		t.Fatal(err)
	}
	demo := mustCalendar(t, s, "demo")
	if !slices.Contains(demo.Hosts, "mia") {
		t.Fatalf("hosts are %v: this test stops too late", demo.Hosts)
	}
	for _, c := range []*calendar{demo, mustCalendar(t, s, "intro")} {
		d, err := s.engine.Check(t.Context(), usher.Request{Account: "acme", Subject: "mia", Permission: viewCalendar, Resource: c})
		if d.Allowed() || err != nil {
			t.Errorf("mia, removed, may view %s: %v %v", c.ID, d, err)
		}
	}

	s = restart(t, s, dir)
	if got := mustCalendar(t, s, "demo").Hosts; !slices.Equal(got, []string{"max"}) {
		t.Errorf("demo is hosted by %v, want max", got)
	}
	if got := mustCalendar(t, s, "intro").Hosts; len(got) != 0 {
		t.Errorf("intro is hosted by %v, want none", got)
	}
}

func TestCrashBeforeTheCalendarsOfAnAccountAreForgotten(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	if _, err := s.engine.Do(t.Context(), account.AsUser("olivia"), "acme", account.DeleteAccount{}); err != nil {
		t.Fatal(err)
	}
	mustCalendar(t, s, "demo")

	s = restart(t, s, dir)
	if _, err := s.store.calendar(t.Context(), "acme", "demo"); !errors.Is(err, errNoRow) {
		t.Errorf("the calendar of a deleted account: %v, want none", err)
	}
	if _, err := s.engine.View(t.Context(), "acme"); !errors.Is(err, usher.ErrUnknownAccount) {
		t.Errorf("the seeding brought a deleted account back: %v", err)
	}
}

func TestCrashInTheMiddleOfSeeding(t *testing.T) {
	dir := t.TempDir()
	s, err := open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	half := &calendar{ID: "demo", Account: "acme", Title: "Half of a company", Hosts: []string{"mia"}}
	mustChange(t, s, func(tx *tx) error { return tx.addCalendar(t.Context(), half) })
	s = restart(t, s, dir)
	if got := mustCalendar(t, s, "demo").Title; got != "Product demo" {
		t.Errorf("demo is titled %q, want that of the company", got)
	}
}

// A change fails if the resource has changed since the decision.
func TestChangeOfACalendarThatChangedMeanwhile(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		s := w.server
		seen := mustCalendar(t, s, "demo")
		moved := mustCalendar(t, s, "demo")
		moved.Hosts = []string{"sam"}
		mustChange(t, s, func(tx *tx) error { return tx.saveCalendar(t.Context(), moved) })
		for what, do := range map[string]func(*tx) error{
			"save":   func(tx *tx) error { return tx.saveCalendar(t.Context(), seen) },
			"delete": func(tx *tx) error { return tx.deleteCalendar(t.Context(), seen) },
			"book": func(tx *tx) error {
				return tx.book(t.Context(), &booking{ID: "b", Account: "acme", Host: "max"}, seen)
			},
		} {
			if err := s.store.change(t.Context(), do); !errors.Is(err, errChanged) {
				t.Errorf("%s = %v, want errChanged", what, err)
			}
		}
		if got := mustCalendar(t, s, "demo").Hosts; !slices.Equal(got, []string{"sam"}) {
			t.Errorf("hosts are %v, want sam", got)
		}
	})
}

func mustCalendar(t *testing.T, s *server, id string) *calendar {
	t.Helper()
	c, err := s.store.calendar(t.Context(), "acme", id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func restart(t *testing.T, s *server, dir string) *server {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openDir(t, dir)
}
