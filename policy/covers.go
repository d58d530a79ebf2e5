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
	parties uint16 // those considered
	scope   syntax.Scope
}

// covers reports whether a rule with extent a allows everything that a rule of the same
// permission with extent b allows: its conditions are among those of b, it hides no field
// that b shows, and it reaches as far. The teams of both must be the same.
func (a extent) covers(b extent) bool {
	return a.need&^b.need == 0 && a.hide&^b.hide == 0 && a.reachesAsFar(b)
}

// reachesAsFar reports whether a reaches every resource that b reaches. The teams of both
// must be the same.
func (a extent) reachesAsFar(b extent) bool {
	switch {
	case a.scope == syntax.ScopeAny:
		return true
	case a.parties != b.parties:
		return false
	case a.scope == b.scope:
		return true
	case b.scope == syntax.ScopeSole:
		return a.scope == syntax.ScopeOwn || a.scope == syntax.ScopeTeam || a.scope == syntax.ScopeShared
	case b.scope == syntax.ScopeTeam:
		return a.scope == syntax.ScopeShared
	}
	return false
}

// covers reports whether a rule with extent a, which a user has through source s, covers
// the rule b. If both rules are of an account role, of a role beside or of everyone, team and
// shared refer to the teams of each user, so only the scopes are compared. If one is of a team role, the
// teams of b must be among those of s.
func (s *ruleSource) covers(tree *team.Tree, a extent, b heldRule) bool {
	of := b.extent
	of.need = b.need
	if !a.covers(of) {
		return false
	}
	return a.scope == syntax.ScopeAny || !b.looksAtTeams() || !s.onTeams() && !b.from.onTeams() || contain(tree, s.teams, b.from.teams)
}

// onTeams reports whether a source is a team role.
func (s *ruleSource) onTeams() bool { return s.kind == usher.SourceTeamRole }

// looksAtTeams reports whether the scope depends on the teams of the user.
func (a extent) looksAtTeams() bool {
	return a.scope == syntax.ScopeTeam || a.scope == syntax.ScopeShared
}
