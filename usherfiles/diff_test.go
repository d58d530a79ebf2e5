package usherfiles

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// stay returns how many lines can be kept, by a slow and obvious algorithm.
func stay(old, new []string) int {
	switch {
	case len(old) == 0 || len(new) == 0:
		return 0
	case old[0] == new[0]:
		return 1 + stay(old[1:], new[1:])
	}
	return max(stay(old[1:], new), stay(old, new[1:]))
}

func TestEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() []string {
		list := make([]string, r.IntN(9))
		for i := range list {
			list[i] = string("abc"[r.IntN(3)])
		}
		return list
	}
	for range 2000 {
		old, new := text(), text()
		if got, want := stays(t, old, new), stay(old, new); got != want {
			t.Fatalf("edits(%q, %q) let %d lines stay, want %d", old, new, got, want)
		}
	}
	assert.Empty(t, edits(nil, nil))
}

// The edits of texts that are too large for a full comparison are correct, too.
func TestEditsOfLargeTexts(t *testing.T) {
	var old, new []string
	for i := range 2100 {
		old = append(old, fmt.Sprint("old ", i), "both")
		new = append(new, "both", fmt.Sprint("new ", i))
	}
	assert.Positive(t, stays(t, old, new))
}

// stays checks that the edits turn one text into the other, and returns how many lines
// they keep.
func stays(t *testing.T, old, new []string) int {
	t.Helper()
	var before, after []string
	n := 0
	for _, e := range edits(old, new) {
		assert.Equal(t, len(before)+1, e.at)
		if e.kind != '+' {
			before = append(before, e.line)
		}
		if e.kind != '-' {
			after = append(after, e.line)
		}
		if e.kind == ' ' {
			n++
		}
	}
	assert.Equal(t, strings.Join(old, "\n"), strings.Join(before, "\n"))
	assert.Equal(t, strings.Join(new, "\n"), strings.Join(after, "\n"))
	return n
}
