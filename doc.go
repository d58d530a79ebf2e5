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
// Who decides is chosen in main:
//
//   - policy compiles the rules of a YAML file, and decides them over facts that the
//     host has; preset has four to begin with
//   - engine is an Authorizer over accounts of its own, kept in a store, which package
//     account says how to change
//
// Around it stand usherhttp, guards for net/http; filter, lists of resources in Go and
// in SQL; mask, what a decision hides; and for tests ushertest, a fake Authorizer,
// policytest and usherfiles, tests of policies.
//
// Everything fails closed. The zero value of each type denies, and whatever
// comes with an error is a denial.
package usher
