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
// given from the end on, and an actor whose role, or grant, ends cannot give longer than that.

// later calls check for each later time at which the schedule changes the user or the actor, or at which
// a grant of the actor ends, with the user at that time, without and with the changes of the current command.
func (q *proposing) later(id usher.UserID, before, after *policy.User, check func(at time.Time, before, after *policy.User) error) error {
	ends := q.actorsGrantEnds()
	if q.outline.isEmpty() && q.scheduled().len == 0 && len(ends) == 0 {
		return nil
	}
	without := q.entriesOf(subjectOf(id))
	was := before
	if was == nil { // a user who is admitted has entries, although nothing counts as had before
		was = q.find(id)
	}
	with := q.entriesAfter(without, was, after)
	times := inOrderOfTime(append(timesOf(without, with, q.actorsEntries()), ends...))
	if around := q.entriesAround(id); q.holdsOn(id, around) {
		times = inOrderOfTime(slices.Concat(times, entryTimes(around), entryTimes(q.actorsEntries())))
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
		return slices.Contains(q.outline.drops, e) || s != q.outline.slot && s.differs(before, after)
	})
	if len(q.outline.adds) == 0 {
		return kept
	}
	kept = append(kept, q.outline.adds...)
	slices.SortStableFunc(kept, func(a, b *ScheduleEntry) int { return a.At.Compare(b.At) })
	return kept
}

// planAt returns a user, who may be nil, after all entries up to a time took effect: of those at one time,
// first the ends.
func (q *proposing) planAt(u *policy.User, entries []*ScheduleEntry, at time.Time) *policy.User {
	if u == nil {
		return nil
	}
	for len(entries) > 0 && !entries[0].At.After(at) {
		n := 1
		for n < len(entries) && entries[n].At.Equal(entries[0].At) {
			n++
		}
		for _, ends := range []bool{true, false} {
			for _, e := range entries[:n] {
				c := e.Command.(scheduling)
				if e.Ends != ends {
					continue
				}
				if set, ok := c.(SetRole); ok && ends {
					u = set.atEnd(q).endsFor(q, u)
				} else {
					u = c.withPlanned(q, u)
				}
			}
		}
		entries = entries[n:]
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
	id := q.authority
	return q.ceilingOf(q.planAt(q.find(id), q.entriesOf(subjectOf(id)), at), factsAt{q.draft, at}, at)
}

// ceilingUntil returns the ceiling at a later time for what the actor has now and still has then.
func (q *proposing) ceilingUntil(at time.Time) (policy.Ceiling, error) {
	return q.ceilingOf(q.find(q.authority), usersAt{factsAt{q.draft, at}}, at)
}

// ceilingOf returns the ceiling at a later time of the actor with some record and facts.
func (q *proposing) ceilingOf(actor *policy.User, facts policy.Facts, at time.Time) (policy.Ceiling, error) {
	of, err := q.Account()
	if err != nil {
		return policy.Ceiling{}, err
	}
	c, err := q.ceilingUnder(q.policy.Ceiling, actor, of, at)
	return c.WithFacts(facts, q.next.account, q.authority), err
}

// ceilingUnder returns the ceiling, made by a policy or a redefinition, of the actor as the actor is planned for a
// time: without rules, if the policy will lack the role that the actor then has.
func (q *proposing) ceilingUnder(ceiling func(*policy.User, *policy.Account, usher.Context, time.Time) (policy.Ceiling, error), actor *policy.User, of *policy.Account, at time.Time) (policy.Ceiling, error) {
	id := q.authority
	if q.withKnownRole(actor) != nil {
		return q.onBehalf(ceiling(q.withoutLent(id, actor), of, q.context, at))
	}
	c, err := q.onBehalf(ceiling(q.withoutLent(id, q.find(id)), of, q.context, at))
	return c.WithoutRules(), err
}

// actorsEntries returns the entries about the actor, and those about the teams to which the actor
// belongs: their roles on resources can end.
func (q *proposing) actorsEntries() []*ScheduleEntry { return q.entriesAround(q.authority) }

// actorsGrantEnds returns the times at which grants of the actor end. An actor who has user.delegate by one
// of them cannot give longer than that.
func (q *proposing) actorsGrantEnds() (times []time.Time) {
	u := q.find(q.authority)
	if u == nil {
		return nil
	}
	for _, g := range u.Grants {
		if g.Until.After(q.at) {
			times = append(times, g.Until)
		}
	}
	return times
}

// entriesAround returns the entries about a user, and those about the teams to which the user belongs.
func (q *proposing) entriesAround(id usher.UserID) []*ScheduleEntry {
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

// holdsOn reports whether a user has roles on resources, will have them by one of the entries around the
// user, or may have them through a team.
func (q *proposing) holdsOn(id usher.UserID, around []*ScheduleEntry) bool {
	u := q.find(id)
	return u != nil && (len(u.Teams) > 0 || q.countOn(Holder{User: id}) > 0 ||
		slices.ContainsFunc(around, func(e *ScheduleEntry) bool { return e.slot().kind == roleOnOf }))
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

// UserResources has the resources on which the user has roles at that time.
func (f factsAt) UserResources(user usher.UserID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return f.plannedResources(Holder{User: user}, resourceType, f.draft.UserResources(user, resourceType))
}

// TeamResources has the resources on which the team has roles at that time.
func (f factsAt) TeamResources(team usher.TeamID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return f.plannedResources(Holder{Team: team}, resourceType, f.draft.TeamResources(team, resourceType))
}

func (f factsAt) plannedResources(h Holder, resourceType string, all iter.Seq2[policy.RolesOn, error]) iter.Seq2[policy.RolesOn, error] {
	return func(yield func(policy.RolesOn, error) bool) {
		begun := map[string]bool{} // the ids of resources on which the holder has no role yet
		for _, e := range f.entriesOf(slot{user: h.User, team: h.Team}.subject()) {
			if s := e.slot(); s.kind == roleOnOf && s.on.Type == resourceType && !e.At.After(f.at) {
				begun[s.on.ID] = true
			}
		}
		for r, err := range all {
			delete(begun, r.ID)
			r.Roles = f.planned(h, usher.Ref{Type: resourceType, ID: r.ID}, r.Roles)
			if (len(r.Roles) > 0 || err != nil) && !yield(r, err) {
				return
			}
		}
		for id := range begun {
			r := policy.RolesOn{ID: id, Roles: f.planned(h, usher.Ref{Type: resourceType, ID: id}, nil)}
			if len(r.Roles) > 0 && !yield(r, nil) {
				return
			}
		}
	}
}

// usersAt is the account for a comparison of users at a later time with what the actor has now: the lists of
// resources are those of the later time, and the roles on a resource those of now.
type usersAt struct{ factsAt }

func (f usersAt) UserRolesOn(user usher.UserID, on usher.Ref) ([]role.Name, error) {
	return f.draft.UserRolesOn(user, on)
}

func (f usersAt) TeamRolesOn(team usher.TeamID, on usher.Ref) ([]role.Name, error) {
	return f.draft.TeamRolesOn(team, on)
}

// overUsersAt returns the ceiling of the actor now for users at a later time, who may hold other roles on
// resources then.
func (q *proposing) overUsersAt(c policy.Ceiling, at time.Time) policy.Ceiling {
	return c.WithFacts(usersAt{factsAt{q.draft, at}}, q.next.account, q.authority)
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
