package policy

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// expand computes the rules of each role for each permission, from its own cells and those
// of the roles that it includes, in the order in which decisions name them.
func (c *compiler) expand() {
	granting := make([][]int, len(c.p.perms)) // by permission: the bundles that contain it
	for i, b := range c.p.bundles {
		for _, perm := range b.perms {
			granting[perm] = append(granting[perm], i)
		}
	}
	rules, grants, choices := 0, 0, 0
	for i := range c.p.perms {
		rules += c.count(i)
		grants += 1 + len(granting[i])
		choices += len(c.p.perms[i].choices)
		if rules+grants > maxRules || c.custom == nil && rules+grants+choices*c.p.custom.atMost > maxRules {
			c.problems.Add(syntax.Pos{Line: 1, Col: 1}, "with all includes and bundles expanded, the policy has more than %d rules", maxRules)
			return
		}
	}
	c.p.rules = make([]rule, 0, rules+grants)
	c.p.written = slices.Grow(c.p.written, grants+len(protections))
	for i := range c.p.perms {
		e := expander{compiler: c, perm: &c.p.perms[i], res: &c.p.resources[c.p.perms[i].resource], index: i}
		e.expand(granting[i])
	}
}

// count returns the number of rules of a permission in all lists, without grants, before
// they are made.
func (c *compiler) count(perm int) int {
	rows := c.cellRules[perm]
	n := len(rows[everyone]) + len(rows[visitor]) + len(c.p.perms[perm].never) + 1 // one more for a built-in protection
	for who, row := range rows {
		if who >= 0 {
			n += len(row) * len(c.holders[who])
		}
	}
	for who := range c.allRules {
		n += len(c.holders[who])
	}
	return n
}

// expander makes the rules of one permission.
type expander struct {
	*compiler
	perm  *perm
	res   *resource // of the permission
	index int
}

// atomKey identifies a scope whose result can differ from that of other scopes.
type atomKey struct {
	scope   syntax.Scope
	parties uint16
	above   upward
	teams   int16 // the team role whose teams count; -1 for the teams of which the user is a direct member
}

func (e *expander) expand(bundles []int) {
	e.perm.byRole = make([][]rule, len(e.p.roles))
	give := func(who int, written compiledRule) {
		for _, h := range e.holders[who] {
			e.perm.byRole[h.role] = append(e.perm.byRole[h.role], e.rule(written, h.guard, h.role))
		}
	}
	for _, who := range slices.Sorted(maps.Keys(e.allRules)) {
		if e.perm.name == userDelegate {
			break
		}
		give(who, compiledRule{written: e.allRules[who], extent: extent{scope: syntax.ScopeAny}})
	}
	for _, who := range slices.Sorted(maps.Keys(e.cellRules[e.index])) {
		if who < 0 {
			continue
		}
		for _, written := range e.cellRules[e.index][who] {
			give(who, written)
		}
	}
	for i, list := range e.perm.byRole {
		if e.p.roles[i].OnResource != "" && len(list) > 0 {
			e.perm.onResources = append(e.perm.onResources, i)
		}
	}
	for _, written := range e.cellRules[e.index][everyone] {
		e.perm.everyone = append(e.perm.everyone, e.rule(written, 0, everyone))
	}
	for _, written := range e.cellRules[e.index][visitor] {
		e.perm.visitor = append(e.perm.visitor, e.rule(written, 0, visitor))
	}
	e.perm.grants = append(e.perm.grants, e.grant(e.perm.name.String(), e.perm.pos))
	for _, b := range bundles {
		e.perm.grants = append(e.perm.grants, e.grant(e.p.bundles[b].name.String(), e.p.bundles[b].pos))
	}
	e.addProtection()
	e.rank()
}

func (e *expander) rule(w compiledRule, guard uint64, held int) rule {
	r := rule{extent: w.extent, written: w.written, perm: uint16(e.index), held: int16(held)}
	r.need |= guard
	if w.scope == syntax.ScopeAny {
		return r
	}
	teams := int16(-1)
	if held >= 0 && e.p.roles[held].OnTeam && e.res.looksAtTeams(w.extent) {
		teams = int16(held)
	}
	if w.scope == scopeJoined {
		r.join = e.join(w.extent, teams)
		return r
	}
	r.atom = e.atom(atomKey{scope: w.scope, parties: w.parties, teams: teams})
	return r
}

