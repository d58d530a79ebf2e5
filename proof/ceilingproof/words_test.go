package ceilingproof_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// words are the parts of the format that a drawn policy may lack. At least the percentage of the
// fixtures must have them.
var words = []struct {
	name    string
	percent int
	in      func(*fixture) bool
}{
	{"joined scopes", 60, anyTerms(func(r syntax.Rule) bool { return len(r.And) > 0 })},
	{"a joined scope with not", 50, anyTerms(func(r syntax.Rule) bool { return anyTerm(r, func(t syntax.Term) bool { return t.Not }) })},
	{"or above", 20, anyTerms(func(r syntax.Rule) bool { return anyTerm(r, func(t syntax.Term) bool { return t.Above }) })},
	{"not … or above", 5, anyTerms(func(r syntax.Rule) bool { return anyTerm(r, func(t syntax.Term) bool { return t.Not && t.Above }) })},
	{"a party of users and teams", 20, func(w *fixture) bool { return w.policy.Parties("item")["crew"] == syntax.OfBoth }},
	{"a role beside", 50, anyRole(func(r syntax.Role) bool { return r.Beside })},
	{"an account role that includes a role beside", 10, func(w *fixture) bool {
		return anyRole(func(r syntax.Role) bool {
			return r.OfAccount() && slices.ContainsFunc(r.Includes, func(n syntax.Name) bool { return slices.Contains(textsOf(w.beside), n.Text) })
		})(w)
	}},
	{"a team role outside the team", 40, anyRole(func(r syntax.Role) bool { return r.Outside })},
	{"seats of a team role", 8, anyRole(func(r syntax.Role) bool { return r.OnTeam && len(r.Seats) > 0 })},
	{"a role without team roles or grants", 8, anyRole(func(r syntax.Role) bool { return r.NoTeamRoles || r.NoGrants })},
	{"no unique role", 20, func(w *fixture) bool { return w.policy.UniqueRole().Name == "" }},
	{"visitors", 50, anyCell(func(c syntax.Cell) bool { return c.Who.Text == "visitor" })},
	{"the wildcard", 15, func(w *fixture) bool {
		return slices.ContainsFunc(w.doc.Resources, func(r syntax.Resource) bool {
			return slices.ContainsFunc(r.Permissions, func(p syntax.Permission) bool { return p.Action.Text == syntax.Wildcard })
		})
	}},
	{"gives", 25, func(w *fixture) bool { return len(w.tests["gives-clerk"]) > 0 }},
	{"has", 40, func(w *fixture) bool { return len(w.tests["target-admin"]) > 0 }},
	{"never about a bundle", 20, func(w *fixture) bool {
		return slices.ContainsFunc(w.doc.Never, func(n syntax.Never) bool { return len(membersOf(w.doc, n.Permission.Text)) > 1 })
	}},
	{"a setting by the host", 10, func(w *fixture) bool { return w.doc.Settings[0].SetByHost }},
	{"a setting that asks", 20, func(w *fixture) bool { return w.doc.Settings[0].Asks.Text == "pay.out" }},
	{"a user with a role beside", 40, anyUser(func(u *policy.User) bool { return len(u.Beside) > 0 })},
	{"a user with a team role outside the team", 25, anyUser(func(u *policy.User) bool { return len(u.Outside) > 0 })},
}

func anyRole(is func(syntax.Role) bool) func(*fixture) bool {
	return func(w *fixture) bool { return slices.ContainsFunc(w.doc.Roles, is) }
}

func anyUser(is func(*policy.User) bool) func(*fixture) bool {
	return func(w *fixture) bool {
		return slices.ContainsFunc(w.users(), func(id usher.UserID) bool { return is(w.find(id)) })
	}
}

func anyCell(is func(syntax.Cell) bool) func(*fixture) bool {
	return func(w *fixture) (found bool) {
		eachPermission(w.doc, func(p *syntax.Permission) { found = found || slices.ContainsFunc(p.Cells, is) })
		return found
	}
}

