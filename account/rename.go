package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// RenameUser moves everything that a user has to another id: role, status, teams, team roles,
// roles beside, roles on resources, seats, grants, the values of custom fields, open requests, and the unique
// role. In open requests the new id replaces the old one. Only the host
// application can run it, because it knows that both ids stand for one person.
//
// If To is already in the account, the two users are merged. To keeps the account role and the status,
// and gets the teams, roles, roles on resources and grants that only From has: each of them as long as one of the two
// would have had it, so that of two ends the later one stays. Of two values in a custom field, that of To stays. A seat counts
// once, and To gets no team role, grant or seat that the account role of To does not allow. The
// holder of the unique role is not merged into another user, and a service account is not merged
// at all: that is rejected with CodeInvalid.
type RenameUser struct {
	From usher.UserID
	To   usher.UserID
}

func (RenameUser) asks(*proposing) requirement {
	return requirement{hostOnly: "only the host can give a user another id"}
}

func (c RenameUser) propose(q *proposing) error {
	if err := checkID("user", string(c.To)); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	from, err := q.user(c.From)
	if err != nil || c.From == c.To {
		return err
	}
	to := q.find(c.To)
	switch {
	case to == nil:
		return q.renameUser(c, from)
	case c.From == q.next.owner:
		return q.refuse(CodeInvalid, "%s has the role %s, and %s is a user already; transfer-ownership gives the role to %s first", c.From, q.next.unique, c.To, c.To)
	}
	if to, err = q.user(c.To); err != nil {
		return err
	}
	r, err := q.roleOf(c.To, to)
	if err != nil {
		return err
	}
	return q.mergeUser(c, from, to, r, from.Seats)
}

// renameUser moves everything that a user has to an id that no user has.
func (q *proposing) renameUser(c RenameUser, from *policy.User) error {
	to := &policy.User{Status: from.Status, Role: from.Role, Kind: from.Kind}
	after, changes := merged(c.To, from, to)
	return q.moveUser(c, from, to, after, from.Seats, UserRenamed{From: c.From, To: c.To, Role: from.Role, Status: from.Status}, changes)
}

// mergeUser moves what a user has to another one with a role, as far as the role may have it. Of the
// seats of the user, only those carried can be the other one's.
func (q *proposing) mergeUser(c RenameUser, from, to *policy.User, r role.Role, carried []seat.PoolName) error {
	for i, u := range []*policy.User{from, to} {
		if u.Kind == usher.ServiceAccount {
			return q.refuse(CodeInvalid, "%s is a service account, which cannot be merged with another user", []usher.UserID{c.From, c.To}[i])
		}
	}
	after, changes := merged(c.To, allowedTo(r, from), to)
	return q.moveUser(c, from, to, after, carried, UserMerged{From: c.From, To: c.To, Role: from.Role, Status: from.Status}, changes)
}

// allowedTo returns a user without what another role may not have.
func allowedTo(r role.Role, u *policy.User) *policy.User {
	allowed := *u
	if r.NoTeamRoles {
		allowed.Teams, allowed.Outside = withoutRoles(u.Teams), nil
	}
	if r.NoGrants {
		allowed.Grants = nil
	}
	return &allowed
}

// moveUser makes the changes that move a user to another one, who is To before them and After with
// them. Moved removes the user, and adds the other one if it is new.
func (q *proposing) moveUser(c RenameUser, from, to, after *policy.User, carried []seat.PoolName, moved Change, changes []Change) error {
	entries := q.entriesOf(subjectOf(c.From))
	var m *merging
	if _, merges := moved.(UserMerged); merges {
		m = q.merging(c, entries, from, to, after)
	}
	rolesOn, err := q.movedRolesOn(c)
	if err != nil {
		return err
	}
	changes = append(changes, rolesOn...)
	seats := q.policy.SeatsAfter(to, after)
	for _, pool := range carried {
		kind, _ := q.policy.Pool(pool)
		if rule, _ := q.policy.SeatRule(after, pool); rule != role.SeatNone && kind.Holds.Has(after.Status) && !slices.Contains(seats, pool) {
			seats = append(seats, pool)
		}
	}
	for _, pool := range from.Seats {
		if err := q.emit(SeatUnassigned{User: c.From, Pool: pool}); err != nil {
			return err
		}
	}
	if err := q.moveValues(c); err != nil {
		return err
	}
	if err := q.emit(append([]Change{moved}, changes...)...); err != nil {
		return err
	}
	if err := q.holdSeats(c.To, to.Seats, seats); err != nil {
		return err
	}
	return q.moveSchedule(c, entries, m)
}

