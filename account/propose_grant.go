package account

import (
	"slices"

	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var (
	grantGive   = permission.MustParse("grant.give")
	grantRevoke = permission.MustParse("grant.revoke")
)

func (q *proposing) giveGrant(c GiveGrant) error {
	if err := q.may(grantGive, of(c.User)); err != nil {
		return err
	}
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
	if !until.IsZero() && !q.at.Before(until) {
		// What has ended by the actor's clock may still hold by another one.
		given.Until = q.at.Add(1)
	}
	changed := *u
	changed.Grants = slices.Clone(u.Grants)
	if held {
		changed.Grants[at] = given
	} else {
		changed.Grants = slices.Insert(changed.Grants, at, given)
	}
	if err := q.gains(c.User, u, &changed); err != nil {
		return err
	}
	return q.emit(GrantGiven{User: c.User, Grant: c.Grant, Until: until})
}

// revokeGrant also takes away what the policy lacks by now.
func (q *proposing) revokeGrant(c RevokeGrant) error {
	if err := q.may(grantRevoke, of(c.User)); err != nil {
		return err
	}
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	if _, held := grantIndex(u, c.Grant); !held {
		return q.grantable(c.Grant)
	}
	if err := q.outranks(c.User, u); err != nil {
		return err
	}
	return q.emit(GrantRevoked(c))
}

func (q *proposing) grantable(name string) error {
	names := q.policy.Grantable()
	if slices.Contains(names, name) {
		return nil
	}
	return q.refuse(UnknownGrant, "%s has no permission, bundle or feature %q%s", q.policyName(), name, suggest.DidYouMean(name, names))
}
