package ceilingproof_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// intended reports whether a refusal of commands that break no promise is one of those that the
// promise accepts. What a user is given counts source by source: a grant counts as given even if the
// user can do the same by their role, and even if a prohibition always stops them. So does what they
// lose: if they have less through a source, they must not outrank the actor.
func (d *deal) intended() bool {
	for l := range d.after.UsersAfter("") {
		if d.givenBySource(l.ID) {
			return true
		}
	}
	for l := range d.before.UsersAfter("") {
		if l.ID != d.actor && d.hasLess(l.ID) && d.outranks(l.ID) != "" {
			return true
		}
	}
	return false
}

// givenBySource is given for each source alone, without prohibitions.
func (d *deal) givenBySource(id usher.UserID) bool {
	was, is, actor := d.was(id), d.is(id), d.was(d.actor)
	if was.sameRights(is) {
		return false
	}
	in := around(d.after)
	user, _ := d.after.User(id)
	was.seats = user.Seats
	free, stopped := d.places(in, id, user, actor), []standIn{}
	for i, place := range free {
		stopped = append(stopped, place)
		free[i].main = d.lenient.main
	}
	really := active(d.after, id)
	for _, now := range is.bySource(d.policy) {
		before, after := d.sources.standIn(in, id, user.Teams, was.only(now)), d.sources.standIn(in, id, user.Teams, now)
		for _, q := range questions(d.policy, in, id, d.actor) {
			for _, q.at = range d.moments(actor.grants, was.grants, is.grants) {
				a := after.answer(q)
				then := before.answer(q)
				if !a.allowed || then.allowed && then.hidden&^a.hidden == 0 {
					continue
				}
				places := stopped
				if decide(d.policy, really, id, q).forbidden {
					places = free
				}
				if could := d.could(places, q); !could.allowed && !then.allowed || could.hidden&then.hidden&^a.hidden != 0 {
					return true
				}
			}
		}
	}
	return false
}

// bySource returns a subject for each source of its rules, with the features of all.
func (s subject) bySource(p *policy.Policy) (list []subject) {
	features := slices.DeleteFunc(slices.Clone(s.grants), func(g policy.Grant) bool { return !slices.Contains(p.Features(), g.Name) })
	one := func(r role.Name, grants []policy.Grant, held map[role.Name][]usher.TeamID) {
		list = append(list, subject{role: r, grants: grants, seats: s.seats, held: held})
	}
	one(s.role, features, nil)
	for r, teams := range s.held {
		one(blank, features, map[role.Name][]usher.TeamID{r: teams})
	}
	for _, g := range s.grants {
		if !slices.Contains(features, g) {
			one(blank, append(features[:len(features):len(features)], g), nil)
		}
	}
	return list
}

// only returns what a subject has through the source of another one.
func (s subject) only(of subject) subject {
	n := subject{role: blank, seats: s.seats, held: map[role.Name][]usher.TeamID{}}
	if s.role == "" {
		return subject{}
	}
	if s.role == of.role {
		n.role = of.role
	}
	for r := range of.held {
		n.held[r] = s.held[r]
	}
	for _, g := range s.grants {
		feature := g.Name == "chat" || g.Name == "trial"
		if feature || slices.ContainsFunc(of.grants, func(o policy.Grant) bool { return o.Name == g.Name }) {
			n.grants = append(n.grants, g)
		}
	}
	return n
}

// hasLess reports whether a user has another role, lacks a grant, has it for a shorter time, lacks a
// team role or lacks a seat after the commands.
func (d *deal) hasLess(id usher.UserID) bool {
	user, _ := d.before.User(id)
	was, is := subjectOf(user, around(d.before).tree), d.is(id)
	less := was.role != is.role || len(was.seats) > len(is.seats)
	for _, g := range was.grants {
		k := slices.IndexFunc(is.grants, func(o policy.Grant) bool { return o.Name == g.Name })
		less = less || k < 0 || endsSooner(is.grants[k], g)
	}
	for r, teams := range was.held {
		for _, t := range teams {
			less = less || !slices.Contains(is.held[r], t)
		}
	}
	return less
}

func endsSooner(a, b policy.Grant) bool {
	return !a.Until.IsZero() && (b.Until.IsZero() || a.Until.Before(b.Until))
}

// kind names what commands are, for counts.
func (d *deal) kind() string {
	if len(d.proposal.Commands) > 1 {
		return "batch"
	}
	c := d.proposal.Commands[0]
	if g, ok := c.(account.GiveGrant); ok {
		u, _ := d.before.User(g.User)
		for _, had := range u.Grants {
			if had.Name == g.Grant && endsSooner(policy.Grant{Until: g.Until}, had) {
				return "give-grant, ending sooner"
			}
		}
	}
	return c.CommandName()
}
