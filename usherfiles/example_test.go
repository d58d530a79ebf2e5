package usherfiles_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherfiles"
	"github.com/usher-go/usher/ushertest"
)

// An account in ten lines: tom manages the sales team, and mia is a member.
const acme = `
usher: 1
policy: oncehub
account:
  teams: {sales: {}}
  users:
    olivia: {role: owner}
    tom:    {teams: {sales: manager}}
    mia:    {teams: [sales]}
`

var editCalendar = permission.MustParse("calendar.edit")

func TestOnlyTheManagerEditsWhatTwoHost(t *testing.T) {
	az := usherfiles.Open(t, usherfiles.Accounts{"acme": acme})
	demo := &usher.Object{Type: "calendar", ID: "demo", Parties: map[string][]string{"host": {"tom", "mia"}}}
	ushertest.Allowed(t, az, usher.Request{Account: "acme", Subject: "tom", Permission: editCalendar, Resource: demo})
	ushertest.Denied(t, az, usher.Request{Account: "acme", Subject: "mia", Permission: editCalendar, Resource: demo}, usher.ReasonOutOfScope)
}

// The policy passes its test files, and its role tables match the golden file.
func TestPolicy(t *testing.T) {
	usherfiles.Runner{Cover: true}.Run(t, "testdata/company*.yaml")
	usherfiles.Matrix(t, "testdata/policy.yaml", "testdata/roles.md")
}

func ExampleOpen() {
	t := &noisy{} // in a test, use its *testing.T
	az := usherfiles.Open(t, usherfiles.Accounts{"acme": acme})

	demo := &usher.Object{Type: "calendar", ID: "demo", Parties: map[string][]string{"host": {"tom", "mia"}}}
	for _, who := range []usher.UserID{"tom", "mia"} {
		d, err := az.Check(t.Context(), usher.Request{Account: "acme", Subject: who, Permission: editCalendar, Resource: demo})
		fmt.Println(who, d.Reason(), err)
	}
	// Output:
	// tom granted <nil>
	// mia out-of-scope <nil>
}

// noisy is a test that prints its failures, as go test does.
type noisy struct{ testing.TB }

func (*noisy) Helper() {}

func (*noisy) Cleanup(func()) {}

func (*noisy) Context() context.Context { return context.Background() }

func (*noisy) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
