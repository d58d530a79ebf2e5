package account

import (
	"slices"
	"strconv"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// Cancel removes a scheduled change, so that it does not take effect. If it begins something, the end
// of the same is removed with it; if it ends something, the same goes on without an end. Requires
// what the command would require that makes the scheduled change now. For rules on the role that a
// command gives, it gives the role that the user then keeps.
type Cancel struct {
	ID int // the number of the scheduled change
}

// asks returns for an unknown number what most scheduled changes require, so that only users who may
// give roles learn that it is unknown.
func (c Cancel) asks(q *proposing) requirement {
	e := q.scheduled().withID(c.ID)
	if e == nil {
		return needs(userSetRole, parties{nothing: true})
	}
	if e.Command.(scheduling).slot().kind == totalOfPool {
		return requirement{hostOnly: onlyHostSchedulesSeats}
	}
	return e.Command.asks(q).giving(q.keptWithout(e))
}

// keptWithout returns the role that a user or a team keeps if an entry does not take effect; "" if it
// is about no role, or if the role of the entry is not held before it.
func (q *proposing) keptWithout(e *ScheduleEntry) role.Name {
	s := e.slot()
	switch s.kind {
	case accountRoleOf, invitationOf:
		u := q.planBefore(e)
		if u == nil {
			return ""
		}
		return u.Role
	case roleBesideOf, teamRoleOf:
		if u := q.planBefore(e); u != nil && s.heldBy(u) {
			return s.role
		}
	case roleOnOf:
		if q.holdsOnBefore(e) {
			return s.role
		}
	}
	return ""
}

// holdsOnBefore reports whether a user or a team has the role on a resource that an entry is about, before the
// entry takes effect.
func (q *proposing) holdsOnBefore(e *ScheduleEntry) bool {
	s := e.slot()
	held := slices.Contains(q.rolesOf(Holder{s.user, s.team}, s.on), s.role)
	for _, o := range q.entriesOf(s.subject()) {
		switch {
		case o == e:
			return held
		case o.slot() == s:
			_, held = o.Command.(GiveRoleOn)
		}
	}
	return held
}

// planBefore returns the user of an entry after all entries before it took effect.
func (q *proposing) planBefore(e *ScheduleEntry) *policy.User {
	entries := q.entriesOf(e.slot().subject())
	at := slices.Index(entries, e)
	return q.planAt(q.find(e.slot().user), entries[:max(at, 0)], e.At)
}

func (c Cancel) propose(q *proposing) error {
	e := q.scheduled().withID(c.ID)
	if e == nil {
		return q.refuse(CodeUnknownScheduled, "nothing is scheduled as %d; it may have taken effect", c.ID)
	}
	s := e.slot()
	q.outline = outline{slot: s, drops: []*ScheduleEntry{e}}
	for _, next := range q.entriesOf(s.subject()) {
		if !e.Ends && next.slot() == s && e.before(next) {
			if next.Ends {
				q.outline.drops = append(q.outline.drops, next)
			}
			break
		}
	}
	switch {
	case s.kind == roleOnOf:
		if err := q.checkCancelsOn(e); err != nil {
			return err
		}
	case s.user != "":
		u, err := q.user(s.user)
		if err != nil {
			return err
		}
		if s.kind == invitationOf && u.Status == usher.Invited { // the same as resend-invitation without an end
			if err := q.checkGivesAll(s.user, u); err != nil {
				return err
			}
		}
		if err := q.checkChanges(s.user, u, u); err != nil {
			return err
		}
	}
	return q.emitOutline(q.outline)
}

// helps reports whether the command changes nothing that a user has.
func (Cancel) helps(*proposing, *policy.User) bool { return true }

func (c Cancel) describe() string { return strconv.Itoa(c.ID) }
