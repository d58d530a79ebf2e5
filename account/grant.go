package account

import (
	"errors"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var (
	grantGive   = permission.MustParse("grant.give")
	grantRevoke = permission.MustParse("grant.revoke")
)

// GiveGrant gives a user a permission, a bundle or a feature. A grant that the user already
// has gets the new end. Requires grant.give on {user}, and to end a grant sooner also
// grant.revoke on {user}. An end that is already past is rejected with CodeInvalid, unless it
// ends a grant in effect.
type GiveGrant struct {
	User  usher.UserID
	Grant string    `usher:"grant"`
	Until time.Time `usher:"optional"` // default: no end
	From  time.Time `usher:"optional"` // default: now
}

func (c GiveGrant) asks(*proposing) requirement { return needs(grantGive, of(c.User)) }

func (c GiveGrant) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	if err := q.grantable(c.Grant); err != nil {
		return err
	}
	until := c.Until.UTC().Round(0)
	if !writable(until) {
		return q.refuse(CodeInvalid, "the end of a grant must be in the years 1 to 9999")
	}
	if !c.From.IsZero() {
		return q.giveLater(c, u)
	}
	at, held := grantIndex(u, c.Grant)
	if held && u.Grants[at].Until.Equal(until) {
		return nil
	}
	given := policy.Grant{Name: c.Grant, Until: until}
	switch lasts := held && holdsAt(u.Grants[at], q.at); {
	case !lasts && !holdsAt(given, q.at):
		return q.refuse(CodeInvalid, "the end of the grant, %s, is not after the time of the command, %s; give a later end", until.Format(time.RFC3339), q.at.Format(time.RFC3339))
	case lasts && endsSooner(given, u.Grants[at]):
		// An earlier end takes the grant away from then on.
		if err := q.may(grantRevoke, of(c.User)); err != nil {
			return err
		}
	}
	if err := q.checkMayHaveGrants(c.User, u); err != nil {
		return err
	}
	changed := withGrant(u, given)
	if err := q.checkGives(c.User, u, &changed, of(c.User)); err != nil {
		return err
	}
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	return q.emit(GrantGiven{User: c.User, Grant: c.Grant, Until: until})
}

// giveLater gives a grant that begins later. It replaces one that was to begin, and at its beginning the
// grant in effect.
func (q *proposing) giveLater(c GiveGrant, u *policy.User) error {
	t, err := q.termOf(c.From, c.Until)
	if err != nil {
		return err
	}
	if err := q.checkMayHaveGrants(c.User, u); err != nil {
		return err
	}
	given := GiveGrant{User: c.User, Grant: c.Grant, Until: t.until}
	if at, held := grantIndex(u, c.Grant); held && endsSooner(policy.Grant{Until: t.until}, u.Grants[at]) {
		if err := q.may(grantRevoke, of(c.User)); err != nil {
			return err
		}
	}
	o := q.withdrawal(given.slot())
	o.adds = []*ScheduleEntry{{At: t.from, Command: given}}
	if len(o.drops) == 1 && o.drops[0].At.Equal(t.from) && o.drops[0].Command == Command(given) {
		return nil
	}
	q.outline = o
	if err := q.checkGives(c.User, u, u, of(c.User)); err != nil {
		return err
	}
	if err := q.checkTakes(c.User, u, u); err != nil {
		return err
	}
	return q.emitOutline(o)
}

func (c GiveGrant) slot() slot { return slot{kind: grantOf, user: c.User, name: c.Grant} }

func (c GiveGrant) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c GiveGrant) withPlanned(q *proposing, u *policy.User) *policy.User {
	if r, ok := q.policy.Role(u.Role); ok && r.NoGrants {
		return u
	}
	changed := withGrant(u, policy.Grant{Name: c.Grant, Until: c.Until})
	return &changed
}

func (c GiveGrant) describe() string {
	return word(c.User) + " " + word(c.Grant) + during(c.From, c.Until)
}

