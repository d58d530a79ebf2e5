package policy

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// stepList is how a class decides a permission: either a fixed outcome, or the steps to evaluate.
type stepList struct {
	perm  *perm
	fixed outcome // the outcome for all users and resources; 0: the steps decide

	// small is set if all steps consist of a scope that an evalContext can match: none has a condition,
	// hides fields, or has the scope of another step, and nothing is forbidden. Then missed is the
	// outcome if no step matches.
	small  bool
	missed outcome

	steps []step // sorted by rank
}

// step is a rule as a class evaluates it. The first step that matches has the rule that the
// decision names. The following ones matter only while it hides fields.
type step struct {
	rule    *rule
	granted outcome // the outcome if it decides, with the fields that it hides
	need    uint64  // all literals that must hold, including those that the account role requires
	team    role.Name
	parties uint16
	scope   syntax.Scope
	only    onlyIf
}

// onlyIf states for which users of a class a step counts.
type onlyIf uint8

const (
	anyUser onlyIf = iota
	onHere         // the user holds the role of the rule on the resource, or above it
	onGrant        // the user has the grant of the rule
)

// hides returns the fields that the rule of the step hides.
func (s *step) hides() uint64 { return uint64(s.granted >> maskShift) }

// stepsFor makes the steps of a permission for a class.
func (p *Policy) stepsFor(c *class, perm *perm) *stepList {
	m := stepList{perm: perm}
	if !c.active {
		m.denyOthers(c)
		m.add(perm.visitor, 0, anyUser, "")
	} else {
		m.addRules(p, c)
	}
	slices.SortFunc(m.steps, func(a, b step) int { return cmp.Compare(a.rule.rank, b.rule.rank) })
	if c.active && !perm.mayForbid(p, c) {
		m.fix()
		if m.small = m.fixed == 0 && m.isSmall(); m.small {
			m.missed = ruleOutcome(usher.ReasonOutOfScope, m.steps[0].rule, 0)
		}
	}
	return &m
}

// denyOthers fixes the denial of requesters who are not active users, if the permission has no
// rules of visitors.
func (m *stepList) denyOthers(c *class) {
	if m.perm.visitor == nil {
		m.fixed = withoutRules(m.perm, c)
	}
}

// addRules adds the rules of active users.
func (m *stepList) addRules(p *Policy, c *class) {
	m.add(m.perm.byRole[c.role], c.guard, anyUser, "")
	for _, held := range c.held {
		team := role.Name("")
		if p.held[held].onTeam {
			team = p.roles[held].Name
		}
		m.add(m.perm.byRole[held], c.guard, anyUser, team)
	}
	for _, held := range m.perm.onResources {
		m.add(m.perm.byRole[held], c.guard, onHere, "")
	}
	m.add(m.perm.everyone, c.guard, anyUser, "")
	if c.grants {
		for i := range m.perm.grants {
			m.addRule(&m.perm.grants[i].rule, c.guard, onGrant, "")
		}
	}
	m.add(m.perm.visitor, 0, anyUser, "")
}

func (m *stepList) add(list []rule, guard uint64, only onlyIf, team role.Name) {
	for i := range list {
		m.addRule(&list[i], guard, only, team)
	}
}

func (m *stepList) addRule(r *rule, guard uint64, only onlyIf, team role.Name) {
	m.steps = append(m.steps, step{
		rule: r, granted: ruleOutcome(usher.ReasonGranted, r, r.hide), need: r.need | guard, team: team,
		parties: r.parties, scope: r.scope, only: only,
	})
}

// mayForbid reports whether a rule under never or a built-in protection can forbid the
// permission to users of a class.
func (m *perm) mayForbid(p *Policy, c *class) bool {
	holder := c.role == p.unique
	return len(m.never) > 0 || m.protection.forbidsAll(holder) || m.protection.keepsHolder(holder)
}

// fix finds the outcome that no user and no resource changes.
func (m *stepList) fix() {
	switch {
	case len(m.steps) == 0:
		m.fixed = permOutcome(usher.ReasonNoPermission, m.perm)
	case m.steps[0].isUnlimited():
		m.fixed = m.steps[0].granted
	}
}

// isUnlimited reports whether the step grants everything.
func (s *step) isUnlimited() bool {
	return s.scope == syntax.ScopeAny && s.need == 0 && s.hides() == 0 && s.only == anyUser
}

func (m *stepList) isSmall() bool {
	var atoms uint64
	for i := range m.steps {
		s := &m.steps[i]
		if s.need != 0 || s.hides() != 0 || s.only != anyUser || s.scope == scopeJoined || s.rule.atom&atoms != 0 {
			return false
		}
		atoms |= s.rule.atom
	}
	return true
}

// matchSmall evaluates the steps of a small list, and returns the outcome.
func (s *evalContext) matchSmall(m *stepList) outcome {
	for i := range m.steps {
		t := &m.steps[i]
		yes := t.scope == syntax.ScopeAny
		if !yes && s.resource != nil {
			yes, _ = s.scope(t.scope, t.parties, t.team)
		}
		if yes {
			return t.granted
		}
	}
	return m.missed
}

// match evaluates the steps, and returns the outcome.
func (q *evaluation) match(m *stepList) outcome {
	var granted, unmet, outOfScope *step
	var hidden uint64
	for i := range m.steps {
		t := &m.steps[i]
		if t.only != anyUser && !q.counts(t) {
			continue
		}
		if t.scope != syntax.ScopeAny {
			if yes, _ := q.reaches(t.rule, t.team); !yes {
				if outOfScope == nil {
					outOfScope = t
				}
				continue
			}
		}
		if t.need != 0 {
			q.evalConditions(t.need)
			if q.holds&t.need != t.need {
				if unmet == nil {
					unmet = t
				}
				continue
			}
		}
		if granted == nil {
			granted, hidden = t, t.hides()
		}
		if hidden &= t.hides(); hidden == 0 {
			break // a later step is not named and shows no more
		}
	}
	switch {
	case granted != nil:
		return ruleOutcome(usher.ReasonGranted, granted.rule, hidden)
	case unmet != nil:
		return ruleOutcome(usher.ReasonConditionUnmet, unmet.rule, unmet.need&^q.holds)
	case outOfScope != nil:
		return ruleOutcome(usher.ReasonOutOfScope, outOfScope.rule, 0)
	}
	return permOutcome(usher.ReasonNoPermission, m.perm)
}

// counts reports whether a step counts for the user, and on the resource.
func (q *evaluation) counts(s *step) bool {
	if s.only == onHere {
		return q.holdsHere(s.rule)
	}
	name := q.p.written[s.rule.written].who
	for i := range q.user.Grants {
		if g := &q.user.Grants[i]; g.Name == name && q.lasts(g) {
			return true
		}
	}
	return false
}
