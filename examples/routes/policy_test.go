package main

import (
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherfiles"
	"github.com/usher-go/usher/ushertest"
)

// TestPolicy runs a test file, and compares the role tables with a golden file.
func TestPolicy(t *testing.T) {
	usherfiles.Run(t, "testdata/team.yaml")
	usherfiles.Matrix(t, "oncehub", "testdata/roles.md")
}

// TestOnlyTheManagerEdits runs a real engine on the account of a test file.
func TestOnlyTheManagerEdits(t *testing.T) {
	az := usherfiles.Open(t, usherfiles.Accounts{"acme": "testdata/team.yaml"})
	r := usher.Request{Account: "acme", Permission: editCalendar, Resource: &usher.Object{
		Type: "calendar", ID: "demo", Parties: map[string][]string{"host": {"mia", "max"}},
	}}
	r.Subject = "tom"
	ushertest.Allowed(t, az, r)
	r.Subject = "mia"
	ushertest.Denied(t, az, r, usher.ReasonOutOfScope)
}
