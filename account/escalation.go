package account

import (
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/team"
)

// gains refuses what gives a user rules that the actor's reach does not cover.
// Before is nil for a user who is new.
func (q *proposing) gains(id usher.UserID, before, after *policy.User) error {
	if q.actor.Host() != "" {
		return nil
	}
	mine, tree, err := q.reach()
	if err != nil {
		return err
	}
	had, err := q.policy.Reach(before, tree, q.at)
	if err != nil {
		return err
	}
	gets, err := q.policy.Reach(after, tree, q.at)
	if err != nil {
		return err
	}
	if rule, missing := mine.Missing(gets, had); missing {
		return q.refuse(Escalation, "%s would come to have %s, which %s does not reach%s", id, describeHolding(rule), q.actor, q.guarded())
	}
	return nil
}

// outranks refuses to touch a user whose account role reaches further than the
// actor does.
func (q *proposing) outranks(id usher.UserID, u *policy.User) error {
	if q.actor.Host() != "" {
		return nil
	}
	mine, _, err := q.reach()
	if err != nil {
		return err
	}
	theirs, err := q.policy.RoleReach(u, q.at)
	if err != nil {
		return err
	}
	if rule, missing := mine.Missing(theirs, policy.Reach{}); missing {
		return q.refuse(Escalation, "%s has %s, which %s does not reach%s", id, describeHolding(rule), q.actor, q.guarded())
	}
	return nil
}

// reach returns the actor's own, on the state as the commands before left it.
func (q *proposing) reach() (policy.Reach, *team.Tree, error) {
	facts, err := q.Account()
	if err != nil {
		return policy.Reach{}, nil, err
	}
	mine, err := q.policy.Reach(q.find(q.actor.User()), facts.Teams, q.at)
	return mine, facts.Teams, err
}

// describeHolding writes a rule with what its text does not say: where it is held,
// until when, and what the holder's role requires.
func describeHolding(h policy.Holding) string {
	text := h.Rule.String()
	if len(h.Teams) > 0 {
		on := make([]string, len(h.Teams))
		for i, t := range h.Teams {
			on[i] = word(t)
		}
		text += " on " + strings.Join(on, " and ")
	}
	if !h.Until.IsZero() {
		text += " until " + h.Until.UTC().Format(time.RFC3339)
	}
	return text
}

// guarded says what keeps the actor from reaching what asks for less.
func (q *proposing) guarded() string {
	r, _ := q.policy.Role(q.find(q.actor.User()).Role)
	if len(r.Requires) == 0 {
		return ""
	}
	return printable.Sprintf("; all that the role %s gives requires %s", r.Name, strings.Join(r.Requires, " and "))
}
