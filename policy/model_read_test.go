package policy_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// model is a slow and obvious evaluator, to compare with the fast one. Its decisions are in
// model_test.go; this file reads the document, the world and the request.
type model struct {
	doc   *syntax.Document
	types map[string]syntax.Resource
	w     *world
}

func newModel(doc *syntax.Document, w *world) model {
	return model{doc, resources(doc), w}
}

type verdict struct {
	reason usher.Reason
	hidden []string   // sorted
	unmet  [][]string // what failed of each rule that did not match because of its conditions only

	named named // the rule that an allow, and a denial by the user's own rules, names; zero for a bundle

	unknown [][]string // the unknown conditions of each rule under never that matches; none for a protection
}

// evaluation is a request for a single permission; its resource is of the type on, or nil.
type evaluation struct {
	model
	usher.Request
	perm string
	on   syntax.Resource
	user *policy.User // the subject
	now  time.Time
}

// held is a rule with the teams on which it is held. Its conditions include what its roles
// require.
type held struct {
	syntax.Rule
	teams []usher.TeamID
	named named
}

// named is how a decision names a rule.
type named struct {
	source    usher.Source
	who, text string
	holder    string // the role that the user holds; "" for everyone, visitors and grants
}

// compare orders rules as decisions name them: "by source, then by name and text".
func (n named) compare(o named) int {
	return cmp.Or(cmp.Compare(n.source, o.source), cmp.Compare(n.who, o.who), cmp.Compare(n.text, o.text), cmp.Compare(n.holder, o.holder))
}

// sourceOf returns the source of the rules of a cell.
func (m model) sourceOf(who string) usher.Source {
	switch r := m.role(who); {
	case who == "everyone":
		return usher.SourceEveryone
	case who == "visitor":
		return usher.SourceVisitor
	case r.OnTeam:
		return usher.SourceTeamRole
	case r.OnResource.Text != "":
		return usher.SourceResourceRole
	case r.Beside:
		return usher.SourceBeside
	}
	return usher.SourceRole
}

// "Standard resources, present in every policy": name, actions, parties.
var standard = [][3]string{
	{"account", "configure transfer delete", ""},
	{"user", "view create edit edit-sign-in set-role set-status delete leave delegate request-to-join admit", "user team"},
	{"team", "create edit delete set-members set-role join leave", "team user"},
	{"seat", "assign unassign purchase", "user"},
	{"grant", "give revoke", "user"},
	{"field", "manage", ""},
	{"audit", "view", ""},
}

// resources returns the types of resources; standard ones include the additions of the document.
func resources(doc *syntax.Document) map[string]syntax.Resource {
	types := map[string]syntax.Resource{}
	for _, s := range standard {
		r := syntax.Resource{Name: ruleOutcome(s[0])}
		for _, action := range strings.Fields(s[1]) {
			r.Permissions = append(r.Permissions, syntax.Permission{Action: ruleOutcome(action)})
		}
		for _, party := range strings.Fields(s[2]) {
			kind := syntax.OfUsers
			if party == "team" {
				kind = syntax.OfTeams
			}
			r.Parties = append(r.Parties, syntax.Party{Name: ruleOutcome(party), Kind: kind})
		}
		types[s[0]] = r
	}
	for _, written := range doc.Resources {
		r := types[written.Name.Text]
		r.Name, r.In = written.Name, written.In
		r.Parties = append(r.Parties, written.Parties...)
		r.Fields = append(r.Fields, written.Fields...)
		r.Permissions = append(r.Permissions, written.Permissions...)
		types[written.Name.Text] = r
	}
	return types
}

// resource returns the type of resource that a permission is about; the zero Resource is none.
func (m model) resource(perm string) syntax.Resource {
	typ, _, _ := strings.Cut(perm, ".")
	return m.types[typ]
}

// permissions returns the permissions of a name: itself, those of a bundle, each once, or none for
// another name.
func (m model) permissions(name string) (perms []string) {
	for _, b := range m.doc.Bundles {
		if b.Name.Text != name {
			continue
		}
		for _, member := range b.Members {
			for _, perm := range m.permissions(member.Text) {
				if !slices.Contains(perms, perm) {
					perms = append(perms, perm)
				}
			}
		}
		return perms
	}
	on := m.resource(name)
	for _, p := range on.Permissions {
		if p.Action.Text != syntax.Wildcard && on.Name.Text+"."+p.Action.Text == name {
			return []string{name}
		}
	}
	return nil
}

