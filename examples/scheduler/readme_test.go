package main

import (
	"strconv"
	"strings"
	"testing"
)

// The requests of README.md about sharing, asking, inviting and defining roles return the stated status, in their order.
func TestReadmeSharesAsksInvitesAndDefines(t *testing.T) {
	_, text, found := strings.Cut(fileText(t, "README.md"), "## Share, ask, invite, define roles")
	if !found {
		t.Fatal("README.md has no such section")
	}
	_, text, _ = strings.Cut(text, "```sh\n")
	text, _, _ = strings.Cut(text, "```")
	w := newWorld(t)
	lines := strings.Split(text, "\n")
	sent := 0
	for i, line := range lines {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		comment := lines[i-1]
		want, err := strconv.Atoi(comment[strings.LastIndex(comment, " ")+1:])
		if err != nil {
			t.Fatalf("%q has no status", comment)
		}
		got, err := curl(w.client, strings.ReplaceAll(line, "http://127.0.0.1:8080", w.url))
		if err != nil {
			t.Fatal(err)
		}
		if got.status != want {
			t.Errorf("%s\n%s = %d %s want %d", comment, line, got.status, got.body, want)
		}
		sent++
	}
	if sent < 15 {
		t.Errorf("%d requests were sent", sent)
	}
}
