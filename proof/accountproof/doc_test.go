// Package accountproof_test compares package account with a model: slow, obvious, and written from
// the prose of the design, which it quotes. The model is in the files whose names begin with
// model_. They define which records of a user each command compares. They do not define how two
// records compare, because package policy has a slow model of that.
//
// The late model, in late_model_test.go, has what begins and ends: roles, roles on calendars, invitations, requests, and
// roles that the account defines. It has the value of each fact at each hour, and knows no schedule.
//
// For a longer run of TestRandomAccounts:
//
//	go test ./accountproof -run TestRandomAccounts -rapid.checks 100000
//
// A failure prints the command that repeats it, with its seed. The tests whose names begin with
// TestSmall visit all states that a small account can reach.
package accountproof_test
