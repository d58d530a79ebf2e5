package policy

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// CheckTable returns an error if a table cannot be filtered by some permissions or bundles,
// for any subject: if it lacks a party, an attribute, a container or an id that their rules need; if
// it has a type, a party, an attribute or a container that the policy lacks; or if none of the permissions is
// about the table's type. It ignores permissions about other types. Without
// permissions, it checks all permissions about the table's type. The error wraps
// filter.ErrMapping or usher.ErrUnknownPermission.
func (p *Policy) CheckTable(t *filter.Table, permissions ...permission.Permission) error {
	if p == nil {
		return usher.ErrUnknownPermission
	}
	if err := t.Check(nil, nil); err != nil {
		return err
	}
	if err := p.checkNames(t); err != nil {
		return err
	}
	if len(permissions) == 0 {
		permissions = p.permissionsOn(t.Type())
	}
	about := false
	for _, name := range permissions {
		perms, err := p.expandBundle(name)
		if err != nil {
			return printable.Errorf("%s: %w", name, err)
		}
		looks := p.looks(perms, t.Type())
		var named, teams []string
		for _, party := range looks.Parties {
			if party.Teams {
				teams = append(teams, party.Name)
			} else {
				named = append(named, party.Name)
			}
		}
		if err := cmp.Or(t.Check(named, looks.Attributes), t.CheckTeams(teams), t.CheckAbove(looks.Above)); err != nil {
			return printable.Errorf("%s: %w", name, err)
		}
		for _, i := range perms {
			about = about || p.perms[i].res.name == t.Type()
		}
	}
	if !about {
		return printable.Errorf("%w of %s: none of the permissions is about a %[2]s", filter.ErrMapping, t.Type())
	}
	return nil
}

func (p *Policy) permissionsOn(typ string) (list []permission.Permission) {
	for _, name := range p.Permissions() {
		if name.Resource() == typ {
			list = append(list, name)
		}
	}
	return list
}

// checkNames reports names of a table that the policy lacks, and of the tables of its containers.
func (p *Policy) checkNames(t *filter.Table) error {
	at := p.resourceTable.find(t.Type())
	if at < 0 {
		return printable.Errorf("%w of %s: the policy has no such resource%s", filter.ErrMapping, t.Type(), suggest.DidYouMean(t.Type(), p.Resources()))
	}
	res := &p.resources[at]
	if err := p.checkTableOf(res, t); err != nil {
		return err
	}
	for depth := 0; t.Container() != nil && depth < maxDepth; depth++ {
		below := t
		t = t.Container()
		switch {
		case res.in == nil:
			return printable.Errorf("%w of %s: In is a mapping of %s, but the policy declares no container (in) of %s", filter.ErrMapping, res.name, t.Type(), res.name)
		case t.Type() != res.in.name:
			return printable.Errorf("%w of %s: In is a mapping of %s (want %s)", filter.ErrMapping, res.name, t.Type(), res.in.name)
		case t == below:
			return nil // a tree
		}
		if err := p.checkTableOf(res.in, t); err != nil {
			return printable.Errorf("%w of %s: In: %w", filter.ErrMapping, res.name, err)
		}
		res = res.in
	}
	return nil
}

func (p *Policy) checkTableOf(res *resource, t *filter.Table) error {
	parties, attributes := t.Names()
	for _, name := range parties {
		if res.party(name) < 0 {
			return printable.Errorf("%w of %s: the policy declares no party %s%s", filter.ErrMapping, res.name, name, suggest.DidYouMean(name, partyNames(res)))
		}
	}
	for _, name := range t.Teams() {
		switch i := res.party(name); {
		case i < 0:
			return printable.Errorf("%w of %s: the policy declares no party %s%s", filter.ErrMapping, res.name, name, suggest.DidYouMean(name, partyNames(res)))
		case !res.parties[i].both:
			return printable.Errorf("%w of %s: the party %s relates to %s only, so its column is under Parties", filter.ErrMapping, res.name, name, res.parties[i].kind())
		}
	}
	for _, name := range attributes {
		if !p.attributes[name] {
			return printable.Errorf("%w of %s: the policy declares no attribute %s%s", filter.ErrMapping, res.name, name, suggest.DidYouMean(name, p.Attributes()))
		}
	}
	return nil
}

