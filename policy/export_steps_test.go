package policy

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// Kinds are the kinds of questions that Kind counts.
var Kinds = []string{
	"a precomputed outcome", "only scopes", "a team role", "several team roles", "a role beside", "a grant", "a rule under never or a protection",
	"a required condition", "a condition", "hidden fields", "a bundle", "no resource", "an unknown fact", "rules of visitors", "not an active user",
	"a role on resources", "a joined scope",
}

// Kind returns what kinds of question a request is, as a bit for each of Kinds. It returns 0 if a check
// fails.
func (p *Policy) Kind(f Facts, r *usher.Request) (kinds uint64) {
	if _, err := p.Decide(f, r); err != nil {
		return 0
	}
	add := func(kind string, is bool) {
		if is {
			kinds |= 1 << slices.Index(Kinds, kind)
		}
	}
	perms, _ := p.expandBundle(r.Permission)
	who, _ := p.lookUp(f, r.Subject)
	c := who.class
	onTeam := func(held int) bool { return p.held[held].onTeam }
	add("a bundle", len(perms) > 1)
	add("no resource", r.Resource == nil)
	add("not an active user", !c.active)
	for _, at := range perms {
		perm := &p.perms[at]
		list := c.steps(p, perm)
		has := func(is func(s *step) bool) bool {
			return slices.ContainsFunc(list.steps, func(s step) bool { return is(&s) })
		}
		var q evaluation
		q.fill(p, f, r, who, nil)
		q.switchResource(perm.resource, r.Resource)
		if list.fixed == 0 {
			q.follow(list)
		}
		add("a precomputed outcome", list.fixed != 0)
		add("only scopes", list.small)
		add("a team role", has(func(s *step) bool { return s.team != "" }))
		add("several team roles", len(slices.DeleteFunc(slices.Clone(c.held), func(held int) bool { return !onTeam(held) })) > 1)
		add("a role beside", slices.ContainsFunc(c.held, func(held int) bool { return !onTeam(held) && len(perm.byRole[held]) > 0 }))
		add("a grant", c.grants && has(func(s *step) bool { return s.only == onGrant && q.counts(s) }))
		add("a rule under never or a protection", c.active && perm.mayForbid(p, c))
		add("a required condition", c.guard != 0 && len(list.steps) > 0)
		add("a condition", has(func(s *step) bool { return s.need != 0 }))
		add("hidden fields", has(func(s *step) bool { return s.hides() != 0 }))
		add("an unknown fact", q.possible&^q.holds|q.scopeUnknown != 0)
		add("rules of visitors", perm.visitor != nil)
		add("a role on resources", has(func(s *step) bool { return s.only == onHere }))
		add("a joined scope", has(func(s *step) bool { return s.scope == scopeJoined }))
	}
	return kinds
}

