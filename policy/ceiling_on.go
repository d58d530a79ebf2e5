package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// WithFacts returns the Ceiling with the facts of the account, in which the actor has an id. GivesOn
// requires them. With them, Gives and Takes of a Ceiling that Of returned also compare the rules of the
// roles that the user holds on resources. The facts must be those of the account that the actor and
// the users belong to, and implement ResourceRoles and ResourceRoleLister; otherwise no user holds
// such a role.
func (c Ceiling) WithFacts(f Facts, in usher.AccountID, actor usher.UserID) Ceiling {
	c.facts, c.in, c.id = f, in, actor
	return c
}

// Of returns the Ceiling for commands on the user with an id.
func (c Ceiling) Of(user usher.UserID) Ceiling {
	c.of = user
	return c
}

// GivesOn returns the first rule that a role on a resource gives, and that the actor's rules do not
// cover; found is false if there is none. The user is the one who gets the role, nil for the users of
// a team, of whom nothing is known.
//
// A rule of the role is about the resource, and with "or above" about everything that it contains.
// The actor covers it by a rule that matches there: one whose scope matches on the resource as it is
// now, or that follows from the same role on the same resource or on a container of it. Conditions
// count as in Gives. A scope counts as not matching if the resource does not tell the parties or the
// container that it looks at, and so does a rule of the actor that a rule under never with a scope may
// forbid there.
//
// The error wraps usher.ErrUndeclared if the policy has no such role on the type of the resource, or
// if a role of the users is not an account role of the policy. Or it is an error of the resource or of
// the facts. Found is then true.
func (c Ceiling) GivesOn(user *User, given role.Name, on usher.Resource) (rule Uncovered, found bool, err error) {
	if c.p == nil || c.facts == nil {
		return Uncovered{}, true, errNoCeiling
	}
	if err := c.p.knowsRole(user); err != nil {
		return Uncovered{}, true, err
	}
	held := c.p.roleIndex(given)
	if on == nil || held < 0 || c.p.onType == nil || c.p.onType[held].res == nil || c.p.onType[held].res.name != on.Ref().Type {
		return Uncovered{}, true, undeclared("role on a resource", string(given), nil)
	}
	if err := c.p.checkContainer(on, c.in, c.p.onType[held].res); err != nil {
		return Uncovered{}, true, err
	}
	for _, moment := range c.momentsOfBoth(user, user) {
		b, actor, err := c.givenOn(user, held, on, moment)
		if err != nil {
			return Uncovered{}, true, err
		}
		if b.rule == nil {
			continue
		}
		rule = c.uncovered(b, &actor)
		if !moment.at.Equal(c.at) {
			rule.From = moment.at
		}
		return rule, true, nil
	}
	return Uncovered{}, false, nil
}

// givenOn returns the first rule of a role on a resource that the user has at a moment, and that the
// actor's rules do not cover.
func (c Ceiling) givenOn(user *User, held int, on usher.Resource, at moment) (heldRule, actorRules, error) {
	actor := c.actorAt(at.at)
	change := comparison{p: c.p, to: c.rulesAt(user, at.at)}
	source := &ruleSource{kind: usher.SourceResourceRole, role: held}
	if user != nil {
		source.guard, source.teams = change.to.sources[0].guardOf(c.p), change.to.sources[0].teams
	}
	place := &here{c: &c, on: on, anyUser: user == nil}
	for i := range c.p.perms {
		perm := &c.p.perms[i]
		if len(perm.byRole[held]) == 0 {
			continue
		}
		change.switchResource(perm)
		if user == nil {
			// A user of the team may lack any feature, and have any.
			change.to.fails = change.decided.onFeatures
		}
		for k := range perm.byRole[held] {
			r := &perm.byRole[held][k]
			b := heldRule{r, source, change.decided.withAliases(r.need | source.guard)}
			if user != nil && b.need&change.to.fails != 0 {
				continue
			}
			lacks, err := actor.lacksOn(&change, b, place)
			if err != nil || lacks {
				return b, actor, err
			}
		}
	}
	return heldRule{}, actor, nil
}

// guardOf returns what the account role of a source requires of everything that its holder does.
func (s *ruleSource) guardOf(p *Policy) uint64 { return p.held[s.role].guard }

// lacksOn is lacks for a rule of a role on a resource.
func (a *actorRules) lacksOn(change *comparison, b heldRule, place *here) (bool, error) {
	if a.c.unable {
		return true, nil
	}
	a.switchResource(change)
	a.stoppedBy = nil
	hidden, covered := ^uint64(0), false
	possible := !change.decided.contradict(b.need)
	consider := func(s *ruleSource, r *rule) {
		need := change.decided.withAliases(r.need | s.guard)
		switch {
		case need&a.fails != 0, need&^a.holdsNow&^b.need != 0, !place.reaches(change, a, s, r, b):
		case possible && change.decided.contradict(need), a.stoppedAlone(change, need, b.need):
		default:
			hidden &= r.hide
			covered = true
		}
	}
	for i := range a.sources {
		s := &a.sources[i]
		for k := 0; ; k++ {
			r := s.rule(change.perm, k)
			if r == nil {
				break
			}
			consider(s, r)
		}
	}
	guard := a.sources[0].guardOf(a.c.p)
	for _, held := range change.perm.onResources {
		s := ruleSource{kind: usher.SourceResourceRole, role: held, guard: guard, teams: a.sources[0].teams}
		for k := range change.perm.byRole[held] {
			consider(&s, &change.perm.byRole[held][k])
		}
	}
	if place.err == nil {
		for i := range place.q {
			if err := place.q[i].err; err != nil {
				return true, err
			}
		}
	}
	return !covered || hidden&^b.hide != 0, place.err
}

