package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// Invite invites a person who need not be a user yet: it adds an invited user whose id is a key of
// the host application's, such as a keyed hash of an e-mail address. accept-invitation attaches the
// invitation to a user. Until then it can be changed like a user: team roles, roles beside the account
// role, roles on resources, grants and seats are added with the commands for them, with Key as the
// user, best in the same batch. The journal keeps keys, so a key
// must not be or disclose personal data. Users who see the people of the account see keys, so a key is
// not a secret, and does not prove that a person was invited. At the end, an invitation that is not accepted is revoked.
// Gives and requires the same as add-user: user.create on
// {team: Teams}.
type Invite struct {
	Key   usher.UserID
	Role  role.Name      `usher:"optional"` // default: the policy's default role
	Teams []usher.TeamID `usher:"optional"` // default: none
	Until time.Time      `usher:"optional"` // default: no end
}

func (c Invite) addUser() AddUser {
	return AddUser{User: c.Key, Role: c.Role, Status: usher.Invited, Teams: c.Teams}
}

func (c Invite) asks(q *proposing) requirement { return c.addUser().asks(q) }

func (c Invite) propose(q *proposing) error {
	t, err := q.termOf(time.Time{}, c.Until)
	if err != nil {
		return err
	}
	if u := q.find(c.Key); u != nil && c.isOf(q, u) && q.endOfInvitation(c.Key).Equal(t.until) {
		return nil
	}
	if err := c.addUser().propose(q); err != nil || t.until.IsZero() {
		return err
	}
	return q.emitEntry(t.until, RevokeInvitation{User: c.Key}, true)
}

// isOf reports whether a user is what the command makes.
func (c Invite) isOf(q *proposing, u *policy.User) bool {
	name := c.Role
	if name == "" {
		name = q.policy.DefaultRole().Name
	}
	return u.Status == usher.Invited && u.Role == name &&
		!slices.ContainsFunc(c.Teams, func(t usher.TeamID) bool { _, in := teamIndex(u, t); return !in })
}

func (c Invite) describe() string {
	s := word(c.Key)
	if c.Role != "" {
		s += " as " + word(c.Role)
	}
	if len(c.Teams) > 0 {
		s += " in " + teams(c.Teams)
	}
	return s + until(c.Until)
}

// RevokeInvitation removes an invited user. The user must not outrank the actor. Requires
// user.create on {team: the teams of the user}.
type RevokeInvitation struct {
	User usher.UserID
}

func (c RevokeInvitation) asks(q *proposing) requirement {
	return needs(userCreate, q.teamsOfInvitation(c.User))
}

func (c RevokeInvitation) propose(q *proposing) error {
	u, err := q.invitation(c.User)
	if err != nil {
		return err
	}
	return q.removeBelow(c.User, u)
}

func (RevokeInvitation) helps(*proposing, *policy.User) bool { return true }

func (c RevokeInvitation) describe() string { return word(c.User) }

// AcceptInvitation makes an invited actor active. An active actor stays so; others are
// denied. Seats are released and taken as with SetStatus. The policy is not consulted.
//
// The host application accepts for a person with Key and User: the invitation with the key becomes
// that user, active. A User who has requested to join gets the invitation instead of the request.
// A User who is invited or active keeps the account role, becomes active, and gets what else the
// invitation has: teams, team roles, roles beside, roles on resources and grants, as far as the account
// role may have them, and seats that were assigned; what begins later in the invitation begins for the user at
// its time, except another account role. If that would let the user do, now or later, what the invitation does
// not let its holder do then, it is rejected with CodeEscalation; for an inactive user, with CodeInactive.
// An accepted key is not a user any more, so accepting it again is CodeUnknownUser, also for the same
// User: the account does not keep who accepted a key. A caller that retries sets an idempotency key.
type AcceptInvitation struct {
	Key  usher.UserID `usher:"optional"` // only for the host: the invitation; default: that of the actor
	User usher.UserID `usher:"optional"` // only for the host: the user who gets it; default: the actor
}

func (c AcceptInvitation) asks(*proposing) requirement {
	if c == (AcceptInvitation{}) {
		return requirement{own: true}
	}
	return requirement{hostOnly: "only the host can say whose an invitation is; without key and user, accept-invitation accepts that of the actor"}
}

func (c AcceptInvitation) propose(q *proposing) error {
	if c != (AcceptInvitation{}) {
		return q.attach(c.Key, c.User)
	}
	id, u, err := q.invited()
	if err != nil || u.Status == usher.Active {
		return err
	}
	if _, err := q.roleOf(id, u); err != nil {
		return err
	}
	return q.setStatus(id, u, usher.Active)
}

func (c AcceptInvitation) describe() string {
	switch {
	case c == (AcceptInvitation{}):
		return ""
	case c.User == "":
		return word(c.Key)
	case c.Key == "":
		return "as " + word(c.User)
	}
	return word(c.Key) + " as " + word(c.User)
}

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
		return "", nil, q.deny(usher.ReasonUnknownUser, "the host has no invitation; accept-invitation of the host names the key and the user, and revoke-invitation removes an invitation")
	case u == nil:
		return "", nil, q.deny(usher.ReasonUnknownUser, "%s is not a user of %s", id, q.next.account)
	case u.Status == usher.Inactive:
		return "", nil, q.deny(usher.ReasonInactive, "%s is inactive", id)
	case u.Status == usher.Requested:
		return "", nil, q.deny(usher.ReasonInactive, "%s has requested to join and was not invited; use withdraw-request, or wait for admit-user", id)
	}
	return id, u, nil
}

// invitation returns an invited user, or rejects the command.
func (q *proposing) invitation(key usher.UserID) (*policy.User, error) {
	if key == "" {
		return nil, q.refuse(CodeUnknownUser, "the key of the invitation is missing; from the host, accept-invitation needs key and user")
	}
	if q.find(key) == nil {
		return nil, q.refuse(CodeUnknownUser, "%s has no invitation with the key %q; it was accepted or revoked, or never made", q.next.account, key)
	}
	u, err := q.user(key)
	if err == nil && u.Status != usher.Invited {
		return nil, q.refuse(CodeInvalid, "%s is %s, and not invited%s", key, u.Status, insteadOfInvitation(u.Status))
	}
	return u, err
}

// insteadOfInvitation returns what to do with a user who is not invited.
func insteadOfInvitation(s usher.Status) string {
	if s == usher.Requested {
		return "; use admit-user, or remove-user to decline"
	}
	return "; use set-status or remove-user"
}

// teamsOfInvitation returns the teams of an invited user; none for another user.
func (q *proposing) teamsOfInvitation(id usher.UserID) (on parties) {
	if u := q.find(id); u != nil && u.Status == usher.Invited {
		for _, m := range u.Teams {
			on.teams = append(on.teams, m.Team)
		}
	}
	return on
}
