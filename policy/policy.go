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

// Policy is a compiled policy. It is immutable and safe for concurrent use. A nil Policy
// and the zero Policy have no permissions: every check returns an error, which denies.
type Policy struct {
	file, name, title string
	digest            string
	warnings          []syntax.Problem

	pools      []seat.Kind
	features   []string
	settings   map[string]bool // name to default
	contexts   map[string]bool
	attributes map[string]bool
	conditions []condition

	settingTitles map[string]string                // settings with a title only
	settingAsks   map[string]permission.Permission // what a change asks for; zero if only the host can change the setting
	permTitles    map[int]string                   // by permission index

	roles     []compiledRole // account roles and team roles, in the order of the file
	held      []heldRole     // the fields of each role that decisions read
	roleTable nameTable
	unique    int // the index of the unique role; -1: none
	bounds    []Bound

	teamBounds []Bound
	teamSeats  bool // a team role has seats

	resources     []resource
	resourceTable nameTable
	perms         []perm
	bundles       []bundle
	permTable     permTable // permissions and bundles by name

	written  []writtenRule
	rules    []rule
	ceilings ceilingTable
}

type condition struct {
	name string
	kind syntax.ConditionKind
	of   string
	role int // of OnGives and OnHas: the index of the role

	title string // what a user needs; "": none
}

type compiledRole struct {
	role.Role
	guard   uint64 // the literals that it requires, valid for any resource
	closure []reached
	pos     syntax.Pos
}

// heldRole is separate from compiledRole to keep the roles close together in memory.
type heldRole struct {
	guard        uint64
	onTeam       bool
	outside      bool // a team role that users outside the team can hold
	beside       bool
	notOfAccount bool // onTeam or beside
}

// reached is a role whose rules another role has through includes.
type reached struct {
	role  int
	guard uint64 // what all roles on the path require, including both ends
}

type resource struct {
	name     string
	parties  []party
	fields   []string // sorted
	groups   map[string]uint64
	literals []literal
	perms    []int              // in the order of the file
	atoms    map[atomKey]uint64 // the scopes of its rules
	in       *resource          // what contains it, itself for a tree; nil: nothing
	joins    [][]term           // the joined scopes of its rules, each sorted and without duplicates

	joinIndex map[joinKey]uint16
}

// party is a party of users or of teams. A party of users and teams is two adjacent entries
// with one name, the users first.
type party struct {
	name  string
	teams bool
	both  bool // it is one of two entries
}

func (p *party) kind() syntax.PartyKind {
	switch {
	case p.both:
		return syntax.OfBoth
	case p.teams:
		return syntax.OfTeams
	}
	return syntax.OfUsers
}

// literal is a condition or its negation. The first literals of each resource are those
// that roles require.
type literal struct {
	condition int
	not       bool
}

type perm struct {
	name        permission.Permission
	index       int
	pos         syntax.Pos
	resource    int
	res         *resource // the same resource
	protection  protection
	builtIn     int32  // the rule that describes the protection
	never       []rule // sorted by rank, like all lists here
	byRole      [][]rule
	onTeams     bool // a team role has rules for it
	beside      bool // a role beside has rules for it
	everyone    []rule
	visitor     []rule
	grants      []grantRule // by name
	precomputed []outcome   // for each role: a precomputed outcome, scopeOnly, or 0
}

// grantRule is the rule that a grant of the permission, or of a bundle with it, adds.
type grantRule struct {
	name string
	rule rule
}

type bundle struct {
	name  permission.Permission
	pos   syntax.Pos
	perms []int // in the order of the file, nested bundles expanded
}

// writtenRule is a rule as the file has it.
type writtenRule struct {
	source usher.Source
	who    string // the role or grant
	about  string // the permission as the file names it: calendar.edit, calendar.*, a bundle under never; "" for all
	text   string
	pos    syntax.Pos
	rule   syntax.Rule
}

// rule is a written rule as one role has it.
type rule struct {
	extent
	id      int32 // its index in Policy.rules
	written int32
	rank    uint32 // the order in which decisions name rules of a permission
	perm    uint16
	held    int16  // the role that the user holds; everyone or visitor; -1 for none
	atom    uint64 // the bit under which an evaluation caches the scope; 0: not cached
}

