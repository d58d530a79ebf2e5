package policy

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// Redefinition is a change of the roles that an account defines, while users hold them. It
// compares what the holders have before and after it, as a [Ceiling] and [Policy.Difference] compare two
// states of a user under one policy. It is immutable and safe for concurrent use. The zero
// Redefinition changes nothing.
type Redefinition struct {
	p       *Policy // has each changed role twice: as it is, and as it will be under another name
	changed map[role.Name]role.Name
}

// changedSuffix makes the name of a role as it will be. No role of an account or a policy has
// such a name.
const changedSuffix = "~"

// Redefine returns the change from one list of custom roles to another. A role counts as
// changed if it is in both lists with another title, likeness or other choices.
func (p *Policy) Redefine(before, after []CustomRole) Redefinition {
	base := p.Base()
	if base == nil || base.custom.derived == nil {
		return Redefinition{p: base}
	}
	was, _ := base.resolve(before)
	will, _ := base.resolve(after)
	x := Redefinition{changed: map[role.Name]role.Name{}}
	var all []customRole
	for _, r := range was {
		all = append(all, customRole{CustomRole: r, under: string(r.Name)})
	}
	for _, r := range will {
		at := slices.IndexFunc(was, func(o CustomRole) bool { return o.Name == r.Name })
		switch {
		case at < 0:
			all = append(all, customRole{CustomRole: r, under: string(r.Name)})
		case r.Title != was[at].Title || r.Like != was[at].Like || !slices.Equal(r.Gives, was[at].Gives):
			under := string(r.Name) + changedSuffix
			x.changed[r.Name] = role.Name(under)
			all = append(all, customRole{CustomRole: r, under: under, as: len(base.roles) + at + 1})
		}
	}
	x.p = base
	if len(all) > 0 {
		x.p = base.deriveFrom(all, nil)
	}
	return x
}

// After returns a user as the user is after the redefinition. The user does not change; a user
// without a changed role is returned unchanged.
func (x Redefinition) After(u *User) *User {
	if u == nil || len(x.changed) == 0 || !x.holds(u) {
		return u
	}
	after := *u
	name := func(n role.Name) role.Name {
		if changed, ok := x.changed[n]; ok {
			return changed
		}
		return n
	}
	names := func(list []role.Name) []role.Name {
		renamed := make([]role.Name, len(list))
		for i, n := range list {
			renamed[i] = name(n)
		}
		return renamed
	}
	members := func(list []Membership) []Membership {
		renamed := slices.Clone(list)
		for i := range renamed {
			renamed[i].Roles = names(renamed[i].Roles)
		}
		return renamed
	}
	after.Role = name(u.Role)
	after.Beside, after.Teams, after.Outside = names(u.Beside), members(u.Teams), members(u.Outside)
	return &after
}

// holds reports whether a user holds a changed role.
func (x Redefinition) holds(u *User) bool {
	is := func(n role.Name) bool { return x.changed[n] != "" }
	on := func(m Membership) bool { return slices.ContainsFunc(m.Roles, is) }
	return is(u.Role) || slices.ContainsFunc(u.Beside, is) || slices.ContainsFunc(u.Teams, on) || slices.ContainsFunc(u.Outside, on)
}

// Ceiling is [Policy.Ceiling] for an actor before the redefinition. Users as they are after it are
// the results of After.
func (x Redefinition) Ceiling(actor *User, account *Account, context usher.Context, at time.Time) (Ceiling, error) {
	if x.p == nil {
		return Ceiling{}, errNoCeiling
	}
	return x.p.Ceiling(actor, account, context, at)
}

// Difference is [Policy.Difference] between two states of a user, of which the second one is
// after the redefinition.
func (x Redefinition) Difference(before, after Facts, subject usher.UserID, at time.Time) (gains, loses []Entitlement, err error) {
	return x.p.Difference(before, redefined{after, x}, subject, at)
}

// redefined are facts after a redefinition.
type redefined struct {
	Facts
	x Redefinition
}

func (f redefined) User(id usher.UserID) (*User, error) {
	u, err := f.Facts.User(id)
	return f.x.After(u), err
}

// Gives returns the first rule that a custom role has after the redefinition, did not have
// before, and that the actor's rules do not cover, whoever holds the role. Nothing is known
// about the holder: not the teams on which a team role is held, and not the features. The Ceiling
// is that of the Redefinition.
func (x Redefinition) Gives(c Ceiling, name role.Name) (given Uncovered, found bool) {
	if c.p == nil || c.p != x.p {
		return Uncovered{}, true
	}
	from, to := c.p.roleIndex(name), c.p.roleIndex(name)
	if changed := x.changed[name]; changed != "" {
		to = c.p.roleIndex(changed)
	} else {
		from = -1 // the role is new
	}
	if to < 0 {
		return Uncovered{}, false
	}
	for _, moment := range c.momentsOfBoth(nil, nil) { // a grant of the actor ends, and the role stays
		actor := c.actorAt(moment.at)
		for _, open := range []bool{true, false} {
			change := comparison{p: c.p, from: c.p.ofHolder(from, open), to: c.p.ofHolder(to, open), only: moment.ended}
			b, ok := change.first(nil, actor.lacks)
			if !ok {
				continue
			}
			given = c.uncovered(b, &actor)
			if !moment.at.Equal(c.at) {
				given.From = moment.at
			}
			return given, true
		}
	}
	return Uncovered{}, false
}

// anyTeam stands for a team of which nothing is known. It is not an id that an actor can have.
const anyTeam usher.TeamID = ""

// ofHolder returns the rules of a role of which nothing but the role is known; none for -1. With
// open, the holder may have any features; otherwise, the holder has none.
func (p *Policy) ofHolder(held int, open bool) effectiveRules {
	r := effectiveRules{open: open}
	if held < 0 {
		return r
	}
	switch role := &p.held[held]; {
	case role.onTeam:
		member := ruleSource{kind: usher.SourceGrant} // has no rules, but the teams that the holder is in
		if !role.outside {
			member.teams = []usher.TeamID{anyTeam}
		}
		r.sources = append(r.sources, member, ruleSource{
			kind: usher.SourceTeamRole, role: held, as: p.comparedAs(held), teams: []usher.TeamID{anyTeam},
			negatesTeams: p.ceilings.negatesTeams[held],
		})
	case role.beside:
		r.sources = append(r.sources, ruleSource{kind: usher.SourceBeside, role: held, as: p.comparedAs(held)})
	default:
		r.sources = append(r.sources, ruleSource{kind: usher.SourceRole, role: held})
	}
	return r
}
