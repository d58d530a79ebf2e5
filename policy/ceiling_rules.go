package policy

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// effectiveRules are the rules that a user has at a moment, by source. The zero value has
// no rules.
type effectiveRules struct {
	tree     *team.Tree
	sources  []ruleSource // the account role first, then the roles beside it
	features []bool       // by index in the policy; nil: none

	open                    bool            // conditions on features stay open as well
	withSeats, withoutSeats []seat.PoolName // conditions on these seats are decided: held, or not held

	// The literals of the current resource that are decided; of these, the ones that are
	// false.
	decided, fails uint64

	byGrant map[string]*ruleSource // an index, made for more than linearLimit sources; otherwise nil
}

// linearLimit is the length up to which lists are searched linearly.
const linearLimit = 16

// grantNamed returns the source of a grant, or nil.
func (r *effectiveRules) grantNamed(name string) *ruleSource {
	if r.byGrant == nil {
		r.byGrant = make(map[string]*ruleSource, len(r.sources))
		for i := range r.sources {
			if s := &r.sources[i]; s.kind == usher.SourceGrant {
				r.byGrant[s.grant] = s
			}
		}
	}
	return r.byGrant[name]
}

// ruleSource is a source of rules: an account role, a role beside, a team role, a role on resources,
// everyone, a grant, or the rules of visitors.
type ruleSource struct {
	kind  usher.Source
	role  int    // the index of a role
	as    int    // the index of the role as which it is compared
	grant string // the name of a grant
	guard uint64 // what the account role requires; zero for that role's own rules, which include it
	teams []usher.TeamID

	negatesTeams bool // a rule of the team role reaches more with fewer teams
}

// heldRule is a rule as a user has it.
type heldRule struct {
	*rule
	from *ruleSource
	need uint64 // all literals, including those of the source and their aliases
}

// visitorSource are the sources of a requester who is not in the account.
var visitorSource = []ruleSource{{kind: usher.SourceVisitor}}

// rulesAt returns the rules of a user at a moment. A nil user has those of visitors. The
// user's role must be an account role.
func (c Ceiling) rulesAt(u *User, moment time.Time) effectiveRules {
	p := c.p
	switch {
	case u == nil && p.ceilings.visitors:
		return effectiveRules{sources: visitorSource}
	case u == nil:
		return effectiveRules{}
	}
	own := ruleSource{kind: usher.SourceRole, role: p.roleIndex(u.Role)}
	if len(u.Teams) > 0 {
		own.teams = make([]usher.TeamID, len(u.Teams))
		for i := range u.Teams {
			own.teams[i] = u.Teams[i].Team
		}
	}
	guard := p.held[own.role].guard
	r := effectiveRules{tree: c.account.Teams, sources: make([]ruleSource, 0, 3+len(u.Beside)+len(u.Teams)+len(u.Grants))}
	r.sources = append(r.sources, own)
	for held := range p.rolesBeside(u) {
		r.sources = append(r.sources, ruleSource{kind: usher.SourceBeside, role: held, as: p.comparedAs(held), guard: guard, teams: own.teams})
	}
	r.sources = append(r.sources, ruleSource{kind: usher.SourceEveryone, guard: guard, teams: own.teams})
	for on, held := range p.teamRoles(u) {
		r.holdOn(p, on, held, guard)
	}
	for i := range u.Grants {
		g := &u.Grants[i]
		if !g.lasts(moment) {
			continue
		}
		if f := p.ceilings.features.find(g.Name); f < 0 {
			r.sources = append(r.sources, ruleSource{kind: usher.SourceGrant, grant: g.Name, guard: guard})
		} else {
			if r.features == nil {
				r.features = make([]bool, len(p.features))
			}
			r.features[f] = true
		}
	}
	if p.ceilings.visitors {
		r.sources = append(r.sources, visitorSource...)
	}
	return r
}

// ofRank returns the sources that count for the rank of a user: the account role and the roles
// beside it.
func (r effectiveRules) ofRank() []ruleSource {
	n := 1
	for n < len(r.sources) && r.sources[n].kind == usher.SourceBeside {
		n++
	}
	return r.sources[:n]
}

