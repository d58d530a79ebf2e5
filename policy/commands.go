package policy

import (
	"slices"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// checked maps each standard permission that a command of package account checks to the
// standard parties that the command's resource names. A command names all of them, except
// those of mayNameNone.
var checked = map[permission.Permission][]string{
	permission.MustParse("user.create"):      {"team"},
	permission.MustParse("user.delete"):      {"user"},
	permission.MustParse("user.set-status"):  {"user"},
	permission.MustParse("user.set-role"):    {"user"},
	permission.MustParse("user.edit"):        {"user"},
	userAdmit:                                {"user"},
	userRequestToJoin:                        {"user"},
	permission.MustParse("team.create"):      {"team"},
	permission.MustParse("team.edit"):        {"team"},
	permission.MustParse("team.delete"):      {"team"},
	permission.MustParse("team.set-members"): {"team", "user"},
	permission.MustParse("team.set-role"):    {"team", "user"},
	permission.MustParse("seat.purchase"):    nil,
	permission.MustParse("seat.assign"):      {"user"},
	permission.MustParse("seat.unassign"):    {"user"},
	permission.MustParse("grant.give"):       {"user"},
	permission.MustParse("grant.revoke"):     {"user"},
	accountConfigure:                         nil,
	permission.MustParse("field.manage"):     nil,
	roleDefine:                               nil,
	permission.MustParse("account.transfer"): nil,
	permission.MustParse("account.delete"):   nil,
	permission.MustParse("request.decline"):  {"user"},
}

// forCommands reports whether a permission is checked only for commands. Besides those that
// checked lists, these are user.delegate, which is part of the ceiling, and those whose command
// concerns the actor alone.
func forCommands(name permission.Permission) bool {
	_, ok := checked[name]
	return ok || name == userDelegate || name == userLeave || name == teamJoin || name == teamLeave || name == requestMake
}

// mayNameNone are the permissions whose commands may name no party: add-user without teams,
// and create-team without a parent.
var mayNameNone = []string{"user.create", "team.create"}

// namesNoParty reports whether commands check a permission, but only on resources that
// name no user and no team. Then only the scope any reaches the resource.
func namesNoParty(name permission.Permission) bool {
	parties, ok := checked[name]
	return ok && len(parties) == 0
}

// Opens reports whether a user can have a permission that a command of package account
// checks, on a resource that the command names. It returns false for a permission that no
// command checks, and for a nil or zero Policy. A user can have it by:
//
//   - a rule of a cell or of a role with all: true that can match the resource of the
//     command, in a role that a user can hold, unless a never rule always forbids it
//   - a grant from another user, if the policy lets a user give grants (grant.give)
//     that the giver does not have (user.delegate)
//
// A grant from the host does not count, because it opens any command under every policy,
// except those that a never rule or a built-in protection closes. Conditions of a rule do
// not count either, unless they contradict each other or no command can meet them:
// commands give no attributes of their resource, and name only the parties that FORMAT.md
// lists. The permission user.request-to-join is for users who are not in the account, so that only
// rules of visitors open it.
func (p *Policy) Opens(name permission.Permission) bool {
	if p == nil || len(p.perms) == 0 {
		return false
	}
	if on, ok := p.shares(name); ok {
		return p.opensOn(name.String(), on)
	}
	parties, ok := checked[name]
	if !ok {
		return false
	}
	if name == userRequestToJoin { // users of the account have no use for it
		at, _ := p.permTable.find(name)
		on := named{parties: parties, stranger: true}
		return !p.closed(name.String(), on) && p.anyCan(&p.perms[at], p.perms[at].visitor, on)
	}
	return p.opensOn(name.String(), named{parties: parties, another: name == userAdmit})
}

// OpensSetting reports whether a user can change a setting with the command change-setting: the
// setting is not reserved to the host, and Opens would return true for the permission that it
// asks for. It returns false for an unknown name, and for a nil or zero Policy.
func (p *Policy) OpensSetting(name string) bool {
	asks, ok := p.SettingAsks(name)
	return ok && p.opensOn(asks.String(), named{})
}

// named is what the resource of a command names: nothing if there is no resource.
type named struct {
	parties []string // the parties that it has
	another bool     // the user that it names is never the actor

	stranger bool // the actor is not in the account, and so has no seat and no feature
	byHost   bool // the host application describes the resource, with all its facts
}

// shares returns what the resource of a command names that gives or takes roles on single resources
// under a permission, such as calendar.share; ok is false if no such command checks the permission.
func (p *Policy) shares(name permission.Permission) (on named, ok bool) {
	at, known := p.permTable.find(name)
	if !known || at < 0 || name.Action() != "share" {
		return named{}, false
	}
	res := p.perms[at].res
	for i := range p.roles {
		ok = ok || p.roles[i].OnResource == res.name
	}
	for i := range res.parties {
		on.parties = append(on.parties, res.parties[i].name)
	}
	on.byHost = true
	return on, ok
}

func (n named) has(party string) bool { return slices.Contains(n.parties, party) }

func (p *Policy) opensOn(name string, on named) bool {
	if p.opens(name, on) {
		return true
	}
	delegated := p.anyMay(func(r *compiledRole) bool { return !r.NoGrants }) && p.opens("grant.give", named{parties: []string{"user"}}) && p.opens("user.delegate", named{parties: []string{"user", "team"}})
	return delegated && !p.closed(name, on)
}

// anyMay reports whether an account role allows its holders something.
func (p *Policy) anyMay(allows func(*compiledRole) bool) bool {
	for i := range p.roles {
		if r := &p.roles[i]; r.OfAccount() && allows(r) {
			return true
		}
	}
	return false
}

// opens reports whether a rule of the policy gives a permission to a user, on a resource
// that names only the given parties. It returns false for a permission that the policy lacks.
func (p *Policy) opens(name string, on named) bool {
	at, ok := p.permTable.find(permission.MustParse(name))
	if !ok || at < 0 || p.closed(name, on) {
		return false
	}
	perm := &p.perms[at]
	holder := perm.protection.forbidsAll(false) // only the holder of the unique role
	for i, list := range perm.byRole {
		if holder && i != p.unique && p.roles[i].OfAccount() {
			continue
		}
		if i == p.unique && perm.protection == protectsHolder {
			onlyHolder := func(t term) bool { return !t.not && (t.scope == syntax.ScopeOwn || t.scope == syntax.ScopeSole) }
			list = slices.DeleteFunc(slices.Clone(list), func(r rule) bool { return perm.res.anyTerm(r.extent, onlyHolder) })
		}
		if p.roles[i].OnTeam && !p.anyMay(func(r *compiledRole) bool { return !r.NoTeamRoles }) {
			continue
		}
		if p.anyCan(perm, list, on) {
			return true
		}
	}
	return p.anyCan(perm, perm.everyone, on) || p.anyCan(perm, perm.visitor, on) || !holder && p.anyCustomCan(perm, on)
}

// anyCustomCan reports whether one of the rules that custom roles can have can match a resource
// that names only the parties.
func (p *Policy) anyCustomCan(perm *perm, on named) bool {
	return slices.ContainsFunc(perm.choices, func(c choice) bool { return p.anyCan(perm, []rule{c.rule}, on) })
}

// closed reports whether a never rule or a built-in protection forbids a permission to all
// users, with any of the parties that a command can name.
func (p *Policy) closed(name string, on named) bool {
	at, ok := p.permTable.find(permission.MustParse(name))
	if !ok || at < 0 {
		return false
	}
	perm := &p.perms[at]
	if perm.protection == noHolder {
		return true
	}
	return slices.ContainsFunc(perm.never, func(r rule) bool {
		reachesLess := func(t term) bool { return t.scope != syntax.ScopeAny && (!t.not || perm.res.canMatch(t, on)) }
		if perm.res.anyTerm(r.extent, reachesLess) {
			return false
		}
		for i, l := range perm.res.literals {
			if _, always := p.met(perm, l, on); r.need>>i&1 == 1 && !always {
				return false
			}
		}
		return true
	})
}

// met reports whether a command that names the parties can meet a condition, and whether
// every such command meets it under never. Attributes are unknown: no rule matches by one, and
// every rule under never does.
func (p *Policy) met(perm *perm, l literal, on named) (can, always bool) {
	switch c := &p.conditions[l.condition]; {
	case c.kind == syntax.OnAttribute:
		return on.byHost, !on.byHost
	case c.kind == syntax.OnGives:
		this, other := p.canGive(perm.name, c.role)
		if l.not {
			return other, !this
		}
		return this, !other
	case c.kind == syntax.OnHas && on.has(c.of): // the user may have the role or not
		return true, false
	case c.kind == syntax.OnHas: // no user has it
		return l.not, l.not
	case on.stranger && (c.kind == syntax.OnSeat || c.kind == syntax.OnFeature):
		return l.not, l.not
	case c.kind != syntax.OnParty, on.byHost, on.has(c.of) && slices.Contains(mayNameNone, perm.name.String()):
		return true, false
	default:
		is := on.has(c.of) != l.not
		return is, is
	}
}

// anyCan reports whether one of the rules can match a resource that names only the
// parties.
func (p *Policy) anyCan(perm *perm, list []rule, on named) bool {
	return slices.ContainsFunc(list, func(r rule) bool {
		return p.canHold(perm, r.need, on) && perm.res.canReach(r.extent, on)
	})
}

// canHold reports whether a command that names the parties can meet all conditions: none is
// impossible, and no two contradict each other.
func (p *Policy) canHold(perm *perm, need uint64, on named) bool {
	literals := perm.res.literals
	for i, l := range literals {
		if need>>i&1 == 0 {
			continue
		}
		if can, _ := p.met(perm, l, on); !can {
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

// canReach reports whether an extent can reach a resource that names only the given parties. A
// scope that must not match never prevents that: the command can name another user.
func (r *resource) canReach(e extent, on named) bool {
	return !r.anyTerm(e, func(t term) bool { return !t.not && !r.canMatch(t, on) })
}

// canMatch reports whether a scope can match a resource that names only the given parties.
func (r *resource) canMatch(t term, on named) bool {
	if t.scope == syntax.ScopeAny || on.byHost {
		return true
	}
	users, teams := false, false
	for i, party := range r.parties {
		if t.parties>>i&1 == 1 && on.has(party.name) && (party.teams || !on.another || t.looksAtTeams()) {
			users, teams = users || !party.teams, teams || party.teams
		}
	}
	if t.scope == syntax.ScopeSole {
		return users && !teams // a command on teams always names one
	}
	return users || teams
}
