package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// scopeOnly marks, in perm.precomputed, the account roles whose holders, without a grant,
// have only rules that consist of a scope: those of the role, of any role beside, of any team
// role and of everyone. No rule has a condition or hides a field, and nothing is forbidden. The marker
// has no reason, so it cannot be mistaken for an outcome.
//
// This fast path duplicates evaluation.evalRules, because it is worth it: without it, the
// checks of BenchmarkDecide take 5 to 11% longer, measured in alternation in one process.
const scopeOnly = outcome(1 << maskShift)

// fastEval is an evaluation that only scopes decide. It is half the size of an evaluation,
// and is faster to clear.
type fastEval struct {
	evalContext
	granted, outOfScope *rule
}

// decideScopeOnly returns what decideFor would return, for a user without grants.
//
//go:noinline
func (p *Policy) decideScopeOnly(f Facts, r *usher.Request, who subject, perm *perm) (usher.Decision, error) {
	var g fastEval
	g.p, g.facts, g.res = p, f, perm.res
	g.subject, g.user, g.resource = r.Subject, who.user, r.Resource
	if list := perm.byRole[who.role]; len(list) > 0 {
		g.matchRules(list, "")
	}
	if perm.beside {
		g.matchBeside(perm)
	}
	if g.granted == nil { // a rule of the account role, or beside it, is named before all others
		if perm.onTeams {
			g.matchTeamRoles(perm)
		}
		if len(perm.everyone) > 0 {
			g.matchRules(perm.everyone, "")
		}
	}
	if g.err != nil {
		return usher.Decision{}, requestError("check", r, g.err)
	}
	outcome := permOutcome(usher.ReasonNoPermission, perm)
	switch {
	case g.granted != nil:
		outcome = ruleOutcome(usher.ReasonGranted, g.granted, 0)
	case g.outOfScope != nil:
		outcome = ruleOutcome(usher.ReasonOutOfScope, g.outOfScope, 0)
	}
	return p.decision(outcome, r.Time), nil
}

func (g *fastEval) matchBeside(perm *perm) {
	for _, name := range g.user.Beside {
		if held := g.p.roleIndex(name); held >= 0 && g.p.held[held].beside {
			g.matchRules(perm.byRole[held], "")
		}
	}
}

// matchTeamRoles evaluates each team role once, even if it is held on several teams.
func (g *fastEval) matchTeamRoles(perm *perm) {
	var tried uint64
	for i := range g.user.Teams {
		for _, name := range g.user.Teams[i].Roles {
			if held := g.p.roleIndex(name); held >= 0 && g.p.held[held].onTeam && tried>>held&1 == 0 {
				tried |= 1 << held
				g.matchRules(perm.byRole[held], name)
			}
		}
	}
	if len(g.user.Outside) > 0 {
		g.matchOutside(perm, tried)
	}
}

// matchRules is evaluation.matchRules for rules that consist of a scope.
func (g *fastEval) matchRules(list []rule, team role.Name) {
	for i := range list {
		r := &list[i]
		if g.granted != nil && g.granted.rank < r.rank {
			return // a later rule is not named
		}
		yes := r.scope == syntax.ScopeAny
		if !yes && g.resource != nil {
			yes, _ = g.scope(r.scope, r.parties, team)
		}
		if yes {
			g.granted = r
			return
		}
		g.outOfScope = firstByRank(g.outOfScope, r)
	}
}
