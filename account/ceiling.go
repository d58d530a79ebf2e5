package account

import (
	"errors"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var userDelegate = permission.MustParse("user.delegate")

// ceiling returns what limits the actor's commands, on the state that the commands
// before left. A seat that the batch only lends the actor opens nothing. The host has
// no ceiling: ok is false.
func (q *proposing) ceiling() (c policy.Ceiling, ok bool, err error) {
	if q.actor.Host() != "" {
		return policy.Ceiling{}, false, nil
	}
	facts, err := q.Account()
	if err != nil {
		return policy.Ceiling{}, false, err
	}
	actor := q.actor.User()
	c, err = q.policy.Ceiling(q.withoutLent(actor, q.find(actor)), facts, q.context, q.at)
	return c, err == nil, err
}

// checkGives refuses a change of a user that gives what the actor's rules do not
// cover. Before is nil for a new user. On names what the command names, for
// user.delegate: an actor who has that may give it all the same, but not to
// themselves.
func (q *proposing) checkGives(id usher.UserID, before, after *policy.User, on parties) error {
	c, ok, err := q.ceiling()
	if err != nil || !ok {
		return err
	}
	return q.givesUnder(c, id, before, after, on)
}

// givesUnder is checkGives under a ceiling.
func (q *proposing) givesUnder(c policy.Ceiling, id usher.UserID, before, after *policy.User, on parties) error {
	if before, after = q.withKnownRole(before), q.withKnownRole(after); after == nil {
		return nil // the policy gives nothing to a user whose role it lacks
	}
	given, uncovered, err := c.Gives(before, after)
	if err != nil || !uncovered {
		return err
	}
	if id != q.actor.User() {
		var denied *Refusal
		if err := q.may(userDelegate, on); !errors.As(err, &denied) {
			return err
		}
	}
	remedy := ""
	if id != q.actor.User() {
		remedy = printable.Sprintf("; a user with %s, or the host, can give it", userDelegate)
	}
	return q.refuse(CodeEscalation, "%s would get %s, which %s%s", id, describeUncovered(given), q.whyUncovered(id, given), remedy)
}

// checkTakes refuses a change that takes something from a user who outranks the
// actor.
func (q *proposing) checkTakes(id usher.UserID, before, after *policy.User) error {
	c, ok, err := q.ceiling()
	if err != nil || !ok {
		return err
	}
	if before != nil && !q.knowsRole(before) {
		return q.checkOutranks(c, id, before)
	}
	takes, err := c.Takes(before, after)
	if err != nil || !takes && !q.losesUnknown(before, after) {
		return err
	}
	return q.checkOutranks(c, id, before)
}

// checkRank refuses to touch a user who outranks the actor.
func (q *proposing) checkRank(id usher.UserID, u *policy.User) error {
	c, ok, err := q.ceiling()
	if err != nil || !ok {
		return err
	}
	return q.checkOutranks(c, id, u)
}

// outranks is checkRank under a ceiling. Users do not outrank themselves.
func (q *proposing) checkOutranks(c policy.Ceiling, id usher.UserID, u *policy.User) error {
	if id == q.actor.User() {
		return nil
	}
	if u != nil && !q.knowsRole(u) {
		return q.outranksUnknown(id, u)
	}
	rule, outranks, err := c.Outranks(u)
	if err != nil || !outranks {
		return err
	}
	return q.refuse(CodeEscalation, "%s outranks %s: %s has %s, which %s; a user whom %[1]s does not outrank, or the host, can do it", id, q.actor, id, describeUncovered(rule), q.whyUncovered(id, rule))
}

// describeUncovered writes a rule with what its text does not say: its permission,
// the role or grant, the teams, and from when the user would have it.
func describeUncovered(u policy.Uncovered) string {
	text := u.Permission.String() + " by " + u.Rule.String()
	if len(u.Teams) > 0 {
		on := make([]string, 0, manyNamed+1)
		for _, t := range u.Teams[:min(len(u.Teams), manyNamed)] {
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

// whyUncovered says what keeps the actor from covering a rule.
func (q *proposing) whyUncovered(id usher.UserID, u policy.Uncovered) string {
	if u.Never.Source != 0 {
		return printable.Sprintf("%s may not do because of %s; that does not stop %s", q.actor, u.Never, id)
	}
	return printable.Sprintf("the rules of %s do not cover", q.actor)
}
