package policy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/policy/syntax"
)

// wordCounts counts the questions under policies that use a word of the format.
type wordCounts struct {
	sync.Mutex
	questions map[string]int
}

func (c *wordCounts) add(doc *syntax.Document, questions int) {
	c.Lock()
	defer c.Unlock()
	if c.questions == nil {
		c.questions = map[string]int{}
	}
	for _, word := range wordsOf(doc) {
		c.questions[word] += questions
	}
}

func (c *wordCounts) String() string {
	var parts []string
	for _, word := range slices.Sorted(maps.Keys(c.questions)) {
		parts = append(parts, fmt.Sprintf("%s %d", word, c.questions[word]))
	}
	return strings.Join(parts, ", ")
}

// check fails the test if one of the words is in fewer than 2% of the questions.
func (c *wordCounts) check(t *testing.T, all int) {
	for _, word := range []string{"wildcard", "never bundle"} {
		assert.Greater(t, c.questions[word]*50, all, "questions under policies with: %s", word)
	}
}

// wordsOf returns the words that a document uses, of those that not every policy has.
func wordsOf(doc *syntax.Document) (words []string) {
	use := func(word string, used bool) {
		if used && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	for _, r := range doc.Resources {
		for _, p := range r.Permissions {
			use("wildcard", p.Action.Text == syntax.Wildcard)
		}
	}
	for _, n := range doc.Never {
		use("never bundle", slices.ContainsFunc(doc.Bundles, func(b syntax.Bundle) bool { return b.Name.Text == n.Permission.Text }))
	}
	return words
}
