package policy

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// remedyFinder finds candidates: changes that may turn a denial into an allow. The caller
// tries each of them.
type remedyFinder struct {
	evaluation
	perm       *perm
	candidates []candidate
}

// candidates returns changes that address the reason of a denial.
func (p *Policy) candidates(w *whatIf, o outcome) []candidate {
	m := remedyFinder{perm: p.permOf(o)}
	who, err := p.lookUp(w, w.request.Subject)
	if err != nil {
		return nil
	}
	m.fill(p, w, &w.request, who, nil)
	m.switchResource(m.perm.resource, w.request.Resource)
	switch o.reason() {
	case usher.ReasonUnknownUser:
		m.addJoin()
		m.eachApplying(m.perm, m.satisfyRule)
	case usher.ReasonInactive:
		m.add("be active", 1, usher.Step{Kind: usher.StepActivate})
		m.eachApplying(m.perm, m.satisfyRule)
	case usher.ReasonForbidden:
		m.liftNever()
	default:
		m.each(m.perm, m.satisfyRule)
		m.gainTeamRole()
		m.gainBeside()
		m.gainRole()
		m.gainGrant(w.request.Permission)
	}
	return m.candidates
}

// permOf returns the permission of an outcome; for a bundle, the one that was denied.
func (p *Policy) permOf(o outcome) *perm {
	ref := int(o >> refShift & (1<<refBits - 1))
	switch o.reason() {
	case usher.ReasonForbidden, usher.ReasonConditionUnmet, usher.ReasonOutOfScope:
		return &p.perms[p.rules[ref].perm]
	}
	return &p.perms[ref]
}

func (m *remedyFinder) add(text string, cost int, steps ...usher.Step) {
	m.candidates = append(m.candidates, candidate{text: text, cost: cost, steps: steps})
}

// setTitle gives the last candidate a title, unless the title is "".
func (m *remedyFinder) setTitle(title string) {
	if title != "" && len(m.candidates) > 0 {
		m.candidates[len(m.candidates)-1].title = printable.Text(title)
	}
}

func (m *remedyFinder) addJoin() {
	if m.subject == "" {
		return
	}
	for _, r := range m.p.roles {
		switch {
		case !r.OfAccount() || r.Unique:
		case r.Default:
			m.add("join the account as "+string(r.Name), 5, usher.Step{Kind: usher.StepJoin, Name: string(r.Name)})
		default:
			m.add("join the account as "+string(r.Name), 8, usher.Step{Kind: usher.StepJoin, Name: string(r.Name)})
		}
	}
}

// liftNever inverts the conditions of never rules, and transfers ownership.
func (m *remedyFinder) liftNever() {
	if m.active() && (m.perm.protection == onlyHolder || m.perm.protection == onlyOwn) {
		m.addUnique()
	}
	for i := range m.perm.never {
		for rest := m.perm.never[i].need; rest != 0; rest &= rest - 1 {
			m.setCondition(m.res.literals[bits.TrailingZeros64(rest)], false)
		}
	}
}

// satisfyRule adds the missing scope or the missing conditions of a rule.
func (m *remedyFinder) satisfyRule(r *rule, team role.Name) {
	if m.p.written[r.written].source == usher.SourceNever {
		return
	}
	if yes, _ := m.reaches(r, team); !yes {
		m.satisfyScopes(r, team)
		return
	}
	need := m.required(r)
	m.evalConditions(need)
	for rest := need &^ m.holds; rest != 0; rest &= rest - 1 {
		m.setCondition(m.res.literals[bits.TrailingZeros64(rest)], true)
	}
}

// setCondition adds the step that makes a literal true, or false if hold is false.
func (m *remedyFinder) setCondition(l literal, hold bool) {
	c := &m.p.conditions[l.condition]
	value := l.not != hold
	before := len(m.candidates)
	m.setFact(c, value)
	switch title := m.p.settingTitles[c.of]; {
	case len(m.candidates) == before:
	case value && c.title != "":
		m.setTitle(c.title)
	case c.kind == syntax.OnSetting && title != "":
		m.setTitle("the setting " + title + " " + onOff(value))
	}
}

// setFact adds the step that sets the fact of a condition.
func (m *remedyFinder) setFact(c *condition, value bool) {
	switch c.kind {
	case syntax.OnSeat:
		if value && m.mayHoldSeat(seat.PoolName(c.of)) && !slices.Contains(m.user.Seats, seat.PoolName(c.of)) {
			m.add("a seat in "+c.of, 2, usher.Step{Kind: usher.StepSeat, Name: c.of})
		}
	case syntax.OnFeature:
		if value && m.class.role != noRole && !m.p.roles[m.class.role].NoGrants {
			m.add("the feature "+c.of, 2, usher.Step{Kind: usher.StepGrant, Name: c.of})
		}
	case syntax.OnSetting:
		m.add("the setting "+c.of+" "+onOff(value), 3, usher.Step{Kind: usher.StepSetting, Name: c.of, Value: value})
	case syntax.OnContext:
		if c.of == usher.Acting {
			return // another user has to send the request
		}
		m.add("a request with "+c.of+" "+trueFalse(value), 1, usher.Step{Kind: usher.StepContext, Name: c.of, Value: value})
	case syntax.OnAttribute:
		if m.resource != nil {
			m.add(a(m.res.name)+" with "+c.of+" "+trueFalse(value), 3, usher.Step{Kind: usher.StepAttribute, Name: c.of, Value: value})
		}
	case syntax.OnParty:
		if !value && m.resource != nil && m.res.party(c.of) >= 0 {
			m.add(a(m.res.name)+" without "+a(c.of), 3, m.emptied(c.of)...)
		}
	case syntax.OnHas:
		if !value && m.resource != nil {
			m.withoutHolders(c)
		}
	}
}