// looks returns what rules of some permissions about a type of resource depend on.
func (p *Policy) looks(perms []int, typ string) (looks criteria.Looks) {
	looks.Parties, looks.Attributes = p.requiredNames(perms, typ)
	looks.Above = p.requiredAbove(perms, typ)
	return looks
}

// requiredAbove returns the containers of a type of resource that rules of some permissions look
// at, with the parties that they need.
func (p *Policy) requiredAbove(perms []int, typ string) (levels []criteria.Level) {
	at := p.resourceTable.find(typ)
	if at < 0 {
		return nil
	}
	var over [maxDepth]uint16
	var ids [maxDepth]bool // the rules look at the ids of the containers
	deepest := 0
	res := &p.resources[at]
	for i := range p.rules {
		if r := &p.rules[i]; p.perms[r.perm].resource == at && slices.Contains(perms, int(r.perm)) {
			var one [1]term
			for _, t := range res.termsOf(r.extent, &one) {
				deepest = max(deepest, int(t.above.levels))
				in := res.in
				for level := range t.above.levels {
					over[level] |= t.above.parties[level]
					ids[level] = ids[level] || t.scope == syntax.ScopeHere && in == p.onType[r.held].res
					in = in.in
				}
			}
		}
	}
	in := res.in
	for level := range deepest {
		l := criteria.Level{Type: in.name, Repeat: in.in == in}
		for rest := over[level]; rest != 0; rest &= rest - 1 {
			party := &in.parties[bits.TrailingZeros16(rest)]
			l.Over = append(l.Over, criteria.PartySet{Party: party.name, Teams: party.both && party.teams})
		}
		if ids[level] {
			l.Over = append(l.Over, criteria.PartySet{Party: criteria.ResourceID})
		}
		levels = append(levels, l)
		if in.in == in {
			break // all further containers are alike
		}
		in = in.in
	}
	return levels
}

// requiredNames returns the parties and attributes of a type of resource that rules of some
// permissions need.
func (p *Policy) requiredNames(perms []int, typ string) (parties []criteria.Party, attributes []string) {
	at := p.resourceTable.find(typ)
	if at < 0 {
		return nil, nil
	}
	res := &p.resources[at]
	var over uint16
	var need uint64
	id := false // a rule looks at the id of the resource
	list := func(rules []rule) {
		for i := range rules {
			var one [1]term
			for _, t := range res.termsOf(rules[i].extent, &one) {
				if t.scope != syntax.ScopeAny {
					over |= t.parties
				}
				id = id || t.scope == syntax.ScopeHere && p.onType[rules[i].held].res == res
			}
			need |= rules[i].need
		}
	}
	for _, i := range perms {
		perm := &p.perms[i]
		if perm.resource != at {
			continue
		}
		list(perm.never)
		list(perm.everyone)
		list(perm.visitor)
		for _, rules := range perm.byRole {
			list(rules)
		}
		for _, r := range p.roles {
			need |= r.guard
		}
		if user := res.party("user"); perm.protection.keepsHolder(false) && user >= 0 {
			over |= 1 << user
		}
	}
	for i := range res.literals {
		c := &p.conditions[res.literals[i].condition]
		switch {
		case need&(1<<i) == 0:
		case c.kind == syntax.OnAttribute:
			attributes = append(attributes, c.of)
		case c.kind == syntax.OnParty && res.party(c.of) >= 0:
			over |= res.partyMask(c.of)
		case c.kind == syntax.OnHas && res.party(c.of) >= 0 && !res.parties[res.party(c.of)].teams:
			over |= 1 << res.party(c.of)
		}
	}
	for rest := over; rest != 0; rest &= rest - 1 {
		party := &res.parties[bits.TrailingZeros16(rest)]
		parties = append(parties, criteria.Party{Name: party.name, Teams: party.both && party.teams})
	}
	if id {
		parties = append(parties, criteria.Party{Name: criteria.ResourceID})
	}
	slices.Sort(attributes)
	return parties, slices.Compact(attributes)
}
