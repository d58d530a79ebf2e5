package agreement_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// addWords adds words to a drawn policy: roles beside the account role, team roles that users outside
// the team can hold, roles on resources, and joined scopes.
func addWords(d dice, text string) string {
	doc, err := policyfile.Parse("random.yaml", []byte(text))
	if err != nil {
		panic(fmt.Sprintf("%s\n%v", text, err))
	}
	if d.chance(70) {
		addRolesBeside(d, doc)
	}
	for i := range doc.Roles {
		if doc.Roles[i].OnTeam {
			doc.Roles[i].Outside = d.chance(60)
		}
	}
	join := func(rules []syntax.Rule, on *syntax.Resource) {
		for i := range rules {
			if on != nil && d.chance(22) {
				joinScopes(d, &rules[i], on)
			}
		}
	}
	for i := range doc.Resources {
		on := &doc.Resources[i]
		for _, p := range on.Permissions {
			for _, c := range p.Cells {
				if c.Who.Text != "visitor" {
					join(c.Rules, on)
				}
			}
		}
	}
	for _, n := range doc.Never {
		join(n.Rules, resourceOf(doc, n.Permission.Text))
	}
	if d.chance(60) {
		addRolesOnResources(d, doc)
	}
	return string(doc.Print())
}

// addRolesBeside adds two roles. Some of their cells are those of another role.
func addRolesBeside(d dice, doc *syntax.Document) {
	helper := syntax.Role{Name: syntax.Name{Text: "helper"}, Beside: true}
	fixer := syntax.Role{Name: syntax.Name{Text: "fixer"}, Beside: true, All: d.chance(6)}
	if d.chance(40) {
		fixer.Includes = []syntax.Name{helper.Name}
	}
	if d.chance(15) {
		fixer.Requires = []syntax.Name{{Text: pick(d, []string{"mfa", "seated"})}}
	}
	doc.Roles = append(doc.Roles, helper, fixer)
	if at := slices.IndexFunc(doc.Roles, func(r syntax.Role) bool { return r.Name.Text == "clerk" }); d.chance(20) {
		doc.Roles[at].Includes = append(doc.Roles[at].Includes, helper.Name)
	}
	for i := range doc.Resources {
		for k := range doc.Resources[i].Permissions {
			p := &doc.Resources[i].Permissions[k]
			from := slices.DeleteFunc(slices.Clone(p.Cells), func(c syntax.Cell) bool { return c.Who.Text == "visitor" })
			for _, who := range []syntax.Name{helper.Name, fixer.Name} {
				if len(from) > 0 && d.chance(55) {
					p.Cells = append(p.Cells, syntax.Cell{Who: who, Rules: slices.Clone(pick(d, from).Rules)})
				}
			}
		}
	}
}

// resourceOf returns the resource with the parties that a prohibition can name, nil if the document
// does not declare them.
func resourceOf(doc *syntax.Document, permission string) *syntax.Resource {
	name, _, dotted := strings.Cut(permission, ".")
	if !dotted {
		name = "calendar" // of the bundle both
	}
	at := slices.IndexFunc(doc.Resources, func(r syntax.Resource) bool { return r.Name.Text == name })
	if at < 0 {
		return nil
	}
	return &doc.Resources[at]
}

// joinScopes adds one or two scopes to a rule, most of them negated.
func joinScopes(d dice, rule *syntax.Rule, on *syntax.Resource) {
	parties := on.Parties
	switch on.Name.Text {
	case "user":
		parties = []syntax.Party{{Name: syntax.Name{Text: "user"}}, {Name: syntax.Name{Text: "team"}}}
	case "calendar":
	default:
		return
	}
	same := func(a, b syntax.Term) bool {
		return a.Scope == b.Scope && a.Above == b.Above && fmt.Sprint(textsOf(a.As)) == fmt.Sprint(textsOf(b.As))
	}
	if rule.Scope == syntax.ScopeAny {
		rule.As = nil
	}
	for range 1 + d.IntN(2) {
		t := syntax.Term{Scope: pick(d, []syntax.Scope{syntax.ScopeOwn, syntax.ScopeSole, syntax.ScopeTeam, syntax.ScopeShared}), Not: d.chance(60) || rule.Scope == syntax.ScopeAny}
		if d.chance(50) {
			for _, p := range some(d, 1, 2, parties) {
				t.As = append(t.As, p.Name)
			}
		}
		if !slices.ContainsFunc(rule.Terms(), func(o syntax.Term) bool { return same(o, t) }) {
			rule.And = append(rule.And, t)
		}
	}
}

