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
//	request.make       request.decline
//	role.define
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
//	request  user: users
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

// unknownPermission returns the error for a permission that the policy lacks.
func (p *Policy) unknownPermission(name permission.Permission) error {
	if name.IsZero() {
		return printable.Errorf("%w: the request has none (the zero Permission)", usher.ErrUnknownPermission)
	}
	return printable.Errorf("%w%s", usher.ErrUnknownPermission, suggest.DidYouMean(name.String(), p.permissionNames()))
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
