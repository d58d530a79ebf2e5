package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// satisfyScopes adds the steps that bring the resource within one of the scopes of a rule, or
// out of a negated one. The search combines them if several scopes fail.
func (m *remedyFinder) satisfyScopes(r *rule, team role.Name) {
	if m.resource == nil {
		return
	}
	var one [1]term
	for _, t := range m.res.termsOf(r.extent, &one) {
		if t.scope == syntax.ScopeHere {
			if !m.holdsHere(r) {
				m.gainRoleHere(r)
			}
			continue
		}
		switch yes, known := m.term(&t, team); {
		case known && yes != t.not:
		case t.not:
			m.leaveScope(t)
		default:
			m.satisfyScope(r, t)
		}
	}
}

// leaveScope adds the steps after which the subject is not among the parties of a negated
// scope. Without teams, that is enough.
func (m *remedyFinder) leaveScope(t term) {
	me := string(m.subject)
	for i, p := range m.res.parties {
		if p.teams || t.parties&(1<<i) == 0 {
			continue
		}
		ids, known := m.party(i)
		if !known || !slices.Contains(ids, me) {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == me })
		m.add("not be "+a(p.name), 3, usher.Step{Kind: usher.StepParty, Name: p.name, IDs: others})
	}
}

// satisfyScope adds the steps that bring the resource within a scope of a rule.
func (m *remedyFinder) satisfyScope(r *rule, t term) {
	if t.scope != syntax.ScopeSole {
		m.joinTeams(r, t)
	}
	me := string(m.subject)
	for i, p := range m.res.parties {
		if p.teams || t.parties&(1<<i) == 0 {
			continue
		}
		ids, known := m.party(i)
		if !known {
			continue
		}
		if t.scope == syntax.ScopeSole || t.scope == syntax.ScopeTeam {
			m.add("be the only "+p.name, 3, m.makeSole(t.parties, i)...)
		} else if !slices.Contains(ids, me) {
			m.add("be "+a(p.name), 3, usher.Step{Kind: usher.StepParty, Name: p.name, IDs: append(slices.Clip(ids), me)})
		}
	}
}

// makeSole makes the subject the only party among those that a rule considers.
func (m *remedyFinder) makeSole(parties uint16, as int) []usher.Step {
	steps := []usher.Step{{Kind: usher.StepParty, Name: m.res.parties[as].name, IDs: []string{string(m.subject)}}}
	for i, p := range m.res.parties {
		if i == as || parties&(1<<i) == 0 {
			continue
		}
		if ids, known := m.party(i); !known || len(ids) > 0 {
			steps = append(steps, usher.Step{Kind: usher.StepParty, Name: p.name, Teams: p.both && p.teams})
		}
	}
	return steps
}

// joinTeams adds the subject to teams of the parties.
func (m *remedyFinder) joinTeams(r *rule, t term) {
	if source := m.p.written[r.written].source; source == usher.SourceTeamRole && t.scope != syntax.ScopeOwn {
		return // gainTeamRole adds the role on these teams
	}
	for _, id := range m.teamsOf(t.parties) {
		if !m.belongs(m.user, id) {
			m.add("be in team "+printable.Word(id), 4, usher.Step{Kind: usher.StepTeam, Team: id})
		}
	}
}
