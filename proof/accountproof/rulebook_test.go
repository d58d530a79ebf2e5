package accountproof_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// rulebook is a policy as written, which the model reads. Only permission checks use the compiled
// policy, which has its own tests against the prose.
type rulebook struct {
	name     string
	doc      *syntax.Document
	compiled *policy.Policy
	twin     *policy.Policy // compiled a second time
	types    []syntax.Resource
	actions  []action
	grants   map[string][]string // the permissions of each bundle and permission
	words    wordCounts          // nil if they are not counted
}

// action is a permission of the policy.
type action struct {
	name string
	on   syntax.Resource
	syntax.Permission
}

// GoString is the form in which rapid writes a rulebook.
func (b *rulebook) GoString() string { return b.name }

func newRulebook(tb testing.TB, name string, src []byte) *rulebook {
	tb.Helper()
	doc, err := policyfile.Parse(name+".yaml", src)
	require.NoError(tb, err)
	compiled, err := policy.Compile(doc)
	require.NoError(tb, err)
	twin, err := policy.Compile(doc)
	require.NoError(tb, err)
	b := &rulebook{name: name, doc: doc, compiled: compiled, twin: twin, types: resources(doc), grants: map[string][]string{}}
	for _, on := range b.types {
		for _, p := range on.Permissions {
			if p.Action.Text == syntax.Wildcard {
				continue // it is not a permission
			}
			a := action{on.Name.Text + "." + p.Action.Text, on, p}
			b.actions = append(b.actions, a)
			b.grants[a.name] = []string{a.name}
		}
	}
	for _, bundle := range doc.Bundles {
		b.grants[bundle.Name.Text] = b.permissions(bundle.Name.Text)
	}
	return b
}

// "Standard resources, present in every policy": name, actions, parties.
var standard = [][3]string{
	{"account", "configure transfer delete", ""},
	{"user", "view create edit edit-sign-in set-role set-status delegate delete leave request-to-join admit", "user team"},
	{"team", "create edit delete set-members set-role join leave", "team user"},
	{"seat", "assign unassign purchase", "user"},
	{"grant", "give revoke", "user"},
	{"field", "manage", ""},
	{"audit", "view", ""},
}

// resources returns the types of resources, with the additions of the document to the standard
// ones.
func resources(doc *syntax.Document) (types []syntax.Resource) {
	for _, s := range standard {
		r := syntax.Resource{Name: named(s[0])}
		for _, action := range strings.Fields(s[1]) {
			r.Permissions = append(r.Permissions, syntax.Permission{Action: named(action)})
		}
		for _, party := range strings.Fields(s[2]) {
			kind := syntax.OfUsers
			if party == "team" {
				kind = syntax.OfTeams
			}
			r.Parties = append(r.Parties, syntax.Party{Name: named(party), Kind: kind})
		}
		types = append(types, r)
	}
	for _, written := range doc.Resources {
		i := slices.IndexFunc(types, func(r syntax.Resource) bool { return r.Name.Text == written.Name.Text })
		if i < 0 {
			types = append(types, written)
			continue
		}
		r := &types[i]
		r.Parties = append(r.Parties, written.Parties...)
		r.Fields = append(r.Fields, written.Fields...)
		for _, p := range written.Permissions {
			has := slices.IndexFunc(r.Permissions, func(q syntax.Permission) bool { return q.Action.Text == p.Action.Text })
			if has < 0 {
				r.Permissions = append(r.Permissions, p)
				continue
			}
			r.Permissions[has].Cells = append(r.Permissions[has].Cells, p.Cells...)
		}
	}
	return types
}

func named(text string) syntax.Name { return syntax.Name{Text: text} }

func nameOf(text string) func(syntax.Name) bool {
	return func(n syntax.Name) bool { return n.Text == text }
}

// role returns the role with a name, or nil.
func (b *rulebook) role(name role.Name) *syntax.Role {
	for i := range b.doc.Roles {
		if b.doc.Roles[i].Name.Text == string(name) {
			return &b.doc.Roles[i]
		}
	}
	return nil
}

func roleName(r syntax.Role) role.Name { return role.Name(r.Name.Text) }

func (b *rulebook) isAccountRole(name role.Name) bool {
	r := b.role(name)
	return r != nil && !r.OnTeam && !r.Beside
}

