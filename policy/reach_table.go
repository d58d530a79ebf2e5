package policy

import "sync/atomic"

// reachTable is what comparisons of reaches look up in a policy.
type reachTable struct {
	features nameTable
	decided  []decided       // by resource
	covering []atomic.Uint32 // by role of the account and any role: what alwaysCovers found out; 0: not yet
}

// decided are the literals of a resource that the features of a user decide.
type decided struct {
	literals uint64
	tests    []featureTest
}

type featureTest struct {
	bit     uint64
	feature int
	not     bool
}

func newReachTable(p *Policy) reachTable {
	t := reachTable{
		features: newNameTable(p.features),
		decided:  make([]decided, len(p.resources)),
		covering: make([]atomic.Uint32, len(p.roles)*len(p.roles)),
	}
	for i := range p.resources {
		for at, l := range p.resources[i].literals {
			if c := p.conditions[l.condition]; c.kind == OnFeature {
				d, bit := &t.decided[i], uint64(1)<<at
				d.literals |= bit
				d.tests = append(d.tests, featureTest{bit, t.features.find(c.of), l.not})
			}
		}
	}
	return t
}

const (
	covering = iota + 1
	notCovering
)

// alwaysCovers reports whether the rules of account role a cover those of role b
// whoever holds them, with whatever features and teams. It is true for most pairs
// that come up, such as an administrator and a member, and is found out once.
func (t *reachTable) alwaysCovers(p *Policy, a, b int) bool {
	known := &t.covering[a*len(p.roles)+b]
	switch known.Load() {
	case covering:
		return true
	case notCovering:
		return false
	}
	found := uint32(covering)
	for i := range p.perms {
		if !p.perms[i].roleCovers(a, b, p.reach.decided[p.perms[i].resource].literals, p.roles[b].OnTeam) {
			found = notCovering
			break
		}
	}
	known.Store(found) // whoever else finds it out at the same time stores the same
	return found == covering
}

// roleCovers is alwaysCovers for one permission. A rule that asks for a feature
// covers none, for who knows whether its holder has that; and what a team role
// gives on teams nobody knows is covered by any alone.
func (p *perm) roleCovers(a, b int, features uint64, onTeams bool) bool {
	for i := range p.byRole[b] {
		rule := &p.byRole[b][i]
		onlyAny := onTeams && (rule.scope == ScopeTeam || rule.scope == ScopeShared)
		found := false
		for k := 0; k < len(p.byRole[a]) && !found; k++ {
			by := &p.byRole[a][k]
			found = by.need&features == 0 && by.covers(rule) && (by.scope == ScopeAny || !onlyAny)
		}
		if !found {
			return false
		}
	}
	return true
}