func (m *remedyFinder) mayHoldSeat(name seat.PoolName) bool {
	pool, ok := m.p.Pool(name)
	if m.class.role == noRole {
		return false
	}
	rule, _ := m.p.SeatRule(m.user, name)
	return ok && rule != role.SeatNone && pool.Holds.Has(m.user.Status)
}

// withoutHolders adds the step that removes the users with a role from a party.
func (m *remedyFinder) withoutHolders(c *condition) {
	at := m.res.party(c.of)
	if at < 0 || m.res.parties[at].teams || forCommands(m.perm.name) {
		return // a command about another user is another command
	}
	ids, known := m.party(at)
	if !known {
		return
	}
	held := m.p.roles[c.role].Name
	rest := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		user, err := m.facts.User(usher.UserID(id))
		return id != "" && err == nil && user != nil && user.holds(held)
	})
	m.add(a(m.res.name)+" without "+a(c.of)+" with the role "+string(held), 3, usher.Step{Kind: usher.StepParty, Name: c.of, IDs: rest})
}

// emptied returns the steps that remove all users and teams from a party.
func (m *remedyFinder) emptied(name string) (steps []usher.Step) {
	for _, p := range m.res.parties {
		if p.name == name {
			steps = append(steps, usher.Step{Kind: usher.StepParty, Name: name, Teams: p.both && p.teams})
		}
	}
	return steps
}

// teamsOf returns some teams among the parties, and of the users among the parties, sorted.
func (m *remedyFinder) teamsOf(parties uint16) []usher.TeamID {
	var teams []usher.TeamID
	for i, p := range m.res.parties {
		if parties&(1<<i) == 0 {
			continue
		}
		ids, _ := m.party(i)
		for _, id := range ids[:min(len(ids), 2*maxTeams)] {
			if p.teams {
				teams = append(teams, usher.TeamID(id))
				continue
			}
			if id == "" {
				continue // it refers to no user
			}
			user, err := m.facts.User(usher.UserID(id))
			if err != nil || user == nil {
				continue
			}
			for _, member := range user.Teams {
				teams = append(teams, member.Team)
			}
		}
	}
	slices.Sort(teams)
	teams = slices.Compact(teams)
	if len(teams) > 0 && teams[0] == "" {
		teams = teams[1:] // an empty id refers to no team
	}
	return teams[:min(len(teams), maxTeams)]
}

func (m *remedyFinder) gainTeamRole() {
	if m.p.roles[m.class.role].NoTeamRoles {
		return
	}
	for i, r := range m.p.roles {
		if !r.OnTeam || len(m.perm.byRole[i]) == 0 {
			continue
		}
		teams := m.teamsOf(1<<len(m.res.parties) - 1)
		if len(teams) == 0 { // the rules reach any resource, so every team is a candidate
			for _, member := range m.user.Teams[:min(len(m.user.Teams), maxTeams)] {
				teams = append(teams, member.Team)
			}
			for _, m := range m.user.Outside[:min(len(m.user.Outside), maxTeams)] {
				teams = append(teams, m.Team)
			}
		}
		for _, id := range teams {
			if id != "" && !m.holdsOn(r.Name, id) {
				m.add("role "+string(r.Name)+" on team "+printable.Word(id), 4, usher.Step{Kind: usher.StepTeamRole, Name: string(r.Name), Team: id})
			}
		}
	}
}

func (m *remedyFinder) holdsOn(name role.Name, id usher.TeamID) bool {
	for on, held := range m.p.teamRoles(m.user) {
		if on == id && m.p.roles[held].Name == name {
			return true
		}
	}
	return false
}

func (m *remedyFinder) gainBeside() {
	for i, r := range m.p.roles {
		if r.Beside && len(m.perm.byRole[i]) > 0 && !slices.Contains(m.user.Beside, r.Name) {
			m.add("role "+string(r.Name)+" beside", 5, usher.Step{Kind: usher.StepBeside, Name: string(r.Name)})
		}
	}
}

func (m *remedyFinder) gainRole() {
	for i, r := range m.p.roles {
		switch {
		case !r.OfAccount() || i == m.class.role || m.class.role == m.p.unique:
		case r.Unique:
			m.addUnique()
		case len(m.perm.byRole[i]) > 0 || m.class.guard != 0:
			m.add("role "+string(r.Name), 6, usher.Step{Kind: usher.StepRole, Name: string(r.Name)})
		}
	}
}

// addUnique costs most: the present holder must transfer ownership.
func (m *remedyFinder) addUnique() {
	name := string(m.p.roles[m.p.unique].Name)
	m.add("role "+name+", handed over by the present "+name, 20, usher.Step{Kind: usher.StepRole, Name: name})
}

func (m *remedyFinder) gainGrant(asked permission.Permission) {
	if !m.p.roles[m.class.role].NoGrants && !slices.ContainsFunc(m.user.Grants, func(g Grant) bool { return g.Name == asked.String() && m.lasts(&g) }) {
		m.add("a grant of "+asked.String(), 5, usher.Step{Kind: usher.StepGrant, Name: asked.String()})
		if title := m.p.permTitles[m.perm.index]; title != "" && asked == m.perm.name {
			m.setTitle("the permission to " + title)
		}
	}
}

// a returns a name with its indefinite article.
func a(name string) string {
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func onOff(v bool) string {
	if v {
		return "on"
	}
	return "off"
}

func trueFalse(v bool) string {
	if v {
		return "true"
	}
	return "false"
}
