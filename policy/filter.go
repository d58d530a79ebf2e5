package policy

import (
	"math/bits"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// Filter evaluates a request without a resource for all resources at once. The filter
// selects the resources on which Decide allows the same request. Filter evaluates what
// depends on the subject, the account and the request; the filter contains what depends on
// the resource. For a requester who is not an active user, it selects what rules of visitors
// allow.
//
// The filter keeps the facts, and reads them when it is used. It is valid as long as the facts are.
// If the request has no time and the user has a grant, Filter reads the clock of the facts once. A
// condition in SQL that names the members of teams needs facts that are a TeamLister or a Lister.
//
// The errors are those of Decide, and usher.ErrWrongResource if the request has a resource.
func (p *Policy) Filter(f Facts, r *usher.Request) (filter.Filter, error) {
	if p == nil || r == nil {
		return filter.Filter{}, requestError("filter", r, usher.ErrUnknownPermission)
	}
	if r.Resource != nil {
		return filter.Filter{}, requestError("filter", r, errFilterResource)
	}
	s := &filterSource{binding: Binding{policy: p, facts: f, account: r.Account, basis: p}}
	if err := s.begin(r); err != nil {
		return filter.Filter{}, requestError("filter", r, err)
	}
	return filter.New(s), nil
}

var errFilterResource = printable.Errorf("%w: a filter takes a request without a resource", usher.ErrWrongResource)

// criteria returns the criteria of a request that Filter accepts, for the subject alone.
func (p *Policy) criteria(f Facts, r *usher.Request) (criteria.Criteria, error) {
	perms, err := p.expandBundle(r.Permission)
	if err != nil {
		return criteria.Criteria{}, err
	}
	var b filtering
	if err := b.begin(p, f, r, p.perms[perms[0]].res); err != nil {
		return criteria.Criteria{}, err
	}
	t := criteria.Criteria{Account: r.Account}
	b.teamScopes = map[role.Name]*teamScope{}
	if b.subject == "" {
		b.me = criteria.SetOf()
	} else {
		b.me = criteria.SetOf(string(b.subject))
	}
	var listed []int
	for _, at := range perms {
		if resource := p.perms[at].resource; !slices.Contains(listed, resource) {
			listed = append(listed, resource)
			t.Types = append(t.Types, b.list(perms, resource))
		}
	}
	return t, b.err
}

// filtering is an evaluation for all resources of a type at once.
type filtering struct {
	evaluation
	me         criteria.Set
	above      criteria.Set // the cached result of belongsTo
	teamScopes map[role.Name]*teamScope
	holders    map[int]*roleHolders // by role
	heldSets   map[int]*heldSet     // by role that is held on resources
}

// list makes the criteria for one type of resource. Permissions of a bundle about other
// types are evaluated without a resource.
func (b *filtering) list(perms []int, resource int) criteria.Type {
	p := b.p
	l := criteria.Type{
		Name:   p.resources[resource].name,
		Fields: p.resources[resource].fields,
		Looks:  func() criteria.Looks { return p.looks(perms, p.resources[resource].name) },
	}
	if !b.active() && (!b.identified() || !p.allOpen(perms)) {
		return l // without needs, it selects nothing
	}
	for _, at := range perms {
		perm := &p.perms[at]
		b.switchResource(perm.resource, nil)
		if perm.resource == resource {
			b.need(&l, perm)
			continue
		}
		outcome := b.decide(perm)
		if outcome.reason() == usher.ReasonGranted {
			l.Hidden = append(l.Hidden, b.res.fieldNames(uint64(outcome>>maskShift))...)
		} else {
			l.Needs = append(l.Needs, nil) // an empty need is never met
		}
	}
	return l
}

// need adds the criteria of one permission.
func (b *filtering) need(l *criteria.Type, perm *perm) {
	var alternatives []criteria.Alternative
	if never, ok := b.protected(perm); ok {
		l.Never = append(l.Never, never)
	}
	b.eachApplying(perm, func(r *rule, team role.Name) {
		never := b.p.written[r.written].source == usher.SourceNever
		alt, ok := b.alternative(r, b.required(r), team, never)
		switch {
		case !ok:
		case never:
			l.Never = append(l.Never, alt)
		default:
			alternatives = append(alternatives, alt)
		}
	})
	l.Needs = append(l.Needs, alternatives)
}

// protected returns what a built-in protection forbids.
func (b *filtering) protected(perm *perm) (criteria.Alternative, bool) {
	switch {
	case perm.protection.forbidsAll(b.class.role == b.p.unique):
		return criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Any}}, true
	case perm.protection.keepsHolder(b.class.role == b.p.unique):
		holder := criteria.PartySet{Party: "user", Set: b.roleHolders(b.p.unique)}
		return criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Some, Over: []criteria.PartySet{holder}}}, true
	}
	return criteria.Alternative{}, false
}

