package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var userSetStatus = permission.MustParse("user.set-status")

// SetStatus makes a user active or inactive. Seats that cannot be held in the new status are
// released; seats that the role requires in the new status are taken. A released seat comes
// back only if the role requires it. An invitation with an end does not end any more, so the command
// then counts as giving everything that the invited user has. Requires user.set-status on {user}.
type SetStatus struct {
	User   usher.UserID
	Status usher.Status `usher:"active|inactive"`
}

func (c SetStatus) asks(*proposing) requirement { return needs(userSetStatus, of(c.User)) }

func (c SetStatus) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	if c.Status == usher.Requested {
		return q.refuse(CodeInvalid, "only request-to-join makes a user requested; set-status sets active or inactive")
	}
	if c.Status != usher.Active && c.Status != usher.Inactive {
		return q.refuse(CodeInvalid, "the status must be set to active or inactive, not %q", c.Status.String())
	}
	if u.Status == c.Status {
		return nil
	}
	if u.Status == usher.Requested {
		return q.refuse(CodeInvalid, "%s has requested to join; use admit-user, or remove-user to decline", c.User)
	}
	if err := q.checkRank(c.User, u); err != nil {
		return err
	}
	if _, err := q.roleOf(c.User, u); err != nil {
		return err
	}
	if !q.endOfInvitation(c.User).IsZero() { // then the user stays, as after resend-invitation
		if err := q.checkGivesAll(c.User, u); err != nil {
			return err
		}
	}
	return q.setStatus(c.User, u, c.Status)
}

func (c SetStatus) helps(*proposing, *policy.User) bool { return c.Status == usher.Inactive }

func (c SetStatus) describe() string { return word(c.User) + " " + word(c.Status.String()) }

// StatusSet changes a user's status.
type StatusSet struct {
	User usher.UserID `json:"user"`
	From usher.Status `json:"from"`
	To   usher.Status `json:"to"`
}

func (c StatusSet) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	switch {
	case err != nil:
		return err
	case u.Status != c.From:
		return printable.Errorf("%s is %s, not %s", c.User, u.Status, c.From)
	case c.To < usher.Invited || c.To > usher.Inactive || c.To == c.From: // only user-added makes a user requested
		return printable.Errorf("the status cannot change from %s to %s", c.From, c.To)
	}
	changed := *u
	changed.Status = c.To
	d.countUser(u, -1)
	d.countUser(&changed, 1)
	d.put(c.User, changed)
	return nil
}

func (c StatusSet) describe() string {
	return word(c.User) + ": " + word(c.From.String()) + " becomes " + word(c.To.String())
}

// setStatus changes a user's status, and releases and takes the seats that follow.
func (q *proposing) setStatus(id usher.UserID, u *policy.User, status usher.Status) error {
	changed := *u
	changed.Status = status
	return q.emitWithSeats(id, u, &changed, StatusSet{User: id, From: u.Status, To: status})
}
