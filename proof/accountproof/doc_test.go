// Package accountproof_test holds package account against a model of it: slow, obvious, and
// written from the prose of the design, which it quotes. Files whose names begin with model_ are
// the model; reach_test.go says what somebody may hand to another.
//
// TestRandomAccounts goes on for as long as it is told:
//
//	go test ./accountproof -run TestRandomAccounts -rapid.checks 100000
//
// A failure prints the command that repeats it, with its seed. The tests whose names begin with
// TestSmall go through all accounts that can be reached in worlds which are small enough.
package accountproof_test
