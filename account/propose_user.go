package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var (
	userCreate    = permission.MustParse("user.create")
	userDelete    = permission.MustParse("user.delete")
	userLeave     = permission.MustParse("user.leave")
	userSetStatus = permission.MustParse("user.set-status")
	userSetRole   = permission.MustParse("user.set-role")
)

func (c AddUser) asks(*proposing) requirement { return needs(userCreate, parties{teams: c.Teams}) }

func (c AddUser) propose(q *proposing) error {
	for _, t := range c.Teams {
		if err := q.knownTeam(t); err != nil {
			return err
		}
	}
	r := q.policy.DefaultRole()
	if c.Role != "" {
		var err error
		if r, err = q.accountRole(c.Role); err != nil {
			return err
		}
	}
	status := c.Status
	if status == 0 {
		status = usher.Active
	}
	if err := checkID("user", string(c.User)); err != nil {
		return q.refuse(Invalid, "%v", err)
	}
	if status != usher.Active && status != usher.Invited {
		return q.refuse(Invalid, "a user is added active or invited, not %s", status)
	}
	if q.find(c.User) != nil {
		return q.refuse(Exists, "%s is a user already", c.User)
	}
	if r.Unique {
		return q.refuse(UniqueRole, "%s is held by %s, and moves only by transfer-ownership", r.Name, q.next.owner)
	}
	u := policy.User{Status: status, Role: r.Name}
	teams := slices.Compact(slices.Sorted(slices.Values(c.Teams)))
	for _, t := range teams {
		u.Teams = append(u.Teams, policy.Membership{Team: t})
	}
	if err := q.checkGives(c.User, nil, &u, parties{teams: c.Teams}); err != nil {
		return err
	}
	if err := q.emit(UserAdded{User: c.User, Role: r.Name, Status: status}); err != nil {
		return err
	}
	for _, t := range teams {
		if err := q.emit(MemberAdded{Team: t, User: c.User}); err != nil {
			return err
		}
	}
	return q.take(c.User, &policy.User{}, r, status)
}

func (AcceptInvitation) asks(*proposing) requirement { return requirement{own: true} }

func (AcceptInvitation) propose(q *proposing) error {
	id, u, err := q.invited()
	if err != nil || u.Status == usher.Active {
		return err
	}
	r, err := q.roleOf(id, u)
	if err != nil {
		return err
	}
	return q.become(id, u, r, usher.Active)
}

func (DeclineInvitation) asks(*proposing) requirement { return requirement{own: true} }

func (DeclineInvitation) propose(q *proposing) error {
	id, u, err := q.invited()
	switch {
	case err != nil:
		return err
	case u.Status != usher.Invited:
		return q.deny(usher.ReasonNoPermission, "%s was not invited, but is %s; leave ends a membership", id, u.Status)
	}
	return q.remove(id, u)
}

// invited returns the actor, who must be an invited or an active user. It is the
// authorization of the commands on an invitation, which no policy decides.
func (q *proposing) invited() (usher.UserID, *policy.User, error) {
	id := q.actor.User()
	u := q.find(id)
	switch {
	case id == "":
		return "", nil, q.deny(usher.ReasonUnknownUser, "the host was not invited; set-status and remove-user do it for a user")
	case u == nil:
		return "", nil, q.deny(usher.ReasonUnknownUser, "%s is no user of %s", id, q.next.account)
	case u.Status == usher.Inactive:
		return "", nil, q.deny(usher.ReasonInactive, "%s is inactive", id)
	}
	return id, u, nil
}

func (Leave) asks(q *proposing) requirement { return needs(userLeave, of(q.actor.User())) }

func (Leave) propose(q *proposing) error {
	id := q.actor.User()
	if id == "" {
		return q.deny(usher.ReasonUnknownUser, "the host has nothing to leave; remove-user removes a user")
	}
	u, err := q.user(id)
	if err != nil {
		return err
	}
	return q.remove(id, u)
}

func (c RemoveUser) asks(*proposing) requirement { return needs(userDelete, of(c.User)) }

func (c RemoveUser) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	if c.User == q.next.owner {
		return q.keepsUnique(c.User)
	}
	if err := q.checkRank(c.User, u); err != nil {
		return err
	}
	return q.remove(c.User, u)
}

// remove takes a user out of the account.
func (q *proposing) remove(id usher.UserID, u *policy.User) error {
	if id == q.next.owner {
		return q.keepsUnique(id)
	}
	for _, pool := range u.Seats {
		if err := q.emit(SeatUnassigned{User: id, Pool: pool}); err != nil {
			return err
		}
	}
	q.outcome.Removed = append(q.outcome.Removed, id)
	q.outcome.Values = slices.DeleteFunc(q.outcome.Values, func(v FieldValue) bool { return v.User == id })
	return q.emit(UserRemoved{User: id})
}

func (q *proposing) keepsUnique(id usher.UserID) error {
	return q.refuse(UniqueRole, "%s is the %s; transfer-ownership makes somebody else that first", id, q.next.unique)
}

func (c SetStatus) asks(*proposing) requirement { return needs(userSetStatus, of(c.User)) }

func (c SetStatus) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	if c.Status != usher.Active && c.Status != usher.Inactive {
		return q.refuse(Invalid, "a status is set to active or inactive, not %q", c.Status.String())
	}
	if u.Status == c.Status {
		return nil
	}
	if err := q.checkRank(c.User, u); err != nil {
		return err
	}
	r, err := q.roleOf(c.User, u)
	if err != nil {
		return err
	}
	return q.become(c.User, u, r, c.Status)
}

// become gives a user another status, with the seats that go with it.
func (q *proposing) become(id usher.UserID, u *policy.User, r role.Role, status usher.Status) error {
	if err := q.free(id, u, r, status); err != nil {
		return err
	}
	if err := q.emit(StatusSet{User: id, From: u.Status, To: status}); err != nil {
		return err
	}
	return q.take(id, u, r, status)
}

func (c SetRole) asks(*proposing) requirement { return needs(userSetRole, of(c.User)) }

func (c SetRole) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	r, err := q.accountRole(c.Role)
	if err != nil || u.Role == r.Name {
		return err
	}
	switch {
	case c.User == q.next.owner:
		return q.keepsUnique(c.User)
	case r.Unique:
		return q.refuse(UniqueRole, "%s is held by %s, and moves only by transfer-ownership", r.Name, q.next.owner)
	}
	changed := *u
	changed.Role = r.Name
	changed.Seats = q.keptSeats(u, r, u.Status)
	if err := q.checkGives(c.User, u, &changed, of(c.User)); err != nil {
		return err
	}
	changed.Seats = q.seatsWith(u, r, u.Status)
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	if err := q.free(c.User, u, r, u.Status); err != nil {
		return err
	}
	if err := q.emit(RoleSet{User: c.User, From: u.Role, To: r.Name}); err != nil {
		return err
	}
	return q.take(c.User, u, r, u.Status)
}
