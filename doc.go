// Package usher answers "may this user do this here?" for applications in which
// people share schedules. It holds the words of the question and of the answer:
// a [Request] goes to an [Authorizer], a [Decision] comes back.
//
// A handler needs nothing but this package:
//
//	d, err := usher.Require(ctx, az, usher.Request{
//		Account:    "acme",
//		Subject:    "mia",
//		Permission: editCalendar, // a permission.MustParse("calendar.edit")
//		Resource:   calendar,     // the host's own *Calendar
//	})
//
// Who decides is chosen in main: package policy compiles the rules, and decides
// them over the facts of an account.
//
// Everything fails closed. The zero value of each type denies, and whatever
// comes with an error is a denial.
package usher