// join returns joined terms with the bits under which evaluations cache their scopes.
func (e *expander) join(w extent, teams int16) uint16 {
	terms := slices.Clone(e.res.termsOf(w, nil))
	for i := range terms {
		t := &terms[i]
		switch {
		case t.scope == syntax.ScopeAny, t.scope == syntax.ScopeHere:
		case t.looksAtTeams():
			t.atom = e.atom(atomKey{t.scope, t.parties, t.above, teams})
		default:
			t.atom = e.atom(atomKey{t.scope, t.parties, t.above, -1})
		}
	}
	join := e.res.join(terms)
	e.joinLimit(join, e.perm.pos)
	return join
}

// atom returns the bit of a scope, so that all permissions of a resource share its result.
// It returns 0 for scopes beyond the 64th, whose results are not cached.
func (e *expander) atom(key atomKey) uint64 {
	if e.res.atoms == nil {
		e.res.atoms = map[atomKey]uint64{}
	}
	i, ok := e.res.atoms[key]
	if !ok {
		if len(e.res.atoms) == 64 {
			return 0
		}
		i = 1 << len(e.res.atoms)
		e.res.atoms[key] = i
	}
	return i
}

func (e *expander) grant(name string, at syntax.Pos) grantRule {
	w := e.write(writtenRule{source: usher.SourceGrant, who: name, about: e.perm.name.String(), text: "any", pos: at, rule: syntax.Rule{Scope: syntax.ScopeAny}})
	return grantRule{name, rule{extent: extent{scope: syntax.ScopeAny}, written: w, perm: uint16(e.index), held: -1}}
}

// addProtection adds the rule that describes a built-in protection.
func (e *expander) addProtection() {
	var unique, text string
	if e.p.unique >= 0 {
		unique = string(e.p.roles[e.p.unique].Name)
	}
	switch e.perm.protection {
	case protectsHolder:
		text = "the " + unique + " stays: ownership is handed over first (transfer-ownership)"
	case onlyOwn:
		text = "only the " + unique + " changes what the " + unique + " signs in with"
	case onlyHolder:
		text = "only the " + unique + " hands ownership over"
	case noHolder:
		text = "no user hands ownership over, because no role is unique"
	default:
		return
	}
	r := rule{written: e.write(writtenRule{source: usher.SourceBuiltIn, text: text}), perm: uint16(e.index), held: -1}
	e.perm.builtIn = e.register(&r)
}

func (e *expander) register(r *rule) int32 {
	r.id = int32(len(e.p.rules))
	e.p.rules = append(e.p.rules, *r)
	return r.id
}

// rank sorts the rules in the order in which decisions name them: fewest hidden fields,
// then account role, role beside, team role, role on a resource, everyone, grant, visitor, then by name and text. The
// order in the file has no effect.
func (e *expander) rank() {
	all := make([]*rule, 0, e.count(e.index))
	collect := func(list []rule) {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	for _, list := range e.perm.byRole {
		collect(list)
	}
	collect(e.perm.everyone)
	collect(e.perm.visitor)
	collect(e.perm.never)
	for i := range e.perm.grants {
		all = append(all, &e.perm.grants[i].rule)
	}
	slices.SortStableFunc(all, e.compare)
	for i, r := range all {
		r.rank = uint32(i)
		e.register(r)
	}
	byRank := func(a, b rule) int { return cmp.Compare(a.rank, b.rank) }
	for _, list := range e.perm.byRole {
		slices.SortFunc(list, byRank)
	}
	slices.SortFunc(e.perm.everyone, byRank)
	slices.SortFunc(e.perm.visitor, byRank)
	slices.SortFunc(e.perm.never, byRank)
	slices.SortFunc(e.perm.grants, func(a, b grantRule) int { return cmp.Compare(a.name, b.name) })
}

func (e *expander) compare(a, b *rule) int {
	x, y := &e.p.written[a.written], &e.p.written[b.written]
	if c := cmp.Or(
		cmp.Compare(bits.OnesCount64(a.hide), bits.OnesCount64(b.hide)),
		cmp.Compare(x.source, y.source),
		cmp.Compare(x.who, y.who),
		cmp.Compare(x.text, y.text),
		cmp.Compare(e.heldName(a), e.heldName(b)),
	); c != 0 || a.need == b.need {
		return c
	}
	// The same rule through two include paths with different requirements.
	return slices.Compare(e.p.literalNames(e.res, a.need), e.p.literalNames(e.res, b.need))
}

func (e *expander) heldName(r *rule) string {
	if r.held < 0 {
		return ""
	}
	return string(e.p.roles[r.held].Name)
}