// Name returns the policy's name, "" if the file has none.
func (p *Policy) Name() string { return p.name }

// Title returns the policy's display title, "" if the file has none.
func (p *Policy) Title() string { return p.title }

// File returns the file name that was given when the policy was read.
func (p *Policy) File() string { return p.file }

// Digest returns a hexadecimal fingerprint of everything that affects decisions. It does not
// depend on the order of keys, on titles or on comments.
func (p *Policy) Digest() string { return p.digest }

// Warnings returns valid parts of the policy that look like mistakes: unused conditions,
// rules that another rule makes redundant or that reach nothing, and names of resources
// and actions that almost equal a standard name.
func (p *Policy) Warnings() []syntax.Problem { return slices.Clone(p.warnings) }

// Roles returns the roles in the order of the file.
func (p *Policy) Roles() []role.Role {
	roles := make([]role.Role, len(p.roles))
	for i, r := range p.roles {
		roles[i] = r.Role
	}
	return roles
}

// Role returns the role with the name; ok is false for an unknown name.
func (p *Policy) Role(name role.Name) (r role.Role, ok bool) {
	if i := p.roleIndex(name); i >= 0 {
		return p.roles[i].Role, true
	}
	return role.Role{}, false
}

func (p *Policy) roleNames() []string {
	names := make([]string, len(p.roles))
	for i := range p.roles {
		names[i] = string(p.roles[i].Name)
	}
	return names
}

// UniqueRole returns the role that exactly one user of an account holds. It is the zero Role
// if the policy has no such role; then accounts have no owner.
func (p *Policy) UniqueRole() role.Role {
	return p.roleThat(func(r *compiledRole) bool { return r.Unique })
}

// DefaultRole returns the role of a user who is added without a role. It is the zero Role only
// for the zero Policy.
func (p *Policy) DefaultRole() role.Role {
	return p.roleThat(func(r *compiledRole) bool { return r.Default })
}

// FirstRole returns the role that create-account gives to the first user of an account: the
// unique role; without one, the first account role of the file with at-least; without one, the
// default role. It is the zero Role only for the zero Policy.
func (p *Policy) FirstRole() role.Role {
	first := p.UniqueRole()
	if first.Name == "" {
		first = p.roleThat(func(r *compiledRole) bool { return r.AtLeast > 0 && r.OfAccount() })
	}
	if first.Name == "" {
		first = p.DefaultRole()
	}
	return first
}

func (p *Policy) roleThat(is func(*compiledRole) bool) role.Role {
	for i := range p.roles {
		if is(&p.roles[i]) {
			return p.roles[i].Role
		}
	}
	return role.Role{}
}

// Pools returns the seat pools in the order of the file.
func (p *Policy) Pools() []seat.Kind { return slices.Clone(p.pools) }

// Pool returns the seat pool with the name; ok is false for an unknown name.
func (p *Policy) Pool(name seat.PoolName) (kind seat.Kind, ok bool) {
	i := slices.IndexFunc(p.pools, func(k seat.Kind) bool { return k.Name == name })
	if i < 0 {
		return seat.Kind{}, false
	}
	return p.pools[i], true
}

// Features returns the features in the order of the file.
func (p *Policy) Features() []string { return slices.Clone(p.features) }

// Setting returns the default of a setting; ok is false for an unknown name.
func (p *Policy) Setting(name string) (value, ok bool) {
	value, ok = p.settings[name]
	return value, ok
}

// SettingTitle returns the title of a setting, "" for a setting without one and for an unknown
// name.
func (p *Policy) SettingTitle(name string) string { return p.settingTitles[name] }

// SettingAsks returns the permission that the command change-setting asks for on a setting, and
// whether users can change the setting at all. It returns false for a setting that only the
// host changes, for an unknown name, and for a nil or zero Policy.
func (p *Policy) SettingAsks(name string) (asks permission.Permission, byUsers bool) {
	if p == nil {
		return permission.Permission{}, false
	}
	asks = p.settingAsks[name]
	return asks, !asks.IsZero()
}

