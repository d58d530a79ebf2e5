package policy_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// owned is a rule of a user at a moment, as the slow model of the ceiling has it.
type owned struct {
	perm       string
	source     usher.Source
	written    usher.Source // as decisions name it: an account role can have a rule of a role beside
	matchRules string       // the role beside, the team role or grant; "" for the account role and everyone
	who        string       // the role or grant that the rule is written for
	text       string
	scopes     []ownedScope
	tests      []syntax.Test // including those that roles require
	hides      []string      // fields
	teams      []usher.TeamID
}

// ownedScope is a scope of a rule with the parties that it looks at.
type ownedScope struct {
	not   bool
	scope syntax.Scope
	as    []string
	above []string // the parties on each container; none without "or above"
}

// ceilingModel is the slow model of the ceiling, written after the prose of FORMAT.md. The actor
// sends a command in the world; moment is the time at which users are compared.
type ceilingModel struct {
	model
	by      *policy.User
	context usher.Context
	now     time.Time
	moment  time.Time
	seats   map[string]bool // pools whose conditions are decided: held, or not held
}

// fact returns the condition of a test.
func (m ceilingModel) fact(t syntax.Test) syntax.Condition {
	i := slices.IndexFunc(m.doc.Conditions, func(c syntax.Condition) bool { return c.Name.Text == t.Name.Text })
	return m.doc.Conditions[i]
}

func (m ceilingModel) says(t syntax.Test) string {
	c := m.fact(t)
	return strings.Join([]string{map[bool]string{true: "not"}[t.Not], c.Kind.String(), c.Of.Text}, " ")
}

func (m ceilingModel) among(t syntax.Test, tests []syntax.Test) bool {
	return slices.ContainsFunc(tests, func(o syntax.Test) bool { return m.says(t) == m.says(o) })
}

// fails reports whether a test is decided for the user and false: a feature, or a seat that the
// command releases.
func (m ceilingModel) fails(t syntax.Test, u *policy.User) bool {
	switch c := m.fact(t); c.Kind {
	case syntax.OnFeature:
		held := slices.ContainsFunc(u.Grants, func(g policy.Grant) bool {
			return g.Name == c.Of.Text && (g.Until.IsZero() || m.moment.Before(g.Until))
		})
		return held == t.Not
	case syntax.OnSeat:
		held, decided := m.seats[c.Of.Text]
		return decided && held == t.Not
	default:
		return false
	}
}

func (m ceilingModel) failsOne(tests []syntax.Test, u *policy.User) bool {
	if u == nil {
		u = &policy.User{}
	}
	return slices.ContainsFunc(tests, func(t syntax.Test) bool { return m.fails(t, u) })
}

// rules returns the rules of a user at the moment; if open is set, also those that a feature, or its
// absence, excludes.
func (m ceilingModel) rules(u *policy.User, open bool) (rules []owned) {
	in := u != nil
	if !in {
		u = &policy.User{} // a requester who is not in the account
	}
	for _, perm := range everyPermission(m.doc) {
		q := &evaluation{m.model, usher.Request{}, perm, m.resource(perm), u, m.moment}
		written := m.from(q, usher.SourceVisitor, "", "visitor", nil, nil)
		if in {
			written = append(written, m.written(q)...)
		}
		for _, r := range written {
			if open || !m.failsOne(r.tests, u) {
				rules = append(rules, r)
			}
		}
	}
	return rules
}

func (m ceilingModel) written(q *evaluation) (rules []owned) {
	u, put := q.user, q.putIn(q.user)
	guard := m.requires(string(u.Role))
	rules = m.from(q, usher.SourceRole, "", string(u.Role), nil, put)
	rules = append(rules, m.from(q, usher.SourceEveryone, "", "everyone", guard, put)...)
	for _, name := range u.Beside {
		if m.role(string(name)).Beside {
			rules = append(rules, m.from(q, usher.SourceBeside, string(name), string(name), guard, put)...)
		}
	}
	for name, teams := range q.teamRoles() {
		if m.role(name).OnTeam {
			rules = append(rules, m.from(q, usher.SourceTeamRole, name, name, guard, teams)...)
		}
	}
	for _, g := range u.Grants {
		if (g.Until.IsZero() || m.moment.Before(g.Until)) && slices.Contains(m.permissions(g.Name), q.perm) {
			rules = append(rules, owned{
				perm: q.perm, source: usher.SourceGrant, written: usher.SourceGrant, matchRules: g.Name, who: g.Name, text: "any", scopes: []ownedScope{{scope: syntax.ScopeAny}}, tests: guard,
			})
		}
	}
	return rules
}

