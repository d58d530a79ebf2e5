package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// Lookup looks up the names of a test file or a command line in a policy, and reports
// unknown names.
type Lookup struct {
	Policy   *policy.Policy
	Problems *syntax.Problems // the reported problems
	At       time.Time        // the time of questions that set none

	// IDs has the ids of the account, for parties of users and teams.
	IDs IDs

	Grantable, Pools, Settings, Contexts Names // declared by the policy

	permissions, attributes Names
	roles, beside           Names
	teamRoles               Names
	resourceRoles           Names
	parties                 map[string]map[string]syntax.PartyKind // of each type of resource
}

// IDs reports which ids are those of users and of teams of an account. Without the functions,
// there are none.
type IDs struct {
	User, Team    func(id string) bool
	OnCommandLine bool // for messages: users and teams are written apart as on a command line
}

// IDsOf returns the ids of a state of an account.
func IDsOf(state interface {
	User(id usher.UserID) (*policy.User, error)
	Team(id usher.TeamID) (parent usher.TeamID, ok bool)
},
) IDs {
	return IDs{
		User: func(id string) bool { u, err := state.User(usher.UserID(id)); return err == nil && u != nil },
		Team: func(id string) bool { _, ok := state.Team(usher.TeamID(id)); return ok },
	}
}

func (x *IDs) isUser(id string) bool { return x.User != nil && x.User(id) }

func (x *IDs) isTeam(id string) bool { return x.Team != nil && x.Team(id) }

// Names is a set of known names, in the order in which suggestions are searched. The
// zero Names is empty.
type Names struct {
	list []string
	has  map[string]bool
}

// Add adds a name.
func (x *Names) Add(name string) {
	if x.has == nil {
		x.has = map[string]bool{}
	}
	x.has[name] = true
	x.list = append(x.list, name)
}

