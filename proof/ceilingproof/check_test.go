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
	gives  bool // otherwise it takes
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

// effect is the account before and after commands, with the commands. The actor is a user, even if
// the host sent the commands to determine the effect.
type effect struct {
	*policies           // that decide after the commands
	had       *policies // that decide before them: the account can have defined other roles
	path      string    // how the commands came, if not from their actor alone; "" otherwise

	before, after *account.State
	proposal      account.Proposal // with the commands that ran
	actor         usher.UserID
	ranker        *subject // what the actor had when the commands were sent; nil: as before
}

// check compares the effect with the promise, and returns the first breach, nil if there is none.
// It uses decisions only. Both users of commands on behalf of a user must keep the promise.
func (d *effect) check() *breach {
	for _, e := range d.ofEachActor() {
		if b := e.checkActor(); b != nil {
			return b
		}
	}
	return nil
}

func (d *effect) checkActor() *breach {
	for _, c := range d.proposal.Commands {
		switch c.(type) {
		case account.TransferOwnership, account.DeleteAccount:
			return nil // the policy defines the roles that the users get, and a built-in rule who may do this
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
	if b := d.checkDefined(); b != nil {
		return b
	}
	return d.checkLater()
}

// subjectBefore returns what a user had before the commands. A team role also counts on teams that
// the commands created below a team of the role: these are not given with the role.
//
// A user who is admitted had nothing before.
func (d *effect) subjectBefore(id usher.UserID) subject {
	u, _ := d.before.User(id)
	if d.admits(id) {
		u = nil
	}
	s := subjectOf(u, surroundingsOf(d.before).tree)
	if id == probe && u == nil {
		s.role = blank // that users have the rules of everyone is not an effect of a role
	}
	s.addCreatedTeams(d.proposal.Commands)
	return s
}

// admits reports whether the commands admit a user who has requested to join.
func (d *effect) admits(id usher.UserID) bool {
	was, _ := d.before.User(id)
	is, _ := d.after.User(id)
	return was != nil && is != nil && was.Status == usher.Requested && is.Status == usher.Active
}

func (d *effect) subjectAfter(id usher.UserID) subject {
	u, _ := d.after.User(id)
	return subjectOf(u, surroundingsOf(d.after).tree)
}

// moments returns the time of the commands, and the later times at which a grant ends.
func (d *effect) moments(lists ...[]policy.Grant) []time.Time {
	return append([]time.Time{d.proposal.Time}, ends(d.proposal.Time, lists...)...)
}

// given returns a breach if a user can do something after the commands that neither the user nor,
// in the user's place, the actor could do before. Decisions use the teams, seats and settings after
// the commands, because the promise does not cover these, and also other seats and settings,
// because they may change later.
func (d *effect) given(id usher.UserID) *breach {
	was, is, actor := d.subjectBefore(id), d.subjectAfter(id), d.subjectBefore(d.actor)
	if d.sameRights(was, is) || d.delegates(id) {
		return nil
	}
	in := surroundingsOf(d.after)
	user, _ := d.after.User(id)
	moments, list := d.moments(actor.grants, was.grants, is.grants), d.questions(in, id, d.actor)
	for _, c := range d.everyCircumstance(circumstancesOf(in, user), "seated", "open") {
		in.settings, was.seats = c.settings(), c.seats()
		before, after := d.had.whole.standIn(in, id, user.Teams, was), activeFacts(d.after, id, c)
		places := d.places(in, id, user, c, actor)
		for _, q := range list {
			if !d.matters(c, q.permission) {
				continue
			}
			for _, q.at = range moments {
				now := decide(d.decides, after, id, q)
				if !now.allowed {
					continue
				}
				then := before.answer(q)
				if then.allowed && then.hidden&^now.hidden == 0 {
					continue
				}
				if could := d.could(places, q); exceeds(then, now, could) {
					return &breach{user: id, gives: true, how: d.howGiven(q, then, could), detail: q.String() + c.String()}
				}
			}
		}
	}
	return nil
}

// exceeds reports whether something is allowed or shown now that was not allowed or shown then, and
// that the actor could not do.
func exceeds(then, now, could answer) bool {
	return !could.allowed && !then.allowed || could.hidden&then.hidden&^now.hidden != 0
}

func (d *effect) howGiven(q question, then, could answer) string {
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

// places puts the actor in the place of a user. A seat and a setting count as they are for the
// user, or as they were for the actor at some time during the commands.
func (d *effect) places(in surroundings, id usher.UserID, user *policy.User, c circumstances, actor subject) (list []standIn) {
	for _, seats := range d.seats(c, actor) {
		for _, settings := range append(d.settings(surroundingsOf(d.before)), c.settings()) {
			s, around := actor, in
			s.seats, around.settings = seats, settings
			list = append(list, d.had.whole.standIn(around, id, user.Teams, s))
		}
	}
	return list
}

func (d *effect) seats(c circumstances, actor subject) [][]seat.PoolName {
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

// settings returns the settings at all times during the commands.
func (d *effect) settings(in surroundings) []map[string]bool {
	list := []map[string]bool{in.settings}
	for _, c := range d.proposal.Commands {
		if c, ok := c.(account.ChangeSetting); ok {
			list = append(list, map[string]bool{c.Setting: c.Value})
		}
	}
	return list
}

// could decides a question for the actor in the user's place. If the commands had a fact of the
// request, it counts as in the question or as with the commands.
func (d *effect) could(places []standIn, q question) answer {
	could := answer{forbidden: true, hidden: allHidden}
	contexts := []usher.Context{q.context}
	if sent := d.sentContext(); len(sent) > 0 {
		as := maps.Clone(q.context)
		if as == nil {
			as = usher.Context{}
		}
		if maps.Copy(as, sent); !maps.Equal(q.context, as) {
			contexts = append(contexts, as)
		}
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

// delegates reports whether the actor may give the user what the actor does not have. It uses the
// teams of the actor before the commands and after them, because the promise does not cover teams.
func (d *effect) delegates(id usher.UserID) bool {
	if _, err := d.policy.Permission(delegate.String()); err != nil || id == d.actor {
		return false
	}
	on := &resource{kind: "user", parties: map[string][]string{"user": {string(id)}}}
	if u, _ := d.before.User(id); u == nil {
		added, _ := d.after.User(id)
		on.parties = map[string][]string{}
		for _, m := range added.Teams {
			on.parties["team"] = append(on.parties["team"], string(m.Team))
		}
	}
	q := question{permission: delegate, resource: on, context: d.sentContext(), at: d.proposal.Time}
	for _, at := range []*account.State{d.before, d.after} {
		actor, _ := at.User(d.actor)
		if actor != nil && d.had.whole.standIn(surroundingsOf(at), d.actor, actor.Teams, d.subjectBefore(d.actor)).answer(q).allowed {
			return true
		}
	}
	return false
}

// taken returns a breach if another user could do something before the commands and cannot do it
// afterwards, and outranks the actor. Decisions use the teams, seats and settings before the
// commands. A change of status and a removal take everything.
func (d *effect) taken(id usher.UserID) *breach {
	if id == d.actor || d.admits(id) {
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

func (d *effect) loses(id usher.UserID) (how, detail string) {
	was, is, actor := subjectOf(d.userBefore(id), surroundingsOf(d.before).tree), d.subjectAfter(id), d.subjectBefore(d.actor)
	is.addDeletedTeams(surroundingsOf(d.before), surroundingsOf(d.after))
	user := d.userBefore(id)
	after, _ := d.after.User(id)
	for _, c := range d.proposal.Commands {
		switch c := c.(type) {
		case account.RemoveUser:
			if c.User == id {
				return "removes", "the user"
			}
		case account.RevokeInvitation:
			if c.User == id {
				return "removes", "the user"
			}
		case account.SetStatus:
			if c.User == id && after != nil && after.Status != user.Status {
				return "changes the status", "the status"
			}
		}
	}
	unseated := len(was.seats) > len(is.seats) // by unassign-seat, or by a role that may hold no seat
	if d.sameRights(was, is) && !unseated {
		return "", ""
	}
	in := surroundingsOf(d.before)
	moments, list := d.moments(actor.grants, was.grants, is.grants), d.questions(in, id, d.actor)
	for _, c := range d.everyCircumstance(circumstancesOf(in, user), "seated", "open") {
		if unseated && !c.seated {
			continue
		}
		if !unseated {
			is.seats = c.seats()
		}
		in.settings = c.settings()
		before, now := activeFacts(d.before, id, c), d.whole.standIn(in, id, user.Teams, is)
		for _, q := range list {
			if !d.matters(c, q.permission) {
				continue
			}
			for _, q.at = range moments {
				then := decide(d.had.decides, before, id, q)
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

func (d *effect) userBefore(id usher.UserID) *policy.User {
	u, _ := d.before.User(id)
	return u
}