// "a rule reached through includes carries the requires of every role on the way"
func (m ceilingModel) from(q *evaluation, source usher.Source, matchRules, who string, guard []syntax.Test, teams []usher.TeamID) (rules []owned) {
	guard = slices.Concat(guard, m.requires(who))
	cell := q.cell(who)
	for i, rule := range cell {
		r := owned{
			perm: q.perm, source: source, written: source, matchRules: matchRules, who: who, text: rule.String(),
			tests: slices.Concat(guard, rule.If), hides: q.fields(rule.Hiding), teams: teams,
		}
		if m.role(who).Beside {
			r.written = usher.SourceBeside
		}
		if m.role(who).All && q.perm != "user.delegate" && i == len(cell)-1 {
			r.text = "all"
		}
		for _, t := range rule.Terms() {
			s := ownedScope{not: t.Not, scope: t.Scope, above: m.levels(q.on, t)}
			for _, p := range q.on.Parties {
				named := slices.ContainsFunc(t.As, func(n syntax.Name) bool { return n.Text == p.Name.Text })
				if len(t.As) == 0 || named {
					s.as = append(s.as, p.Name.Text)
				}
			}
			r.scopes = append(r.scopes, s)
		}
		rules = append(rules, r)
	}
	for _, included := range m.role(who).Includes {
		rules = append(rules, m.from(q, source, matchRules, included.Text, guard, teams)...)
	}
	return rules
}

// wider are the pairs of scopes of which the first is as wide as the second, over the same
// parties: "the same; or any; or sole < own, sole < team < shared".
var wider = []string{"own sole", "team sole", "shared sole", "shared team"}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// asFar reports whether a reaches every resource that b reaches: "its scope is as wide […]; for team
// roles also: a's teams contain b's".
func (m ceilingModel) asFar(a, b owned) bool {
	if a.perm != b.perm {
		return false
	}
	for _, s := range a.scopes {
		follows := slices.ContainsFunc(b.scopes, func(t ownedScope) bool {
			return s.not == t.not && (s.not && t.asWide(s) || !s.not && s.asWide(t))
		})
		if s.scope != syntax.ScopeAny && !follows {
			return false
		}
	}
	if a.scopes[0].scope == syntax.ScopeAny && len(a.scopes) == 1 {
		return true
	}
	atTeams := slices.ContainsFunc(b.scopes, func(s ownedScope) bool { return !s.not && s.atTeams() })
	notAtTeams := slices.ContainsFunc(b.scopes, func(s ownedScope) bool { return s.not && s.atTeams() })
	onTeams := a.source == usher.SourceTeamRole || b.source == usher.SourceTeamRole
	return !onTeams || (!atTeams || m.inside(b.teams, a.teams)) && (!notAtTeams || m.inside(a.teams, b.teams))
}

// inside reports whether each team is one of others, or below one.
func (m ceilingModel) inside(teams, others []usher.TeamID) bool {
	return !slices.ContainsFunc(teams, func(t usher.TeamID) bool {
		above := (&evaluation{model: m.model}).above(t)
		return !slices.ContainsFunc(others, func(has usher.TeamID) bool { return t == has || slices.Contains(above, has) })
	})
}

// asWide reports whether s matches wherever t does.
func (s ownedScope) asWide(t ownedScope) bool {
	onContainers := len(t.above) == 0 || slices.Equal(s.above, t.above)
	return onContainers && subset(s.as, t.as) && subset(t.as, s.as) && (s.scope == t.scope || slices.Contains(wider, s.scope.String()+" "+t.scope.String()))
}

func (s ownedScope) atTeams() bool {
	return s.scope == syntax.ScopeTeam || s.scope == syntax.ScopeShared
}

