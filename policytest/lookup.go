package policytest

import (
	"time"

	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// lookup finds the names of a test file in its policy and its account, and
// reports those that are not there.
type lookup struct {
	policy   *policy.Policy
	problems *syntax.Problems
	at       time.Time // when questions are asked that do not say

	asked, grantable     names
	roles, teamRoles     names
	pools, settings      names
	contexts, attributes names
	parties              map[string]map[string]bool // of each type of resource
	users, teams, fields names                      // of the account
}

// names is a vocabulary, in the order in which suggestions are looked for.
type names struct {
	list []string
	has  map[string]bool
}

func (x *names) add(name string) {
	if x.has == nil {
		x.has = map[string]bool{}
	}
	x.has[name] = true
	x.list = append(x.list, name)
}

func newLookup(f *File, p *policy.Policy) *lookup {
	l := &lookup{policy: p, problems: &syntax.Problems{File: f.Name}, at: f.At, parties: map[string]map[string]bool{}}
	if l.at.IsZero() {
		l.at = defaultTime
	}
	for _, q := range p.Permissions() {
		l.asked.add(q.String())
	}
	for _, q := range p.Bundles() {
		l.asked.add(q.String())
	}
	for _, r := range p.Roles() {
		if r.OnTeam {
			l.teamRoles.add(string(r.Name))
		} else {
			l.roles.add(string(r.Name))
		}
	}
	for _, k := range p.Pools() {
		l.pools.add(string(k.Name))
	}
	for _, t := range p.Resources() {
		l.parties[t] = p.Parties(t)
	}
	l.grantable = vocabulary(p.Grantable())
	l.settings = vocabulary(p.Settings())
	l.contexts = vocabulary(p.Contexts())
	l.attributes = vocabulary(p.Attributes())
	return l
}

func vocabulary(list []string) (x names) {
	for _, name := range list {
		x.add(name)
	}
	return x
}

// mostCompared is among how many names a suggestion is looked for: an account of
// a hundred thousand users could make that long.
const mostCompared = 1000

// find reports whether a name is in a vocabulary. What says what it should be:
// "setting".
func (l *lookup) find(n syntax.Name, what string, x names) bool {
	if !x.has[n.Text] {
		l.refuse(n, "unknown "+what, x)
	}
	return x.has[n.Text]
}

// refuse reports a name that is not in a vocabulary. Why comes before the name.
func (l *lookup) refuse(n syntax.Name, why string, x names) {
	var hint string
	switch {
	case len(x.list) == 0:
		hint = "; there is none at all"
	case !l.problems.Full(): // a search is worth it as long as somebody reads the hint
		hint = suggest.DidYouMean(n.Text, x.list[:min(len(x.list), mostCompared)])
	}
	l.problems.Add(n.Pos, "%s %q%s", why, n.Text, hint)
}

// role finds a role of the account.
func (l *lookup) role(n syntax.Name) (role.Role, bool) {
	if l.teamRoles.has[n.Text] {
		l.problems.Add(n.Pos, "%s is held on a team; write it there: teams: {…: %s}", n.Text, n.Text)
		return role.Role{}, false
	}
	if !l.find(n, "role", l.roles) {
		return role.Role{}, false
	}
	return l.policy.Role(role.Name(n.Text))
}

// teamRole finds a role that is held on a team.
func (l *lookup) teamRole(n syntax.Name) bool {
	if l.roles.has[n.Text] {
		l.problems.Add(n.Pos, "%s is a role of the account, and none that is held on a team", n.Text)
		return false
	}
	return l.find(n, "team role", l.teamRoles)
}

func (l *lookup) flags(list []Flag, what string, x names) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, f := range list {
		if l.find(f.Name, what, x) {
			m[f.Name.Text] = f.Value
		}
	}
	return m
}