// role returns the role with a name; the zero Role is none.
func (m model) role(name string) *syntax.Role {
	for i := range m.doc.Roles {
		if m.doc.Roles[i].Name.Text == name {
			return &m.doc.Roles[i]
		}
	}
	return &syntax.Role{}
}

func (m model) requires(role string) (tests []syntax.Test) {
	for _, name := range m.role(role).Requires {
		tests = append(tests, syntax.Test{Name: name})
	}
	return tests
}

// "An empty id refers to no user."
// hasHolder reports whether the policy has a unique role.
func (m model) hasHolder() bool {
	return slices.ContainsFunc(m.doc.Roles, func(r syntax.Role) bool { return r.Unique })
}

func (m model) isHolder(user string) bool {
	u := m.w.users[usher.UserID(user)]
	return user != "" && u != nil && m.role(string(u.Role)).Unique
}

// cell returns the rules that the document has for a role or for everyone. "all: true: every
// permission, any scope", but for user.delegate.
var all = syntax.Pos{Line: -1} // of the rule for all: true

func (q *evaluation) cell(who string) (rules []syntax.Rule) {
	typ, action, _ := strings.Cut(q.perm, ".")
	said := func(under string) (rules []syntax.Rule) {
		for _, r := range q.doc.Resources {
			for _, p := range r.Permissions {
				for _, c := range p.Cells {
					if r.Name.Text == typ && p.Action.Text == under && c.Who.Text == who {
						rules = append(rules, c.Rules...)
					}
				}
			}
		}
		return rules
	}
	// "The cells under "*" belong to all actions of the resource, except user.delegate. A cell of
	// the same role under an action replaces that of "*"."
	if rules = said(action); len(rules) == 0 && q.perm != "user.delegate" {
		rules = said(syntax.Wildcard)
	}
	if q.role(who).All && q.perm != "user.delegate" {
		rules = append(rules, syntax.Rule{Scope: syntax.ScopeAny, Pos: all})
	}
	return rules
}

// "A rule under the name of a bundle forbids each permission of the bundle."
func (q *evaluation) never() (rules []syntax.Rule) {
	for _, n := range q.doc.Never {
		if slices.Contains(q.permissions(n.Permission.Text), q.perm) {
			rules = append(rules, n.Rules...)
		}
	}
	return rules
}

func (q *evaluation) fields(groups []syntax.Name) (fields []string) {
	for _, g := range q.on.Fields {
		if slices.ContainsFunc(groups, func(n syntax.Name) bool { return n.Text == g.Name.Text }) {
			for _, f := range g.Fields {
				fields = append(fields, f.Text)
			}
		}
	}
	return fields
}

// holds reports whether a test holds. "What is not given is unknown: neither it nor its not
// holds; in a never rule both hold."
func (q *evaluation) holds(t syntax.Test, ifUnknown bool) bool {
	i := slices.IndexFunc(q.doc.Conditions, func(c syntax.Condition) bool { return c.Name.Text == t.Name.Text })
	value, known := q.fact(q.doc.Conditions[i])
	if !known {
		return ifUnknown
	}
	return value != t.Not
}

func (q *evaluation) fact(c syntax.Condition) (value, known bool) {
	name := c.Of.Text
	switch c.Kind {
	case syntax.OnSeat:
		for _, pool := range q.user.Seats {
			value = value || string(pool) == name
		}
		return value, true
	case syntax.OnFeature:
		for _, g := range q.user.Grants {
			value = value || g.Name == name && q.lasts(g)
		}
		return value, true
	case syntax.OnSetting:
		for _, s := range q.doc.Settings {
			value = value || s.Name.Text == name && s.Default
		}
		if set, ok := q.w.settings[name]; ok {
			value = set
		}
		return value, true
	case syntax.OnContext:
		value, known = q.Context[name]
		return value, known
	case syntax.OnAttribute:
		a, ok := q.Resource.(usher.Attributer)
		if !ok {
			return false, false
		}
		return a.Attribute(name)
	case syntax.OnGives:
		return q.Gives == name, q.Gives != ""
	case syntax.OnHas:
		return q.someHas(c)
	default:
		users, teams, known := q.considered([]syntax.Name{c.Of})
		return len(users)+len(teams) > 0, known
	}
}

