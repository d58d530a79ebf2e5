package ushertest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/ushertest"
)

// rename is the code of a service.
func rename(ctx context.Context, az usher.Authorizer, who usher.UserID, calendar *usher.Object) error {
	_, err := usher.Require(ctx, az, usher.Request{Account: "acme", Subject: who, Permission: edit, Resource: calendar})
	return err
}

func Example() {
	t := &noisy{} // a test uses its *testing.T
	az := ushertest.New(t)
	az.Allow("mia", edit, usher.Ref{Type: "calendar", ID: "c1"})

	fmt.Println(rename(ctx, az, "mia", &usher.Object{Type: "calendar", ID: "c1"}))
	fmt.Println(rename(ctx, az, "max", &usher.Object{Type: "calendar", ID: "c1"}))

	az.Asked(edit)
	az.Asked(view)
	// Output:
	// <nil>
	// max may not calendar.edit on calendar c1: denied (no-permission): the user has no rule for calendar.edit
	// calendar.view was not checked; the requests were:
	// 	in acme, mia may calendar.edit on calendar c1: allowed by the grant calendar.edit (example_test.go:21)
	// 	in acme, max may not calendar.edit on calendar c1: denied (no-permission): the user has no rule for calendar.edit
}

// noisy is a testing.TB that prints its failures, as go test does.
type noisy struct{ testing.TB }

func (*noisy) Helper() {}

func (*noisy) Cleanup(func()) {}

func (*noisy) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
