package account

import (
	"errors"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

func (c AccountCreated) apply(d *draft) error {
	if d.next.owner != "" || d.next.version > 0 || d.next.deleted {
		return errors.New("there is an account already")
	}
	if c.Owner == "" || c.Unique == "" {
		return errors.New("it needs an owner and a unique role")
	}
	d.next.owner, d.next.unique = c.Owner, c.Unique
	d.put(c.Owner, policy.User{Status: usher.Active, Role: c.Unique})
	d.tally(c.Unique, usher.Active, 1)
	return nil
}

// apply leaves the version, the time and the keys, and nothing that
// somebody could be asked about.
func (AccountDeleted) apply(d *draft) error {
	was := d.next
	d.next = State{
		account: was.account, version: was.version, time: was.time, deleted: true, keys: was.keys,
		members: &memberIndexOnce{},
	}
	d.users, d.teams = new(table.Table[*policy.User]).Edit(), draftTeams{}
	d.ownCounts, d.ownPools, d.ownPlan, d.ownFields = false, false, false, false
	d.members, d.regrouped = nil, nil
	return nil
}

func (c UserAdded) apply(d *draft) error {
	switch {
	case c.User == "" || c.Role == "" || c.Status < usher.Invited || c.Status > usher.Inactive:
		return errors.New("it needs a user, a role and a status")
	case c.Role == d.next.unique:
		return printable.Errorf("%s is the unique role, which %s has", c.Role, d.next.owner)
	case d.find(c.User) != nil:
		return printable.Errorf("there is a user %s already", c.User)
	}
	d.put(c.User, policy.User{Status: c.Status, Role: c.Role})
	d.tally(c.Role, c.Status, 1)
	return nil
}

func (c UserRemoved) apply(d *draft) error {
	u, err := d.known(c.User)
	switch {
	case err != nil:
		return err
	case c.User == d.next.owner:
		return printable.Errorf("%s has the unique role %s", c.User, d.next.unique)
	case len(u.Seats) > 0:
		return printable.Errorf("%s holds a seat in %s", c.User, u.Seats[0])
	}
	d.regroup(c.User, u.Teams, nil)
	d.users.Delete(string(c.User))
	d.tally(u.Role, u.Status, -1)
	return nil
}

func (c StatusSet) apply(d *draft) error {
	u, err := d.known(c.User)
	switch {
	case err != nil:
		return err
	case u.Status != c.From:
		return printable.Errorf("%s is %s, not %s", c.User, u.Status, c.From)
	case c.To < usher.Invited || c.To > usher.Inactive || c.To == c.From:
		return printable.Errorf("from %s to %s is no change", c.From, c.To)
	}
	d.tally(u.Role, u.Status, -1)
	d.tally(u.Role, c.To, 1)
	changed := *u
	changed.Status = c.To
	d.put(c.User, changed)
	return nil
}

func (c RoleSet) apply(d *draft) error {
	u, err := d.known(c.User)
	switch {
	case err != nil:
		return err
	case u.Role != c.From:
		return printable.Errorf("%s has the role %s, not %s", c.User, u.Role, c.From)
	case c.To == "" || c.To == c.From || c.To == d.next.unique || c.From == d.next.unique:
		return printable.Errorf("from %s to %q is no change of a role", c.From, c.To)
	}
	d.setRole(c.User, u, c.To)
	return nil
}

func (d *draft) setRole(id usher.UserID, u *policy.User, to role.Name) {
	d.tally(u.Role, u.Status, -1)
	d.tally(to, u.Status, 1)
	changed := *u
	changed.Role = to
	d.put(id, changed)
}

func (c OwnershipTransferred) apply(d *draft) error {
	from, err := d.known(c.From)
	if err != nil {
		return err
	}
	to, err := d.known(c.To)
	switch {
	case err != nil:
		return err
	case c.From != d.next.owner || c.To == c.From:
		return printable.Errorf("%s has the unique role %s", d.next.owner, d.next.unique)
	case to.Role != c.Was:
		return printable.Errorf("%s has the role %s, not %s", c.To, to.Role, c.Was)
	case c.Becomes == "" || c.Becomes == d.next.unique:
		return printable.Errorf("%s cannot become %q", c.From, c.Becomes)
	}
	d.setRole(c.From, from, c.Becomes)
	d.setRole(c.To, to, d.next.unique)
	d.next.owner = c.To
	return nil
}

func (c SeatsSet) apply(d *draft) error {
	pool := d.next.pools[c.Pool]
	if c.Pool == "" || pool.Total != c.From || c.To == c.From {
		return printable.Errorf("%s has %d seats, not %d", c.Pool, pool.Total, c.From)
	}
	if err := checkTotal(c.To); err != nil {
		return err
	}
	pool.Total = c.To
	d.setPool(c.Pool, pool)
	return nil
}

func (c SeatAssigned) apply(d *draft) error {
	u, err := d.known(c.User)
	if err != nil {
		return err
	}
	at, held := slices.BinarySearch(u.Seats, c.Pool)
	if held || c.Pool == "" {
		return printable.Errorf("%s holds a seat in %s already", c.User, c.Pool)
	}
	pool := d.next.pools[c.Pool]
	pool.Held++ // of how many, counts once all changes are made
	d.setPool(c.Pool, pool)
	changed := *u
	changed.Seats = slices.Insert(slices.Clone(u.Seats), at, c.Pool)
	d.put(c.User, changed)
	return nil
}

func (c SeatUnassigned) apply(d *draft) error {
	u, err := d.known(c.User)
	if err != nil {
		return err
	}
	at, held := slices.BinarySearch(u.Seats, c.Pool)
	if !held {
		return printable.Errorf("%s holds no seat in %s", c.User, c.Pool)
	}
	pool, err := d.next.pools[c.Pool].Return(1)
	if err != nil {
		return printable.Errorf("%s: %w", c.Pool, err)
	}
	d.setPool(c.Pool, pool)
	changed := *u
	changed.Seats = without(u.Seats, at)
	d.put(c.User, changed)
	return nil
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
	changed := *u
	changed.Grants = slices.Clone(u.Grants)
	if held {
		changed.Grants[at].Until = until
	} else {
		changed.Grants = slices.Insert(changed.Grants, at, policy.Grant{Name: c.Grant, Until: until})
	}
	d.put(c.User, changed)
	return nil
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

func (d *draft) known(id usher.UserID) (*policy.User, error) {
	if u := d.find(id); u != nil {
		return u, nil
	}
	return nil, printable.Errorf("there is no user %s", id)
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

func holds(u *policy.User, pool seat.PoolName) bool {
	_, held := slices.BinarySearch(u.Seats, pool)
	return held
}

// without returns a copy of a list that lacks one element, nil where nothing is
// left, so that alike users have alike records.
func without[E any](list []E, at int) []E {
	if len(list) == 1 {
		return nil
	}
	return slices.Delete(slices.Clone(list), at, at+1)
}
