package account

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// ResendInvitation gives an invitation a later end, or none. It counts as giving everything that the
// invited user then has and will have, also roles on resources, of which only what [Proposal.Resources]
// states is known. Requires user.create on {team: the teams of the user}.
type ResendInvitation struct {
	User  usher.UserID
	Until time.Time `usher:"optional"` // default: no end
}

func (c ResendInvitation) asks(q *proposing) requirement {
	want := needs(userCreate, q.teamsOfInvitation(c.User))
	if u := q.find(c.User); u != nil && u.Status == usher.Invited {
		return want.giving(u.Role)
	}
	return want
}

func (c ResendInvitation) propose(q *proposing) error {
	u, err := q.invitation(c.User)
	if err != nil {
		return err
	}
	t, err := q.termOf(time.Time{}, c.Until)
	if err != nil {
		return err
	}
	end := q.endOfInvitation(c.User)
	switch {
	case end.Equal(t.until):
		return nil
	case end.IsZero():
		return q.refuse(CodeInvalid, "the invitation of %s has no end; revoke-invitation takes it back", c.User)
	case !t.until.IsZero() && t.until.Before(end):
		return q.refuse(CodeInvalid, "the invitation of %s ends at %s, and %s is sooner; revoke-invitation takes it back", c.User, written(end), written(t.until))
	}
	if err := q.checkGivesAll(c.User, u); err != nil {
		return err
	}
	if err := q.dropEnd(c.User); err != nil || t.until.IsZero() {
		return err
	}
	return q.emitEntry(t.until, RevokeInvitation{User: c.User}, true)
}

func (c ResendInvitation) describe() string { return word(c.User) + until(c.Until) }

// checkGivesAll rejects the command unless the actor may give all that an invited user has or will have.
func (q *proposing) checkGivesAll(id usher.UserID, u *policy.User) error {
	c, ok, err := q.ceiling()
	if err != nil || !ok {
		return err
	}
	on := q.teamsOfInvitation(id)
	if err := q.checkGivesUnder(c, id, nil, u, on); err != nil {
		return err
	}
	entries := q.entriesOf(subjectOf(id))
	if err := q.checkGivesAllOn(id, u, entries); err != nil {
		return err
	}
	defer func() { q.lookAt = time.Time{} }()
	for _, at := range inOrderOfTime(append(timesOf(entries, q.entriesOf(subjectOf(q.authority))), q.actorsGrantEnds()...)) {
		q.lookAt = at
		then, err := q.ceilingAt(at)
		if err != nil {
			return err
		}
		for _, c := range []policy.Ceiling{c, then} { // what the actor gets later can be withdrawn until then
			if err := q.checkGivesUnder(c, id, nil, q.planAt(u, entries, at), on); err != nil {
				return err
			}
		}
	}
	return nil
}

// endOfInvitation returns when an invitation ends, or the zero time.
func (d *draft) endOfInvitation(id usher.UserID) time.Time {
	for _, e := range d.entriesOf(subjectOf(id)) {
		if e.slot().kind == invitationOf {
			return e.At
		}
	}
	return time.Time{}
}

// dropEnd removes the end of an invitation.
func (q *proposing) dropEnd(id usher.UserID) error {
	for _, e := range q.entriesOf(subjectOf(id)) {
		if e.slot().kind == invitationOf {
			return q.emit(unscheduled(e))
		}
	}
	return nil
}

func (c RevokeInvitation) slot() slot { return slot{kind: invitationOf, user: c.User} }

// happen revokes the invitation at its end.
func (c RevokeInvitation) happen(q *proposing, _ bool, _ manner) error {
	u, err := q.invitation(c.User)
	if err != nil {
		return err
	}
	return q.remove(c.User, u)
}

// withPlanned returns the user unchanged: what the ceiling compares does not end with the invitation,
// because the person may accept it before.
func (c RevokeInvitation) withPlanned(_ *proposing, u *policy.User) *policy.User { return u }

// InvitationEnd returns when the invitation of a user ends, and whether it has an end.
func (v View) InvitationEnd(id usher.UserID) (end time.Time, ok bool) {
	for _, e := range v.ScheduledFor(id) {
		if e.slot().kind == invitationOf {
			return e.At, true
		}
	}
	return time.Time{}, false
}
