package usherfiles

import (
	"testing"

	"github.com/usher-go/usher/policytest"
)

// cover fails for each rule that no test reaches in any of the files with its policy. It
// runs all tests again in memory, so the result does not depend on the subtests that -run
// selects.
func cover(t *testing.T, files []file) {
	t.Helper()
	var covers []*policytest.Cover
	for _, f := range files {
		if f.err != nil {
			t.Errorf("%s has errors, so its coverage is unknown", f.name)
			return
		}
		covers = append(covers, f.suite.Run().Cover)
	}
	for _, c := range policytest.JoinCovers(covers...) {
		for _, rule := range c.Unreached {
			file, line := rule.File, rule.Line
			rule.File, rule.Line = "", 0 // the message begins with the place
			if rule.Permission == "" {   // a role with all: true
				rule.Permission = "every permission"
			}
			t.Errorf("%s:%d: no test reaches %s", file, line, rule)
		}
	}
}
