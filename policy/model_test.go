package policy_test

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// decide follows the prose of the design, sentence by sentence.
//
// "Bundles asked for are decided permission by permission in file order: allowed if all are;
// the reason is the first denial's; what is hidden is the union. The resource goes to those of
// its own type, the others are asked without one."
func (m model) decide(r usher.Request) (verdict, error) {
	all := verdict{reason: usher.ReasonGranted}
	perms := m.permissions(r.Permission.String())
	for _, perm := range perms {
		q := &evaluation{m, r, perm, m.resource(perm), m.w.users[r.Subject], cmp.Or(r.Time, m.w.now)}
		if r.Subject == "" {
			q.user = nil // "An empty id refers to no user."
		}
		if r.Resource != nil && r.Resource.Ref().Type != q.on.Name.Text {
			q.Resource = nil
		}
		one := q.decide()
		if one.reason != usher.ReasonGranted {
			return one, m.faults(r)
		}
		all.hidden = append(all.hidden, one.hidden...)
		if len(perms) == 1 {
			all.named = one.named
		}
	}
	slices.Sort(all.hidden)
	all.hidden = slices.Compact(all.hidden)
	return all, m.faults(r)
}

// "In this order; the first that applies decides."
func (q *evaluation) decide() verdict {
	switch {
	case q.user == nil:
		return q.visit(verdict{reason: usher.ReasonUnknownUser})
	case q.user.Status != usher.Active:
		return q.visit(verdict{reason: usher.ReasonInactive})
	}
	if unknown := q.forbidden(); unknown != nil {
		return verdict{reason: usher.ReasonForbidden, unknown: unknown}
	}
	return q.evalRules(append(q.rules(), q.matchRules("visitor", nil, nil)...))
}

// "A subject who is not in the account, or not active, and a request that is marked as a visitor's
// have only the rules of visitor. If none of them matches, the request is denied. A request with
// neither a subject nor the mark is always denied." "never still forbids."
func (q *evaluation) visit(denied verdict) verdict {
	if q.Subject == "" && !q.Visitor {
		return denied
	}
	if q.user == nil {
		q.user = &policy.User{} // "holds no seat and has no feature"
	}
	v := q.evalRules(q.matchRules("visitor", nil, nil))
	if v.reason != usher.ReasonGranted {
		return denied
	}
	if unknown := q.forbidden(); unknown != nil {
		return verdict{reason: usher.ReasonForbidden, unknown: unknown}
	}
	return v
}

// "If several rules match, the decision names one, chosen by fewest hidden fields, then by source
// (account role, role beside, team role, role on a resource, everyone, grant, visitor), then by name and text."
func (q *evaluation) evalRules(rules []held) verdict {
	hides := func(rule held) int {
		return len(slices.Compact(slices.Sorted(slices.Values(q.fields(rule.Hiding)))))
	}
	first := func(a, b held) int { return cmp.Or(cmp.Compare(hides(a), hides(b)), a.named.compare(b.named)) }
	rules = slices.SortedStableFunc(slices.Values(rules), first)
	v := verdict{reason: usher.ReasonNoPermission}
	better := func(reason usher.Reason, rule held) {
		if reason < v.reason {
			v.reason, v.named = reason, rule.named
		}
	}
	for _, rule := range rules {
		var failed []string
		for _, t := range rule.If {
			if !q.holds(t, false) {
				failed = append(failed, t.String())
			}
		}
		switch hides := q.fields(rule.Hiding); {
		case !q.reaches(rule, false):
			better(usher.ReasonOutOfScope, rule)
		case failed != nil:
			better(usher.ReasonConditionUnmet, rule)
			v.unmet = append(v.unmet, failed)
		case v.reason != usher.ReasonGranted:
			better(usher.ReasonGranted, rule)
			v.hidden = hides
		default: // "what is hidden is what all of them hide"
			v.hidden = slices.DeleteFunc(v.hidden, func(f string) bool { return !slices.Contains(hides, f) })
		}
	}
	return v
}

// "a never rule matches; or, built in, user.delete, user.set-role, user.set-status, user.leave with
// the unique holder among the users, by anyone; user.edit-sign-in with the unique holder among the
// users, by anyone else; or account.transfer by anyone but the holder"
//
// "A policy without a unique role has no holder: it protects no user in this way, and no user may
// transfer."
//
// For each rule that forbids, forbidden returns the unknown conditions.
func (q *evaluation) forbidden() (unknown [][]string) {
	for _, rule := range q.never() {
		fails := func(t syntax.Test) bool { return !q.holds(t, true) }
		if q.reaches(held{Rule: rule, teams: q.putIn(q.user)}, true) && !slices.ContainsFunc(rule.If, fails) {
			unknown = append(unknown, q.unknown(rule.If))
		}
	}
	users, known := q.party("user")
	protected := false
	maybe := q.hasHolder() && !known
	switch q.perm {
	case "user.delete", "user.set-role", "user.set-status", "user.leave":
		protected = maybe || slices.ContainsFunc(users, q.isHolder)
	case "user.edit-sign-in": // "the holder's own requests are the exception"
		protected = !q.isHolder(string(q.Subject)) && (maybe || slices.ContainsFunc(users, q.isHolder))
	case "account.transfer":
		protected = !q.isHolder(string(q.Subject))
	}
	if protected {
		unknown = append(unknown, nil)
	}
	return unknown
}

