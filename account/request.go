package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var (
	userRequestToJoin = permission.MustParse("user.request-to-join")
	userAdmit         = permission.MustParse("user.admit")
)

// RequestToJoin adds a user who has requested to join, and so has no access until admit-user.
// The actor is the requester, who is not in the account, and gets the default role; the host
// can name a user and a role. Requires user.request-to-join on {user: actor}, which only a
// cell of visitors gives to users who are not in the account.
type RequestToJoin struct {
	User usher.UserID `usher:"optional"` // default: the actor; the host names the user
	Role role.Name    `usher:"optional"` // only for the host; default: the policy's default role
}

func (RequestToJoin) asks(q *proposing) requirement {
	return needs(userRequestToJoin, of(q.actor.User()))
}

func (c RequestToJoin) propose(q *proposing) error {
	id, r := c.User, q.policy.DefaultRole()
	if actor := q.actor.User(); actor != "" {
		switch {
		case id != "" && id != actor:
			return q.refuse(CodeInvalid, "%s can request only for themselves; add-user adds %s", actor, id)
		case c.Role != "":
			return q.refuse(CodeInvalid, "only the host can name the role of a request; admit-user gives another role than %s", r.Name)
		}
		id = actor
	} else if c.Role != "" {
		var err error
		if r, err = q.accountRole(c.Role); err != nil {
			return err
		}
	}
	if id == "" {
		return q.refuse(CodeInvalid, "the user who requests to join is missing; the host names the user")
	}
	if err := checkID("user", string(id)); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if u := q.find(id); u != nil {
		if u.Status == usher.Requested && (c.Role == "" || u.Role == r.Name) {
			return nil
		}
		return q.refuseExists(id, u)
	}
	if err := q.checkRequested(); err != nil {
		return err
	}
	if r.Unique {
		return q.refuseUniqueRole(r)
	}
	if err := q.emit(UserAdded{User: id, Role: r.Name, Status: usher.Requested}); err != nil {
		return err
	}
	return q.takeSeats(id, &policy.User{}, &policy.User{Status: usher.Requested, Role: r.Name})
}

// checkRequested rejects the command if no further user can request to join.
func (q *proposing) checkRequested() error {
	n := 0
	for _, c := range q.next.counts {
		n += c.requested
	}
	if n < MaxRequested {
		return nil
	}
	return q.refuse(CodeInvalid, "at most %d users of an account can have requested to join, and %d have; admit-user or remove-user makes room", MaxRequested, n)
}

func (c RequestToJoin) describe() string {
	switch {
	case c.User == "" && c.Role == "":
		return ""
	case c.Role == "":
		return "of " + word(c.User)
	case c.User == "":
		return "as " + word(c.Role)
	}
	return "of " + word(c.User) + " as " + word(c.Role)
}

// WithdrawRequest removes an actor who has requested to join. Others are denied. The policy is
// not consulted.
type WithdrawRequest struct{}

func (WithdrawRequest) asks(*proposing) requirement { return requirement{own: true} }

func (WithdrawRequest) propose(q *proposing) error {
	id := q.actor.User()
	switch u := q.find(id); {
	case id == "":
		return q.deny(usher.ReasonUnknownUser, "the host has no request; remove-user declines one")
	case u == nil:
		return q.deny(usher.ReasonUnknownUser, "%s is not a user of %s", id, q.next.account)
	case u.Status != usher.Requested:
		return q.deny(usher.ReasonNoPermission, "%s is %s, and has no request to withdraw", id, u.Status)
	default:
		return q.remove(id, u)
	}
}

func (WithdrawRequest) describe() string { return "" }

// AdmitUser makes a user active who has requested to join. Seats that the role requires are
// taken. It counts as giving everything that the user then has and will have, also roles on resources, of which
// only what [Proposal.Resources] states is known. Users never admit themselves.
// Requires user.admit on {user}.
type AdmitUser struct {
	User usher.UserID
	Role role.Name `usher:"optional"` // default: the role of the request
}

func (c AdmitUser) asks(q *proposing) requirement {
	gives := c.Role
	if u := q.find(c.User); gives == "" && u != nil {
		gives = u.Role
	}
	return needs(userAdmit, of(c.User)).giving(gives)
}

func (c AdmitUser) propose(q *proposing) error {
	if c.User == q.actor.user || c.User == q.authority {
		return q.deny(usher.ReasonNoPermission, "%s cannot admit themselves", c.User)
	}
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	name := c.Role
	if name == "" {
		name = u.Role
	}
	r, err := q.accountRole(name)
	switch {
	case err != nil:
		return err
	case u.Status == usher.Active && u.Role == r.Name:
		return nil
	case u.Status != usher.Requested:
		return q.refuse(CodeInvalid, "%s is %s, and has not requested to join; %s", c.User, u.Status, insteadOfAdmit(u.Status))
	case r.Unique:
		return q.refuseUniqueRole(r)
	}
	admitted, changes := q.withRole(c.User, u, r)
	admitted.Status = usher.Active
	given := *admitted
	given.Seats = q.keptSeats(u, admitted)
	if err := q.checkGives(c.User, nil, &given, of(c.User)); err != nil {
		return err
	}
	if err := q.checkGivesAllOn(c.User, &given, q.entriesAfter(q.entriesOf(subjectOf(c.User)), u, &given)); err != nil {
		return err
	}
	if u.Role != r.Name {
		changes = append(changes, RoleSet{User: c.User, From: u.Role, To: r.Name})
	}
	changes = append(changes, StatusSet{User: c.User, From: usher.Requested, To: usher.Active})
	return q.emitWithSeats(c.User, u, admitted, changes...)
}

func (c AdmitUser) describe() string {
	if c.Role == "" {
		return word(c.User)
	}
	return word(c.User) + " as " + word(c.Role)
}

// insteadOfAdmit returns what to do with a user who has no request.
func insteadOfAdmit(s usher.Status) string {
	switch s {
	case usher.Invited:
		return "the user can accept-invitation"
	case usher.Active:
		return "set-role gives another role"
	}
	return "set-status makes the user active"
}

// refuseExists rejects a command that would add a user who is already in the account.
func (q *proposing) refuseExists(id usher.UserID, u *policy.User) error {
	if u.Status == usher.Requested {
		return q.refuse(CodeExists, "the user %s has requested to join; use admit-user, or remove-user to decline", id)
	}
	return q.refuse(CodeExists, "the user %s already exists", id)
}
