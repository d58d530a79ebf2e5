package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// AcceptInvitation makes the actor, who was invited, active. Seats go with it as with
// SetStatus.
type AcceptInvitation struct{}

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

func (AcceptInvitation) describe() string { return "" }

// DeclineInvitation removes the actor, who was invited.
type DeclineInvitation struct{}

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

func (DeclineInvitation) describe() string { return "" }

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
