package usherfiles

import (
	"testing"

	"github.com/usher-go/usher/policytest"
)

// cover fails for each rule that no test reaches in any of the files with its policy.
// It runs all tests again, in memory, so that it is right whichever subtests -run has
// selected.
func cover(t *testing.T, files []file) {
	t.Helper()
	var covers []*policytest.Cover
	for _, f := range files {
		if f.err != nil {
			t.Errorf("%s has errors, so nobody knows what its tests reach", f.name)
			return
		}
		covers = append(covers, f.suite.Run().Cover)
	}
	for _, c := range policytest.JoinCovers(covers...) {
		for _, rule := range c.Unreached {
			file, line := rule.File, rule.Line
			rule.File, rule.Line = "", 0 // the place comes first
			if rule.Permission == "" {   // of a role with all: true, which is for every permission
				rule.Permission = "every permission"
			}
			t.Errorf("%s:%d: no test reaches %s", file, line, rule)
		}
	}
}
