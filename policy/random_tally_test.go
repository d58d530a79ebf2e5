package policy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// tally counts results, so that a test can require enough of each kind.
type tally struct {
	sync.Mutex
	questions, errors, hiding int
	joined, negated, above    int // decided by a rule with several scopes, with a negated one, and with "or above"
	visitors                  int // allowed to a requester who is not an active user
	reasons                   [usher.ReasonNoPermission + 1]int
	sources                   [usher.SourceBuiltIn + 1]int // of the rules that decisions name
	kinds                     kindsOf                      // of evaluations
	words                     map[string]int               // by word: the questions under policies with it
}

func (c *tally) count(d usher.Decision, err error) {
	c.questions++
	if err != nil {
		c.errors++
		return
	}
	c.reasons[d.Reason()]++
	detail := d.Detail()
	c.sources[detail.Rule.Source]++
	if len(detail.Hidden) > 0 {
		c.hiding++
	}
	if rule, err := syntax.ParseRule(detail.Rule.Text); err == nil {
		has := func(is func(syntax.Term) bool) (n int) {
			if slices.ContainsFunc(rule.Terms(), is) {
				n++
			}
			return n
		}
		c.joined += min(len(rule.And), 1)
		c.negated += has(func(t syntax.Term) bool { return t.Not })
		c.above += has(func(t syntax.Term) bool { return t.Above })
	}
}

func (c *tally) add(other *tally) {
	c.Lock()
	defer c.Unlock()
	c.questions += other.questions
	c.errors += other.errors
	c.hiding += other.hiding
	c.joined += other.joined
	c.negated += other.negated
	c.above += other.above
	c.visitors += other.visitors
	c.addWords(other.words)
	for name, n := range other.kinds {
		c.kinds[name] += n
	}
	for i, n := range other.reasons {
		c.reasons[i] += n
	}
	for i, n := range other.sources {
		c.sources[i] += n
	}
}

func (c *tally) percent(n int) float64 { return 100 * float64(n) / float64(c.questions) }

func (c *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d questions: %.1f%% errors, %.1f%% with hidden fields, %.1f%% allowed to visitors, %.1f%% by joined scopes, %.1f%% by negated ones, %.1f%% by scopes above",
		c.questions, c.percent(c.errors), c.percent(c.hiding), c.percent(c.visitors), c.percent(c.joined), c.percent(c.negated), c.percent(c.above))
	for i, name := range usher.Reasons() {
		fmt.Fprintf(&b, ", %.1f%% %s", c.percent(c.reasons[i+1]), name)
	}
	for source := usher.SourceRole; source <= usher.SourceBuiltIn; source++ {
		fmt.Fprintf(&b, ", %.1f%% by %s", c.percent(c.sources[source]), source)
	}
	for _, name := range slices.Sorted(maps.Keys(c.kinds)) {
		fmt.Fprintf(&b, ", %d with %s", c.kinds[name], name)
	}
	for _, word := range words {
		fmt.Fprintf(&b, ", %.1f%% with %s", c.percent(c.words[word.name]), word.name)
	}
	return b.String()
}

// check fails the test if a kind of result is too rare.
func (c *tally) check(t *testing.T) {
	for i, name := range usher.Reasons() {
		if c.percent(c.reasons[i+1]) < 1 {
			t.Errorf("less than 1%% of the questions are decided by %s", name)
		}
	}
	if c.percent(c.hiding) < 0.5 {
		t.Error("less than 0.5% of the decisions hide anything")
	}
	if c.percent(c.joined) < 3 || c.percent(c.negated) < 2 || c.percent(c.above) < 1 {
		t.Error("less than 3% of the decisions name a rule with several scopes, less than 2% one with a negated scope, or less than 1% one with \"or above\"")
	}
	for source := usher.SourceRole; source <= usher.SourceBuiltIn; source++ {
		if c.percent(c.sources[source]) < 0.5 {
			t.Errorf("less than 0.5%% of the questions are decided by a rule of the source %s", source)
		}
	}
	if c.percent(c.visitors) < 0.5 {
		t.Error("less than 0.5% of the decisions allow visitors")
	}
	for _, name := range append(slices.Clone(policy.Kinds), "a fact that fails") {
		if 30*c.kinds[name] < c.questions { // 10,000 of 300,000
			t.Errorf("%d of %d questions are of the kind %q, which is too few", c.kinds[name], c.questions, name)
		}
	}
	for _, word := range words {
		if c.percent(c.words[word.name]) < word.percent {
			t.Errorf("less than %g%% of the questions are under policies with %s", word.percent, word.name)
		}
	}
}
