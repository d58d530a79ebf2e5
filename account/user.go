package account

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var (
	userCreate = permission.MustParse("user.create")
	userDelete = permission.MustParse("user.delete")
	userLeave  = permission.MustParse("user.leave")
)

// AddUser adds or invites a user, and puts the user in the teams listed. If the role requires
// a seat in the user's status, the user takes one. Requires user.create on {team: Teams}.
type AddUser struct {
	User   usher.UserID
	Role   role.Name      `usher:"optional"`                // default: the policy's default role
	Status usher.Status   `usher:"optional,active|invited"` // default: active
	Teams  []usher.TeamID `usher:"optional"`                // default: none
	Kind   usher.UserKind `usher:"optional"`                // default: a person; a service account is a program, which has no seat and is not invited
}

func (c AddUser) asks(q *proposing) requirement {
	gives := c.Role
	if gives == "" && q.policy != nil {
		gives = q.policy.DefaultRole().Name
	}
	return needs(userCreate, parties{teams: c.Teams}).giving(gives)
}

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
		return q.refuse(CodeInvalid, "%v", err)
	}
	if status != usher.Active && status != usher.Invited {
		return q.refuse(CodeInvalid, "the status of a new user must be active or invited, not %s", status)
	}
	switch {
	case !c.Kind.Valid():
		return q.refuse(CodeInvalid, "the kind of a user must be service, or left out for a person, not %q", c.Kind)
	case c.Kind == usher.ServiceAccount && status != usher.Active:
		return q.refuse(CodeInvalid, "a service account is not invited; its status must be active")
	}
	if u := q.find(c.User); u != nil {
		return q.refuseExists(c.User, u)
	}
	if r.Unique {
		return q.refuseUniqueRole(r)
	}
	u := policy.User{Status: status, Role: r.Name, Kind: c.Kind}
	teams := slices.Compact(slices.Sorted(slices.Values(c.Teams)))
	for _, t := range teams {
		u.Teams = append(u.Teams, policy.Membership{Team: t})
	}
	if err := q.checkGives(c.User, nil, &u, parties{teams: c.Teams}); err != nil {
		return err
	}
	if err := q.emit(UserAdded{User: c.User, Role: r.Name, Status: status, Kind: c.Kind}); err != nil {
		return err
	}
	for _, t := range teams {
		if err := q.emit(MemberAdded{Team: t, User: c.User}); err != nil {
			return err
		}
	}
	return q.takeSeats(c.User, &policy.User{}, &u)
}

func (c AddUser) describe() string {
	s := word(c.User)
	if c.Role != "" {
		s += " as " + word(c.Role)
	}
	if len(c.Teams) > 0 {
		s += " in " + teams(c.Teams)
	}
	if c.Status != 0 && c.Status != usher.Active {
		s += " (" + c.Status.String() + ")"
	}
	if c.Kind == usher.ServiceAccount {
		s += " (service account)"
	}
	return s
}

// Leave removes the actor. Its effects are those of RemoveUser. Requires user.leave on {user:
// actor}.
type Leave struct{}

func (Leave) asks(q *proposing) requirement {
	return requirement{permission: userLeave, on: of(q.actor.User()), own: true}
}

func (Leave) propose(q *proposing) error {
	id := q.actor.User()
	if id == "" {
		return q.deny(usher.ReasonUnknownUser, "the host cannot leave an account; remove-user removes a user")
	}
	u, err := q.user(id)
	if err != nil {
		return err
	}
	return q.remove(id, u)
}

func (Leave) describe() string { return "" }

// RemoveUser removes a user with all the user's data and open requests, and releases the user's seats. Requires
// user.delete on {user}.
type RemoveUser struct {
	User usher.UserID
}

func (c RemoveUser) asks(*proposing) requirement { return needs(userDelete, of(c.User)) }

func (c RemoveUser) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	return q.removeBelow(c.User, u)
}

// removeBelow removes a user, unless it is the owner or a user above the actor.
func (q *proposing) removeBelow(id usher.UserID, u *policy.User) error {
	if id == q.next.owner {
		return q.refuseOwner(id)
	}
	if err := q.checkRank(id, u); err != nil {
		return err
	}
	return q.remove(id, u)
}

func (RemoveUser) helps(*proposing, *policy.User) bool { return true }

func (c RemoveUser) describe() string { return word(c.User) }

// UserAdded adds a user to the account.
type UserAdded struct {
	User   usher.UserID   `json:"user"`
	Role   role.Name      `json:"role"`
	Status usher.Status   `json:"status"`
	Kind   usher.UserKind `json:"kind,omitempty"`
}