// holdSeats releases and takes seats of a user, so that the user has those after a change.
func (q *proposing) holdSeats(id usher.UserID, before, after []seat.PoolName) error {
	for _, pool := range before {
		if !slices.Contains(after, pool) {
			if err := q.emit(SeatUnassigned{User: id, Pool: pool}); err != nil {
				return err
			}
		}
	}
	for _, kind := range q.policy.Pools() {
		if slices.Contains(after, kind.Name) && !slices.Contains(before, kind.Name) {
			if err := q.emit(SeatAssigned{User: id, Pool: kind.Name}); err != nil {
				return err
			}
		}
	}
	return nil
}

// merged returns a user with all that another one has, except the role, the status and the seats,
// and the changes that give it.
func merged(id usher.UserID, from, to *policy.User) (*policy.User, []Change) {
	after, changes := to, []Change(nil)
	for _, m := range from.Teams {
		if _, in := teamIndex(after, m.Team); !in {
			changes = append(append(changes, unsetOn(after, id, m.Team)...), MemberAdded{Team: m.Team, User: id})
			for _, name := range outsideRoles(after, m.Team) {
				changes = append(changes, TeamRoleSet{Team: m.Team, User: id, Role: name})
			}
			after = joined(after, m.Team)
		}
	}
	for _, m := range slices.Concat(from.Teams, from.Outside) {
		_, in := teamIndex(after, m.Team)
		for _, name := range m.Roles {
			held := rolesOn(after, m.Team)
			at, has := slices.BinarySearch(held, name)
			if has {
				continue
			}
			if in {
				changes = append(changes, TeamRoleSet{Team: m.Team, User: id, Role: name})
			} else {
				changes = append(changes, OutsideRoleSet{Team: m.Team, User: id, Role: name})
			}
			after = withTeamRoles(after, m.Team, slices.Insert(slices.Clone(held), at, name))
		}
	}
	sum := *after
	for _, name := range from.Beside {
		if at, has := slices.BinarySearch(sum.Beside, name); !has {
			changes = append(changes, RoleBesideSet{User: id, Role: name})
			sum.Beside = slices.Insert(slices.Clone(sum.Beside), at, name)
		}
	}
	for _, g := range from.Grants {
		if at, has := grantIndex(&sum, g.Name); !has || endsSooner(sum.Grants[at], g) {
			changes = append(changes, GrantGiven{User: id, Grant: g.Name, Until: g.Until})
			sum = withGrant(&sum, g)
		}
	}
	return &sum, changes
}

// movedRolesOn returns the changes that give To the roles on resources that only From has.
func (q *proposing) movedRolesOn(c RenameUser) (changes []Change, err error) {
	from, to := Holder{User: c.From}, Holder{User: c.To}
	n := q.countOn(to)
	for _, h := range q.eachRoleOn(from) {
		held := q.rolesOf(to, h.On)
		if len(held) == 0 {
			n++
		}
		for _, name := range h.Roles {
			if !slices.Contains(held, name) {
				changes = append(changes, RoleOnGiven{User: c.To, Role: name, Type: h.On.Type, ID: h.On.ID})
			}
		}
	}
	if n > MaxResourcesOfUser && q.find(c.To) != nil {
		return nil, q.refuse(CodeTooManyRoles, "%s would have roles on %d resources, and can have them on at most %d; take-role-on or forget makes room", c.To, n, MaxResourcesOfUser)
	}
	return changes, nil
}

