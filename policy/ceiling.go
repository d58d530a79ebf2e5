package policy

import (
	"errors"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/seat"
)

// Ceiling limits what the commands of one user, the actor, may give to a user and
// take from a user, at the time of the command. It keeps users from giving more than they
// have. FORMAT.md beside this package states the promise; package account applies it to
// each command. A Ceiling is immutable and safe for concurrent use. The zero Ceiling
// covers no rule, and every user outranks its actor.
//
// A user has rules through sources: the account role, each role beside it, each team role
// with the teams on which it is held and those below, everyone, each grant, and the rules of
// visitors, which a user also has before joining the account and after leaving it. Giving and taking
// are compared source by source, at several moments: the time of the command, and each
// later time at which a relevant grant ends. At each moment, conditions on features are
// evaluated for each user. Conditions on seats, settings, request facts and resource
// facts stay open.
//
// The comparison ignores the status of a user: a user who becomes active again has all
// rules back.
type Ceiling struct {
	p       *Policy
	actor   *User
	account Account // a copy, since the caller may change its own
	context usher.Context
	at      time.Time
	acting  bool
	unable  bool // the actor has no rules

	// The facts of the account, for roles on resources; nil: without them.
	facts Facts
	in    usher.AccountID
	id    usher.UserID // of the actor
	of    usher.UserID // the user of the commands; "": the rules of roles on resources are not compared
}

// Uncovered is a rule that a command would give, or that is part of a user's rank, and
// that the actor's rules do not cover. The zero Uncovered names no rule.
type Uncovered struct {
	Entitlement
	From  time.Time  // when the user would have the rule; zero: immediately
	Never usher.Rule // a rule under never that forbids the actor but not the user; zero: there is none
}

var errNoCeiling = errors.New("the ceiling has no actor: make it with Policy.Ceiling")

// Ceiling returns the ceiling of an actor. The account is that of the actor and of the
// users that the command changes. Its settings, the actor's seats and the request facts
// determine which conditions hold now.
//
// The error wraps usher.ErrUndeclared if the actor's role is not an account role of the
// policy, and usher.ErrNoTime if at is zero.
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
	return Ceiling{p: p, actor: actor, account: *account, context: context, at: at}, nil
}

// OnBehalf returns the ceiling for commands on behalf of another user: conditions on the fact
// acting hold for the actor. Check the ceilings of both users.
func (c Ceiling) OnBehalf() Ceiling {
	c.acting = true
	return c
}

// WithoutRules returns the ceiling for a time at which the policy will allow the actor nothing: it covers no rule.
func (c Ceiling) WithoutRules() Ceiling {
	c.unable = true
	return c
}

// Gives returns the first rule that a user has after a command, did not have before
// it through the same source, and that the actor's rules do not cover; found is false
// if there is none. The order is that of the policy's permissions; within a permission,
// it is the order in which decisions name rules. Before is nil for a new user.
//
// If a rule under never forbade the user before and no longer does, because of a feature,
// every rule that the user has for its permission counts as given.
//
// The error wraps usher.ErrUndeclared if a role is not an account role of the policy. Found
// is then true.
func (c Ceiling) Gives(before, after *User) (given Uncovered, found bool, err error) {
	if c.p == nil {
		return Uncovered{}, true, errNoCeiling
	}
	if err := c.p.knowsRole(before, after); err != nil {
		return Uncovered{}, true, err
	}
	for _, moment := range c.momentsOfBoth(before, after) {
		actor := c.actorAt(moment.at)
		change := comparison{p: c.p, from: c.rulesAt(before, moment.at), to: c.rulesAt(after, moment.at), only: moment.ended}
		if err := c.heldOn(before, after, &change.from, &change.to); err != nil {
			return Uncovered{}, true, err
		}
		b, ok := change.first(actor.coversSource, func(change *comparison, b heldRule) bool {
			if b.from.kind == usher.SourceResourceRole {
				return actor.lacksHeld(change, b, before)
			}
			return actor.lacks(change, b)
		})
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

// Takes reports whether a command takes a rule from a user, now or later, or makes a rule
// under never apply. A rule is taken if the user had it before and does not have it
// afterwards through the same source. After is nil for a removed user. If the user loses a
// seat, rules that require the seat count as taken. If the user gets a seat, rules that
// require its absence count as taken, and rules under never that require it begin to apply.
//
// The error wraps usher.ErrUndeclared if a role is not an account role of the policy. Takes
// then returns true.
func (c Ceiling) Takes(before, after *User) (bool, error) {
	if c.p == nil {
		return true, errNoCeiling
	}
	if err := c.p.knowsRole(before, after); err != nil {
		return true, err
	}
	released, got := releasedSeats(before, after), releasedSeats(after, before)
	for _, moment := range c.moments(before, after) {
		// What the user loses from before to after equals what the user gains in the reverse direction.
		change := comparison{p: c.p, from: c.rulesAt(after, moment.at), to: c.rulesAt(before, moment.at)}
		change.from.withoutSeats, change.to.withSeats = released, released
		change.from.withSeats, change.to.withoutSeats = got, got
		if err := c.heldOn(before, after, &change.to, &change.from); err != nil {
			return true, err
		}
		if _, ok := change.first(nil, nil); ok {
			return true, nil
		}
	}
	return false, nil
}

// Outranks returns the first rule of the user's account role, or of a role beside it, that
// reaches beyond the user's own resources (its scope is any, team or shared) and that the actor's rules do
// not cover at the time of the command; found is false if there is none. It ignores rules
// under never and the user's features.
//
// The error wraps usher.ErrUndeclared if the role is not an account role of the policy. Found
// is then true.
func (c Ceiling) Outranks(user *User) (rule Uncovered, found bool, err error) {
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
	rank := comparison{p: c.p, to: effectiveRules{open: true, sources: c.rulesAt(user, c.at).ofRank()}}
	b, ok := rank.first(actor.coversSource, func(change *comparison, b heldRule) bool {
		return change.perm.res.reachesBeyondOwn(b.extent) && actor.lacks(change, b)
	})
	if !ok {
		return Uncovered{}, false, nil
	}
	return c.uncovered(b, &actor), true, nil
}

// knowsRole returns an error if a user's role is not an account role.
func (p *Policy) knowsRole(users ...*User) error {
	for _, u := range users {
		if u == nil {
			continue
		}
		if p == nil {
			return undeclared("role of the user", string(u.Role), nil)
		}
		if i := p.roleIndex(u.Role); i < 0 || !p.roles[i].OfAccount() {
			return undeclared("role of the user", string(u.Role), nil)
		}
	}
	return nil
}

// releasedSeats returns the pools in which a user had a seat before but not after.
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

// uncovered describes a rule that the actor lacks.
func (c Ceiling) uncovered(b heldRule, actor *actorRules) Uncovered {
	u := Uncovered{Entitlement: c.p.entitlement(b.rule, b.rule.need|b.from.guard)}
	if b.from.kind == usher.SourceTeamRole {
		u.Teams = slices.Clone(b.from.teams)
	}
	if actor.stoppedBy != nil {
		u.Never = c.p.describe(actor.stoppedBy)
	}
	return u
}
