// Package ushertest tests services that check permissions: did the handler check
// calendar.edit, and how does it handle a denial? Its [Authorizer] is a fake that denies
// everything by default, and records the requests that it gets.
//
//	az := ushertest.New(t)
//	az.Allow("mia", viewCalendar).Hiding("title")
//	serve(az, "PUT /calendars/c1", "mia")
//	az.Asked(editCalendar, usher.Ref{Type: "calendar", ID: "c1"})
//
// [Allowed], [Denied] and [Hides] check the decision of a real Authorizer, and print its
// explanation if they fail. [AllGuarded] and [Guarded] fail for a route without a guard.
//
// The package does not link the engine or YAML. All functions that can allow a request
// require a testing.TB, and none works outside of a test.
package ushertest
