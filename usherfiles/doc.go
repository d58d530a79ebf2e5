// Package usherfiles tests policies under go test. It reports whether a policy makes the
// expected decisions, and what a change to a policy changes.
//
//	func TestPolicy(t *testing.T) {
//		usherfiles.Run(t, "testdata/*.test.yaml")
//		usherfiles.Matrix(t, "policy.yaml", "testdata/roles.md")
//	}
//
// [Run] runs test files, with a subtest for each check and each scenario. A [Runner] can
// also test another policy, run scenarios on another store, or report rules that no test
// reaches. [Matrix] keeps the role tables of a policy in a golden file, so a code review
// shows what a change to the policy means. [Open] returns an engine with the accounts of
// test files, for the tests of a service.
//
// Each function takes a *testing.T or a testing.TB. It panics if that is nil, and outside a
// test binary.
// Paths are relative to the directory of the test, as in go test. Failures begin with
// their place, file:line:column. Package policytest explains test files.
package usherfiles

import "testing"

// requireTest returns t. It panics if t is nil or the program is not a test.
func requireTest(t testing.TB) testing.TB {
	if outer, ok := t.(*testing.T); t == nil || ok && outer == nil || !testing.Testing() {
		panic("usherfiles: not called from a test (want a testing.TB in a test binary)")
	}
	return t
}
