package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// term is the time for which a command gives a slot a value: from a beginning, the zero time for
// now, until an end, the zero time for none.
type term struct{ from, until time.Time }

// termOf returns the term that a command states, or rejects the command with CodeInvalid.
func (q *proposing) termOf(from, until time.Time) (term, error) {
	if q.due {
		return term{}, nil
	}
	t := term{from.UTC().Round(0), until.UTC().Round(0)}
	starts := q.at
	switch {
	case !writable(t.from) || !writable(t.until):
		return term{}, q.refuse(CodeInvalid, "a beginning and an end must be in the years 1 to 9999")
	case !t.from.IsZero() && !t.from.After(q.at):
		return term{}, q.refuse(CodeInvalid, "the beginning, %s, is not after the time of the command, %s; leave it out to begin now", written(t.from), written(q.at))
	case !t.from.IsZero():
		starts = t.from
	}
	if !t.until.IsZero() && !t.until.After(starts) {
		return term{}, q.refuse(CodeInvalid, "the end, %s, is not after the beginning, %s; give a later end", written(t.until), written(starts))
	}
	return t, nil
}

func written(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// outline is what a command changes in the schedule: the entries of a slot that it removes, and those
// that it adds, whose numbers are still 0.
type outline struct {
	slot        slot
	drops, adds []*ScheduleEntry
}

func (o outline) isEmpty() bool { return len(o.drops) == 0 && len(o.adds) == 0 }

// during returns a term in words: " from 2026-05-01T00:00:00Z until 2026-06-01T00:00:00Z".
func during(from, to time.Time) string {
	if from.IsZero() {
		return until(to)
	}
	return " from " + from.UTC().Format(time.RFC3339Nano) + until(to)
}

// outlineOf returns what a command changes in the schedule that sets a slot for a term. Before the
// term and after it, the slot has the values that it has without the command. If the value at the
// end of the term is the same, the slot gets the next other value instead, or the default one if
// there is none; if that is the same too, ok is false, because the value cannot end. Now, and
// byDefault, set the value of today and the default one.
func (q *proposing) outlineOf(t term, sets, now, byDefault scheduling) (o outline, ok bool) {
	if q.due {
		return outline{}, true
	}
	o.slot = sets.slot()
	after, rest := now, []*ScheduleEntry(nil) // the value at the end of the term, and what comes later
	for _, e := range q.entriesOf(o.slot.subject()) {
		switch {
		case e.slot() != o.slot:
		case !t.until.IsZero() && !e.At.Before(t.until):
			rest = append(rest, e)
		default:
			after = e.Command.(scheduling)
			if t.from.IsZero() || !e.At.Before(t.from) {
				o.drops = append(o.drops, e)
			}
		}
	}
	if !t.from.IsZero() {
		o.adds = append(o.adds, &ScheduleEntry{At: t.from, Command: sets})
	}
	if t.until.IsZero() {
		return o, true
	}
	if len(rest) > 0 && rest[0].At.Equal(t.until) {
		after = rest[0].Command.(scheduling)
		o.drops, rest = append(o.drops, rest[0]), rest[1:]
	}
	for ; after == sets && len(rest) > 0; rest = rest[1:] {
		after = rest[0].Command.(scheduling)
		o.drops = append(o.drops, rest[0])
	}
	if after == sets {
		after = byDefault
	}
	o.adds = append(o.adds, &ScheduleEntry{At: t.until, Command: after, Ends: true})
	return o, after != sets
}

// withdrawal is the outline of a command that takes what a slot is about: it removes all that is scheduled for
// the slot.
func (q *proposing) withdrawal(s slot) outline {
	if q.due {
		return outline{}
	}
	o := outline{slot: s}
	for _, e := range q.entriesOf(s.subject()) {
		if e.slot() == s {
			o.drops = append(o.drops, e)
		}
	}
	return o
}

// emitOutline removes and adds the entries of an outline. What the command changes now does not
// remove other entries of the slot.
func (q *proposing) emitOutline(o outline) error {
	if q.due {
		return nil
	}
	for _, e := range o.drops {
		if err := q.emit(unscheduled(e)); err != nil {
			return err
		}
	}
	for _, e := range o.adds {
		if err := q.emitEntry(e.At, e.Command, e.Ends); err != nil {
			return err
		}
	}
	q.outlined = append(q.outlined, o.slot)
	return nil
}

// notePlanned keeps the record of a user with entries in the schedule, before the first change of
// the user by the current command.
func (q *proposing) notePlanned(change Change) {
	if q.due || q.scheduled().len == 0 {
		return
	}
	switch c := change.(type) {
	case TeamDeleted:
		q.deletedTeams = append(q.deletedTeams, c.Team)
	case ResourceForgotten:
		q.forgotten = append(q.forgotten, usher.Ref{Type: c.Type, ID: c.ID})
	}
	users := UsersOf(change)
	if c, ok := change.(RoleReplaced); ok {
		for e := range q.scheduled().all() {
			if u := q.find(e.slot().user); u != nil && holdsRole(u, c.Role) {
				users = append(users, e.slot().user)
			}
		}
	}
	for _, id := range users {
		if _, noted := q.planned[id]; noted || len(q.entriesOf(subjectOf(id))) == 0 {
			continue
		}
		if q.planned == nil {
			q.planned = map[usher.UserID]*policy.User{}
		}
		q.planned[id] = q.find(id)
		q.plannedOrder = append(q.plannedOrder, id)
	}
}

// settleSchedule removes the entries that the current command makes obsolete: those of each slot
// whose value it changed, and those of each removed user. The entries that it added stay.
func (q *proposing) settleSchedule() error {
	for _, id := range q.plannedOrder {
		before, after := q.planned[id], q.find(id)
		for _, e := range slices.Clone(q.entriesOf(subjectOf(id))) {
			s := e.slot()
			if e.ID > q.lastEntry || slices.Contains(q.outlined, s) || after != nil && !s.differs(before, after) {
				continue
			}
			if err := q.emit(unscheduled(e)); err != nil {
				return err
			}
		}
	}
	if len(q.deletedTeams) == 0 && len(q.forgotten) == 0 {
		return nil
	}
	for e := range q.scheduled().all() {
		if s := e.slot(); slices.Contains(q.deletedTeams, s.team) || s.kind == roleOnOf && slices.Contains(q.forgotten, s.on) {
			if err := q.emit(unscheduled(e)); err != nil {
				return err
			}
		}
	}
	return nil
}

// differs reports whether two records of a user, who may be nil, have different values in a slot.
func (s slot) differs(before, after *policy.User) bool {
	if before == nil || after == nil {
		return before != after
	}
	switch s.kind {
	case accountRoleOf:
		return before.Role != after.Role
	case roleBesideOf:
		return slices.Contains(before.Beside, s.role) != slices.Contains(after.Beside, s.role)
	case teamRoleOf:
		_, was := teamIndex(before, s.team)
		_, is := teamIndex(after, s.team)
		return was && !is || slices.Contains(rolesOn(before, s.team), s.role) != slices.Contains(rolesOn(after, s.team), s.role)
	case memberOf:
		_, was := teamIndex(before, s.team)
		_, is := teamIndex(after, s.team)
		return was != is
	case grantOf:
		return !slices.Equal(grantsNamed(before, s.name), grantsNamed(after, s.name))
	case invitationOf:
		return before.Status != after.Status
	}
	return false
}

// grantsNamed returns the grants of a user with a name: one or none.
func grantsNamed(u *policy.User, name string) []policy.Grant {
	if at, held := grantIndex(u, name); held {
		return u.Grants[at : at+1]
	}
	return nil
}