// reaches reports whether a rule of the actor matches wherever a rule b of a role on the resource
// does.
func (h *here) reaches(change *comparison, a *actorRules, s *ruleSource, r *rule, b heldRule) bool {
	res := change.perm.res
	of := r.extent
	of.need, of.hide = 0, b.hide // compared elsewhere
	onHere := s.kind == usher.SourceResourceRole
	inPlace := !h.anyUser || !res.looksAtTeams(b.extent) || !s.onTeams()
	switch {
	case r.scope == syntax.ScopeAny:
		return true
	case !onHere && inPlace && s.covers(res, a.tree, of, b):
		return true
	case h.on == nil:
		return false
	}
	q := h.evaluations(change.perm, b)
	beside := onHere && inPlace && res.coversBesideHere(r.extent, b.extent)
	team := role.Name("")
	if s.onTeams() {
		team = h.c.p.roles[s.role].Name
	}
	for i := range q {
		if beside && q[i].holdsHere(r) {
			continue
		}
		if yes, _ := q[i].reaches(r, team); !yes || h.mayStop(&q[i], a, change.perm) {
			return false
		}
	}
	return len(q) > 0
}

// coversBesideHere reports whether a reaches as far as b, apart from their terms with the scope here.
func (r *resource) coversBesideHere(a, b extent) bool {
	var one, other [1]term
	beside := slices.DeleteFunc(slices.Clone(r.termsOf(a, &one)), func(t term) bool { return t.scope == syntax.ScopeHere })
	return termsReachAsFar(beside, r.termsOf(b, &other))
}

// mayStop reports whether a rule under never with a scope may forbid the actor there.
func (h *here) mayStop(q *evaluation, a *actorRules, perm *perm) bool {
	for i := range perm.never {
		n := &perm.never[i]
		if n.scope == syntax.ScopeAny || n.need&(a.fails|a.failsNow) != 0 {
			continue
		}
		if _, maybe := q.reaches(n, ""); maybe {
			return true
		}
	}
	return false
}

// heldOn adds the roles that the user of the commands holds on resources, each once, to two states of
// the user. Which resources these are does not change, so the states differ only in the conditions.
func (c Ceiling) heldOn(before, after *User, from, to *effectiveRules) error {
	if c.of == "" || c.p.onType == nil || before == nil || after == nil || before.sameConditions(after) {
		return nil
	}
	held := map[int]bool{}
	for i := range c.p.onType {
		if c.p.onType[i].res == nil || held[i] {
			continue
		}
		for on, err := range c.resourcesOf(before, c.p.onType[i].res.name) {
			if err != nil {
				return err
			}
			for _, name := range on.Roles {
				if at := c.p.roleIndex(name); at >= 0 && c.p.onType[at].res == c.p.onType[i].res {
					held[at] = true
				}
			}
		}
	}
	for i := range c.p.onType {
		if !held[i] {
			continue
		}
		for _, r := range []*effectiveRules{from, to} {
			own := r.sources[0]
			r.sources = append(r.sources, ruleSource{kind: usher.SourceResourceRole, role: i, as: i, guard: own.guardOf(c.p), teams: own.teams})
		}
	}
	return nil
}

// sameConditions reports whether two states of a user meet the same conditions: what the account role
// requires, features and seats.
func (u *User) sameConditions(other *User) bool {
	return u.Role == other.Role && slices.Equal(u.Seats, other.Seats) && slices.Equal(u.Grants, other.Grants)
}

// resourcesOf yields the resources of a type on which the user of the commands holds roles, directly
// or through teams. A resource can occur several times.
func (c Ceiling) resourcesOf(u *User, resourceType string) func(yield func(RolesOn, error) bool) {
	return func(yield func(RolesOn, error) bool) {
		of, ok := c.facts.(ResourceRoleLister)
		if !ok {
			return
		}
		for on, err := range of.UserResources(c.of, resourceType) {
			if !yield(on, err) {
				return
			}
		}
		for i := range u.Teams {
			for above := u.Teams[i].Team; above != ""; above = c.account.Teams.Parent(above) {
				for on, err := range of.TeamResources(above, resourceType) {
					if !yield(on, err) {
						return
					}
				}
			}
		}
	}
}

// lacksHeld is lacks for a rule of a role that the user already holds on resources. The rules of the
// actor must cover it on each of them.
func (a *actorRules) lacksHeld(change *comparison, b heldRule, u *User) bool {
	lacks, err := a.lacksOn(change, b, &here{c: a.c})
	if err != nil || !lacks {
		return err != nil
	}
	r := a.c.p.roles[b.from.role]
	for on, err := range a.c.resourcesOf(u, r.OnResource) {
		if err != nil {
			return true
		}
		if !slices.Contains(on.Roles, r.Name) {
			continue
		}
		place := &here{c: a.c, on: anonymous{usher.Ref{Type: r.OnResource, ID: on.ID}}}
		if lacks, err := a.lacksOn(change, b, place); lacks || err != nil {
			return true
		}
	}
	return false
}
