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
// for any subject: if it lacks a party or an attribute that their rules need; if it has a
// type, a party or an attribute that the policy lacks; or if none of the permissions is
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
		if p.looksAbove(perms, t.Type()) {
			return printable.Errorf("%s: %w of %s: a rule looks at containers (or above), which a condition in SQL cannot; use Match", name, filter.ErrMapping, t.Type())
		}
		parties, attributes := p.requiredNames(perms, t.Type())
		var named, teams []string
		for _, party := range parties {
			if party.Teams {
				teams = append(teams, party.Name)
			} else {
				named = append(named, party.Name)
			}
		}
		if err := cmp.Or(t.Check(named, attributes), t.CheckTeams(teams)); err != nil {
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

// checkNames reports names of a table that the policy lacks.
func (p *Policy) checkNames(t *filter.Table) error {
	at := p.resourceTable.find(t.Type())
	if at < 0 {
		return printable.Errorf("%w of %s: the policy has no such resource%s", filter.ErrMapping, t.Type(), suggest.DidYouMean(t.Type(), p.Resources()))
	}
	parties, attributes := t.Names()
	for _, name := range parties {
		if res := &p.resources[at]; res.party(name) < 0 {
			return printable.Errorf("%w of %s: the policy declares no party %s%s", filter.ErrMapping, res.name, name, suggest.DidYouMean(name, partyNames(res)))
		}
	}
	for _, name := range t.Teams() {
		res := &p.resources[at]
		switch i := res.party(name); {
		case i < 0:
			return printable.Errorf("%w of %s: the policy declares no party %s%s", filter.ErrMapping, res.name, name, suggest.DidYouMean(name, partyNames(res)))
		case !res.parties[i].both:
			return printable.Errorf("%w of %s: the party %s relates to %s only, so its column is under Parties", filter.ErrMapping, res.name, name, res.parties[i].kind())
		}
	}
	for _, name := range attributes {
		if !p.attributes[name] {
			return printable.Errorf("%w of %s: the policy declares no attribute %s%s", filter.ErrMapping, t.Type(), name, suggest.DidYouMean(name, p.Attributes()))
		}
	}
	return nil
}

// looksAbove reports whether a rule of some permissions about a type of resource looks at
// containers.
func (p *Policy) looksAbove(perms []int, typ string) bool {
	for i := range p.rules {
		r := &p.rules[i]
		perm := &p.perms[r.perm]
		above := func(t term) bool { return t.above.levels > 0 }
		if slices.Contains(perms, int(r.perm)) && perm.res.name == typ && perm.res.anyTerm(r.extent, above) {
			return true
		}
	}
	return false
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
	list := func(rules []rule) {
		for i := range rules {
			var one [1]term
			for _, t := range res.termsOf(rules[i].extent, &one) {
				if t.scope != syntax.ScopeAny {
					over |= t.parties
				}
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
	slices.Sort(attributes)
	return parties, slices.Compact(attributes)
}
