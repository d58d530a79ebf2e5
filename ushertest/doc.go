// Package ushertest is for the tests of services that ask: "did the handler ask for
// calendar.edit, and what does it do when the answer is no?" Its [Authorizer] denies
// until it is told otherwise, and remembers what it was asked.
//
//	az := ushertest.New(t)
//	az.Allow("mia", viewCalendar).Hiding("title")
//	serve(az, "PUT /calendars/c1", "mia")
//	az.Asked(editCalendar, usher.Ref{Type: "calendar", ID: "c1"})
//
// [Allowed], [Denied] and [Hides] hold a real Authorizer to an answer, and print its
// explanation when they fail. [AllGuarded] and [Guarded] fail for a route that
// anybody gets through.
//
// It links no engine and no YAML. Whatever lets somebody through takes a testing.TB,
// and nothing of it works outside a test.
package ushertest