// anyTerms reports whether a rule of items or folders, or one under never, is as given.
func anyTerms(is func(syntax.Rule) bool) func(*fixture) bool {
	return func(w *fixture) bool {
		for _, r := range w.doc.Resources {
			if r.Name.Text != "item" && r.Name.Text != "folder" {
				continue
			}
			for _, p := range r.Permissions {
				if slices.ContainsFunc(p.Cells, func(c syntax.Cell) bool { return slices.ContainsFunc(c.Rules, is) }) {
					return true
				}
			}
		}
		return slices.ContainsFunc(w.doc.Never, func(n syntax.Never) bool { return slices.ContainsFunc(n.Rules, is) })
	}
}

func anyTerm(r syntax.Rule, is func(syntax.Term) bool) bool {
	return slices.ContainsFunc(r.Terms(), is)
}

func textsOf[T ~string](names []T) (list []string) {
	for _, n := range names {
		list = append(list, string(n))
	}
	return list
}

const withWord = "fixtures: with"

// countWords counts the words of a fixture.
func (t counts) countWords(w *fixture) {
	t.count(withWord, "anything")
	for _, word := range words {
		if word.in(w) {
			t.count(withWord, word.name)
		}
	}
}

// checkWords fails a test of which too few fixtures have a word.
func (t counts) checkWords(test *testing.T) {
	test.Helper()
	for _, word := range words {
		if n, all := t[withWord][word.name], t[withWord]["anything"]; 100*n < word.percent*all {
			test.Errorf("%d of %d fixtures have %s, less than %d percent", n, all, word.name, word.percent)
		}
	}
}

// decisiveWords are the words that can decide: the rule that a decision names has them, or the
// resource. Of each, TestStandIn requires a number of decisions.
var decisiveWords = map[string]int{
	"joined scopes": 1500, "not": 1500, "or above": 500, "not … or above": 50, "a container": 3000,
	"a party of users and teams": 300, "a role beside": 3000, "a team role outside the team": 300, "visitor": 1000, "never": 1000,
}

// decisive returns the words that decide a question for a user as the account is.
func decisive(p *policy.Policy, f *facts, id usher.UserID, q question) (names []string) {
	d, err := p.Decide(f, requestOf(id, q))
	if err != nil {
		panic(err)
	}
	by := d.Detail().Rule
	is := func(name string, does bool) {
		if does {
			names = append(names, name)
		}
	}
	t, _ := q.resource.(*resource)
	is("a container", t != nil && t.in != nil && by.Source != 0)
	is("a party of users and teams", t != nil && len(t.teams) > 0 && d.Allowed())
	is("a role beside", by.Source == usher.SourceBeside)
	is("a team role outside the team", by.Source == usher.SourceTeamRole && len(f.user.Outside) > 0)
	is("visitor", by.Source == usher.SourceVisitor)
	is("never", by.Source == usher.SourceNever)
	if rule, err := syntax.ParseRule(by.Text); err == nil {
		is("joined scopes", len(rule.And) > 0)
		is("not", anyTerm(rule, func(t syntax.Term) bool { return t.Not }))
		is("or above", anyTerm(rule, func(t syntax.Term) bool { return t.Above }))
		is("not … or above", anyTerm(rule, func(t syntax.Term) bool { return t.Not && t.Above }))
	}
	return names
}

// checkDecisive fails a test in which a word decided too rarely.
func checkDecisive(t *testing.T, decided map[string]int) {
	t.Helper()
	text := ""
	for name, enough := range decisiveWords {
		text += fmt.Sprintf("\n%6d by %s", decided[name], name)
		if decided[name] < enough {
			t.Errorf("%d decisions by %s, want at least %d", decided[name], name, enough)
		}
	}
	t.Log("decisions by words:" + text)
}