func (q *evaluation) unknown(tests []syntax.Test) (names []string) {
	for _, t := range tests {
		if q.holds(t, true) && !q.holds(t, false) {
			names = append(names, t.Name.Text)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// "account role with includes, roles beside, team roles, everyone, grants"; what the account role
// requires "holds for everything the user does".
func (q *evaluation) rules() []held {
	guard, put := q.requires(string(q.user.Role)), q.putIn(q.user)
	rules := append(q.matchRules(string(q.user.Role), nil, put), q.matchRules("everyone", guard, put)...)
	for _, name := range q.user.Beside {
		if q.role(string(name)).Beside { // "A role that the policy does not declare as such a role gives nothing."
			rules = append(rules, q.matchRules(string(name), guard, put)...)
		}
	}
	for name, teams := range q.teamRoles() {
		rules = append(rules, q.matchRules(name, guard, teams)...)
	}
	for _, r := range q.doc.Roles {
		if r.OnResource.Text != "" {
			rules = append(rules, q.heldHere(&r, q.matchRules(r.Name.Text, guard, put))...)
		}
	}
	for _, grant := range q.user.Grants {
		if q.lasts(grant) && slices.Contains(q.permissions(grant.Name), q.perm) {
			rules = append(rules, held{syntax.Rule{Scope: syntax.ScopeAny, If: guard}, put, named{source: usher.SourceGrant, who: grant.Name, text: "any"}})
		}
	}
	return rules
}

// matchRules returns the rules of the holders of a role, of everyone or of visitors.
func (q *evaluation) matchRules(name string, guard []syntax.Test, teams []usher.TeamID) (rules []held) {
	holder := ""
	if q.role(name).Name.Text != "" {
		holder = name
	}
	return q.reached(name, holder, guard, teams)
}

// "a rule reached through includes carries the requires of every role on the way"
func (q *evaluation) reached(name, holder string, guard []syntax.Test, teams []usher.TeamID) (rules []held) {
	guard = slices.Concat(guard, q.requires(name))
	for _, rule := range q.cell(name) {
		text := rule.String()
		if rule.Pos == all {
			text = "all"
		}
		rule.If = slices.Concat(guard, rule.If)
		rules = append(rules, held{rule, teams, named{q.sourceOf(name), name, text, holder}})
	}
	for _, included := range q.role(name).Includes {
		rules = append(rules, q.reached(included.Text, holder, guard, teams)...)
	}
	return rules
}

// reaches reports whether all scopes match, or with not do not match.
func (q *evaluation) reaches(rule held, ifUnknown bool) bool {
	for _, t := range rule.Terms() {
		matches, known := q.matches(t, rule.teams)
		if known && matches == t.Not || !known && !ifUnknown {
			return false
		}
	}
	return true
}

// matches reports whether a scope matches, and whether that is known: "for unknown parties, neither
// the scope nor its not matches; under never, both do".
func (q *evaluation) matches(t syntax.Term, onTeams []usher.TeamID) (yes, known bool) {
	if t.Above {
		return q.matchesAbove(t, onTeams)
	}
	users, teams, known := q.considered(t.As)
	me := string(q.Subject)
	mine := func(team string) bool { return slices.Contains(q.belongs(me), usher.TeamID(team)) }
	isHeldOn := func(t usher.TeamID) bool { return slices.Contains(onTeams, t) }
	usersTeams := func(t usher.TeamID) bool { return slices.ContainsFunc(q.above(t), isHeldOn) }
	so := 0
	for _, u := range users {
		if u == me && u != "" || slices.ContainsFunc(q.belongs(u), usersTeams) {
			so++
		}
	}
	for _, t := range teams {
		if usersTeams(usher.TeamID(t)) {
			so++
		}
	}
	switch {
	case t.Scope == syntax.ScopeAny:
		return true, true
	case !known:
		return false, false
	case t.Scope == syntax.ScopeOwn:
		return me != "" && slices.Contains(users, me) || slices.ContainsFunc(teams, mine), true
	case t.Scope == syntax.ScopeSole:
		return me != "" && slices.Equal(slices.Compact(users), []string{me}) && len(teams) == 0, true
	case t.Scope == syntax.ScopeTeam:
		return so > 0 && so == len(users)+len(teams), true
	default:
		return so > 0, true
	}
}
