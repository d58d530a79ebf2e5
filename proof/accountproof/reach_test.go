package accountproof_test

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// held is a rule that a user has: "account role with includes and all, team roles with their
// teams, everyone, grants; conditions on features decided for that user, all others kept".
type held struct {
	perm    string
	through string // what the user holds: "role admin", "team role manager", "everyone", "grant task.read"
	written string // the rule in the policy's words, with the role that it is written for
	scope   policy.Scope
	parties []string // those that it considers
	needs   []string // conditions, as rules write them
	hides   []string // fields
	onTeams bool     // it is of a team role
	teams   []usher.TeamID
	until   time.Time // when it ends; zero: never
}

// reach returns the rules of a user at a time. A grant of the name that counts does, though it
// may have ended.
func (w *world) reach(u *user, at time.Time, counts string) (rules []held) {
	if u == nil {
		return nil
	}
	r := reader{w.book, u, at, counts}
	guard := w.book.requires(u.role)
	var in []usher.TeamID
	for id := range u.teams {
		in = append(in, id)
	}
	teamRoles := u.teamRoles()
	for _, p := range w.book.actions {
		rules = append(rules, r.through(p, u.role, nil, held{through: "role " + string(u.role), teams: in})...)
		rules = append(rules, r.cell(p, "everyone", guard, held{through: "everyone", teams: in})...)
		for name, teams := range teamRoles {
			rules = append(rules, r.through(p, name, guard, held{through: "team role " + string(name), onTeams: true, teams: teams})...)
		}
		for name, until := range u.grants {
			if r.lasts(name, until) && slices.Contains(w.book.grants[name], p.name) {
				anywhere := policy.Rule{Scope: policy.ScopeAny, If: guard}
				rules = append(rules, r.rule(p, anywhere, held{through: "grant " + name, until: until})...)
			}
		}
	}
	return rules
}

// teamRoles returns the team roles of a user, each with the teams on which it is held.
func (u *user) teamRoles() map[role.Name][]usher.TeamID {
	on := map[role.Name][]usher.TeamID{}
	for id, roles := range u.teams {
		for _, name := range roles {
			on[name] = append(on[name], id)
		}
	}
	return on
}

func (b *rulebook) requires(name role.Name) (tests []policy.Test) {
	for _, n := range b.role(name).Requires {
		tests = append(tests, policy.Test{Name: n})
	}
	return tests
}

// reader reads the rules of one user.
type reader struct {
	*rulebook
	u      *user
	at     time.Time
	counts string
}

// "A grant holds while time < until."
func (r reader) lasts(grant string, until time.Time) bool {
	return until.IsZero() || r.at.Before(until) || grant == r.counts
}

// through returns the rules of a role and of those that it includes. "A rule reached through
// includes carries the requires of every role on the way."
func (r reader) through(p action, name role.Name, guard []policy.Test, h held) []held {
	guard = slices.Concat(guard, r.requires(name))
	rules := r.cell(p, string(name), guard, h)
	if r.role(name).All { // "every permission, any scope"
		h.written = string(name) + ": all"
		rules = append(rules, r.rule(p, policy.Rule{Scope: policy.ScopeAny, If: guard}, h)...)
	}
	for _, included := range r.role(name).Includes {
		rules = append(rules, r.through(p, role.Name(included.Text), guard, h)...)
	}
	return rules
}

func (r reader) cell(p action, who string, guard []policy.Test, h held) (rules []held) {
	for _, c := range p.Cells {
		if c.Who.Text != who {
			continue
		}
		for _, rule := range c.Rules {
			h.written = who + ": " + rule.String()
			rule.If = slices.Concat(guard, rule.If)
			rules = append(rules, r.rule(p, rule, h)...)
		}
	}
	return rules
}

// rule returns one rule as the user has it, or nothing if a feature decides against it. A rule
// that needs a feature ends with it.
func (r reader) rule(p action, rule policy.Rule, h held) []held {
	h.perm, h.scope = p.name, rule.Scope
	for _, party := range p.on.Parties {
		if len(rule.As) == 0 || slices.ContainsFunc(rule.As, nameOf(party.Name.Text)) {
			h.parties = append(h.parties, party.Name.Text)
		}
	}
	for _, group := range p.on.Fields {
		for _, f := range group.Fields {
			if slices.ContainsFunc(rule.Hiding, nameOf(group.Name.Text)) {
				h.hides = append(h.hides, f.Text)
			}
		}
	}
	for _, t := range rule.If {
		i := slices.IndexFunc(r.doc.Conditions, func(c policy.Condition) bool { return c.Name.Text == t.Name.Text })
		if c := r.doc.Conditions[i]; c.Kind != policy.OnFeature {
			h.needs = append(h.needs, t.String())
			continue
		}
		until, has := r.u.grants[r.doc.Conditions[i].Of.Text]
		has = has && r.lasts(r.doc.Conditions[i].Of.Text, until)
		if has == t.Not {
			return nil
		}
		if has && (h.until.IsZero() || !until.IsZero() && until.Before(h.until)) {
			h.until = until
		}
	}
	return []held{h}
}

