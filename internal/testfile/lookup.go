package testfile

import (
	"time"

	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// Lookup finds the names of a test file or of a command line in a policy, and reports
// those that are not there.
type Lookup struct {
	Policy   *policy.Policy
	Problems *syntax.Problems // what was reported
	At       time.Time        // the time of questions that do not set one

	Grantable, Pools, Settings, Contexts Names // what the policy declares

	asked, attributes Names
	roles, teamRoles  Names
	parties           map[string]map[string]bool // of each type of resource
}

// Names is a vocabulary, in the order in which suggestions are searched.
type Names struct {
	list []string
	has  map[string]bool
}

// Add adds a name to the vocabulary.
func (x *Names) Add(name string) {
	if x.has == nil {
		x.has = map[string]bool{}
	}
	x.has[name] = true
	x.list = append(x.list, name)
}

// NewLookup returns a Lookup of a file's names in a policy. A nil policy has no names.
func NewLookup(f *File, p *policy.Policy) *Lookup {
	if p == nil {
		p = new(policy.Policy)
	}
	l := &Lookup{Policy: p, Problems: &syntax.Problems{File: f.Name}, At: f.At, parties: map[string]map[string]bool{}}
	if l.At.IsZero() {
		l.At = defaultTime
	}
	for _, q := range p.Permissions() {
		l.asked.Add(q.String())
	}
	for _, q := range p.Bundles() {
		l.asked.Add(q.String())
	}
	for _, r := range p.Roles() {
		if r.OnTeam {
			l.teamRoles.Add(string(r.Name))
		} else {
			l.roles.Add(string(r.Name))
		}
	}
	for _, k := range p.Pools() {
		l.Pools.Add(string(k.Name))
	}
	for _, t := range p.Resources() {
		l.parties[t] = p.Parties(t)
	}
	l.Grantable = vocabulary(p.Grantable())
	l.Settings = vocabulary(p.Settings())
	l.Contexts = vocabulary(p.Contexts())
	l.attributes = vocabulary(p.Attributes())
	return l
}

func vocabulary(list []string) (x Names) {
	for _, name := range list {
		x.Add(name)
	}
	return x
}

// mostCompared is among how many names a suggestion is looked for: an account of
// a hundred thousand users could make that long.
const mostCompared = 1000

// Find returns whether a name is in a vocabulary, and reports one that is not. What says what it should be:
// "setting".
func (l *Lookup) Find(n syntax.Name, what string, x Names) bool {
	if !x.has[n.Text] {
		l.refuse(n, "unknown "+what, x)
	}
	return x.has[n.Text]
}

// refuse reports a name that is not in a vocabulary. Why comes before the name.
func (l *Lookup) refuse(n syntax.Name, why string, x Names) {
	var hint string
	switch {
	case len(x.list) == 0:
		hint = "; there is none at all"
	case !l.Problems.Full(): // a search is worth it as long as somebody reads the hint
		hint = suggest.DidYouMean(n.Text, x.list[:min(len(x.list), mostCompared)])
	}
	l.Problems.Add(n.Pos, "%s %q%s", why, n.Text, hint)
}

// Role returns the account role with a name. It returns false, and reports the name, if
// there is none.
func (l *Lookup) Role(n syntax.Name) (role.Role, bool) {
	if l.teamRoles.has[n.Text] {
		l.Problems.Add(n.Pos, "%s is held on a team; write it there: teams: {…: %s}", n.Text, n.Text)
		return role.Role{}, false
	}
	if !l.Find(n, "role", l.roles) {
		return role.Role{}, false
	}
	return l.Policy.Role(role.Name(n.Text))
}

// TeamRole returns whether a name is that of a team role, and reports one that is not.
func (l *Lookup) TeamRole(n syntax.Name) bool {
	if l.roles.has[n.Text] {
		l.Problems.Add(n.Pos, "%s is a role of the account, and none that is held on a team", n.Text)
		return false
	}
	return l.Find(n, "team role", l.teamRoles)
}

// Flags returns the values of flags by their names. It reports and leaves out those that
// are not in the vocabulary.
func (l *Lookup) Flags(list []Flag, what string, x Names) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, f := range list {
		if l.Find(f.Name, what, x) {
			m[f.Name.Text] = f.Value
		}
	}
	return m
}
