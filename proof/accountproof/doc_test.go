// Package accountproof_test holds package account against a model of it: slow, obvious, and
// written from the prose of the design, which it quotes. Files whose names begin with model_ are
// the model. Which records of a user each command compares is said there; how two records compare
// is not, for package policy has a slow model of that.
//
// TestRandomAccounts goes on for as long as it is told:
//
//	go test ./accountproof -run TestRandomAccounts -rapid.checks 100000
//
// A failure prints the command that repeats it, with its seed. The tests whose names begin with
// TestSmall go through all accounts that can be reached in worlds which are small enough.
package accountproof_test