// withoutRoles returns memberships of the same teams without roles.
func withoutRoles(list []policy.Membership) []policy.Membership {
	list = slices.Clone(list)
	for i := range list {
		list[i].Roles = nil
	}
	return list
}

// moveValues moves the values of custom fields that only From has.
func (q *proposing) moveValues(c RenameUser) error {
	var moved []FieldValue
	for _, f := range q.next.Fields() {
		value, err := q.valueOf(c.From, f.ID)
		if err != nil {
			return err
		}
		if value == "" {
			continue
		}
		own, err := q.valueOf(c.To, f.ID)
		if err != nil {
			return err
		}
		if own == "" {
			moved = append(moved, FieldValue{User: c.To, Field: f.ID, Value: value})
		}
	}
	q.forget(c.From)
	q.outcome.Values = append(q.outcome.Values, moved...)
	return nil
}

func (c RenameUser) describe() string { return word(c.From) + " to " + word(c.To) }

// UserRenamed replaces the id of a user who holds no seat by one that no user has. To gets the role
// and the status of From, and the unique role if From has it. The changes after it give To what else
// From had.
type UserRenamed struct {
	From   usher.UserID `json:"from"`
	To     usher.UserID `json:"to"`
	Role   role.Name    `json:"role"`
	Status usher.Status `json:"status"`
}

func (c UserRenamed) apply(d *draft) error {
	u, err := d.merges(c.From, c.Role, c.Status)
	switch {
	case err != nil:
		return err
	case c.To == "":
		return printable.Errorf("the new id of %s must not be empty", c.From)
	case d.find(c.To) != nil:
		return printable.Errorf("the user %s already exists", c.To)
	}
	d.take(c.From, u)
	renamed := policy.User{Status: c.Status, Role: c.Role, Kind: u.Kind}
	d.put(c.To, renamed)
	d.countUser(&renamed, 1)
	if c.From == d.next.owner {
		d.next.owner = c.To
	}
	d.renameInRequests(c.From, c.To)
	return nil
}

func (c UserRenamed) describe() string {
	return word(c.From) + ", with the role " + word(c.Role) + ", has the id " + word(c.To) + " from now on"
}

// UserMerged removes a user who holds no seat, because To stands for the same person. Role and
// Status are those of From, which end. The changes after it give To what else From had.
type UserMerged struct {
	From   usher.UserID `json:"from"`
	To     usher.UserID `json:"to"`
	Role   role.Name    `json:"role"`
	Status usher.Status `json:"status"`
}

func (c UserMerged) apply(d *draft) error {
	u, err := d.merges(c.From, c.Role, c.Status)
	if err != nil {
		return err
	}
	if _, err := d.lookUp(c.To); err != nil {
		return err
	}
	if c.From == c.To || c.From == d.next.owner || u.Kind == usher.ServiceAccount {
		return printable.Errorf("%s cannot become part of %s", c.From, c.To)
	}
	d.take(c.From, u)
	d.renameInRequests(c.From, c.To)
	return nil
}

func (c UserMerged) describe() string {
	return word(c.From) + ", with the role " + word(c.Role) + ", becomes part of " + word(c.To)
}

// merges returns the user with a role and a status who gives up the id.
func (d *draft) merges(id usher.UserID, held role.Name, status usher.Status) (*policy.User, error) {
	u, err := d.lookUp(id)
	switch {
	case err != nil:
		return nil, err
	case u.Role != held || u.Status != status:
		return nil, printable.Errorf("%s is %s with the role %s, not %s with the role %s", id, u.Status, u.Role, status, held)
	case len(u.Seats) > 0:
		return nil, printable.Errorf("%s holds a seat in %s", id, u.Seats[0])
	}
	return u, nil
}
