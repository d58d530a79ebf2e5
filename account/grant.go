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

// GiveGrant gives a user a permission, a bundle or a feature. A grant that the user holds
// gets the new end. grant.give on {user}; to end a grant sooner also requires grant.revoke
// on {user}. A grant that would be over already is refused as Invalid, unless it ends one
// that is held.
type GiveGrant struct {
	User  usher.UserID
	Grant string    `usher:"grant"`
	Until time.Time `usher:"optional"` // default: for good
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
		return q.refuse(CodeInvalid, "a grant ends in a year from 1 to 9999")
	}
	at, held := grantIndex(u, c.Grant)
	if held && u.Grants[at].Until.Equal(until) {
		return nil
	}
	given := policy.Grant{Name: c.Grant, Until: until}
	switch lasts := held && holdsAt(u.Grants[at], q.at); {
	case !lasts && !holdsAt(given, q.at):
		return q.refuse(CodeInvalid, "a grant until %s has ended already: the time of the command is %s; give a later end", until.Format(time.RFC3339), q.at.Format(time.RFC3339))
	case lasts && endsSooner(given, u.Grants[at]):
		// Given again with an earlier end, it is taken away from then on.
		if err := q.may(grantRevoke, of(c.User)); err != nil {
			return err
		}
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

func (c GiveGrant) describe() string { return word(c.User) + " " + word(c.Grant) + until(c.Until) }

// RevokeGrant takes a grant away. grant.revoke on {user}.
type RevokeGrant struct {
	User  usher.UserID
	Grant string `usher:"grant"`
}

func (c RevokeGrant) asks(*proposing) requirement { return needs(grantRevoke, of(c.User)) }

// propose also takes away what the policy lacks by now.
func (c RevokeGrant) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	at, held := grantIndex(u, c.Grant)
	if !held {
		return q.grantable(c.Grant)
	}
	changed := *u
	changed.Grants = without(u.Grants, at)
	if err := q.checkGives(c.User, u, &changed, of(c.User)); err != nil {
		return err
	}
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	return q.emit(GrantRevoked(c))
}

func (c RevokeGrant) describe() string { return word(c.User) + " " + word(c.Grant) }

// GrantGiven gives a user a grant, or gives one that is held another end.
type GrantGiven struct {
	User  usher.UserID `json:"user"`
	Grant string       `json:"grant"`
	Until time.Time    `json:"until,omitzero"`
}

func (c GrantGiven) apply(d *draft) error {
	u, err := d.known(c.User)
	if err != nil {
		return err
	}
	if c.Grant == "" {
		return errors.New("it needs a name")
	}
	until := c.Until.UTC().Round(0)
	at, held := grantIndex(u, c.Grant)
	if held && u.Grants[at].Until.Equal(until) {
		return printable.Errorf("%s holds %s already", c.User, c.Grant)
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
	u, err := d.known(c.User)
	if err != nil {
		return err
	}
	at, held := grantIndex(u, c.Grant)
	if !held {
		return printable.Errorf("%s does not hold %s", c.User, c.Grant)
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

// withGrant returns a user with a grant, in the place of one of the same name.
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
