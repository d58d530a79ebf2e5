package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var (
	grantGive   = permission.MustParse("grant.give")
	grantRevoke = permission.MustParse("grant.revoke")
)

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
		return q.refuse(Invalid, "a grant ends in a year from 1 to 9999")
	}
	at, held := grantIndex(u, c.Grant)
	if held && u.Grants[at].Until.Equal(until) {
		return nil
	}
	given := policy.Grant{Name: c.Grant, Until: until}
	switch lasts := held && holdsAt(u.Grants[at], q.at); {
	case !lasts && !holdsAt(given, q.at):
		return q.refuse(Invalid, "a grant until %s has ended already: the time of the command is %s; give a later end", until.Format(time.RFC3339), q.at.Format(time.RFC3339))
	case lasts && endsSooner(given, u.Grants[at]):
		// Given again with an earlier end, it is taken away from then on.
		if err := q.may(grantRevoke, of(c.User)); err != nil {
			return err
		}
	}
	changed := *u
	changed.Grants = slices.Clone(u.Grants)
	if held {
		changed.Grants[at] = given
	} else {
		changed.Grants = slices.Insert(changed.Grants, at, given)
	}
	if err := q.checkGives(c.User, u, &changed, of(c.User)); err != nil {
		return err
	}
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	return q.emit(GrantGiven{User: c.User, Grant: c.Grant, Until: until})
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

func holdsAt(g policy.Grant, at time.Time) bool { return g.Until.IsZero() || at.Before(g.Until) }

func endsSooner(a, b policy.Grant) bool {
	return !a.Until.IsZero() && (b.Until.IsZero() || a.Until.Before(b.Until))
}

func (q *proposing) grantable(name string) error {
	if q.policy.Grant(name) != 0 {
		return nil
	}
	names := q.policy.Grantable()
	return q.refuse(UnknownGrant, "%s has no permission, bundle or feature %q%s", q.policyName(), name, suggest.DidYouMean(name, names))
}