// "Some user of the party has the account role, or a role beside it, exactly." A user who is not
// in the account has none.
func (q *evaluation) someHas(c syntax.Condition) (value, known bool) {
	for _, p := range q.on.Parties {
		if p.Name.Text != c.Of.Text || p.Kind == syntax.OfTeams {
			continue
		}
		ids, known := q.party(c.Of.Text)
		if !known {
			return false, false
		}
		for _, id := range ids {
			if u := q.w.users[usher.UserID(id)]; u != nil && id != "" && (string(u.Role) == c.Has.Text || slices.Contains(u.Beside, role.Name(c.Has.Text))) {
				return true, true
			}
		}
	}
	return false, true
}

// party returns the ids of a party of the resource: none if its type lacks the party, or
// without a resource.
func (q *evaluation) party(name string) (ids []string, known bool) {
	has := slices.ContainsFunc(q.on.Parties, func(p syntax.Party) bool { return p.Name.Text == name })
	if q.Resource == nil || !has {
		return nil, true
	}
	return q.Resource.Party(name)
}

// considered returns the users and teams that a rule looks at: "all of them; after as, only
// those named".
func (q *evaluation) considered(as []syntax.Name) (users, teams []string, known bool) {
	known = true
	for _, p := range q.on.Parties {
		if len(as) > 0 && !slices.ContainsFunc(as, func(n syntax.Name) bool { return n.Text == p.Name.Text }) {
			continue
		}
		ids, ok := q.party(p.Name.Text)
		known = known && ok
		if p.Kind == syntax.OfTeams {
			teams = append(teams, ids...)
			continue
		}
		users = append(users, ids...)
		// "A party of users and teams has its users from Party and its teams from TeamParty. The
		// teams of a resource without that method are unknown."
		if p.Kind == syntax.OfBoth && q.Resource != nil {
			host, ok := q.Resource.(usher.TeamParties)
			if !ok {
				return nil, nil, false
			}
			ids, ok := host.TeamParty(p.Name.Text)
			known = known && ok
			teams = append(teams, ids...)
		}
	}
	return users, teams, known
}

// "A grant holds while time < until."
func (q *evaluation) lasts(g policy.Grant) bool { return g.Until.IsZero() || q.now.Before(g.Until) }

func (q *evaluation) putIn(u *policy.User) (teams []usher.TeamID) {
	for _, membership := range u.Teams {
		teams = append(teams, membership.Team)
	}
	return teams
}

// teamRoles returns the team roles of the subject, each with the teams on which it is held.
func (q *evaluation) teamRoles() map[string][]usher.TeamID {
	on := map[string][]usher.TeamID{}
	for _, membership := range q.user.Teams {
		for _, name := range membership.Roles {
			on[string(name)] = append(on[string(name)], membership.Team)
		}
	}
	// "outside: true: users who are not in a team can hold this team role on it"
	for _, outside := range q.user.Outside {
		for _, name := range outside.Roles {
			if r := q.role(string(name)); r.OnTeam && r.Outside {
				on[string(name)] = append(on[string(name)], outside.Team)
			}
		}
	}
	return on
}

// "A user who is put in a team belongs to it and to the teams above it." "A user id that is not
// in the account belongs to no team." "An empty id refers to no user."
func (q *evaluation) belongs(user string) (teams []usher.TeamID) {
	if u := q.w.users[usher.UserID(user)]; u != nil && user != "" {
		for _, t := range q.putIn(u) {
			teams = append(teams, q.above(t)...)
		}
	}
	return teams
}

// above returns a team and all teams above it.
func (q *evaluation) above(t usher.TeamID) (teams []usher.TeamID) {
	for ; t != ""; t = q.w.teams[t] {
		teams = append(teams, t)
	}
	return teams
}

func ruleOutcome(text string) syntax.Name { return syntax.Name{Text: text} }
