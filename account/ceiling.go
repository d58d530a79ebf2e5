package account

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var userDelegate = permission.MustParse("user.delegate")

// ceiling returns the ceiling of the actor's commands on the current state of the batch: what
// the actor may give and take. Seats that the batch only lends the actor do not count. For
// the host, which has no ceiling, ok is false.
func (q *proposing) ceiling() (c policy.Ceiling, ok bool, err error) {
	if q.actor.Host() != "" {
		return policy.Ceiling{}, false, nil
	}
	facts, err := q.Account()
	if err != nil {
		return policy.Ceiling{}, false, err
	}
	actor := q.authority
	c, err = q.onBehalf(q.policy.Ceiling(q.withoutLent(actor, q.find(actor)), facts, q.context, q.at))
	return c.WithFacts(q.draft, q.next.account, actor), err == nil, err
}

// onBehalf returns a ceiling under which the fact acting is that of the proposal.
func (q *proposing) onBehalf(c policy.Ceiling, err error) (policy.Ceiling, error) {
	if err == nil && q.actor.by != "" {
		c = c.OnBehalf()
	}
	return c, err
}

// checkGives rejects a change of a user that gives what the actor's rules do not cover. The
// user before is nil for a new user. An actor with user.delegate on the parties may give it
// anyway, but not to themselves.
func (q *proposing) checkGives(id usher.UserID, before, after *policy.User, on parties) error {
	c, ok, err := q.ceiling()
	if err != nil || !ok {
		return err
	}
	if err := q.checkGivesUnder(c, id, before, after, on); err != nil {
		return err
	}
	return q.later(id, before, after, func(at time.Time, before, after *policy.User) error {
		// What the actor gets later can be withdrawn until then, so the actor must also cover it now.
		for _, ceiling := range []func(time.Time) (policy.Ceiling, error){q.ceilingUntil, q.ceilingAt} {
			c, err := ceiling(at)
			if err != nil {
				return err
			}
			if err := q.checkGivesUnder(c, id, before, after, on); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkGivesUnder is checkGives with a given ceiling.
func (q *proposing) checkGivesUnder(c policy.Ceiling, id usher.UserID, before, after *policy.User, on parties) error {
	if name := q.givesUnknown(before, after); name != "" && !q.isHostOrOwner() {
		return q.refuse(CodeEscalation, "%s%s would get %s, which %s lacks, with unknown permissions; only %s can give it", q.fromThen(), id, name, q.policyName(), q.hostAndOwner())
	}
	if before, after = q.withKnownRole(before), q.withKnownRole(after); after == nil {
		return nil // a user whose role the policy lacks gets nothing
	}
	given, uncovered, err := c.Of(id).Gives(before, after)
	if err != nil || !uncovered {
		return err
	}
	return q.refuseGiven(id, given, on)
}

// refuseGiven rejects a command that gives a user a rule that the actor's rules do not cover,
// unless the actor may delegate it.
func (q *proposing) refuseGiven(id usher.UserID, given policy.Uncovered, on parties) error {
	if id != q.authority {
		if delegates, err := q.delegates(on); err != nil || delegates {
			return err
		}
	}
	remedy := ""
	if id != q.authority {
		remedy = printable.Sprintf("; a user with %s, or the host, can give it", userDelegate)
	}
	return q.refuse(CodeEscalation, "%s%s would get %s, which %s%s", q.fromThen(), id, describeUncovered(given), q.whyUncovered(id, given), remedy)
}

// fromThen returns the time at which the ceiling compares, as the beginning of a sentence, if that is
// not now: a command may be rejected because of what begins later, or because the actor's rules end.
func (q *proposing) fromThen() string {
	if q.lookAt.IsZero() {
		return ""
	}
	return "from " + written(q.lookAt) + " on, "
}

// delegates reports whether the actor may give what the actor does not have: now, and at the later time
// at which it is given.
func (q *proposing) delegates(on parties) (bool, error) {
	var denied *Refusal
	err := q.may(userDelegate, on)
	if errors.As(err, &denied) {
		return false, nil
	}
	if err != nil || q.lookAt.IsZero() {
		return err == nil, err
	}
	id := q.authority
	request := q.request(userDelegate, on)
	request.Time = q.lookAt
	then := q.planAt(q.find(id), q.entriesOf(subjectOf(id)), q.lookAt)
	if q.withKnownRole(then) == nil {
		return false, nil
	}
	d, err := q.policy.Decide(withUser{q.draft, id, then}, &request)
	return d.Allowed(), err
}

// checkTakes rejects a change that takes something, now or later, from a user who outranks the
// actor: now, or at the time at which it is taken.
func (q *proposing) checkTakes(id usher.UserID, before, after *policy.User) error {
	c, ok, err := q.ceiling()
	if err != nil || !ok {
		return err
	}
	if err := q.checkTakesUnder(c, id, before, after); err != nil {
		return err
	}
	return q.later(id, before, after, func(at time.Time, then, with *policy.User) error {
		c := q.overUsersAt(c, at)
		if err := q.checkTakesUnder(c, id, then, with); err != nil || then == nil {
			return err
		}
		if takes, err := q.takes(c.Of(id), then, with); err != nil || !takes {
			return err
		}
		return q.checkOutranks(c, id, before)
	})
}

// checkTakesUnder is checkTakes with a given ceiling, at one time.
func (q *proposing) checkTakesUnder(c policy.Ceiling, id usher.UserID, before, after *policy.User) error {
	if before != nil && !q.knowsRole(before) && q.lookAt.IsZero() {
		return q.checkOutranks(c, id, before)
	}
	if takes, err := q.takes(c.Of(id), before, after); err != nil || !takes {
		return err
	}
	return q.checkOutranks(c, id, before)
}

// takes reports whether a change takes something from a user.
func (q *proposing) takes(c policy.Ceiling, before, after *policy.User) (bool, error) {
	if before != nil && !q.knowsRole(before) { // it is unknown what such a user has
		return after == nil || !keepsAll(before, after), nil
	}
	takes, err := c.Takes(before, q.withKnownRole(after))
	return takes || err == nil && q.losesUnknown(before, after), err
}

// checkChanges rejects a change of a user's roles that gives what the actor's rules do not cover, or
// that takes something from a user who outranks the actor. It covers the seats that follow.
func (q *proposing) checkChanges(id usher.UserID, before, after *policy.User) error {
	changed := *after
	changed.Seats = q.keptSeats(before, after)
	if err := q.checkGives(id, before, &changed, of(id)); err != nil {
		return err
	}
	changed.Seats = q.policy.SeatsAfter(before, after)
	return q.checkTakes(id, before, &changed)
}

// checkGains is checkChanges for a user who gets team roles. The user can also lose something: a rule
// with the scope not team reaches less with more teams.
func (q *proposing) checkGains(id usher.UserID, before, after *policy.User) error {
	if !q.keepsSeats(before, after) {
		return q.checkChanges(id, before, after)
	}
	if err := q.checkGives(id, before, after, of(id)); err != nil || !q.knowsRole(before) {
		return err
	}
	return q.checkTakes(id, before, after)
}

// checkLoses is checkChanges for a user who loses team roles. The user can also gain something: a
// rule with the scope not team reaches more with fewer teams.
func (q *proposing) checkLoses(id usher.UserID, before, after *policy.User) error {
	if !q.keepsSeats(before, after) {
		return q.checkChanges(id, before, after)
	}
	if err := q.checkTakes(id, before, after); err != nil {
		return err
	}
	return q.checkGives(id, before, after, of(id))
}

func (q *proposing) keepsSeats(before, after *policy.User) bool {
	return slices.Equal(before.Seats, q.policy.SeatsAfter(before, after))
}

// checkRank rejects the command if the user outranks the actor, now or at a later time.
func (q *proposing) checkRank(id usher.UserID, u *policy.User) error {
	c, ok, err := q.ceiling()
	if err != nil || !ok {
		return err
	}
	if err := q.checkOutranks(c, id, u); err != nil {
		return err
	}
	return q.later(id, u, nil, func(_ time.Time, then, _ *policy.User) error { return q.checkOutranks(c, id, then) })
}

// checkOutranks is checkRank with a given ceiling. Users do not outrank themselves.
func (q *proposing) checkOutranks(c policy.Ceiling, id usher.UserID, u *policy.User) error {
	if id == q.authority {
		return nil
	}
	if u != nil {
		if lacks := q.unknownOfRank(u); lacks != "" {
			if err := q.checkOutranksUnknown(id, lacks); err != nil || !q.knowsRole(u) {
				return err
			}
		}
	}
	rule, outranks, err := c.Outranks(u)
	if err != nil || !outranks {
		return err
	}
	return q.refuse(CodeEscalation, "%s outranks %s: %s has %s, which %s; the host, or a user not outranked by %[1]s, can do it", id, q.actor, id, describeUncovered(rule), q.whyUncovered(id, rule))
}

// describeUncovered returns a rule in words, with what its own text lacks: its permission,
// the role or grant, the teams, and from when the user would have it.
func describeUncovered(u policy.Uncovered) string {
	text := u.Permission.String() + " by " + u.Rule.String()
	if len(u.Teams) > 0 {
		on := make([]string, 0, maxNamed+1)
		for _, t := range u.Teams[:min(len(u.Teams), maxNamed)] {
			on = append(on, word(t))
		}
		if more := len(u.Teams) - len(on); more > 0 {
			on = append(on, printable.Sprintf("%d more", more))
		}
		text += " on " + strings.Join(on, " and ")
	}
	if !u.From.IsZero() {
		text += " from " + u.From.UTC().Format(time.RFC3339) + " on"
	}
	return text
}

// whyUncovered returns why the actor does not cover a rule.
func (q *proposing) whyUncovered(id usher.UserID, u policy.Uncovered) string {
	if u.Never.Source != 0 {
		return printable.Sprintf("%s is forbidden by %s, which does not apply to %s", q.actor, u.Never, id)
	}
	return printable.Sprintf("the rules of %s do not cover", q.actor)
}