// covers tells whether rule a covers b: "if it is for the same permission, its conditions are a
// subset of b's, it hides nothing that b shows, and its scope is as wide".
func (w *world) covers(a, b held) bool {
	return a.perm == b.perm && subset(a.needs, b.needs) && subset(a.hides, b.hides) && w.asWide(a, b)
}

// "the same with the same as; or any; or, with the same as, sole < own, sole < team < shared;
// for team roles also: a's teams contain b's"
func (w *world) asWide(a, b held) bool {
	if a.scope == policy.ScopeAny {
		return true
	}
	wider := map[policy.Scope][]policy.Scope{
		policy.ScopeOwn:    {policy.ScopeOwn},
		policy.ScopeSole:   {policy.ScopeSole, policy.ScopeOwn, policy.ScopeTeam, policy.ScopeShared},
		policy.ScopeTeam:   {policy.ScopeTeam, policy.ScopeShared},
		policy.ScopeShared: {policy.ScopeShared},
	}
	if !slices.Equal(a.parties, b.parties) || !slices.Contains(wider[b.scope], a.scope) {
		return false
	}
	looksAtTeams := func(h held) bool { return h.scope == policy.ScopeTeam || h.scope == policy.ScopeShared }
	if looksAtTeams(a) && looksAtTeams(b) && (a.onTeams || b.onTeams) {
		return w.contain(a.teams, b.teams)
	}
	return true
}

// contain tells whether each team is one of those, or below one.
func (w *world) contain(those, teams []usher.TeamID) bool {
	for _, t := range teams {
		if !slices.ContainsFunc(w.above(t), func(id usher.TeamID) bool { return slices.Contains(those, id) }) {
			return false
		}
	}
	return true
}

func subset(some, of []string) bool {
	for _, s := range some {
		if !slices.Contains(of, s) {
			return false
		}
	}
	return true
}

// lastsAsLong tells whether a rule does not end before another one.
func lastsAsLong(a, b held) bool {
	return a.until.IsZero() || !b.until.IsZero() && !a.until.Before(b.until)
}

// "(1) a rule in the target's reach afterwards that was not in it before and that the actor's
// reach does not cover". A rule was in it if the target had that very rule through the same role
// or grant, and it covers what it has become. The grant that is given counts though it may have ended.
func (s *step) givesTooMuch(target usher.UserID, grant string) bool {
	_, too := s.gained(target, grant)
	return too && !s.byHost()
}

// gained returns the first of the rules that the target has gained, and the actor does not cover.
func (s *step) gained(target usher.UserID, grant string) (held, bool) {
	was := s.before.reach(s.before.users[target], s.time, "")
	mine := s.before.reach(s.before.users[s.actor.User()], s.time, "")
	for _, rule := range s.reach(s.users[target], s.time, grant) {
		had := func(b held) bool {
			return b.through == rule.through && b.written == rule.written && s.covers(b, rule) && lastsAsLong(b, rule)
		}
		covered := func(a held) bool { return s.covers(a, rule) && lastsAsLong(a, rule) }
		if !slices.ContainsFunc(was, had) && !slices.ContainsFunc(mine, covered) {
			return rule, true
		}
	}
	return held{}, false
}

// "(2) a rule of the target's account role that the actor's reach does not cover". How long
// rules last plays no part.
func (s *step) takesTooMuch(target usher.UserID) bool {
	if s.byHost() {
		return false
	}
	mine := s.before.reach(s.before.users[s.actor.User()], s.time, "")
	u := s.before.users[target]
	for _, rule := range s.before.reach(u, s.time, "") {
		covered := func(a held) bool { return s.covers(a, rule) }
		if rule.through == "role "+string(u.role) && !slices.ContainsFunc(mine, covered) {
			return true
		}
	}
	return false
}
