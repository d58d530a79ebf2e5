package ceilingproof_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// intended reports whether a rejection of commands that break no promise is one that the promise
// accepts. What a user is given counts source by source: a grant counts as given even if the user
// can do the same by the role, and even if a prohibition always stops the user. The same applies to
// losses: a user who has less through a source must not outrank the actor.
func (d *effect) intended() bool {
	return slices.ContainsFunc(d.ofEachActor(), (*effect).intendedOfActor)
}

func (d *effect) intendedOfActor() bool {
	for l := range d.after.UsersAfter("") {
		if d.givenBySource(l.ID) {
			return true
		}
	}
	for l := range d.before.UsersAfter("") {
		if l.ID != d.actor && d.takenBySource(l.ID) && d.outranks(l.ID) != "" {
			return true
		}
	}
	return false
}

// source is what a user has through one source of rules, with the user's features.
type source struct {
	of  func(*policies) parts // its rules
	has subject
}

func lenient(l *policies) parts { return l.lenient }

func sources(l *policies) parts { return l.sources }

// bySource returns the sources of a user's rules: the account role, each role beside it, each team
// role, everyone with visitors, and each grant.
func (d *effect) bySource(s subject) (list []source) {
	features, others := []policy.Grant{}, []policy.Grant{}
	for _, g := range s.grants {
		if slices.Contains(d.policy.Features(), g.Name) {
			features = append(features, g)
		} else {
			others = append(others, g)
		}
	}
	one := subject{role: blank, grants: features, seats: s.seats}
	list = append(list, source{lenient, one}) // the cells of everyone and of visitors
	own := one
	own.role = s.role
	list = append(list, source{sources, own})
	for _, r := range s.beside {
		beside := one
		beside.beside = []role.Name{r}
		list = append(list, source{sources, beside})
	}
	for r, teams := range s.held {
		held := one
		held.held = map[role.Name][]usher.TeamID{r: teams}
		list = append(list, source{sources, held})
	}
	for _, g := range others {
		granted := one
		granted.grants = append(slices.Clone(features), g)
		list = append(list, source{sources, granted})
	}
	return list
}

// in returns what another subject has through the same source.
func (one source) in(s subject, l *policies) subject {
	if s.role == "" {
		return subject{seats: s.seats}
	}
	n := subject{role: blank, seats: s.seats, held: map[role.Name][]usher.TeamID{}}
	if s.role == one.has.role {
		n.role = s.role
	}
	for _, r := range one.has.beside {
		if slices.Contains(s.beside, r) {
			n.beside = append(n.beside, r)
		}
	}
	for r := range one.has.held {
		n.held[r] = s.held[r]
	}
	for _, g := range s.grants {
		feature := slices.Contains(l.policy.Features(), g.Name)
		if feature || slices.ContainsFunc(one.has.grants, func(o policy.Grant) bool { return o.Name == g.Name }) {
			n.grants = append(n.grants, g)
		}
	}
	return n
}

// givenBySource is given for each source separately, without prohibitions on the user.
func (d *effect) givenBySource(id usher.UserID) bool {
	was, is, actor := d.subjectBefore(id), d.subjectAfter(id), d.subjectBefore(d.actor)
	if d.sameRights(was, is) {
		return false
	}
	in := surroundingsOf(d.after)
	user, _ := d.after.User(id)
	moments, list := d.moments(actor.grants, was.grants, is.grants), d.questions(in, id, d.actor)
	for _, c := range d.everyCircumstance(circumstancesOf(in, user), "seated", "open") {
		in.settings, was.seats, is.seats = c.settings(), c.seats(), c.seats()
		free := d.places(in, id, user, c, actor)
		stopped := slices.Clone(free)
		for i := range free {
			free[i].main = d.had.lenient.main
		}
		really := activeFacts(d.after, id, c)
		for _, one := range d.bySource(is) {
			before := one.of(d.had).standIn(in, id, user.Teams, one.in(was, d.had))
			after := one.of(d.policies).standIn(in, id, user.Teams, one.has)
			for _, q := range list {
				if !d.matters(c, q.permission) {
					continue
				}
				for _, q.at = range moments {
					now, then := after.answer(q), before.answer(q)
					if !now.allowed || then.allowed && then.hidden&^now.hidden == 0 {
						continue
					}
					places := stopped
					if decide(d.decides, really, id, q).forbidden {
						places = free // a prohibition that stops both does not count
					}
					if exceeds(then, now, d.could(places, q)) {
						return true
					}
				}
			}
		}
	}
	return false
}

// takenBySource reports whether a user loses something through one source, or a seat, or may come
// under a prohibition.
func (d *effect) takenBySource(id usher.UserID) bool {
	was, is, actor := subjectOf(d.userBefore(id), surroundingsOf(d.before).tree), d.subjectAfter(id), d.subjectBefore(d.actor)
	is.addDeletedTeams(surroundingsOf(d.before), surroundingsOf(d.after))
	if is.role == "" || len(was.seats) > len(is.seats) {
		return true
	}
	in, user := surroundingsOf(d.before), d.userBefore(id)
	moments, list := d.moments(actor.grants, was.grants, is.grants), d.questions(in, id, d.actor)
	for _, c := range d.everyCircumstance(circumstancesOf(in, user), "seated", "open") {
		in.settings, was.seats, is.seats = c.settings(), c.seats(), c.seats()
		stops, stopped := d.whole.standIn(in, id, user.Teams, is), d.had.whole.standIn(in, id, user.Teams, was)
		for _, one := range d.bySource(was) {
			before := one.of(d.had).standIn(in, id, user.Teams, one.has)
			after := one.of(d.policies).standIn(in, id, user.Teams, one.in(is, d.policies))
			for _, q := range list {
				if !d.matters(c, q.permission) {
					continue
				}
				for _, q.at = range moments {
					then, now := before.answer(q), after.answer(q)
					if then.allowed && (!now.allowed || now.hidden&^then.hidden != 0) || stops.answer(q).forbidden && !stopped.answer(q).forbidden {
						return true
					}
				}
			}
		}
	}
	return false
}

func endsSooner(a, b policy.Grant) bool {
	return !a.Until.IsZero() && (b.Until.IsZero() || a.Until.Before(b.Until))
}

// kind returns the kind of the commands, for counts.
func (d *effect) kind() string {
	if d.path != "" {
		return d.path
	}
	if len(d.proposal.Commands) > 1 {
		return "batch"
	}
	c := d.proposal.Commands[0]
	if g, ok := c.(account.GiveGrant); ok {
		u, _ := d.before.User(g.User)
		if u == nil {
			return "give-grant"
		}
		for _, had := range u.Grants {
			if had.Name == g.Grant && endsSooner(policy.Grant{Until: g.Until}, had) {
				return "give-grant, ending sooner"
			}
		}
	}
	return account.NameOf(c)
}