// RevokeGrant takes a grant away, and removes what is scheduled for it. Requires grant.revoke on {user}.
type RevokeGrant struct {
	User  usher.UserID
	Grant string `usher:"grant"`
}

func (c RevokeGrant) asks(*proposing) requirement { return needs(grantRevoke, of(c.User)) }

// propose also revokes a grant with a name that the policy lacks.
func (c RevokeGrant) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	at, held := grantIndex(u, c.Grant)
	q.outline = q.withdrawal(GiveGrant{User: c.User, Grant: c.Grant}.slot())
	if !held && q.outline.isEmpty() {
		return q.grantable(c.Grant)
	}
	changed := *u
	if held {
		changed.Grants = without(u.Grants, at)
	}
	if err := q.checkGives(c.User, u, &changed, of(c.User)); err != nil {
		return err
	}
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	if held {
		if err := q.emit(GrantRevoked(c)); err != nil {
			return err
		}
	}
	return q.emitOutline(q.outline)
}

func (c RevokeGrant) helps(q *proposing, u *policy.User) bool {
	return q.hasMismatch(u, grantNotAllowed, string(u.Role))
}

func (c RevokeGrant) describe() string { return word(c.User) + " " + word(c.Grant) }

// GrantGiven gives a user a grant, or changes the end of a grant. The zero Until stands for
// no end.
type GrantGiven struct {
	User  usher.UserID `json:"user"`
	Grant string       `json:"grant"`
	Until time.Time    `json:"until,omitzero"`
}

func (c GrantGiven) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	if c.Grant == "" {
		return errors.New("the name of the grant must not be empty")
	}
	until := c.Until.UTC().Round(0)
	at, held := grantIndex(u, c.Grant)
	if held && u.Grants[at].Until.Equal(until) {
		return printable.Errorf("%s already has the grant %s", c.User, c.Grant)
	}
	d.put(c.User, withGrant(u, policy.Grant{Name: c.Grant, Until: until}))
	return nil
}

func (c GrantGiven) describe() string {
	return word(c.User) + " gets the grant " + word(c.Grant) + until(c.Until)
}

// GrantRevoked takes a grant away.
type GrantRevoked struct {
	User  usher.UserID `json:"user"`
	Grant string       `json:"grant"`
}

func (c GrantRevoked) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	at, held := grantIndex(u, c.Grant)
	if !held {
		return printable.Errorf("%s does not have the grant %s", c.User, c.Grant)
	}
	changed := *u
	changed.Grants = without(u.Grants, at)
	d.put(c.User, changed)
	return nil
}

func (c GrantRevoked) describe() string { return word(c.User) + " loses the grant " + word(c.Grant) }

func (q *proposing) grantable(name string) error {
	if q.policy.Grant(name) != 0 {
		return nil
	}
	names := q.policy.Grantable()
	return q.refuse(CodeUnknownGrant, "%s has no permission, bundle or feature %q%s", q.policyName(), name, suggest.DidYouMean(name, names))
}

// withGrant returns a copy of a user with a grant, which replaces one of the same name.
func withGrant(u *policy.User, g policy.Grant) policy.User {
	changed := *u
	changed.Grants = slices.Clone(u.Grants)
	if at, held := grantIndex(u, g.Name); held {
		changed.Grants[at] = g
	} else {
		changed.Grants = slices.Insert(changed.Grants, at, g)
	}
	return changed
}

func grantIndex(u *policy.User, name string) (at int, held bool) {
	return slices.BinarySearchFunc(u.Grants, name, func(g policy.Grant, name string) int {
		switch {
		case g.Name < name:
			return -1
		case g.Name > name:
			return 1
		}
		return 0
	})
}

func holdsAt(g policy.Grant, at time.Time) bool { return g.Until.IsZero() || at.Before(g.Until) }

func endsSooner(a, b policy.Grant) bool {
	return !a.Until.IsZero() && (b.Until.IsZero() || a.Until.Before(b.Until))
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + t.UTC().Format(time.RFC3339Nano)
}