// textsOf returns names as texts, sorted.
func textsOf(names []syntax.Name) (list []string) {
	for _, n := range names {
		list = append(list, n.Text)
	}
	slices.Sort(list)
	return list
}

// addWords gives users of a fixture roles beside the account role, and team roles on teams that they
// are not in. A host's own tables can also have such roles on teams that the user is in.
func (w *fixture) addWords(d dice) {
	for _, id := range sortedKeys(w.users) {
		u := w.users[id]
		if d.chance(45) {
			u.Beside = some(d, 1, 2, []role.Name{"helper", "fixer", "gone"})
			slices.Sort(u.Beside)
		}
		for _, t := range append(sortedKeys(w.parents), "stray") {
			if d.chance(25) {
				u.Outside = append(u.Outside, policy.Membership{Team: t, Roles: some(d, 1, 2, []role.Name{"lead", "manager"})})
			}
		}
	}
}

// fitWords removes what no engine has: roles beside that the policy lacks, and roles outside a team
// that the user is in, that does not exist, or that only members can hold.
func (w *fixture) fitWords(p *policy.Policy) {
	for _, u := range w.users {
		u.Beside = slices.DeleteFunc(u.Beside, func(name role.Name) bool { r, _ := p.Role(name); return !r.Beside })
		u.Outside = slices.DeleteFunc(u.Outside, func(m policy.Membership) bool {
			_, known := w.parents[m.Team]
			return !known || slices.ContainsFunc(u.Teams, func(in policy.Membership) bool { return in.Team == m.Team })
		})
		for i := range u.Outside {
			u.Outside[i].Roles = slices.DeleteFunc(u.Outside[i].Roles, func(name role.Name) bool { r, _ := p.Role(name); return !r.Outside })
			slices.Sort(u.Outside[i].Roles)
		}
		u.Outside = slices.DeleteFunc(u.Outside, func(m policy.Membership) bool { return len(m.Roles) == 0 })
	}
}

// wordCounts counts the decisions on rows by words of the policy. All calls and all lists decide on
// the same rows.
type wordCounts map[string]int

// count counts a decision for a user. In a test that does not count, c is nil.
func (c wordCounts) count(d usher.Decision, u *policy.User) {
	by := d.Detail().Rule
	add := func(word string, is bool) {
		if is {
			c[word]++
			if d.Allowed() {
				c[word+", allowed"]++
			}
		}
	}
	add("role beside", by.Source == usher.SourceBeside)
	add("user with team roles outside", u != nil && len(u.Outside) > 0)
	add("team role, user with team roles outside alone", by.Source == usher.SourceTeamRole && len(u.Outside) > 0 && !slices.ContainsFunc(u.Teams, func(m policy.Membership) bool { return len(m.Roles) > 0 }))
	add("visitor", by.Source == usher.SourceVisitor)
	add("visitor without an account", by.Source == usher.SourceVisitor && u == nil)
	countHere(add, by)
	rule, err := syntax.ParseRule(by.Text)
	if err != nil {
		return
	}
	add("joined scopes", len(rule.And) > 0)
	add("joined scopes with not", slices.ContainsFunc(rule.And, func(t syntax.Term) bool { return t.Not }))
	add("joined scopes under never", len(rule.And) > 0 && by.Source == usher.SourceNever)
	add("joined scopes of a team role", len(rule.And) > 0 && by.Source == usher.SourceTeamRole)
}

// check fails a test in which a word decided too rarely.
func (c wordCounts) check(t *testing.T) {
	t.Helper()
	for word, enough := range map[string]int{
		"role beside": 400, "role beside, allowed": 220, "user with team roles outside, allowed": 3000,
		"team role, user with team roles outside alone, allowed": 300, "visitor, allowed": 1000, "visitor without an account, allowed": 120,
		"role on a resource, allowed": 100, "role on a container, allowed": 30,
		"joined scopes, allowed": 450, "joined scopes with not, allowed": 380, "joined scopes under never": 350, "joined scopes of a team role, allowed": 90,
	} {
		if c[word] < enough {
			t.Errorf("%d decisions by %s, want at least %d", c[word], word, enough)
		}
	}
}
