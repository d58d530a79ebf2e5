package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Policy is a compiled policy. It is immutable, and may be asked by many
// goroutines at the same time. A nil Policy and the zero Policy know no
// permission: all questions to them are errors, which deny.
type Policy struct {
	file, name, title string
	digest            string
	warnings          []syntax.Problem

	pools      []seat.Kind
	features   []string
	settings   map[string]bool // with their defaults
	contexts   map[string]bool
	attributes map[string]bool
	conditions []condition

	settingTitles map[string]string // of those that have one
	permTitles    map[int]string    // by the index of a permission

	roles     []compiledRole // of the account and on teams, in the order of the file
	held      []heldRole     // what a decision needs of each of them
	roleTable nameTable
	unique    int
	bounds    []Bound

	resources     []resource
	resourceTable nameTable
	perms         []perm
	bundles       []bundle
	asked         askTable // permissions and bundles by name

	written  []writtenRule
	rules    []rule
	ceilings ceilingTable
}

type condition struct {
	name string
	kind syntax.ConditionKind
	of   string

	title string // what a user needs; "" for none
}

type compiledRole struct {
	role.Role
	guard   uint64 // what it requires, as literals of any resource
	closure []reached
	pos     syntax.Pos
}

// heldRole is apart from compiledRole so that those of a policy are close together.
type heldRole struct {
	guard  uint64
	onTeam bool
}

// reached is a role whose rules another one has too, through includes.
type reached struct {
	role  int
	guard uint64 // what all roles on the way require, both ends included
}

type resource struct {
	name     string
	parties  []party
	fields   []string // sorted
	groups   map[string]uint64
	literals []literal
	perms    []int              // in the order of the file
	atoms    map[atomKey]uint64 // the scopes that its rules have
}

type party struct {
	name  string
	teams bool
}

// literal is a condition or its opposite: a fact that a rule needs. The first
// literals of each resource are those that roles require.
type literal struct {
	condition int
	not       bool
}

type perm struct {
	name       permission.Permission
	index      int
	pos        syntax.Pos
	resource   int
	res        *resource // the same
	protection protection
	builtIn    int32  // the rule that spells the protection out
	never      []rule // sorted by rank, as all lists here
	byRole     [][]rule
	onTeams    bool // a team role has rules for it
	everyone   []rule
	grants     []grantRule // by name
	free       []outcome   // for each role: what is decided without a look at anything, or scopeOnly, or 0
}

// grantRule is what a grant of this name, the permission or a bundle that has
// it, adds to a user's rules.
type grantRule struct {
	name string
	rule rule
}

type bundle struct {
	name  permission.Permission
	pos   syntax.Pos
	perms []int // in the order of the file, nested bundles spelled out
}

// writtenRule is a rule as it stands in the file.
type writtenRule struct {
	source usher.Source
	who    string // the role or grant
	text   string
	pos    syntax.Pos
	rule   syntax.Rule
}

// rule is a written rule as one role comes to have it.
type rule struct {
	extent
	id      int32 // its place in Policy.rules
	written int32
	rank    uint32 // the order in which rules of a permission are named
	perm    uint16
	held    int16  // the role that the user holds; -1 for none
	atom    uint64 // the bit in which a question remembers how the scope came out; 0: nowhere
}

// Name returns the policy's name, "" if the file gives none.
func (p *Policy) Name() string { return p.name }

// Title returns the policy's title for people, "" if the file gives none.
func (p *Policy) Title() string { return p.title }

// File returns the name under which the policy was read.
func (p *Policy) File() string { return p.file }

// Digest returns a fingerprint of all that decides, in hexadecimal: the same for
// every order of the file's keys, and regardless of titles and comments.
func (p *Policy) Digest() string { return p.digest }

// Warnings returns what looks like a mistake and is none: conditions that no rule
// asks for, rules that another one makes pointless or that reach nothing, and names
// of resources and actions that are all but a standard one.
func (p *Policy) Warnings() []syntax.Problem { return slices.Clone(p.warnings) }

// Roles returns the roles in the order of the file.
func (p *Policy) Roles() []role.Role {
	roles := make([]role.Role, len(p.roles))
	for i, r := range p.roles {
		roles[i] = r.Role
	}
	return roles
}

// Role returns the role with the name.
func (p *Policy) Role(name role.Name) (role.Role, bool) {
	if i := p.roleIndex(name); i >= 0 {
		return p.roles[i].Role, true
	}
	return role.Role{}, false
}

// UniqueRole returns the role that exactly one user of an account holds.
func (p *Policy) UniqueRole() role.Role {
	return p.roleThat(func(r *compiledRole) bool { return r.Unique })
}

// DefaultRole returns the role of a user for whom nothing else is said.
func (p *Policy) DefaultRole() role.Role {
	return p.roleThat(func(r *compiledRole) bool { return r.Default })
}

func (p *Policy) roleThat(is func(*compiledRole) bool) role.Role {
	for i := range p.roles {
		if is(&p.roles[i]) {
			return p.roles[i].Role
		}
	}
	return role.Role{} // only a zero Policy has none
}

