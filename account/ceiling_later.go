package account

import (
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// A command gives and takes not only at its own time: at each later time at which something takes
// effect for the user or for the actor, the user with the command is compared with the user
// without it. So a role that begins later counts as given from then on, a removed end counts as
// given from the end on, and an actor whose role ends cannot give longer than that.

// later calls check for each later time at which the schedule changes the user or the actor, with
// the user at that time, without and with the changes of the current command.
func (q *proposing) later(id usher.UserID, before, after *policy.User, check func(at time.Time, before, after *policy.User) error) error {
	if q.outline.isEmpty() && q.scheduled().len == 0 {
		return nil
	}
	without := q.entriesOf(subjectOf(id))
	was := before
	if was == nil { // a user who is admitted has entries, although nothing counts as had before
		was = q.find(id)
	}
	with := q.entriesAfter(without, was, after)
	times := timesOf(without, with, q.actorsEntries())
	if q.holdsOn(id) {
		times = inOrderOfTime(append(times, entryTimes(q.actorsEntries())...))
	}
	defer func() { q.lookAt = time.Time{} }()
	for _, q.lookAt = range times {
		at := q.lookAt
		if err := check(at, q.planAt(before, without, at), q.planAt(after, with, at)); err != nil {
			return err
		}
	}
	return nil
}

// entriesAfter returns the entries about a user after the current command, in their order.
func (q *proposing) entriesAfter(entries []*ScheduleEntry, before, after *policy.User) []*ScheduleEntry {
	kept := slices.DeleteFunc(slices.Clone(entries), func(e *ScheduleEntry) bool {
		s := e.slot()
		if s == q.outline.slot {
			return slices.Contains(q.outline.drops, e)
		}
		return s.differs(before, after)
	})
	if len(q.outline.adds) == 0 {
		return kept
	}
	kept = append(kept, q.outline.adds...)
	slices.SortStableFunc(kept, func(a, b *ScheduleEntry) int { return a.At.Compare(b.At) })
	return kept
}

// planAt returns a user, who may be nil, after all entries up to a time took effect.
func (q *proposing) planAt(u *policy.User, entries []*ScheduleEntry, at time.Time) *policy.User {
	if u == nil {
		return nil
	}
	for _, e := range entries {
		if e.At.After(at) {
			break
		}
		u = e.Command.(scheduling).withPlanned(q, u)
	}
	return u
}

// timesOf returns the times of entries, each once, in their order.
func timesOf(lists ...[]*ScheduleEntry) (times []time.Time) {
	for _, list := range lists {
		for _, e := range list {
			if e.slot().kind != roleOnOf { // the user's record stays
				times = append(times, e.At)
			}
		}
	}
	return inOrderOfTime(times)
}

// ceilingAt returns the ceiling of the actor at a later time: what the actor covers then.
func (q *proposing) ceilingAt(at time.Time) (policy.Ceiling, error) {
	facts, err := q.Account()
	if err != nil {
		return policy.Ceiling{}, err
	}
	id := q.authority
	actor := q.planAt(q.find(id), q.entriesOf(subjectOf(id)), at)
	c, err := q.onBehalf(q.policy.Ceiling(q.withoutLent(id, actor), facts, q.context, at))
	return c.WithFacts(factsAt{q.draft, at}, q.next.account, id), err
}

// actorsEntries returns the entries about the actor, and those about the teams to which the actor
// belongs: their roles on resources can end.
func (q *proposing) actorsEntries() []*ScheduleEntry {
	id := q.authority
	list := q.entriesOf(subjectOf(id))
	u := q.find(id)
	if u == nil {
		return list
	}
	list = slices.Clone(list)
	for _, m := range u.Teams {
		for team := m.Team; team != ""; team, _ = q.team(team) {
			list = append(list, q.entriesOf(slot{team: team}.subject())...)
		}
	}
	return list
}

// holdsOn reports whether a user has roles on resources, or may have them through a team.
func (q *proposing) holdsOn(id usher.UserID) bool {
	u := q.find(id)
	return u != nil && (len(u.Teams) > 0 || q.countOn(Holder{User: id}) > 0)
}

// inOrderOfTime sorts times, and keeps each once.
func inOrderOfTime(times []time.Time) []time.Time {
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// entryTimes returns the times of entries, also of those about roles on resources.
func entryTimes(entries []*ScheduleEntry) (times []time.Time) {
	for _, e := range entries {
		times = append(times, e.At)
	}
	return times
}

// factsAt is the account at a later time, as far as roles on resources have ended or begun by then.
type factsAt struct {
	*draft
	at time.Time
}

var _ policy.ResourceRoleLister = factsAt{}

func (f factsAt) UserRolesOn(user usher.UserID, on usher.Ref) ([]role.Name, error) {
	h := Holder{User: user}
	return f.planned(h, on, f.rolesOf(h, on)), nil
}

func (f factsAt) TeamRolesOn(team usher.TeamID, on usher.Ref) ([]role.Name, error) {
	h := Holder{Team: team}
	return f.planned(h, on, f.rolesOf(h, on)), nil
}

// UserResources leaves out resources on which the user has no role yet.
func (f factsAt) UserResources(user usher.UserID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return f.plannedResources(Holder{User: user}, resourceType, f.draft.UserResources(user, resourceType))
}

// TeamResources leaves out resources on which the team has no role yet.
func (f factsAt) TeamResources(team usher.TeamID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return f.plannedResources(Holder{Team: team}, resourceType, f.draft.TeamResources(team, resourceType))
}

func (f factsAt) plannedResources(h Holder, resourceType string, all iter.Seq2[policy.RolesOn, error]) iter.Seq2[policy.RolesOn, error] {
	return func(yield func(policy.RolesOn, error) bool) {
		for r, err := range all {
			r.Roles = f.planned(h, usher.Ref{Type: resourceType, ID: r.ID}, r.Roles)
			if (len(r.Roles) > 0 || err != nil) && !yield(r, err) {
				return
			}
		}
	}
}

// planned returns the roles of a holder on a resource after the entries up to the time took effect.
func (f factsAt) planned(h Holder, on usher.Ref, roles []role.Name) []role.Name {
	for _, e := range f.entriesOf(slot{user: h.User, team: h.Team}.subject()) {
		s := e.slot()
		if e.At.After(f.at) {
			break
		}
		if s.kind != roleOnOf || s.on != on {
			continue
		}
		at, has := slices.BinarySearch(roles, s.role)
		switch _, gives := e.Command.(GiveRoleOn); {
		case gives && !has:
			roles = slices.Insert(slices.Clone(roles), at, s.role)
		case !gives && has:
			roles = without(roles, at)
		}
	}
	return roles
}
