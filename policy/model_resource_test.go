package policy_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// heldHere returns the rules of a role on resources that the subject has: "A user who does not hold
// the role has no rule by it." The rules are without the scope here, which then matches.
func (q *evaluation) heldHere(r *syntax.Role, rules []held) (has []held) {
	for _, rule := range rules {
		var rest []syntax.Term
		matches := false
		for _, t := range rule.Terms() {
			if t.Scope == syntax.ScopeHere {
				matches = q.isHeld(r, t.Above)
			} else {
				rest = append(rest, t)
			}
		}
		if !matches {
			continue
		}
		if len(rest) == 0 || rest[0].Not {
			rest = append([]syntax.Term{{Scope: syntax.ScopeAny}}, rest...)
		}
		rule.Scope, rule.Above, rule.As, rule.And = rest[0].Scope, rest[0].Above, rest[0].As, rest[1:]
		has = append(has, rule)
	}
	return has
}

// isHeld reports whether the subject holds a role: "on the resource of the request: directly, or
// through a team that the subject belongs to"; with above also "on a container of the resource".
// "Without a resource, or for a resource without an id, here does not match. Above a container that
// is unknown, it does not match either."
func (q *evaluation) isHeld(r *syntax.Role, above bool) bool {
	at := *q
	for depth := 0; at.Resource != nil; depth++ {
		on := usher.Ref{Type: at.on.Name.Text, ID: at.Resource.Ref().ID}
		if on.ID != "" && on.Type == r.OnResource.Text && at.holdsOn(on, role.Name(r.Name.Text)) {
			return true
		}
		if !above || depth == 16 {
			return false
		}
		container, known := at.container()
		if !known {
			return false
		}
		at.on, at.Resource = q.types[at.on.In.Text], container
	}
	return false
}

func (q *evaluation) holdsOn(on usher.Ref, name role.Name) bool {
	if slices.Contains(q.w.held[on]["user "+string(q.Subject)], name) {
		return true
	}
	return slices.ContainsFunc(q.belongs(string(q.Subject)), func(t usher.TeamID) bool {
		return slices.Contains(q.w.held[on]["team "+string(t)], name)
	})
}