// ConditionTitle returns the title of a condition, which states what a user needs for it, ""
// for a condition without one and for an unknown name.
func (p *Policy) ConditionTitle(name string) string {
	for i := range p.conditions {
		if p.conditions[i].name == name {
			return p.conditions[i].title
		}
	}
	return ""
}

// SettingConditions returns the conditions that hold if a setting is on, in the order of the
// policy.
func (p *Policy) SettingConditions(setting string) (names []string) {
	for i := range p.conditions {
		if c := &p.conditions[i]; c.kind == syntax.OnSetting && c.of == setting {
			names = append(names, c.name)
		}
	}
	return names
}

// PermissionTitle returns the title of a permission, "" for a permission without one, for a
// bundle and for an unknown name.
func (p *Policy) PermissionTitle(name permission.Permission) string {
	i, ok := p.permTable.find(name)
	if !ok {
		return ""
	}
	return p.permTitles[i]
}

// Settings returns the names of the settings, sorted.
func (p *Policy) Settings() []string { return sortedKeys(p.settings) }

// Contexts returns the declared request facts, sorted.
func (p *Policy) Contexts() []string { return sortedKeys(p.contexts) }

// Attributes returns the declared resource attributes, sorted.
func (p *Policy) Attributes() []string { return sortedKeys(p.attributes) }

// Permissions returns all permissions: first those of the standard resources, which
// every policy has, then those of the file in its order. The standard ones are
//
//	account.configure  account.transfer  account.delete
//	user.view          user.create       user.edit        user.edit-sign-in
//	user.set-role      user.set-status   user.delete      user.leave       user.delegate
//	user.request-to-join                 user.admit
//	team.create        team.edit         team.delete      team.set-members  team.set-role
//	team.join          team.leave
//	seat.assign        seat.unassign     seat.purchase
//	grant.give         grant.revoke
//	field.manage
//	audit.view
//
// The commands of package account check all of them except user.view, user.edit-sign-in and
// audit.view, which are for the host application to check. FORMAT.md beside this package
// states which command checks which permission.
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

// Bundle returns the permissions of a bundle, with nested bundles expanded; ok is false for
// an unknown name.
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
// A file adds cells to these permissions, and may add parties, groups of fields and
// permissions. A permission without cells is denied.
func (p *Policy) Resources() []string {
	names := make([]string, len(p.resources))
	for i, r := range p.resources {
		names[i] = r.name
	}
	return names
}

// Parties returns the parties of a type of resource, and for each whether it relates to users,
// to teams or to both. The result is empty for an unknown type.
func (p *Policy) Parties(resource string) map[string]syntax.PartyKind {
	parties := map[string]syntax.PartyKind{}
	if i := p.resourceTable.find(resource); i >= 0 {
		for k := range p.resources[i].parties {
			party := &p.resources[i].parties[k]
			parties[party.name] = party.kind()
		}
	}
	return parties
}

// Fields returns the fields of a type of resource that rules can hide, sorted; nil for an
// unknown type.
func (p *Policy) Fields(resource string) []string {
	if i := p.resourceTable.find(resource); i >= 0 {
		return slices.Clone(p.resources[i].fields)
	}
	return nil
}

// FieldGroup returns the fields of a group of a type of resource, sorted; ok is false for
// an unknown type or group.
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

// Permission returns the permission or bundle with the name. The error wraps
// usher.ErrUnknownPermission, and suggests a similar name.
func (p *Policy) Permission(name string) (permission.Permission, error) {
	if q, err := permission.ParseBundle(name); err == nil {
		if _, ok := p.permTable.find(q); ok {
			return q, nil
		}
	}
	return permission.Permission{}, printable.Errorf("%w %q%s", usher.ErrUnknownPermission, name, suggest.DidYouMean(name, p.permissionNames()))
}

// Grantable returns all names that a grant can have: permissions, bundles and features.
func (p *Policy) Grantable() []string { return append(p.permissionNames(), p.features...) }

func (p *Policy) permissionNames() []string {
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
