package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/team"
)

// extent is what a rule allows. The zero extent reaches no resource.
type extent struct {
	need    uint64 // literals of the resource that must hold
	hide    uint64 // fields of the resource
	parties uint16 // those considered; none if the scope is joined
	join    uint16 // of a joined scope: one more than an index in resource.joins
	scope   syntax.Scope
	here    uint8 // of a rule of a role held on resources: the containers at which its scope here looks
}

// covers reports whether a rule with extent a allows everything that a rule of the same
// permission with extent b allows: its conditions are among those of b, it hides no field
// that b shows, and it reaches as far. The teams of both must be the same.
func (r *resource) covers(a, b extent) bool {
	return a.need&^b.need == 0 && a.hide&^b.hide == 0 && r.reachesAsFar(a, b)
}

// reachesAsFar reports whether a reaches every resource that b reaches. The teams of both
// must be the same.
func (r *resource) reachesAsFar(a, b extent) bool {
	if a.scope == scopeJoined || b.scope == scopeJoined {
		var one, other [1]term
		return a.scope == syntax.ScopeAny || termsReachAsFar(r.termsOf(a, &one), r.termsOf(b, &other))
	}
	return reachesAsFar(a.scope, b.scope, a.parties == b.parties)
}

// reachesAsFar reports whether scope a matches wherever scope b does. sameParties states
// whether both look at the same parties.
func reachesAsFar(a, b syntax.Scope, sameParties bool) bool {
	switch {
	case a == syntax.ScopeAny:
		return true
	case !sameParties:
		return false
	case a == b:
		return true
	case b == syntax.ScopeSole:
		return a == syntax.ScopeOwn || a == syntax.ScopeTeam || a == syntax.ScopeShared
	case b == syntax.ScopeTeam:
		return a == syntax.ScopeShared
	}
	return false
}

// covers reports whether a rule with extent a, which a user has through source s, covers
// the rule b of the same permission. If both rules are of an account role, of a role
// beside or of everyone, team and shared refer to the teams of each user, so only the scopes are compared. If one
// is of a team role, the teams of b must be among those of s if b has a scope team or shared, and
// the teams of s among those of b if b has such a scope with not.
func (s *ruleSource) covers(res *resource, tree *team.Tree, a extent, b heldRule) bool {
	of := b.extent
	of.need = b.need
	if !res.covers(a, of) {
		return false
	}
	if a.scope == syntax.ScopeAny || !s.onTeams() && !b.from.onTeams() || !res.looksAtTeams(of) {
		return true
	}
	return (!res.requiresTeams(of) || contain(tree, s.teams, b.from.teams)) && (!res.negatesTeams(of) || contain(tree, b.from.teams, s.teams))
}

// onTeams reports whether a source is a team role.
func (s *ruleSource) onTeams() bool { return s.kind == usher.SourceTeamRole }
