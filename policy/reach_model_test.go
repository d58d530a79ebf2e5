package policy_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// owned is a rule in a reach, as the slow model has it.
type owned struct {
	perm    string
	source  usher.Source
	through string // the account role, team role or grant that the user holds; "" for everyone
	who     string // for whom the rule is written
	place   int    // which of the rules there are for that one
	text    string
	scope   policy.Scope
	as      []string // the parties considered
	needs   []string // conditions, but for those on features
	lacks   []lack   // features that are to end
	hides   []string // fields
	teams   []usher.TeamID
	until   time.Time // zero: for good
}

// lack is the opposite of a condition on a feature, which will hold once that has ended.
type lack struct {
	condition string
	from      time.Time
}

// reachModel answers as the prose of the design does.
type reachModel struct {
	model
	at time.Time
}

// "A user's reach is the set of their rules: account role with includes and all, team roles with
// their teams, everyone, grants; conditions on features decided for that user, all others kept as
// symbols." For a reach of the role alone it ends after the first.
func (m reachModel) reach(u *policy.User, whole bool) (rules []owned) {
	if u == nil {
		return nil
	}
	for _, perm := range everyPermission(m.doc) {
		q := &question{m.model, usher.Request{}, perm, m.resource(perm), u, m.at}
		for _, rule := range m.written(q, whole) {
			if rule.decide(m, u) {
				rules = append(rules, rule.owned)
			}
		}
	}
	return rules
}

// undecided is a rule with all that it needs.
type undecided struct {
	owned
	tests []policy.Test
}

func (m reachModel) written(q *question, whole bool) (rules []undecided) {
	u, put := q.user, q.putIn(q.user)
	rules = m.from(q, usher.SourceRole, string(u.Role), string(u.Role), nil, put)
	if !whole {
		return rules
	}
	// "requires guards the holder: an account role's holds for everything the user does (cells,
	// team roles, everyone, grants)"
	guard := m.requires(string(u.Role))
	rules = append(rules, m.from(q, usher.SourceEveryone, "", "everyone", guard, put)...)
	for name, teams := range q.teamRoles() {
		if m.role(name).OnTeam {
			rules = append(rules, m.from(q, usher.SourceTeamRole, name, name, guard, teams)...)
		}
	}
	for _, g := range u.Grants {
		if m.lasts(g) && slices.Contains(m.permissions(g.Name), q.perm) {
			rules = append(rules, undecided{owned{
				perm: q.perm, source: usher.SourceGrant, through: g.Name, who: g.Name, text: "any", scope: policy.ScopeAny, until: g.Until,
			}, guard})
		}
	}
	return rules
}

// "a rule reached through includes carries the requires of every role on the way"
func (m reachModel) from(q *question, source usher.Source, through, who string, guard []policy.Test, teams []usher.TeamID) (rules []undecided) {
	guard = slices.Concat(guard, m.requires(who))
	for i, rule := range q.cell(who) {
		r := undecided{owned{
			perm: q.perm, source: source, through: through, who: who, place: i, text: rule.String(),
			scope: rule.Scope, hides: q.fields(rule.Hiding), teams: teams,
		}, slices.Concat(guard, rule.If)}
		if m.role(who).All && i == len(q.cell(who))-1 {
			r.text = "all"
		}
		for _, p := range q.on.Parties {
			named := slices.ContainsFunc(rule.As, func(n policy.Name) bool { return n.Text == p.Name.Text })
			if len(rule.As) == 0 || named {
				r.as = append(r.as, p.Name.Text)
			}
		}
		rules = append(rules, r)
	}
	for _, included := range m.role(who).Includes {
		rules = append(rules, m.from(q, source, through, included.Text, guard, teams)...)
	}
	return rules
}

func (m reachModel) lasts(g policy.Grant) bool {
	return m.at.IsZero() || g.Until.IsZero() || m.at.Before(g.Until)
}

