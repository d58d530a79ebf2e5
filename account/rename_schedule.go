package account

import (
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// moveSchedule moves what is scheduled for a user to another id, after everything else. If the users are merged,
// the schedule of the other one changes as merging states.
func (q *proposing) moveSchedule(c RenameUser, entries []*ScheduleEntry, m *merging) error {
	if m == nil {
		for _, e := range q.entriesOf(subjectOf(c.To)) { // they were for a user with this id whose invitation ended
			if err := q.emit(unscheduled(e)); err != nil {
				return err
			}
		}
		for _, e := range entries {
			if err := q.emitEntry(e.At, withUserID(e.Command, c.To), e.Ends); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range m.drops {
		if err := q.emit(unscheduled(e)); err != nil {
			return err
		}
	}
	for _, e := range m.adds {
		if err := q.emitEntry(e.At, e.Command, e.Ends); err != nil {
			return err
		}
	}
	for _, e := range q.entriesOf(subjectOf(c.To)) {
		if s := e.slot(); s.kind != invitationOf { // it ends with the invitation
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
