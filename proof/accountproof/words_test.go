package accountproof_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// wordCounts counts the commands that a rule with a word of the format allows. Nil counts nothing.
type wordCounts map[string]int

// enoughWords are the words, each with the number of commands that a full run must have.
var enoughWords = map[string]int{
	"a role beside": 800, "a role beside, by an account role": 60, "a team role outside the team": 12,
	"visitor": 150, "joined scopes": 400, "joined scopes with not": 350, "gives": 350, "has": 150, "the wildcard": 1500,
}

// count counts the rule that allowed a command of a user.
func (c wordCounts) count(b *rulebook, d usher.Decision, u *user) {
	if c == nil {
		return
	}
	by := d.Detail().Rule
	add := func(word string, is bool) {
		if is {
			c[word]++
		}
	}
	add("a role beside", by.Source == usher.SourceBeside)
	add("a role beside, by an account role", by.Source == usher.SourceBeside && b.isAccountRole(role.Name(by.Held)))
	add("a team role outside the team", by.Source == usher.SourceTeamRole && u != nil && len(u.outside) > 0)
	add("visitor", by.Source == usher.SourceVisitor)
	add("the wildcard", b.ofWildcard(by))
	rule, err := syntax.ParseRule(by.Text)
	if err != nil {
		return
	}
	tests := func(kind syntax.ConditionKind) bool {
		return slices.ContainsFunc(b.doc.Conditions, func(c syntax.Condition) bool {
			return c.Kind == kind && slices.ContainsFunc(rule.If, func(t syntax.Test) bool { return t.Name.Text == c.Name.Text })
		})
	}
	add("joined scopes", len(rule.And) > 0)
	add("joined scopes with not", slices.ContainsFunc(rule.And, func(t syntax.Term) bool { return t.Not }))
	add("gives", tests(syntax.OnGives))
	add("has", tests(syntax.OnHas))
}

// ofWildcard reports whether a rule stands in a cell of a wildcard.
func (b *rulebook) ofWildcard(by usher.Rule) bool {
	kind, action, _ := strings.Cut(by.Permission, ".")
	of := func(action string) bool {
		at := slices.IndexFunc(b.doc.Resources, func(r syntax.Resource) bool { return r.Name.Text == kind })
		return at >= 0 && slices.ContainsFunc(b.doc.Resources[at].Permissions, func(p syntax.Permission) bool {
			return p.Action.Text == action && slices.ContainsFunc(p.Cells, func(c syntax.Cell) bool { return c.Who.Text == by.Name })
		})
	}
	return of(syntax.Wildcard) && !of(action)
}

// missing returns the words that allowed too few commands.
func (c wordCounts) missing() (list []string) {
	for word, enough := range enoughWords {
		if c[word] < enough {
			list = append(list, fmt.Sprintf("%d commands are allowed by %s (want at least %d)", c[word], word, enough))
		}
	}
	return list
}

// String writes a line for each word.
func (c wordCounts) String() string {
	var b strings.Builder
	for word := range enoughWords {
		fmt.Fprintf(&b, "%6d by %s\n", c[word], word)
	}
	return b.String()
}
