package policy

import (
	"errors"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/seat"
)

// Ceiling limits what the commands of one user, the actor, may give to a user and
// take from a user, at the time of the command. FORMAT.md beside this package
// states the promise; package account applies it to each command. A Ceiling is
// immutable and safe for concurrent use. The zero Ceiling covers no rule, and every
// user outranks its actor.
//
// A user has rules through sources: the account role, each team role with the teams
// on which it is held and those below, everyone, and each grant. Giving and taking
// are compared source by source, at each moment: the time of the command, and each
// later time at which a grant ends that plays a part. At a moment, conditions on
// features are decided for each user. Conditions on seats, settings, facts of the
// request and facts of the resource stay open.
//
// The status of a user is ignored: a user who becomes active again has all of it.
type Ceiling struct {
	p       *Policy
	actor   *User
	account Account // a copy: the caller may go on to change its own
	context usher.Context
	at      time.Time
}

// Uncovered is a rule that a command would give, or that a user's rank consists of,
// and that the actor's rules do not cover. The zero Uncovered names no rule.
type Uncovered struct {
	Entitlement
	From  time.Time  // when the user would have the rule; zero: at the time of the command
	Never usher.Rule // a rule under never that stops the actor but not the user; zero: that is not the reason
}

var errNoCeiling = errors.New("the ceiling has no actor: make it with Policy.Ceiling")

// Ceiling returns the ceiling of an actor. Account is that of the actor and of the
// users whom the command changes; its settings, the seats of the actor and the facts
// of the request say which conditions hold now.
//
// The error wraps usher.ErrUndeclared if the role of the actor is not an account
// role of the policy, and usher.ErrNoTime if there is no time.
func (p *Policy) Ceiling(actor *User, account *Account, context usher.Context, at time.Time) (Ceiling, error) {
	switch {
	case actor == nil || account == nil:
		return Ceiling{}, errNoCeiling
	case at.IsZero():
		return Ceiling{}, usher.ErrNoTime
	}
	if err := p.knowsRole(actor); err != nil {
		return Ceiling{}, err
	}
	return Ceiling{p, actor, *account, context, at}, nil
}

// Gives returns the first rule that a user has after a command, did not have before
// it through the same source, and that the actor's rules do not cover; ok is false
// if there is none. First is the order of the policy's permissions, and within one
// that in which decisions name rules. Before is nil for a user who is new.
//
// Where a rule under never stopped the user before and no longer does, because of a
// feature, every rule that the user has for its permission counts as given.
//
// The error wraps usher.ErrUndeclared if a role is not an account role of the policy.
func (c Ceiling) Gives(before, after *User) (given Uncovered, ok bool, err error) {
	if c.p == nil {
		return Uncovered{}, true, errNoCeiling
	}
	if err := c.p.knowsRole(before, after); err != nil {
		return Uncovered{}, true, err
	}
	for _, moment := range c.momentsOfBoth(before, after) {
		actor := c.actorAt(moment.at)
		change := comparison{p: c.p, from: c.rulesAt(before, moment.at), to: c.rulesAt(after, moment.at), only: moment.ended}
		b, ok := change.first(actor.coversSource, actor.lacks)
		if !ok {
			continue
		}
		given := c.uncovered(b, &actor)
		if !moment.at.Equal(c.at) {
			given.From = moment.at
		}
		return given, true, nil
	}
	return Uncovered{}, false, nil
}

// Takes reports whether a user loses by a command, now or later, a rule that they
// had through the same source, or comes to be stopped by a rule under never. After is
// nil for a user who is removed. Where the user had a seat of a pool and no longer has
// one, rules that need it count as lost; where the user gets one, rules that need its
// lack, and rules under never that need it begin to stop the user.
//
// The error wraps usher.ErrUndeclared if a role is not an account role of the policy.
func (c Ceiling) Takes(before, after *User) (bool, error) {
	if c.p == nil {
		return true, errNoCeiling
	}
	if err := c.p.knowsRole(before, after); err != nil {
		return true, err
	}
	released, got := releasedSeats(before, after), releasedSeats(after, before)
	for _, moment := range c.moments(before, after) {
		// What is lost from before to after is what would be gained the other way round.
		change := comparison{p: c.p, from: c.rulesAt(after, moment.at), to: c.rulesAt(before, moment.at)}
		change.from.withoutSeats, change.to.withSeats = released, released
		change.from.withSeats, change.to.withoutSeats = got, got
		if _, ok := change.first(nil, nil); ok {
			return true, nil
		}
	}
	return false, nil
}

// Outranks returns the first rule of the user's account role that reaches beyond the
// user's own things (its scope is any, team or shared) and that the actor's rules do
// not cover at the time of the command; ok is false if there is none. Rules under
// never and the features of the user play no part.
//
// The error wraps usher.ErrUndeclared if the role is not an account role of the policy.
func (c Ceiling) Outranks(user *User) (rule Uncovered, ok bool, err error) {
	if c.p == nil {
		return Uncovered{}, true, errNoCeiling
	}
	if err := c.p.knowsRole(user); err != nil {
		return Uncovered{}, true, err
	}
	if user == nil {
		return Uncovered{}, false, nil
	}
	actor := c.actorAt(c.at)
	actor.ranks = true
	rank := comparison{p: c.p, to: effectiveRules{open: true, sources: c.rulesAt(user, c.at).sources[:1]}}
	b, ok := rank.first(actor.coversSource, func(change *comparison, b heldRule) bool {
		return b.reachesBeyondOwn() && actor.lacks(change, b)
	})
	if !ok {
		return Uncovered{}, false, nil
	}
	return c.uncovered(b, &actor), true, nil
}

// knowsRole returns an error for a user whose role is not an account role.
func (p *Policy) knowsRole(users ...*User) error {
	for _, u := range users {
		if u == nil {
			continue
		}
		if p == nil {
			return undeclared("role of the user", string(u.Role), nil)
		}
		if i := p.roleIndex(u.Role); i < 0 || p.roles[i].OnTeam {
			return undeclared("role of the user", string(u.Role), nil)
		}
	}
	return nil
}

// releasedSeats returns the pools of which a user had a seat and has none any more.
func releasedSeats(before, after *User) []seat.PoolName {
	if before == nil || after == nil {
		return nil
	}
	var released []seat.PoolName
	for _, pool := range before.Seats {
		if !slices.Contains(after.Seats, pool) {
			released = append(released, pool)
		}
	}
	return released
}

// uncovered spells out a rule that the actor lacks.
func (c Ceiling) uncovered(b heldRule, actor *actorRules) Uncovered {
	u := Uncovered{Entitlement: c.p.holding(b.rule, b.rule.need|b.from.guard)}
	if b.from.kind == usher.SourceTeamRole {
		u.Teams = slices.Clone(b.from.teams)
	}
	if actor.stoppedBy != nil {
		u.Never = c.p.describe(actor.stoppedBy)
	}
	return u
}
