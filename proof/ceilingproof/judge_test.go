package ceilingproof_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// breach is a promise that commands broke.
type breach struct {
	user   usher.UserID
	gives  bool // else it takes
	how    string
	detail string
}

func (b *breach) String() string {
	verb := "takes from"
	if b.gives {
		verb = "gives to"
	}
	return fmt.Sprintf("this %s %s what the actor does not have: %s (%s)", verb, b.user, b.detail, b.how)
}

// deal is what commands did to an account: the account before and after, and the commands. The actor
// is a user, even where the commands were sent by the host to see what would come of them.
type deal struct {
	*laws
	before, after *account.State
	proposal      account.Proposal
	actor         usher.UserID
}

// judge holds what commands did against the promise, and returns the first breach, nil if there is
// none. It looks at decisions only.
func (d *deal) judge() *breach {
	for _, c := range d.proposal.Commands {
		switch c.(type) {
		case account.TransferOwnership, account.DeleteAccount:
			return nil // the policy says which roles the users get, and one built-in rule says who may
		}
	}
	for l := range d.after.UsersAfter("") {
		if b := d.given(l.ID); b != nil {
			return b
		}
	}
	for l := range d.before.UsersAfter("") {
		if b := d.taken(l.ID); b != nil {
			return b
		}
	}
	return nil
}

// was returns what a user had before the commands. A team role counts also on teams that the
// commands created below one of its own: that is not given with the role.
func (d *deal) was(id usher.UserID) subject {
	u, _ := d.before.User(id)
	s := subjectOf(u, around(d.before).tree)
	s.expects(d.proposal.Commands)
	return s
}

func (d *deal) is(id usher.UserID) subject {
	u, _ := d.after.User(id)
	return subjectOf(u, around(d.after).tree)
}

// moments returns the time of the commands, and the later times at which something ends.
func (d *deal) moments(lists ...[]policy.Grant) []time.Time {
	return append([]time.Time{d.proposal.Time}, ends(d.proposal.Time, lists...)...)
}

// given looks for something that a user can do after the commands, could not do before, and that
// the actor could not do before in the user's place. All of it is seen with the teams, seats and
// settings as they are afterwards, because the promise does not cover those, and with other seats
// and settings too, because they may be otherwise later.
func (d *deal) given(id usher.UserID) *breach {
	was, is, actor := d.was(id), d.is(id), d.was(d.actor)
	if was.sameRights(is) || d.delegates(id) {
		return nil
	}
	in := around(d.after)
	user, _ := d.after.User(id)
	moments, list := d.moments(actor.grants, was.grants, is.grants), d.questions(in, id, d.actor)
	for _, c := range d.everyCircumstance(asIs(in, user), "seated", "open") {
		in.settings, was.seats = c.settings(), c.seats()
		before, after := d.whole.standIn(in, id, user.Teams, was), active(d.after, id, c)
		places := d.places(in, id, user, c, actor)
		for _, q := range list {
			if !d.matters(c, q.permission) {
				continue
			}
			for _, q.at = range moments {
				now := decide(d.policy, after, id, q)
				if !now.allowed {
					continue
				}
				then := before.answer(q)
				if then.allowed && then.hidden&^now.hidden == 0 {
					continue
				}
				if could := d.could(places, q); beyond(then, now, could) {
					return &breach{user: id, gives: true, how: d.howGiven(q, then, could), detail: q.String() + c.String()}
				}
			}
		}
	}
	return nil
}

// beyond reports whether what is allowed or shown now, and was not then, is more than what could be.
func beyond(then, now, could answer) bool {
	return !could.allowed && !then.allowed || could.hidden&then.hidden&^now.hidden != 0
}

func (d *deal) howGiven(q question, then, could answer) string {
	switch {
	case could.forbidden && then.forbidden:
		return "the actor is under a prohibition, and it is lifted"
	case could.forbidden:
		return "the actor is under a prohibition"
	case then.forbidden:
		return "lifts a prohibition"
	case then.allowed || could.allowed:
		return "shows more"
	case q.at.After(d.proposal.Time):
		return "later"
	}
	return "opens a rule"
}

// places puts the actor in the place of a user. A seat and a setting count as they are for the user,
// or as they were for the actor at some time during the commands.
func (d *deal) places(in surroundings, id usher.UserID, user *policy.User, c circumstances, actor subject) (list []standIn) {
	for _, seats := range d.seats(c, actor) {
		for _, settings := range append(d.settings(around(d.before)), c.settings()) {
			s, around := actor, in
			s.seats, around.settings = seats, settings
			list = append(list, d.whole.standIn(around, id, user.Teams, s))
		}
	}
	return list
}

