package usherfiles

import (
	"slices"
	"testing"

	"github.com/usher-go/usher"
)

// cover fails for each rule that no check reaches in any of the files with its policy.
// It asks all checks again, so that it is right whichever subtests -run has selected.
func cover(t *testing.T, files []file) {
	t.Helper()
	type key struct{ file, digest string }
	var policies []key
	unreached := map[key][]usher.Rule{}
	for _, f := range files {
		if f.err != nil {
			t.Errorf("%s has errors, so nobody knows what its checks reach", f.name)
			return
		}
		p := f.suite.Policy()
		k := key{p.File(), p.Digest()}
		missed := f.suite.Run().Cover.Unreached
		if before, seen := unreached[k]; seen {
			unreached[k] = slices.DeleteFunc(before, func(r usher.Rule) bool { return !slices.Contains(missed, r) })
			continue
		}
		policies = append(policies, k)
		unreached[k] = missed
	}
	for _, k := range policies {
		for _, rule := range unreached[k] {
			file, line := rule.File, rule.Line
			rule.File, rule.Line = "", 0 // the place comes first
			if rule.Permission == "" {   // of a role with all: true, which is for every permission
				rule.Permission = "every permission"
			}
			t.Errorf("%s:%d: no check reaches %s", file, line, rule)
		}
	}
}