func (c UserAdded) apply(d *draft) error {
	switch {
	case c.User == "" || c.Role == "" || c.Status < usher.Invited || c.Status > usher.Requested:
		return errors.New("the user, the role and the status must be set")
	case !c.Kind.Valid(), c.Kind == usher.ServiceAccount && c.Status != usher.Active && c.Status != usher.Inactive:
		return printable.Errorf("the kind %q is unknown, or a service account is %s", c.Kind, c.Status)
	case c.Role == d.next.unique:
		return printable.Errorf("%s is the unique role, and %s has it", c.Role, d.next.owner)
	case d.find(c.User) != nil:
		return printable.Errorf("the user %s already exists", c.User)
	}
	u := policy.User{Status: c.Status, Role: c.Role, Kind: c.Kind}
	d.put(c.User, u)
	d.countUser(&u, 1)
	return nil
}

func (c UserAdded) describe() string {
	s := word(c.User) + " is added as " + word(c.Role)
	if c.Status != usher.Active {
		s += " (" + word(c.Status.String()) + ")"
	}
	if c.Kind == usher.ServiceAccount {
		s += " (service account)"
	}
	return s
}

// UserRemoved removes a user from the account, with the user's teams, roles, roles on resources and
// grants, and the open requests.
type UserRemoved struct {
	User usher.UserID `json:"user"`
}

func (c UserRemoved) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	switch {
	case err != nil:
		return err
	case c.User == d.next.owner:
		return printable.Errorf("%s has the unique role %s", c.User, d.next.unique)
	case len(u.Seats) > 0:
		return printable.Errorf("%s holds a seat in %s", c.User, u.Seats[0])
	}
	d.take(c.User, u)
	d.withdrawAll(c.User)
	return nil
}

func (c UserRemoved) describe() string { return word(c.User) + " is removed" }

// remove removes a user, and first releases the user's seats.
func (q *proposing) remove(id usher.UserID, u *policy.User) error {
	if id == q.next.owner {
		return q.refuseOwner(id)
	}
	for _, pool := range u.Seats {
		if err := q.emit(SeatUnassigned{User: id, Pool: pool}); err != nil {
			return err
		}
	}
	q.forget(id)
	return q.emit(UserRemoved{User: id})
}

// forget erases the values of a user, also those that earlier commands of the batch set.
func (q *proposing) forget(id usher.UserID) {
	q.outcome.Removed = append(q.outcome.Removed, id)
	q.outcome.Values = slices.DeleteFunc(q.outcome.Values, func(v FieldValue) bool { return v.User == id })
}

// take removes a user without seats from the draft.
func (d *draft) take(id usher.UserID, u *policy.User) {
	d.noteTeams(id, u, nil)
	d.takeRolesOn(Holder{User: id})
	d.users.Delete(string(id))
	d.countUser(u, -1)
}

// RemovedBy returns the users whose ids are no longer in the account after changes, because they
// were removed or renamed, in the order of the changes. An id may have been added again after that. The
// deletion of the account is not included.
func RemovedBy(changes ...Change) []usher.UserID {
	var ids []usher.UserID
	for _, change := range changes {
		switch c := change.(type) {
		case UserRemoved:
			ids = append(ids, c.User)
		case UserRenamed:
			ids = append(ids, c.From)
		case UserMerged:
			ids = append(ids, c.From)
		}
	}
	return ids
}

// user returns a user, or rejects the command with CodeUnknownUser. It suggests no similar
// ids, because the actor may not be allowed to see the users. If the policy cannot decide for
// the user, it returns an error, except for commands that help such a user.
func (q *proposing) user(id usher.UserID) (*policy.User, error) {
	if u := q.find(id); u != nil {
		return u, q.checkUserFits(id, u)
	}
	return nil, q.refuse(CodeUnknownUser, "%s has no user %q", q.next.account, id)
}

func (d *draft) lookUp(id usher.UserID) (*policy.User, error) {
	if u := d.find(id); u != nil {
		return u, nil
	}
	return nil, printable.Errorf("the user %s does not exist", id)
}

// maxTeamsNamed is how many teams of a list a message names.
const maxTeamsNamed = 8

func teams(ids []usher.TeamID) string {
	var list []string
	for _, id := range ids[:min(len(ids), maxTeamsNamed)] {
		list = append(list, word(id))
	}
	s := strings.Join(list, ", ")
	if len(ids) > maxTeamsNamed {
		s += printable.Sprintf(" and %d more", len(ids)-maxTeamsNamed)
	}
	return s
}
