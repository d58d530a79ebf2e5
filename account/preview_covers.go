package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// uncovered returns the rules that none of the others covers; those of a team role
// on the teams only where that is so.
func uncovered(list, others []policy.Holding) []policy.Holding {
	var rest []policy.Holding
	for _, h := range list {
		if len(h.Teams) == 0 {
			if !covered(h, others) {
				rest = append(rest, h)
			}
			continue
		}
		h.Teams = slices.DeleteFunc(slices.Clone(h.Teams), func(id usher.TeamID) bool {
			on := h
			on.Teams = []usher.TeamID{id}
			return covered(on, others)
		})
		if len(h.Teams) > 0 {
			rest = append(rest, h)
		}
	}
	return rest
}

func covered(h policy.Holding, by []policy.Holding) bool {
	return slices.ContainsFunc(by, func(o policy.Holding) bool { return covers(&o, &h) })
}

// covers reports whether whoever has a may do all that b allows. Where a is of an
// account role and b of a team role it says no, unless a is for any resource: the
// teams of the one follow from the user, those of the other from the rule.
func covers(a, b *policy.Holding) bool {
	return a.Permission == b.Permission &&
		within(a.If, b.If) && within(a.Hiding, b.Hiding) &&
		lasts(a.Until, b.Until) &&
		(a.Scope == syntax.ScopeAny || within(a.As, b.As) && within(b.As, a.As) && wider(a, b))
}

// wider reports whether the scope of a, over the same parties, has that of b in it.
func wider(a, b *policy.Holding) bool {
	sameTeams := (len(a.Teams) == 0) == (len(b.Teams) == 0) && within(b.Teams, a.Teams)
	switch b.Scope {
	case syntax.ScopeSole:
		return true
	case syntax.ScopeOwn:
		return a.Scope == syntax.ScopeOwn
	case syntax.ScopeTeam:
		return (a.Scope == syntax.ScopeTeam || a.Scope == syntax.ScopeShared) && sameTeams
	case syntax.ScopeShared:
		return a.Scope == syntax.ScopeShared && sameTeams
	default:
		return false
	}
}

// within reports whether all of a list are in another one.
func within[E comparable](list, in []E) bool {
	return !slices.ContainsFunc(list, func(e E) bool { return !slices.Contains(in, e) })
}

// lasts reports whether what ends at a time holds as long as what ends at another
// one; what ends at the zero time does not end.
func lasts(a, b time.Time) bool {
	return a.IsZero() || !b.IsZero() && !a.Before(b)
}