// decide sorts out what the features of a user decide; false means that the rule is none of
// theirs.
func (r *undecided) decide(m reachModel, u *policy.User) bool {
	for _, t := range r.tests {
		i := slices.IndexFunc(m.doc.Conditions, func(c policy.Condition) bool { return c.Name.Text == t.Name.Text })
		if m.doc.Conditions[i].Kind != policy.OnFeature {
			r.needs = append(r.needs, t.String())
			continue
		}
		held, last := false, time.Time{}
		for _, g := range u.Grants {
			if g.Name != m.doc.Conditions[i].Of.Text || !m.lasts(g) {
				continue
			}
			if !held || g.Until.IsZero() || !last.IsZero() && g.Until.After(last) {
				last = g.Until
			}
			held = true
		}
		if held == t.Not {
			if !held || !m.at.IsZero() || last.IsZero() {
				return false
			}
			r.lacks = append(r.lacks, lack{t.Name.Text, last})
		}
		if !t.Not && !last.IsZero() && (r.until.IsZero() || last.Before(r.until)) {
			r.until = last
		}
	}
	return true
}

// wider are the pairs of scopes of which the first is as wide as the second, over the same
// parties: "the same; or any; or sole < own, sole < team < shared".
var wider = []string{"own sole", "team sole", "shared sole", "shared team"}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// "Rule a covers b if it is for the same permission, its conditions are a subset of b's, it hides
// nothing that b shows, and its scope is as wide […]; for team roles also: a's teams contain b's."
// And it lasts as long, which a rule of the role alone does not ask for.
func (m reachModel) covers(a, b owned, tree, whole bool) bool {
	sameAs := subset(a.as, b.as) && subset(b.as, a.as)
	asWide := a.scope == b.scope || slices.Contains(wider, a.scope.String()+" "+b.scope.String())
	asLong := a.until.IsZero() || !b.until.IsZero() && !b.until.After(a.until)
	switch {
	case a.perm != b.perm, !subset(a.needs, b.needs), !subset(a.hides, b.hides), whole && !asLong:
		return false
	case slices.ContainsFunc(a.lacks, func(l lack) bool {
		return !slices.ContainsFunc(b.lacks, func(its lack) bool { return its.noSooner(l) })
	}):
		return false
	case a.scope == policy.ScopeAny:
		return true
	case !sameAs || !asWide:
		return false
	}
	onTeams := a.source == usher.SourceTeamRole || b.source == usher.SourceTeamRole
	if onTeams && (b.scope == policy.ScopeTeam || b.scope == policy.ScopeShared) {
		for _, t := range b.teams {
			if !slices.ContainsFunc(a.teams, func(above usher.TeamID) bool { return m.isBelow(t, above, tree) }) {
				return false
			}
		}
	}
	return true
}

func (l lack) noSooner(than lack) bool {
	return l.condition == than.condition && !l.from.Before(than.from)
}

func (m reachModel) isBelow(t, above usher.TeamID, tree bool) bool {
	return t == above || tree && slices.Contains((&question{model: m.model}).above(t), above)
}

// missing returns the rules of one reach that were not in before, and that the other one has
// nothing to cover with.
func (m reachModel) missing(by, of, before []owned, tree, whole bool) (missing []owned) {
	for _, b := range of {
		was := func(a owned) bool {
			return a.source == b.source && a.through == b.through && a.who == b.who && a.place == b.place && m.covers(a, b, tree, whole)
		}
		covered := func(a owned) bool { return m.covers(a, b, tree, whole) }
		if !slices.ContainsFunc(before, was) && !slices.ContainsFunc(by, covered) {
			missing = append(missing, b)
		}
	}
	return missing
}

// firstNamed returns of some rules the one that is named before the others: "fewest hidden
// fields, then account role, team role, everyone, grant, then by name and text".
func firstNamed(rules []owned) owned {
	return slices.MinFunc(rules, func(a, b owned) int {
		fields := func(r owned) int {
			return len(slices.Compact(slices.Sorted(slices.Values(r.hides))))
		}
		return cmp.Or(
			cmp.Compare(fields(a), fields(b)), cmp.Compare(a.source, b.source),
			strings.Compare(a.who, b.who), strings.Compare(a.text, b.text),
		)
	})
}