// Pools returns the seat pools in the order of the file.
func (p *Policy) Pools() []seat.Kind { return slices.Clone(p.pools) }

// Pool returns the seat pool with the name.
func (p *Policy) Pool(name seat.PoolName) (seat.Kind, bool) {
	i := slices.IndexFunc(p.pools, func(k seat.Kind) bool { return k.Name == name })
	if i < 0 {
		return seat.Kind{}, false
	}
	return p.pools[i], true
}

// Features returns the features in the order of the file.
func (p *Policy) Features() []string { return slices.Clone(p.features) }

// Setting returns the default of a setting.
func (p *Policy) Setting(name string) (value, ok bool) {
	value, ok = p.settings[name]
	return value, ok
}

// Settings returns the names of the settings, sorted.
func (p *Policy) Settings() []string { return sortedKeys(p.settings) }

// Contexts returns the facts of a request that the policy declares, sorted.
func (p *Policy) Contexts() []string { return sortedKeys(p.contexts) }

// Attributes returns the attributes of resources that the policy declares, sorted.
func (p *Policy) Attributes() []string { return sortedKeys(p.attributes) }

// Permissions returns all permissions: first those of the standard resources, which
// every policy has, then those of the file in its order. The standard ones are
//
//	account.configure  account.transfer  account.delete
//	user.view          user.create       user.edit        user.edit-sign-in
//	user.set-role      user.set-status   user.delete      user.leave       user.delegate
//	team.create        team.edit         team.delete      team.set-members  team.set-role
//	seat.assign        seat.unassign     seat.purchase
//	grant.give         grant.revoke
//	field.manage
//	audit.view
//
// The commands of package account ask for all but user.view, user.edit-sign-in and
// audit.view, which are for hosts to ask. FORMAT.md beside this package says which asks for which.
func (p *Policy) Permissions() []permission.Permission {
	perms := make([]permission.Permission, len(p.perms))
	for i, perm := range p.perms {
		perms[i] = perm.name
	}
	return perms
}

// Bundles returns the bundles in the order of the file.
func (p *Policy) Bundles() []permission.Permission {
	names := make([]permission.Permission, len(p.bundles))
	for i, b := range p.bundles {
		names[i] = b.name
	}
	return names
}

// Bundle returns the permissions of a bundle, nested bundles spelled out.
func (p *Policy) Bundle(name permission.Permission) (perms []permission.Permission, ok bool) {
	for _, b := range p.bundles {
		if b.name == name {
			for _, i := range b.perms {
				perms = append(perms, p.perms[i].name)
			}
			return perms, true
		}
	}
	return nil, false
}

// Resources returns the types of resources: first the standard ones, which every
// policy has, then those of the file in its order. The standard ones and their
// parties are
//
//	account
//	user   user: users, team: teams
//	team   team: teams, user: users
//	seat   user: users
//	grant  user: users
//	field
//	audit
//
// A file gives cells to these permissions, and may add parties, groups of fields and
// permissions; without cells nobody may.
func (p *Policy) Resources() []string {
	names := make([]string, len(p.resources))
	for i, r := range p.resources {
		names[i] = r.name
	}
	return names
}

// Parties returns the parties of a type of resource, and for each whether it
// relates to teams. There are none of a type that the policy does not have.
func (p *Policy) Parties(resource string) map[string]bool {
	parties := map[string]bool{}
	if i := p.resourceTable.find(resource); i >= 0 {
		for _, party := range p.resources[i].parties {
			parties[party.name] = party.teams
		}
	}
	return parties
}

// Fields returns the fields of a type of resource that rules can hide, sorted.
func (p *Policy) Fields(resource string) []string {
	if i := p.resourceTable.find(resource); i >= 0 {
		return slices.Clone(p.resources[i].fields)
	}
	return nil
}

// FieldGroup returns the fields of a group of a type of resource, sorted.
func (p *Policy) FieldGroup(resource, group string) (fields []string, ok bool) {
	i := p.resourceTable.find(resource)
	if i < 0 {
		return nil, false
	}
	mask, ok := p.resources[i].groups[group]
	for k, field := range p.resources[i].fields {
		if mask&(1<<k) != 0 {
			fields = append(fields, field)
		}
	}
	return fields, ok
}

// Permission finds a permission or a bundle by its name. The error wraps
// usher.ErrUnknownPermission, and says which name is near.
func (p *Policy) Permission(name string) (permission.Permission, error) {
	if q, err := permission.ParseBundle(name); err == nil {
		if _, ok := p.asked.find(q); ok {
			return q, nil
		}
	}
	return permission.Permission{}, printable.Errorf("%w %q%s", usher.ErrUnknownPermission, name, suggest.DidYouMean(name, p.askable()))
}

// Grantable returns all names that a user can be granted: permissions, bundles
// and features.
func (p *Policy) Grantable() []string { return append(p.askable(), p.features...) }

func (p *Policy) askable() []string {
	var names []string
	for _, q := range p.perms {
		names = append(names, q.name.String())
	}
	for _, b := range p.bundles {
		names = append(names, b.name.String())
	}
	return names
}

func (p *Policy) roleIndex(name role.Name) int { return p.roleTable.find(string(name)) }
