package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// AcceptInvitation makes an invited actor active. An active actor stays so; others are
// denied. Seats are released and taken as with SetStatus. The policy is not consulted.
type AcceptInvitation struct{}

func (AcceptInvitation) asks(*proposing) requirement { return requirement{own: true} }

func (AcceptInvitation) propose(q *proposing) error {
	id, u, err := q.invited()
	if err != nil || u.Status == usher.Active {
		return err
	}
	if _, err := q.roleOf(id, u); err != nil {
		return err
	}
	return q.setStatus(id, u, usher.Active)
}

func (AcceptInvitation) describe() string { return "" }

// DeclineInvitation removes an invited actor. Others are denied. The policy is not consulted.
type DeclineInvitation struct{}

func (DeclineInvitation) asks(*proposing) requirement { return requirement{own: true} }

func (DeclineInvitation) propose(q *proposing) error {
	id, u, err := q.invited()
	switch {
	case err != nil:
		return err
	case u.Status != usher.Invited:
		return q.deny(usher.ReasonNoPermission, "%s is %s, not invited; use leave", id, u.Status)
	}
	return q.remove(id, u)
}

func (DeclineInvitation) describe() string { return "" }

// invited returns the actor, who must be an invited or active user. This check is the whole
// authorization of commands on an invitation.
func (q *proposing) invited() (usher.UserID, *policy.User, error) {
	id := q.actor.User()
	u := q.find(id)
	switch {
	case id == "":
		return "", nil, q.deny(usher.ReasonUnknownUser, "the host has no invitation; use set-status or remove-user")
	case u == nil:
		return "", nil, q.deny(usher.ReasonUnknownUser, "%s is not a user of %s", id, q.next.account)
	case u.Status == usher.Inactive:
		return "", nil, q.deny(usher.ReasonInactive, "%s is inactive", id)
	case u.Status == usher.Requested:
		return "", nil, q.deny(usher.ReasonInactive, "%s has requested to join and was not invited; use withdraw-request, or wait for admit-user", id)
	}
	return id, u, nil
}