// gained returns the rules that a user has after a command and not before, source by source. If a
// never rule stopped the user before and no longer does, all rules for the permission count. Model
// was is for the user before, model is for the user after.
func gained(was, is ceilingModel, before, after *policy.User) (rules []owned) {
	had := was.rules(before, false)
	for _, b := range is.rules(after, false) {
		covered := slices.ContainsFunc(had, func(a owned) bool {
			return a.source == b.source && a.matchRules == b.matchRules && was.asFar(a, b) && subset(a.hides, b.hides) &&
				!slices.ContainsFunc(a.tests, func(t syntax.Test) bool { return !was.decides(t) && !was.among(t, b.tests) })
		})
		if !covered || was.released(is, b.perm, before, after) {
			rules = append(rules, b)
		}
	}
	return rules
}

func (m ceilingModel) decides(t syntax.Test) bool {
	c := m.fact(t)
	_, seat := m.seats[c.Of.Text]
	return c.Kind == syntax.OnFeature || c.Kind == syntax.OnSeat && seat
}

func (m ceilingModel) never(perm string) []syntax.Rule {
	return (&evaluation{model: m.model, perm: perm}).never()
}

func (was ceilingModel) released(is ceilingModel, perm string, before, after *policy.User) bool {
	return slices.ContainsFunc(was.never(perm), func(n syntax.Rule) bool {
		return !was.failsOne(n.If, before) && is.failsOne(n.If, after)
	})
}

// gives returns the rules that a command would give and that the actor's rules do not cover.
func (m ceilingModel) gives(before, after *policy.User) (uncovered []owned) {
	by := m.rules(m.by, false)
	for _, b := range gained(m, m, before, after) {
		if !m.covered(b, by, after, false) {
			uncovered = append(uncovered, b)
		}
	}
	return uncovered
}

// takes reports whether a user loses a rule, or a never rule begins to stop the user.
func (m ceilingModel) takes(before, after *policy.User) bool {
	with, without := m, m
	with.seats, without.seats = map[string]bool{}, map[string]bool{}
	if after != nil && before != nil {
		for _, pool := range before.Seats {
			if !slices.Contains(after.Seats, pool) {
				with.seats[string(pool)], without.seats[string(pool)] = true, false
			}
		}
		for _, pool := range after.Seats {
			if !slices.Contains(before.Seats, pool) {
				with.seats[string(pool)], without.seats[string(pool)] = false, true
			}
		}
	}
	return len(gained(without, with, after, before)) > 0
}

// outranks returns the rules of a user's account role, and of the roles beside it, that make the user outrank the actor.
func (m ceilingModel) outranks(u *policy.User) (rules []owned) {
	by := m.rules(m.by, true)
	for _, b := range m.rules(u, true) {
		// "unless a scope without not limits it to the user's own things"
		far := !slices.ContainsFunc(b.scopes, func(s ownedScope) bool {
			return !s.not && (s.scope == syntax.ScopeOwn || s.scope == syntax.ScopeSole)
		})
		if (b.source == usher.SourceRole || b.source == usher.SourceBeside) && far && !m.covered(b, by, u, true) {
			rules = append(rules, b)
		}
	}
	return rules
}

// inPlace returns a rule of the actor as the user would have it: "in the teams that the user belongs
// to". Team roles still count on the teams of the actor.
func inPlace(a, b owned, user *policy.User) owned {
	if a.source != usher.SourceTeamRole && b.source == usher.SourceTeamRole {
		a.teams = nil
		for _, m := range user.Teams {
			a.teams = append(a.teams, m.Team)
		}
	}
	return a
}

// covered reports whether the actor's rules cover a rule b of a user.
func (m ceilingModel) covered(b owned, rules []owned, user *policy.User, rank bool) bool {
	var by []owned
	for _, a := range rules {
		if m.contradictory(a) && !m.contradictory(b) {
			continue // it never allows
		}
		needless := func(t syntax.Test) bool { return m.holdsNow(t) || m.among(t, b.tests) }
		if m.asFar(a, b) && m.asFar(inPlace(a, b, user), b) && !slices.ContainsFunc(a.tests, func(t syntax.Test) bool { return !needless(t) }) &&
			(rank || !m.stoppedAlone(a, b, user)) {
			by = append(by, a)
		}
	}
	for _, field := range (&evaluation{model: m.model, on: m.resource(b.perm)}).allFields() {
		hides := func(a owned) bool { return slices.Contains(a.hides, field) }
		if !slices.Contains(b.hides, field) && !slices.ContainsFunc(by, func(a owned) bool { return !hides(a) }) {
			return false
		}
	}
	return len(by) > 0
}