// Mutants are faults of the compiler of steps.
var Mutants = map[string]func(p *Policy, c *class, list *stepList){
	"forgets the account role": without(func(p *Policy, s *step) bool {
		return s.rule.held >= 0 && !p.held[s.rule.held].notOfAccount
	}),
	"forgets team roles":         without(func(_ *Policy, s *step) bool { return s.team != "" }),
	"forgets roles beside":       without(func(p *Policy, s *step) bool { return s.rule.held >= 0 && p.held[s.rule.held].beside }),
	"forgets roles on resources": without(func(_ *Policy, s *step) bool { return s.only == onHere }),
	"forgets grants":             without(func(_ *Policy, s *step) bool { return s.only == onGrant }),
	"forgets everyone":           without(func(_ *Policy, s *step) bool { return s.rule.held == everyone }),
	"forgets visitors":           without(func(_ *Policy, s *step) bool { return s.rule.held == visitor }),
	"forgets the last step":      func(_ *Policy, _ *class, m *stepList) { m.steps = m.steps[:max(0, len(m.steps)-1)] },

	"adds no required condition": each(func(_ *Policy, c *class, s *step) { s.need = s.rule.need }),
	"adds only what is required": each(func(_ *Policy, c *class, s *step) { s.need = c.guard }),
	"requires it of visitors":    each(func(_ *Policy, c *class, s *step) { s.need |= c.guard }),
	"considers all teams":        each(func(_ *Policy, _ *class, s *step) { s.team = "" }),
	"counts grants always":       each(func(_ *Policy, _ *class, s *step) { s.only = cond(s.only == onGrant, anyUser, s.only) }),
	"counts roles on resources always": each(func(_ *Policy, _ *class, s *step) {
		s.only = cond(s.only == onHere, anyUser, s.only)
	}),
	"hides nothing":   each(func(_ *Policy, _ *class, s *step) { s.granted &= 1<<maskShift - 1 }),
	"limits no scope": each(func(_ *Policy, _ *class, s *step) { s.scope = syntax.ScopeAny }),
	"widens sole": each(func(_ *Policy, _ *class, s *step) {
		s.scope = cond(s.scope == syntax.ScopeSole, syntax.ScopeOwn, s.scope)
	}),
	"takes a wrong bit": each(func(_ *Policy, _ *class, s *step) { s.parties &= s.parties - 1 }),

	"sorts backwards": func(_ *Policy, _ *class, m *stepList) { slices.Reverse(m.steps) },
	"sorts by the last field": func(_ *Policy, _ *class, m *stepList) {
		slices.SortFunc(m.steps, func(a, b step) int { return cmp.Compare(b.granted, a.granted) })
	},
	"fixes despite never": func(_ *Policy, c *class, m *stepList) { fixIf(c.active, m) },
	"fixes despite conditions": func(p *Policy, c *class, m *stepList) {
		if c.active && !m.perm.mayForbid(p, c) && len(m.steps) > 0 && m.steps[0].scope == syntax.ScopeAny {
			m.fixed = m.steps[0].granted
		}
	},
	"takes users who are not active for active ones": func(p *Policy, c *class, m *stepList) {
		if !c.active && c.role != noRole {
			m.addRules(p, c)
			m.fixed, m.small = 0, false
		}
	},
}

func cond[T any](is bool, then, otherwise T) T {
	if is {
		return then
	}
	return otherwise
}

func fixIf(is bool, m *stepList) {
	if is {
		m.fix()
	}
}

func without(is func(*Policy, *step) bool) func(*Policy, *class, *stepList) {
	return func(p *Policy, c *class, m *stepList) {
		m.steps = slices.DeleteFunc(m.steps, func(s step) bool { return is(p, &s) })
		if m.fixed.reason() == usher.ReasonGranted && len(m.steps) == 0 {
			m.fixed = permOutcome(usher.ReasonNoPermission, m.perm)
		}
	}
}

func each(change func(*Policy, *class, *step)) func(*Policy, *class, *stepList) {
	return func(p *Policy, c *class, m *stepList) {
		for i := range m.steps {
			change(p, c, &m.steps[i])
		}
	}
}

// Mutate replaces the steps of a request by those of a mutant.
func (p *Policy) Mutate(f Facts, r *usher.Request, mutant string) {
	perms, err := p.expandBundle(r.Permission)
	if err != nil {
		return
	}
	who, err := p.lookUp(f, r.Subject)
	if err != nil {
		return
	}
	for _, at := range perms {
		list := p.stepsFor(who.class, &p.perms[at])
		Mutants[mutant](p, who.class, list)
		if at < len(who.class.lists) {
			who.class.lists[at].Store(list)
		}
	}
}

// Classes returns how many classes and steps the policy keeps.
func (p *Policy) Classes() (classes, steps int) {
	p.classes.mu.Lock()
	defer p.classes.mu.Unlock()
	return len(p.classes.kept), cond(p.custom.base == nil || p.custom.base == p, maxKeptSteps, maxDerivedSteps) - p.classes.stepsLeft
}

// MaxClasses is the number of classes that a policy of a file keeps.
const MaxClasses = maxClasses
