// Package usher answers authorization questions: may this user do this to this resource,
// here and now? It contains the vocabulary of the question and the answer. An [Authorizer]
// decides a [Request] and returns a [Decision].
//
// A handler needs only this package, and the names of package permission:
//
//	d, err := usher.Require(ctx, az, usher.Request{
//		Account:    "acme",
//		Subject:    "mia",
//		Permission: editCalendar, // permission.MustParse("calendar.edit")
//		Resource:   calendar,     // a *Calendar of the application: see Resource
//	})
//
// The host application, or host, is the program that embeds usher. An account is a customer
// of the host with its own users, teams, seats and settings; other products call it a
// tenant, workspace or organization. A subject is the user (the principal) whose permission
// is checked. Usher does no authentication.
//
// The function main chooses the Authorizer:
//
//   - Package engine stores the accounts, over a store of package store, and decides for
//     them. Package account defines the commands that change an account.
//   - Or the host stores the accounts in its own tables, and implements Authorizer with
//     package policy, which decides with facts that the host provides.
//
// The other packages:
//
//   - policyfile loads the rules from a YAML file. preset contains six policies to start
//     from.
//   - permission, role, seat and team define the terms of policies and accounts.
//   - usherhttp guards net/http handlers.
//   - filter lists the resources for which a user has a permission, in Go and in SQL.
//   - mask removes the fields that a decision hides.
//   - ushertest is a fake Authorizer for tests; policytest and usherfiles test
//     policies.
//   - decision makes the decisions of an Authorizer that does not use package policy.
//
// Everything fails closed. The zero value of each type denies, and a result that comes with
// an error denies.
package usher
