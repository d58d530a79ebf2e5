package policy

import (
	"slices"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// commands are those of package account that the host can run, in the order of FORMAT.md,
// with the permission that each checks and the standard parties that its resource can
// name: it names each of them, but for mayNameNone. The commands that concern the sender alone are left out: the host cannot accept an
// invitation or leave.
var commands = []struct {
	name, permission string // no permission: the host alone
	parties          []string
}{
	{"create-account", "", nil},
	{"import", "", nil},
	{"add-user", "user.create", []string{"team"}},
	{"remove-user", "user.delete", []string{"user"}},
	{"set-status", "user.set-status", []string{"user"}},
	{"set-role", "user.set-role", []string{"user"}},
	{"set-field", "user.edit", []string{"user"}},
	{"create-team", "team.create", []string{"team"}},
	{"move-team", "team.edit", []string{"team"}},
	{"delete-team", "team.delete", []string{"team"}},
	{"add-to-team", "team.set-members", []string{"team", "user"}},
	{"remove-from-team", "team.set-members", []string{"team", "user"}},
	{"set-team-role", "team.set-role", []string{"team", "user"}},
	{"unset-team-role", "team.set-role", []string{"team", "user"}},
	{"set-seats", "seat.purchase", nil},
	{"assign-seat", "seat.assign", []string{"user"}},
	{"unassign-seat", "seat.unassign", []string{"user"}},
	{"give-grant", "grant.give", []string{"user"}},
	{"revoke-grant", "grant.revoke", []string{"user"}},
	{"change-setting", "account.configure", nil},
	{"define-field", "field.manage", nil},
	{"rename-field", "field.manage", nil},
	{"move-field", "field.manage", nil},
	{"archive-field", "field.manage", nil},
	{"restore-field", "field.manage", nil},
	{"transfer-ownership", "account.transfer", nil},
	{"delete-account", "account.delete", nil},
}

// mayNameNone are the permissions whose commands need not name the party that they can
// name: a user without a team is added, and a team without a parent is created.
var mayNameNone = []string{"user.create", "team.create"}

// namesNoParty reports whether commands check a permission, and none of them on a
// resource that names a user or a team: then no scope but any reaches it.
func namesNoParty(name permission.Permission) bool {
	checked := false
	for _, c := range commands {
		if c.permission == name.String() {
			checked = true
			if len(c.parties) > 0 {
				return false
			}
		}
	}
	return checked
}

// HostCommand is a command that only the host application can run.
type HostCommand struct {
	Name       string                // add-user, set-seats and so on
	Permission permission.Permission // what it checks; the zero Permission for the commands that no policy opens
}

// HostOnly returns the commands that no user can run under the policy, in the order in
// which FORMAT.md lists them; create-account and import are always among them. A user
// can run a command if one of these gives its permission:
//
//   - a rule of a cell or of a role with all: true that can match the resource of the
//     command, in a role that a user can hold, unless a never rule forbids it always
//   - a grant from another user, where the policy lets a user give grants (grant.give)
//     of what that user does not have (user.delegate)
//
// A grant that the host gives does not count: it opens any command but those that a
// never rule or a built-in protection closes, under every policy. Nor do the conditions
// of a rule, unless they contradict each other or are never met by a command: commands
// say no attribute of what they are about, and name no other parties than FORMAT.md
// lists. It returns nil for a nil or zero Policy,
// under which nothing can be run at all.
func (p *Policy) HostOnly() []HostCommand {
	if p == nil || len(p.perms) == 0 {
		return nil
	}
	delegated := p.opens("grant.give", []string{"user"}) && p.opens("user.delegate", []string{"user", "team"})
	var list []HostCommand
	for _, c := range commands {
		if c.permission != "" && (p.opens(c.permission, c.parties) || delegated && !p.closed(c.permission, c.parties)) {
			continue
		}
		command := HostCommand{Name: c.name}
		if c.permission != "" {
			command.Permission = permission.MustParse(c.permission)
		}
		list = append(list, command)
	}
	return list
}

// opens reports whether a rule of the policy gives a permission to a user, on a resource
// that names no more than the parties. A permission that the policy lacks is given to no
// user.
func (p *Policy) opens(name string, parties []string) bool {
	at, ok := p.asked.find(permission.MustParse(name))
	if !ok || at < 0 || p.closed(name, parties) {
		return false
	}
	perm := &p.perms[at]
	holder := perm.protection.forbidsAll(false) // the holder of the unique role alone
	for i, list := range perm.byRole {
		if holder && i != p.unique && !p.roles[i].OnTeam {
			continue
		}
		if i == p.unique && perm.protection == protectsHolder {
			list = slices.DeleteFunc(slices.Clone(list), func(r rule) bool { return r.scope == syntax.ScopeOwn || r.scope == syntax.ScopeSole })
		}
		if p.anyCan(perm, list, parties) {
			return true
		}
	}
	return p.anyCan(perm, perm.everyone, parties)
}

// closed reports whether a never rule forbids a permission to all, whatever a command
// names of the parties.
func (p *Policy) closed(name string, parties []string) bool {
	at, ok := p.asked.find(permission.MustParse(name))
	if !ok || at < 0 {
		return false
	}
	perm := &p.perms[at]
	return slices.ContainsFunc(perm.never, func(r rule) bool {
		if r.scope != syntax.ScopeAny {
			return false
		}
		for i, l := range perm.res.literals {
			if _, always := p.met(perm, l, parties); r.need>>i&1 == 1 && !always {
				return false
			}
		}
		return true
	})
}

// met reports whether a command that names the parties can meet a condition, and whether
// each such command meets it under never. An attribute is not known: no rule holds by it,
// and all under never do.
func (p *Policy) met(perm *perm, l literal, parties []string) (can, always bool) {
	switch c := &p.conditions[l.condition]; {
	case c.kind == syntax.OnAttribute:
		return false, true
	case c.kind != syntax.OnParty, slices.Contains(parties, c.of) && slices.Contains(mayNameNone, perm.name.String()):
		return true, false
	default:
		is := slices.Contains(parties, c.of) != l.not
		return is, is
	}
}

// anyCan reports whether one of the rules can match a resource that names no more than
// the parties.
func (p *Policy) anyCan(perm *perm, list []rule, parties []string) bool {
	return slices.ContainsFunc(list, func(r rule) bool {
		return p.canHold(perm, r.need, parties) && p.canReach(perm, &r, parties)
	})
}

// canHold reports whether a command that names the parties can meet all conditions: none
// is impossible, and no two contradict each other.
func (p *Policy) canHold(perm *perm, need uint64, parties []string) bool {
	literals := perm.res.literals
	for i, l := range literals {
		if need>>i&1 == 0 {
			continue
		}
		if can, _ := p.met(perm, l, parties); !can {
			return false
		}
		for k, other := range literals[:i] {
			if need>>k&1 == 1 && l.condition == other.condition && l.not != other.not {
				return false
			}
		}
	}
	return true
}

// canReach reports whether a scope can reach a resource that names no more than the
// parties.
func (p *Policy) canReach(perm *perm, r *rule, parties []string) bool {
	if r.scope == syntax.ScopeAny {
		return true
	}
	users, teams := false, false
	for i, party := range perm.res.parties {
		if r.parties>>i&1 == 1 && slices.Contains(parties, party.name) {
			users, teams = users || !party.teams, teams || party.teams
		}
	}
	if r.scope == syntax.ScopeSole {
		return users && !teams // a command on teams always names one
	}
	return users || teams
}