// NewLookup returns a Lookup for the names of a file in a policy. A nil policy has no
// names.
func NewLookup(f *File, p *policy.Policy) *Lookup {
	if p == nil {
		p = new(policy.Policy)
	}
	l := &Lookup{Policy: p, Problems: &syntax.Problems{File: f.Name}, At: f.At, parties: map[string]map[string]syntax.PartyKind{}}
	if l.At.IsZero() {
		l.At = defaultTime
	}
	for _, q := range p.Permissions() {
		l.permissions.Add(q.String())
	}
	for _, q := range p.Bundles() {
		l.permissions.Add(q.String())
	}
	for _, r := range p.Roles() {
		switch {
		case r.OnResource != "":
			l.resourceRoles.Add(string(r.Name))
		case r.OnTeam:
			l.teamRoles.Add(string(r.Name))
		case r.Beside:
			l.beside.Add(string(r.Name))
		default:
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

// Has reports whether a name is known.
func (x *Names) Has(name string) bool { return x.has[name] }

// maxCompared is the number of names that are searched for a suggestion. A search of
// all users of a large account would be slow.
const maxCompared = 1000

// Find reports whether a name is known. It adds a problem for an unknown name, in which
// what is the kind of name, such as "setting".
func (l *Lookup) Find(n syntax.Name, what string, x Names) bool {
	if !x.has[n.Text] {
		l.refuse(n, "unknown "+what, x)
	}
	return x.has[n.Text]
}

// refuse adds a problem about an unknown name. Why comes before the name.
func (l *Lookup) refuse(n syntax.Name, why string, x Names) {
	var hint string
	switch {
	case len(x.list) == 0:
		hint = "; there are none"
	case !l.Problems.Full(): // a full list drops the problem with its hint
		hint = suggest.DidYouMean(n.Text, x.list[:min(len(x.list), maxCompared)])
	}
	l.Problems.Add(n.Pos, "%s %q%s", why, n.Text, hint)
}

// Permission reports whether there is a permission with a name. It adds a problem if there is none.
func (l *Lookup) Permission(n syntax.Name) bool { return l.Find(n, "permission", l.permissions) }

// AddRole adds a role that an account defines, which is held as the role like.
func (l *Lookup) AddRole(name, like role.Name) {
	switch r, _ := l.Policy.Role(like); {
	case r.OnTeam:
		l.teamRoles.Add(string(name))
	case r.Beside:
		l.beside.Add(string(name))
	default:
		l.roles.Add(string(name))
	}
}

// Role returns the account role with a name. It returns false, and adds a problem, for an
// unknown role.
func (l *Lookup) Role(n syntax.Name) (role.Role, bool) {
	if l.isResourceRole(n) {
		return role.Role{}, false
	}
	if l.teamRoles.has[n.Text] {
		l.Problems.Add(n.Pos, "%s is a team role; write it under teams: {…: %s}", n.Text, n.Text)
		return role.Role{}, false
	}
	if l.beside.has[n.Text] {
		l.Problems.Add(n.Pos, "%s is held beside the account role; write it under beside: [%s]", n.Text, n.Text)
		return role.Role{}, false
	}
	if !l.Find(n, "role", l.roles) {
		return role.Role{}, false
	}
	return l.Policy.Role(role.Name(n.Text))
}

// RoleBeside reports whether there is a role beside the account role with a name. It adds a
// problem if there is none.
func (l *Lookup) RoleBeside(n syntax.Name) bool {
	switch {
	case l.isResourceRole(n):
		return false
	case l.roles.has[n.Text]:
		l.Problems.Add(n.Pos, "%s is an account role; write it under role: %s", n.Text, n.Text)
		return false
	case l.teamRoles.has[n.Text]:
		l.Problems.Add(n.Pos, "%s is a team role; write it under teams: {…: %s}", n.Text, n.Text)
		return false
	}
	return l.Find(n, "role beside", l.beside)
}

// TeamRole reports whether there is a team role with a name. It adds a problem if there
// is none.
func (l *Lookup) TeamRole(n syntax.Name) bool {
	if l.isResourceRole(n) {
		return false
	}
	if l.roles.has[n.Text] {
		l.Problems.Add(n.Pos, "%s is an account role, not a team role; write it under role: %[1]s", n.Text)
		return false
	}
	if l.beside.has[n.Text] {
		l.Problems.Add(n.Pos, "%s is held beside the account role, not on a team; write it under beside: [%s]", n.Text, n.Text)
		return false
	}
	return l.Find(n, "team role", l.teamRoles)
}

// isResourceRole reports whether a role is held on single resources. It adds a problem if it is.
func (l *Lookup) isResourceRole(n syntax.Name) bool {
	if !l.resourceRoles.has[n.Text] {
		return false
	}
	r, _ := l.Policy.Role(role.Name(n.Text))
	l.Problems.Add(n.Pos, "%s is held on a single %s; write it under roles-on: [{role: %[1]s, on: {type: %[2]s, id: …}}]", n.Text, r.OnResource)
	return true
}

// RoleOn reports whether a role can be held on a resource. It adds a problem if not.
func (l *Lookup) RoleOn(held RoleOn) bool {
	n := held.Role
	known := l.resourceType(syntax.Name{Text: held.On.Type, Pos: held.Type})
	switch {
	case l.roles.has[n.Text]:
		l.Problems.Add(n.Pos, "%s is an account role; write it under role: %[1]s", n.Text)
		return false
	case l.beside.has[n.Text]:
		l.Problems.Add(n.Pos, "%s is held beside the account role; write it under beside: [%[1]s]", n.Text)
		return false
	case l.teamRoles.has[n.Text]:
		l.Problems.Add(n.Pos, "%s is a team role; write it under teams: {…: %[1]s}", n.Text)
		return false
	case !l.Find(n, "role that is held on resources", l.resourceRoles) || !known:
		return false
	}
	r, _ := l.Policy.Role(role.Name(n.Text))
	if r.OnResource != held.On.Type {
		l.Problems.Add(held.Type, "%s is held on %s, not on %s", n.Text, r.OnResource, held.On.Type)
	}
	return r.OnResource == held.On.Type
}

// Flags returns the values of flags by name. It omits unknown names, and adds a problem
// for each.
func (l *Lookup) Flags(list []Flag, what string, x Names) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, f := range list {
		if l.Find(f.Name, what, x) {
			m[f.Name.Text] = f.Value
		}
	}
	return m
}