// holdOn adds a team to those on which the user holds a team role, given by its index.
func (r *effectiveRules) holdOn(p *Policy, on usher.TeamID, held int, guard uint64) {
	for i := range r.sources {
		if s := &r.sources[i]; s.kind == usher.SourceTeamRole && s.role == held {
			s.teams = append(s.teams, on)
			return
		}
	}
	r.sources = append(r.sources, ruleSource{
		kind: usher.SourceTeamRole, role: held, as: p.comparedAs(held), guard: guard, teams: []usher.TeamID{on},
		negatesTeams: p.ceilings.negatesTeams[held],
	})
}

func (g *Grant) lasts(at time.Time) bool { return g.Until.IsZero() || at.Before(g.Until) }

// decide computes which literals of a resource are decided for the user, and which fail.
func (r *effectiveRules) decide(d *decidedLiterals) {
	r.decided, r.fails = 0, 0
	if r.open {
		return
	}
	r.decided = d.onFeatures
	for _, t := range d.features {
		if held := r.features != nil && r.features[t.feature]; held == t.not {
			r.fails |= t.bit
		}
	}
	for _, t := range d.seats {
		with, without := slices.Contains(r.withSeats, t.pool), slices.Contains(r.withoutSeats, t.pool)
		if with || without {
			r.decided |= t.bit
		}
		if with && t.not || without && !t.not {
			r.fails |= t.bit
		}
	}
}

// sameFeatures reports whether both users have the same features.
func (r *effectiveRules) sameFeatures(other *effectiveRules) bool {
	if r.features == nil || other.features == nil {
		return r.features == nil && other.features == nil
	}
	return slices.Equal(r.features, other.features)
}

// stopped reports whether a rule under never may apply to the user: none of its
// conditions is decided and false.
func (r *effectiveRules) stopped(never *rule) bool { return never.need&r.fails == 0 }

// same reports whether two sources are the same source for giving and taking. All account
// roles are one source.
func (s *ruleSource) same(other *ruleSource) bool {
	return s.kind == other.kind && s.grant == other.grant && (s.kind == usher.SourceRole || s.as == other.as)
}

// includes reports whether the source, of a user with the same features, has every
// rule of the other source.
func (s *ruleSource) includes(other *ruleSource, tree *team.Tree) bool {
	return s.same(other) && s.role == other.role && s.guard&^other.guard == 0 &&
		(s.kind != usher.SourceTeamRole || contain(tree, s.teams, other.teams)) &&
		(!s.negatesTeams || contain(tree, other.teams, s.teams))
}

// rule returns the i-th rule of the source for a permission, or nil.
func (s *ruleSource) rule(perm *perm, i int) *rule {
	list := perm.everyone
	switch s.kind {
	case usher.SourceGrant:
		if i > 0 {
			return nil
		}
		for k := range perm.grants {
			if perm.grants[k].name == s.grant {
				return &perm.grants[k].rule
			}
		}
		return nil
	case usher.SourceVisitor:
		list = perm.visitor
	case usher.SourceRole, usher.SourceBeside, usher.SourceTeamRole, usher.SourceResourceRole:
		list = perm.byRole[s.role]
	}
	if i < len(list) {
		return &list[i]
	}
	return nil
}

// contain reports whether each of teams is one of above, or below one of them. It is fast
// for equal lists, the usual case.
func contain(tree *team.Tree, above, teams []usher.TeamID) bool {
	switch {
	case slices.Equal(above, teams):
		return true
	case len(above) > linearLimit && len(teams) > linearLimit:
		return containMany(tree, above, teams)
	}
	return !slices.ContainsFunc(teams, func(t usher.TeamID) bool {
		return !slices.ContainsFunc(above, func(a usher.TeamID) bool { return t == a || tree.Within(t, a) })
	})
}

// containMany is contain for long lists. It visits each list and each team of the tree
// once.
func containMany(tree *team.Tree, above, teams []usher.TeamID) bool {
	contained := make(map[usher.TeamID]bool, len(above)+len(teams))
	for _, a := range above {
		contained[a] = true
	}
	for _, t := range teams {
		from := t
		for t != "" && !contained[t] {
			t = tree.Parent(t)
		}
		if t == "" {
			return false
		}
		for ; !contained[from]; from = tree.Parent(from) {
			contained[from] = true
		}
	}
	return true
}
