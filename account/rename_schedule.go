package account

import (
	"reflect"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// moveSchedule moves what is scheduled for a user to another id, after everything else. Of a user who is
// merged, these entries do not move: about the account role, because the other user keeps the own one; and
// about what the other user had or has scheduled before, which stays, except that what From has without an
// end does not end for To. Of an invitation that becomes part of another user, nothing begins later, because it
// was checked for the user of the invitation alone.
func (q *proposing) moveSchedule(c RenameUser, entries []*ScheduleEntry, isNew bool, from *policy.User, hadBefore func(slot) bool) error {
	_, attaches := q.command.(AcceptInvitation)
	mine := map[slot]bool{}
	for _, e := range entries {
		mine[e.slot()] = true
	}
	theirs := map[slot]time.Time{} // the first time of each
	for _, e := range q.entriesOf(subjectOf(c.To)) {
		if isNew { // it was for a user with this id whose invitation ended
			if err := q.emit(unscheduled(e)); err != nil {
				return err
			}
			continue
		}
		s := e.slot()
		if _, known := theirs[s]; !known {
			theirs[s] = e.At
		}
		s.user = c.From
		if s.kind != accountRoleOf && !mine[s] && s.heldBy(from) {
			if err := q.emit(unscheduled(e)); err != nil {
				return err
			}
		}
	}
	for _, e := range entries {
		command := withUserID(e.Command, c.To)
		s := command.slot()
		first, scheduled := theirs[s]
		if e.Ends && e.At.Before(first) {
			scheduled = false // what only From has ends before it begins for To
		}
		if !isNew && (s.kind == accountRoleOf || s.kind == invitationOf || scheduled || hadBefore(s) || attaches && !e.Ends) {
			continue
		}
		if err := q.emitEntry(e.At, command, e.Ends); err != nil {
			return err
		}
	}
	for s := range theirs {
		if s.kind != invitationOf { // it ends with the invitation
			q.outlined = append(q.outlined, s)
		}
	}
	return nil
}

// withUserID returns a command for another user.
func withUserID(c Command, id usher.UserID) scheduling {
	v := reflect.New(reflect.TypeOf(c)).Elem()
	v.Set(reflect.ValueOf(c))
	v.FieldByName("User").Set(reflect.ValueOf(id))
	return v.Interface().(scheduling)
}

// heldBy reports whether a user has what a slot is about. It returns false for an account role, and for a
// role on a resource, which is not part of the record.
func (s slot) heldBy(u *policy.User) bool {
	switch s.kind {
	case roleBesideOf:
		return slices.Contains(u.Beside, s.role)
	case teamRoleOf:
		return slices.Contains(rolesOn(u, s.team), s.role)
	case memberOf:
		_, in := teamIndex(u, s.team)
		return in
	case grantOf:
		return len(grantsNamed(u, s.name)) > 0
	}
	return false
}