// contradictory reports whether a rule requires a condition and its opposite.
func (m ceilingModel) contradictory(r owned) bool {
	return slices.ContainsFunc(r.tests, func(t syntax.Test) bool {
		t.Not = !t.Not
		return m.among(t, r.tests)
	})
}

func (q *evaluation) allFields() (fields []string) {
	for _, g := range q.on.Fields {
		for _, f := range g.Fields {
			fields = append(fields, f.Text)
		}
	}
	return fields
}

// stoppedAlone reports whether a never rule stops the actor where rule a applies, but may let the
// user pass where rule b does.
func (m ceilingModel) stoppedAlone(a, b owned, user *policy.User) bool {
	return slices.ContainsFunc(m.never(b.perm), func(n syntax.Rule) bool {
		spared := func(t syntax.Test) bool {
			return m.fails(t, m.by) || m.failsNow(t) && !m.among(t, a.tests)
		}
		ofUser := func(t syntax.Test) bool { // the actor meets it, but the user may not, or not always
			c := m.fact(t)
			mayTurn := c.Kind == syntax.OnContext || c.Kind == syntax.OnSetting || c.Kind == syntax.OnSeat
			return mayTurn && m.among(t, a.tests) && !m.among(t, b.tests)
		}
		// "A condition that does not hold now is no way out if another never rule forbids the actor
		// because of it."
		if slices.ContainsFunc(n.If, spared) {
			return m.failsOne(n.If, user) && !m.failsOne(n.If, m.by) && slices.ContainsFunc(n.If, func(t syntax.Test) bool {
				return spared(t) && slices.ContainsFunc(m.never(b.perm), func(o syntax.Rule) bool {
					opposite := func(other syntax.Test) bool {
						x, y := m.fact(t), m.fact(other)
						return t.Not != other.Not && x.Kind == y.Kind && x.Of.Text == y.Of.Text && x.Has.Text == y.Has.Text
					}
					return slices.ContainsFunc(o.If, opposite) && !slices.ContainsFunc(o.If, spared)
				})
			})
		}
		return (m.failsOne(n.If, user) || slices.ContainsFunc(n.If, ofUser))
	})
}

// nowIs returns a fact for the actor at the time of the command.
func (m ceilingModel) nowIs(t syntax.Test) (value, known bool) {
	q := &evaluation{m.model, usher.Request{Context: m.context}, "", syntax.Resource{}, m.by, m.moment}
	switch c := m.fact(t); c.Kind {
	case syntax.OnSeat, syntax.OnSetting, syntax.OnContext, syntax.OnFeature:
		return q.fact(c)
	default:
		return false, false
	}
}

func (m ceilingModel) holdsNow(t syntax.Test) bool {
	value, known := m.nowIs(t)
	return known && value != t.Not
}

func (m ceilingModel) failsNow(t syntax.Test) bool {
	value, known := m.nowIs(t)
	return known && value == t.Not
}

// moments returns the time of the command, and all times at which a grant ends.
func (m ceilingModel) moments(users ...*policy.User) []time.Time {
	moments := []time.Time{m.now}
	for _, u := range append(users, m.by) {
		if u == nil {
			continue
		}
		for _, g := range u.Grants {
			if g.Until.After(m.now) {
				moments = append(moments, g.Until)
			}
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	return moments
}

// firstNamed returns the rule that decisions name first: "fewest hidden
// fields, then account role, role beside, team role, everyone, grant, visitor, then by name and
// text".
func firstNamed(rules []owned) owned {
	return slices.MinFunc(rules, func(a, b owned) int {
		fields := func(r owned) int {
			return len(slices.Compact(slices.Sorted(slices.Values(r.hides))))
		}
		return cmp.Or(
			cmp.Compare(fields(a), fields(b)), cmp.Compare(a.written, b.written),
			strings.Compare(a.who, b.who), strings.Compare(a.text, b.text),
		)
	})
}