func (d *deal) seats(c circumstances, actor subject) [][]seat.PoolName {
	list := [][]seat.PoolName{actor.seats}
	add := func(seats []seat.PoolName) {
		if !slices.ContainsFunc(list, func(s []seat.PoolName) bool { return slices.Equal(s, seats) }) {
			list = append(list, seats)
		}
	}
	add(c.seats())
	if u, _ := d.after.User(d.actor); u != nil && len(d.proposal.Commands) > 1 {
		add(u.Seats)
	}
	return list
}

// settings returns the settings that held at some time during the commands.
func (d *deal) settings(in surroundings) []map[string]bool {
	list := []map[string]bool{in.settings}
	for _, c := range d.proposal.Commands {
		if c, ok := c.(account.ChangeSetting); ok {
			list = append(list, map[string]bool{c.Setting: c.Value})
		}
	}
	return list
}

// could answers a question for the actor in the user's place. Where a fact of the request was given
// with the commands, it counts as it is in the question or as it was given.
func (d *deal) could(places []standIn, q question) answer {
	could := answer{forbidden: true, hidden: allHidden}
	contexts := []usher.Context{q.context}
	if sent := d.proposal.Context; len(sent) > 0 && !maps.Equal(q.context, sent) {
		contexts = append(contexts, sent)
	}
	for _, q.context = range contexts {
		for _, place := range places {
			a := place.answer(q)
			could.allowed = could.allowed || a.allowed
			could.forbidden = could.forbidden && a.forbidden
			could.hidden &= a.hidden
		}
	}
	return could
}

var delegate = permission.MustParse("user.delegate")

// delegates reports whether the actor may give the user what they do not have.
func (d *deal) delegates(id usher.UserID) bool {
	if _, err := d.policy.Permission(delegate.String()); err != nil || id == d.actor {
		return false
	}
	on := &thing{kind: "user", parties: map[string][]string{"user": {string(id)}}}
	if u, _ := d.before.User(id); u == nil {
		added, _ := d.after.User(id)
		on.parties = map[string][]string{}
		for _, m := range added.Teams {
			on.parties["team"] = append(on.parties["team"], string(m.Team))
		}
	}
	q := question{permission: delegate, resource: on, context: d.proposal.Context, at: d.proposal.Time}
	actor, _ := d.before.User(d.actor)
	for _, in := range []surroundings{around(d.before), around(d.after)} {
		if d.whole.standIn(in, d.actor, actor.Teams, d.was(d.actor)).answer(q).allowed {
			return true
		}
	}
	return false
}

// taken looks for something that another user could do before the commands and cannot do afterwards,
// if that user outranks the actor. Teams, seats and settings are as they were before. A change of
// status takes everything, and so does removal.
func (d *deal) taken(id usher.UserID) *breach {
	if id == d.actor {
		return nil
	}
	how, detail := d.loses(id)
	if how == "" {
		return nil
	}
	if by := d.outranks(id); by != "" {
		return &breach{user: id, how: how, detail: detail + ", and outranks the actor by " + by}
	}
	return nil
}

func (d *deal) loses(id usher.UserID) (how, detail string) {
	was, is, actor := subjectOf(d.userBefore(id), around(d.before).tree), d.is(id), d.was(d.actor)
	is.misses(around(d.before), around(d.after))
	user := d.userBefore(id)
	after, _ := d.after.User(id)
	for _, c := range d.proposal.Commands {
		switch c := c.(type) {
		case account.RemoveUser:
			if c.User == id {
				return "removes", "the user"
			}
		case account.SetStatus:
			if c.User == id && after != nil && after.Status != user.Status {
				return "changes the status", "the status"
			}
		}
	}
	unseated := len(was.seats) > len(is.seats) // by unassign-seat, or by a role that holds none
	if was.sameRights(is) && !unseated {
		return "", ""
	}
	in := around(d.before)
	moments, list := d.moments(actor.grants, was.grants, is.grants), d.questions(in, id, d.actor)
	for _, c := range d.everyCircumstance(asIs(in, user), "seated", "open") {
		if unseated && !c.seated {
			continue
		}
		if !unseated {
			is.seats = c.seats()
		}
		in.settings = c.settings()
		before, now := active(d.before, id, c), d.whole.standIn(in, id, user.Teams, is)
		for _, q := range list {
			if !d.matters(c, q.permission) {
				continue
			}
			for _, q.at = range moments {
				then := decide(d.policy, before, id, q)
				if !then.allowed {
					continue
				}
				if a := now.answer(q); a.forbidden {
					return "brings a prohibition into force", q.String() + c.String()
				} else if !a.allowed || a.hidden&^then.hidden != 0 {
					return "takes", q.String() + c.String()
				}
			}
		}
	}
	return "", ""
}

func (d *deal) userBefore(id usher.UserID) *policy.User {
	u, _ := d.before.User(id)
	return u
}
