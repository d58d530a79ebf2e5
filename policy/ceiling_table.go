package policy

import (
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/seat"
)

// ceilingTable caches, per policy, what comparisons of users need.
type ceilingTable struct {
	features nameTable
	visitors bool              // the policy has rules of visitors
	decided  []decidedLiterals // by resource

	negatesTeams []bool // by role: it is a team role with a rule that reaches more with fewer teams

	covering []atomic.Uint32 // by two roles: the cached result of alwaysCovers; 0: not computed
}

// decidedLiterals are the literals of a resource that a comparison may decide for a user.
type decidedLiterals struct {
	onFeatures uint64 // the literals on features
	features   []featureTest
	seats      []seatTest
	aliases    []uint64 // by literal: all literals on the same fact, including itself; nil: no fact has two names
	opposites  []uint64 // by literal: those that hold if and only if it does not
}

type featureTest struct {
	bit     uint64
	feature int
	not     bool
}

type seatTest struct {
	bit  uint64
	pool seat.PoolName
	not  bool
}

func newCeilingTable(p *Policy) ceilingTable {
	t := ceilingTable{
		features: newNameTable(p.features),
		decided:  make([]decidedLiterals, len(p.resources)),
		covering: make([]atomic.Uint32, len(p.roles)*len(p.roles)),
	}
	t.negatesTeams = make([]bool, len(p.roles))
	for i := range p.perms {
		t.visitors = t.visitors || p.perms[i].visitor != nil
		for k, list := range p.perms[i].byRole {
			negates := func(r rule) bool { return p.perms[i].res.negatesTeams(r.extent) }
			t.negatesTeams[k] = t.negatesTeams[k] || p.roles[k].OnTeam && slices.ContainsFunc(list, negates)
		}
	}
	for i := range p.resources {
		d := &t.decided[i]
		d.aliases = p.aliases(p.resources[i].literals)
		d.opposites = p.opposites(p.resources[i].literals)
		for at, l := range p.resources[i].literals {
			bit := uint64(1) << at
			switch c := p.conditions[l.condition]; c.kind {
			case syntax.OnFeature:
				d.onFeatures |= bit
				d.features = append(d.features, featureTest{bit, t.features.find(c.of), l.not})
			case syntax.OnSeat:
				d.seats = append(d.seats, seatTest{bit, seat.PoolName(c.of), l.not})
			}
		}
	}
	return t
}

// opposites returns, for each literal, those that negate the same fact.
func (p *Policy) opposites(literals []literal) []uint64 {
	list := make([]uint64, len(literals))
	for i, a := range literals {
		for k, b := range literals {
			if a.not != b.not && p.conditions[a.condition].sameFact(&p.conditions[b.condition]) {
				list[i] |= 1 << k
			}
		}
	}
	return list
}

// sameFact reports whether two conditions are names for one fact.
func (c *condition) sameFact(o *condition) bool {
	return c.kind == o.kind && c.of == o.of && c.role == o.role
}

// aliases returns, for each literal, the literals that are equal because two conditions
// name the same fact. It returns nil if there are no such conditions.
func (p *Policy) aliases(literals []literal) []uint64 {
	aliased := false
	same := make([]uint64, len(literals))
	for i, a := range literals {
		for k, b := range literals {
			if a.not == b.not && p.conditions[a.condition].sameFact(&p.conditions[b.condition]) {
				same[i] |= 1 << k
				aliased = aliased || i != k
			}
		}
	}
	if !aliased {
		return nil
	}
	return same
}

// contradict reports whether two of the literals state the opposite of each other, so that a rule
// that requires them never allows.
func (d *decidedLiterals) contradict(literals uint64) bool {
	return d.oppositesOf(literals)&literals != 0
}

// oppositesOf returns the literals that hold if one of the given ones does not.
func (d *decidedLiterals) oppositesOf(literals uint64) (all uint64) {
	for ; literals != 0; literals &= literals - 1 {
		all |= d.opposites[bits.TrailingZeros64(literals)]
	}
	return all
}

// withAliases adds to literals all their aliases.
func (d *decidedLiterals) withAliases(literals uint64) uint64 {
	if d.aliases == nil {
		return literals
	}
	all := literals
	for rest := literals; rest != 0; rest &= rest - 1 {
		all |= d.aliases[bits.TrailingZeros64(rest)]
	}
	return all
}

const (
	covering = iota + 1
	notCovering
)

// alwaysCovers reports whether the rules of account role a cover those of role b for any
// two holders, with any features, seats and teams. It is true for most pairs, such as an
// administrator and a member. The result is cached.
func (t *ceilingTable) alwaysCovers(p *Policy, a, b int) bool {
	known := &t.covering[a*len(p.roles)+b]
	switch known.Load() {
	case covering:
		return true
	case notCovering:
		return false
	}
	found := uint32(covering)
	for i := range p.perms {
		if !p.perms[i].roleCovers(a, b, t.decided[p.perms[i].resource].onFeatures, p.roles[b].OnTeam) {
			found = notCovering
			break
		}
	}
	known.Store(found) // concurrent goroutines store the same value
	return found == covering
}

// roleCovers is alwaysCovers for one permission. A rule that requires a feature covers no
// rule, because its holder may lack the feature. A rule of a team role, whose teams are not
// known here, is covered only by the scope any. A rule under never that depends on a
// feature may forbid only one of the holders.
func (p *perm) roleCovers(a, b int, onFeatures uint64, onTeams bool) bool {
	if len(p.byRole[b]) == 0 {
		return true
	}
	for i := range p.never {
		if p.never[i].need&onFeatures != 0 {
			return false
		}
	}
	for i := range p.byRole[b] {
		rule := &p.byRole[b][i]
		onlyAny := onTeams && p.res.looksAtTeams(rule.extent)
		found := false
		for k := 0; k < len(p.byRole[a]) && !found; k++ {
			by := &p.byRole[a][k]
			found = by.need&onFeatures == 0 && p.res.covers(by.extent, rule.extent) && (by.scope == syntax.ScopeAny || !onlyAny)
		}
		if !found {
			return false
		}
	}
	return true
}