// alternative returns the criteria of a rule; ok is false if it matches no resource.
func (b *filtering) alternative(r *rule, need uint64, team role.Name, never bool) (alt criteria.Alternative, ok bool) {
	scopes, ok := b.scopes(r, team)
	if !ok {
		return criteria.Alternative{}, false
	}
	alt = criteria.Alternative{Scope: scopes[0], And: scopes[1:], Hides: b.res.fieldNames(r.hide)}
	for ; need != 0; need &= need - 1 {
		l := b.res.literals[bits.TrailingZeros64(need)]
		c := &b.p.conditions[l.condition]
		if c.kind == syntax.OnAttribute || c.kind == syntax.OnParty && b.res.party(c.of) >= 0 {
			test := criteria.Test{Party: c.kind == syntax.OnParty, Name: c.of, Is: !l.not}
			test.Both = test.Party && b.res.parties[b.res.party(c.of)].both
			alt.Tests = append(alt.Tests, test)
			continue
		}
		if at := b.res.party(c.of); c.kind == syntax.OnHas && at >= 0 && !b.res.parties[at].teams {
			holder := criteria.PartySet{Party: c.of, Set: b.roleHolders(c.role)}
			alt.And = append(alt.And, criteria.Scope{Reach: criteria.Some, Not: l.not, Over: []criteria.PartySet{holder}})
			continue
		}
		value, known := b.condition(c)
		if known && value == l.not || !known && !never {
			return criteria.Alternative{}, false
		}
	}
	return alt, true
}

// scopes returns the criteria of the scopes of a rule; ok is false if it reaches no resource.
func (b *filtering) scopes(r *rule, team role.Name) (scopes []criteria.Scope, ok bool) {
	var one [1]term
	for _, t := range b.res.termsOf(r.extent, &one) {
		if t.scope == syntax.ScopeHere {
			here, ok := b.hereScope(r, &t)
			if !ok {
				return nil, false
			}
			scopes = append(scopes, here)
			continue
		}
		s := b.scope(&t, team)
		if s.Reach == 0 || len(s.Over)+len(s.Above) == 0 && s.Reach != criteria.Any && !t.not {
			return nil, false
		}
		scopes = append(scopes, s)
	}
	return scopes, len(scopes) > 0
}

func (b *filtering) scope(t *term, team role.Name) criteria.Scope {
	s := criteria.Scope{Reach: criteria.Some, Not: t.not}
	switch t.scope {
	case syntax.ScopeAny:
		s.Reach = criteria.Any
		return s
	case syntax.ScopeSole, syntax.ScopeTeam:
		s.Reach = criteria.Every
	case syntax.ScopeOwn, syntax.ScopeShared:
	default:
		return criteria.Scope{}
	}
	s.Over = b.over(b.res, t.scope, t.parties, team)
	s.Above = b.levels(t, func(level int, res *resource) []criteria.PartySet {
		return b.over(res, t.scope, t.above.parties[level], team)
	})
	return s
}

// levels returns the containers at which a term looks, each with what it compares there.
func (b *filtering) levels(t *term, over func(level int, res *resource) []criteria.PartySet) (levels []criteria.Level) {
	in := b.res.in
	for level := range int(t.above.levels) {
		res := in
		levels = append(levels, criteria.Level{Type: res.name, Over: over(level, res), Repeat: res.in == res})
		if in = res.in; in == res {
			break // all further containers are alike
		}
	}
	return levels
}

// over returns parties of a type of resource, each with the set of its matching ids.
func (b *filtering) over(res *resource, scope syntax.Scope, parties uint16, team role.Name) (over []criteria.PartySet) {
	for rest := parties; rest != 0; rest &= rest - 1 {
		party := res.parties[bits.TrailingZeros16(rest)]
		over = append(over, criteria.PartySet{Party: party.name, Teams: party.both && party.teams, Set: b.partySet(scope, party.teams, team)})
	}
	return over
}

// partySet returns the set that contains the matching ids of a party.
func (b *filtering) partySet(scope syntax.Scope, teams bool, team role.Name) criteria.Set {
	usersTeams := scope == syntax.ScopeTeam || scope == syntax.ScopeShared
	switch {
	case teams && scope == syntax.ScopeOwn:
		return b.belongsTo()
	case teams && usersTeams:
		return b.teamScope(team).teams
	case teams:
		return nil
	case usersTeams:
		return b.teamScope(team).users
	}
	return b.me
}

// expandBundle returns the permissions of a bundle, or a permission itself.
func (p *Policy) expandBundle(name permission.Permission) ([]int, error) {
	index, ok := p.permTable.find(name)
	switch {
	case !ok:
		return nil, p.unknownPermission(name)
	case index < 0:
		return p.bundles[^index].perms, nil
	}
	return []int{index}, nil
}
