package cli

import (
	"strings"
	"testing"
)

func TestWriteCopied(t *testing.T) {
	var stdout, stderr strings.Builder
	r := &run{stdout: &stream{w: &stdout}, stderr: &stream{w: &stderr}}
	r.writeCopied(copiedJSON{
		Accounts: 2, Erased: 1, Commits: 3,
		Changed: []copiedItem{{Account: "acme", Version: 7}},
		Differ:  []copiedItem{{Account: "be\nta", Problem: "gone\x1b"}},
	})
	const want = "be\\nta: differs: gone\\x1b\nacme: changed while it was copied; the copy ends with version 7\n2 accounts equal, 1 erased, 1 different; 3 commits added\n"
	if stdout.String() != want {
		t.Errorf("stdout is\n%s\nwant\n%s", stdout.String(), want)
	}
	if got := stderr.String(); got != "usher: run the same command again to add the changes\n" {
		t.Errorf("stderr is %q", got)
	}
}