func (b *rulebook) isRoleBeside(name role.Name) bool {
	r := b.role(name)
	return r != nil && r.Beside
}

func (b *rulebook) isTeamRole(name role.Name) bool {
	r := b.role(name)
	return r != nil && r.OnTeam
}

// unique returns the role that exactly one user holds, or nil.
func (b *rulebook) unique() *syntax.Role {
	i := slices.IndexFunc(b.doc.Roles, func(r syntax.Role) bool { return r.Unique })
	if i < 0 {
		return nil
	}
	return &b.doc.Roles[i]
}

func (b *rulebook) isUnique(name role.Name) bool {
	r := b.role(name)
	return r != nil && r.Unique
}

// first returns the role of the first user of an account: "the unique role, or the first account
// role of the file with at-least, or the default role".
func (b *rulebook) first() *syntax.Role {
	if r := b.unique(); r != nil {
		return r
	}
	i := slices.IndexFunc(b.doc.Roles, func(r syntax.Role) bool { return !r.OnTeam && r.AtLeast > 0 })
	if i < 0 {
		return b.role(b.byDefault())
	}
	return &b.doc.Roles[i]
}

func (b *rulebook) byDefault() role.Name {
	i := slices.IndexFunc(b.doc.Roles, func(r syntax.Role) bool { return r.Default })
	return roleName(b.doc.Roles[i])
}

func (b *rulebook) pools() (names []seat.PoolName) {
	for _, pool := range b.doc.Seats {
		names = append(names, seat.PoolName(pool.Name.Text))
	}
	return names
}

func (b *rulebook) isPool(name seat.PoolName) bool { return slices.Contains(b.pools(), name) }

// "over: allowed": the account can have fewer seats than users hold.
func (b *rulebook) isOver(name seat.PoolName) bool {
	return slices.ContainsFunc(b.doc.Seats, func(p syntax.SeatPool) bool { return p.Name.Text == string(name) && p.Over })
}

// "holds: [invited, active], in which statuses a user's seat counts; this is the default"
func (b *rulebook) counts(pool seat.PoolName, status usher.Status) bool {
	for _, p := range b.doc.Seats {
		if p.Name.Text == string(pool) && p.Holds != nil {
			return slices.Contains(p.Holds, status)
		}
	}
	return status == usher.Invited || status == usher.Active
}

// "A role may have seats: {editor: required, viewer: optional}. Such a role may not hold a seat of
// a pool that it does not name. seat: required | optional | none remains as the short form for all
// pools."
func (b *rulebook) seatOf(name role.Name, pool seat.PoolName) role.Seat {
	r := b.role(name)
	if r == nil {
		return role.SeatOptional
	}
	if r.Seats == nil {
		return r.Seat
	}
	for _, s := range r.Seats {
		if s.Pool.Text == string(pool) {
			return s.Seat
		}
	}
	return role.SeatNone
}

func (b *rulebook) setting(name string) (byDefault, ok bool) {
	for _, s := range b.doc.Settings {
		if s.Name.Text == name {
			return s.Default, true
		}
	}
	return false, false
}

// "asks: the permission that a user needs to change the setting; if absent, account.configure.
// set-by: host: only the host application can change the setting": then it returns "".
func (b *rulebook) settingAsks(name string) string {
	for _, s := range b.doc.Settings {
		switch {
		case s.Name.Text != name:
		case s.SetByHost:
			return ""
		case s.Asks.Text != "":
			return s.Asks.Text
		}
	}
	return "account.configure"
}

func (b *rulebook) isFeature(name string) bool {
	return slices.ContainsFunc(b.doc.Features, nameOf(name))
}

// permissions returns the permissions of a name: a permission stands for itself, a bundle for its
// members, any other name for none.
func (b *rulebook) permissions(name string) (perms []string) {
	for _, bundle := range b.doc.Bundles {
		if bundle.Name.Text == name {
			for _, member := range bundle.Members {
				perms = append(perms, b.permissions(member.Text)...)
			}
			return perms
		}
	}
	return b.grants[name]
}

// "a permission, bundle or feature that one user holds besides the roles"
func (b *rulebook) isGrantable(name string) bool {
	return b.isFeature(name) || len(b.grants[name]) > 0
}

func (b *rulebook) hasRolesBeside() bool {
	return slices.ContainsFunc(b.doc.Roles, func(r syntax.Role) bool { return r.Beside })
}
