// Package usherfiles is for the tests of whoever keeps policies: "does our policy do
// what its people expect, and what did my change to it change?"
//
//	func TestPolicy(t *testing.T) {
//		usherfiles.Run(t, "testdata/*.test.yaml")
//		usherfiles.Matrix(t, "policy.yaml", "testdata/roles.md")
//	}
//
// [Run] runs test files under go test, with a subtest for each check and each
// scenario, and a [Runner] holds them against another policy, plays them on another
// store, or finds rules that they do not reach. [Matrix] keeps what each role may do
// as a golden file, so that a change to a policy shows in its review. [Open] makes a
// live engine of the account in a test file, for the tests of a service.
//
// Everything takes a testing.TB, panics without one, and works in no binary but that
// of a test. Paths are relative to the directory of the test, as go test has them,
// and failures begin with the place in the file, file:line:col.
package usherfiles

import "testing"

// only returns t if there is a test.
func only(t testing.TB) testing.TB {
	if outer, ok := t.(*testing.T); t == nil || ok && outer == nil || !testing.Testing() {
		panic("usherfiles: there is no test; this package is for tests only")
	}
	return t
}
