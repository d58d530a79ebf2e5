package policy

import (
	"slices"

	"github.com/usher-go/usher/role"
)

// DifferenceOn returns the rules that a holder of roles on a resource gains and loses there if the
// roles change: those of the roles after that no role before has, and the reverse. It returns each rule
// once, in the order of the policy's permissions. Names of other roles have no rules. Conditions are
// not evaluated, and what the account role of the holder requires is not included.
func (p *Policy) DifferenceOn(before, after []role.Name) (gains, loses []Entitlement) {
	if p == nil || p.onType == nil {
		return nil, nil
	}
	return p.rulesOnlyOf(after, before), p.rulesOnlyOf(before, after)
}

// rulesOnlyOf returns the rules of roles on resources that other roles lack.
func (p *Policy) rulesOnlyOf(roles, lack []role.Name) (list []Entitlement) {
	for i := range p.perms {
		perm := &p.perms[i]
		had := map[int32]bool{} // by the written rule, which several roles can have
		for _, r := range p.rulesOn(perm, lack) {
			had[r.written] = true
		}
		for _, r := range p.rulesOn(perm, roles) {
			if !had[r.written] {
				had[r.written] = true
				list = append(list, p.entitlement(r, r.need))
			}
		}
	}
	return list
}

// rulesOn returns the rules of roles on resources for a permission, in the order in which decisions
// name them.
func (p *Policy) rulesOn(perm *perm, roles []role.Name) (rules []*rule) {
	for _, name := range roles {
		at := p.roleIndex(name)
		if at < 0 || p.onType[at].res == nil {
			continue
		}
		for k := range perm.byRole[at] {
			rules = append(rules, &perm.byRole[at][k])
		}
	}
	slices.SortFunc(rules, func(a, b *rule) int { return int(a.rank) - int(b.rank) })
	return rules
}
