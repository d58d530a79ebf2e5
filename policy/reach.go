package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/team"
)

// Reach is the set of rules that a user has: all that they can do, whatever the
// resource. It is what one user may hand to another, and what somebody must have
// who changes the role of another. A Reach is immutable, keeps nothing of the user
// that it was made from, and may be read by many goroutines. The zero Reach has no
// rules, and covers none.
type Reach struct {
	p         *Policy
	tree      *team.Tree
	origins   []origin  // the account role first
	features  []feature // by their index in the policy; nil: the user has none
	momentary bool      // how long the rules last plays no part
}

// origin is something through which a user has rules.
type origin struct {
	source usher.Source // an account role, a team role, everyone or a grant
	role   int          // the index of a role
	grant  string       // the name of a grant
	guard  uint64       // what the account role requires; that role's own rules have it already
	teams  []usher.TeamID
	until  time.Time // when it ends; zero: it is for good
}

// feature says whether a user has one, and when that ends; zero: it is for good.
type feature struct {
	held  bool
	until time.Time
	open  bool // seen from no time: it is held until the end, and lacking from then on
}

// Reach returns the rules of a user: those of the account role, of the team roles
// with their teams, of everyone, and of grants. Conditions on features are decided
// for this user: a rule that needs a feature which they lack is none of theirs.
// All other conditions stay, and with them what roles require.
//
// The status plays no part: who is made active again has all of it. Tree says
// which team is below which; without one, nested teams count as apart. A nil user
// has no rules.
//
// A grant that has ended at the time is not held. With the zero time all grants
// count, whenever they end, and so do rules that need the lack of a feature which
// ends. That suits the user who is given something, before and after; an actor is
// looked at now.
//
// The error wraps usher.ErrUndeclared: the user's role is no account role of the
// policy.
func (p *Policy) Reach(u *User, tree *team.Tree, at time.Time) (Reach, error) {
	if u == nil {
		return Reach{}, nil
	}
	r, err := p.reachOf(u, at, 2+len(u.Teams)+len(u.Grants))
	if err != nil {
		return Reach{}, err
	}
	r.tree = tree
	guard := p.roles[r.origins[0].role].guard
	r.origins = append(r.origins, origin{source: usher.SourceEveryone, guard: guard, teams: r.origins[0].teams})
	for i := range u.Teams {
		for _, name := range u.Teams[i].Roles {
			if role := p.roleIndex(name); role >= 0 && p.roles[role].OnTeam {
				r.holdOn(u.Teams[i].Team, role, guard)
			}
		}
	}
	for i := range u.Grants {
		g := &u.Grants[i]
		if g.lasts(at) && p.reach.features.find(g.Name) < 0 {
			r.origins = append(r.origins, origin{source: usher.SourceGrant, grant: g.Name, guard: guard, until: g.Until})
		}
	}
	return r, nil
}

// RoleReach is Reach without team roles, everyone and grants: the rules that a
// user has by the account role, and those that it includes. It is what somebody
// must cover at the time who takes something away from them, so how long a feature
// lasts plays no part.
func (p *Policy) RoleReach(u *User, at time.Time) (Reach, error) {
	if u == nil {
		return Reach{}, nil
	}
	r, err := p.reachOf(u, at, 1)
	r.momentary = true
	return r, err
}

// reachOf makes a reach of the account role alone, with room for so many origins.
func (p *Policy) reachOf(u *User, at time.Time, room int) (Reach, error) {
	role := -1
	if p != nil {
		role = p.roleIndex(u.Role)
	}
	if role < 0 || p.roles[role].OnTeam {
		return Reach{}, undeclared("role of the user", string(u.Role), nil)
	}
	r := Reach{p: p, origins: make([]origin, 1, room)}
	r.origins[0] = origin{source: usher.SourceRole, role: role}
	if len(u.Teams) > 0 {
		teams := make([]usher.TeamID, 0, len(u.Teams))
		for i := range u.Teams {
			teams = append(teams, u.Teams[i].Team)
		}
		r.origins[0].teams = teams
	}
	for i := range u.Grants {
		if f := p.reach.features.find(u.Grants[i].Name); f >= 0 && u.Grants[i].lasts(at) {
			r.hold(f, u.Grants[i].Until, at)
		}
	}
	return r, nil
}

// hold adds a feature; of several grants of one, that which lasts longest counts.
func (r *Reach) hold(index int, until, at time.Time) {
	if r.features == nil {
		r.features = make([]feature, len(r.p.features))
	}
	if f := &r.features[index]; !f.held || endsBefore(f.until, until) {
		*f = feature{held: true, until: until, open: at.IsZero() && !until.IsZero()}
	}
}

// holdOn adds a team role on a team to those on which the user holds it.
func (r *Reach) holdOn(team usher.TeamID, role int, guard uint64) {
	for i := range r.origins {
		if o := &r.origins[i]; o.source == usher.SourceTeamRole && o.role == role {
			o.teams = append(o.teams, team)
			return
		}
	}
	r.origins = append(r.origins, origin{source: usher.SourceTeamRole, role: role, guard: guard, teams: []usher.TeamID{team}})
}

func (g *Grant) lasts(at time.Time) bool {
	return g.Until.IsZero() || at.Before(g.Until)
}

// endsBefore compares two ends, of which zero is none.
func endsBefore(a, b time.Time) bool {
	return !a.IsZero() && (b.IsZero() || a.Before(b))
}

// Missing returns the first rule of another reach that is not in before and that r
// does not cover; ok is false when there is none. First is the order of the
// policy's permissions, and for each that in which rules are named. Before and of
// are made at one time. Rules of another policy than that of the other reach count
// for nothing.
//
// One rule covers another one of the same permission if it asks for no condition
// that the other does not, hides nothing that the other shows, lasts as long, and
// its scope is as wide: any; or over the same parties the same scope, or a wider
// one of sole < own and sole < team < shared. Where team or shared comes from a
// team role, on either side, the teams of the one must contain those of the other.
// Two such rules of account roles or everyone each mean the teams of their own
// user, so for them the words decide. Never rules play no part.
//
// A rule is in before if it was there through the same role or grant, and covers
// what it has become. So nobody gives a grant of what they do not have, not even to
// somebody who can do it by their role: it would outlast the role.
func (r Reach) Missing(of, before Reach) (rule Holding, ok bool) {
	if of.p == nil {
		return Holding{}, false
	}
	c := comparison{of: side{Reach: of}, by: side{Reach: r.under(of.p)}, before: side{Reach: before.under(of.p)}}
	return c.missing()
}

// under returns the reach if it is of the policy, and else the zero Reach.
func (r Reach) under(p *Policy) Reach {
	if r.p != p {
		return Reach{}
	}
	return r
}
