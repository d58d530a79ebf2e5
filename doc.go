// Package usher answers authorization questions: may this user do this to this resource,
// here and now? It contains the vocabulary of the question and the answer. An [Authorizer]
// decides a [Request] and returns a [Decision].
//
// A handler imports only this package:
//
//	d, err := usher.Require(ctx, az, usher.Request{
//		Account:    "acme",
//		Subject:    "mia",
//		Permission: editCalendar, // a permission.MustParse("calendar.edit")
//		Resource:   calendar,     // the host's own *Calendar
//	})
//
// The host application, or host, is the program that embeds usher. An account is a customer
// of the host with its own users, teams, seats and settings; other products call it a
// tenant, workspace or organization. A subject is the user (the principal) whose permission
// is checked. Usher does no authentication.
//
// The function main chooses the Authorizer:
//
//   - Package policy compiles the rules of a YAML file and decides with facts that the
//     host
//     stores. Package preset contains four policies to start from.
//   - Package engine stores accounts of its own and decides for them. Package account
//     defines the commands that change an account.
//
// The other packages:
//
//   - usherhttp guards net/http handlers.
//   - filter lists the resources for which a user has a permission, in Go and in SQL.
//   - mask removes the fields that a decision hides.
//   - ushertest is a fake Authorizer for tests; policytest and usherfiles test
//     policies.
//
// Everything fails closed. The zero value of each type denies, and a result that comes with
// an error denies.
package usher
