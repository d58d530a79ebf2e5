package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// attach makes an invitation the user's, and makes the user active.
func (q *proposing) attach(key, as usher.UserID) error {
	if as == "" {
		return q.refuse(CodeInvalid, "the user who gets the invitation is missing; from the host, accept-invitation needs key and user")
	}
	if err := checkID("user", string(as)); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if u := q.find(key); key == as && u != nil && u.Status == usher.Active {
		return nil
	}
	invited, err := q.invitation(key)
	if err != nil {
		return err
	}
	if _, err := q.roleOf(key, invited); err != nil {
		return err
	}
	if err := q.dropEnd(key); err != nil {
		return err
	}
	to := q.find(as)
	moved := RenameUser{From: key, To: as}
	switch {
	case key == as:
		return q.setStatus(as, invited, usher.Active)
	case to != nil && to.Status == usher.Requested:
		if as == q.next.owner {
			return q.refuseOwner(as)
		}
		if err := q.dropRequest(as, to); err != nil {
			return err
		}
		fallthrough
	case to == nil:
		if err := q.renameUser(moved, invited); err != nil {
			return err
		}
		return q.setStatus(as, q.find(as), usher.Active)
	case to.Status == usher.Inactive:
		return q.refuse(CodeInactive, "%s is inactive, and an invitation does not change that; set-status makes the user active", as)
	}
	if key == q.next.owner {
		return q.refuseOwner(key)
	}
	return q.attachToUser(moved, invited)
}

// attachToUser makes an invitation part of a user who is active or invited.
func (q *proposing) attachToUser(c RenameUser, invited *policy.User) error {
	to, err := q.user(c.To)
	if err != nil {
		return err
	}
	r, err := q.roleOf(c.To, to)
	if err != nil {
		return err
	}
	if err := q.checkAttaches(c.From, c.To, invited, to, r); err != nil {
		return err
	}
	mine, theirs := q.entriesOf(subjectOf(c.From)), q.entriesOf(subjectOf(c.To))
	held := q.eachRoleOn(Holder{User: c.From})
	// A seat that the role of the invitation requires is not the user's: only the user's roles say
	// whether the user needs one.
	assigned := slices.DeleteFunc(slices.Clone(invited.Seats), func(pool seat.PoolName) bool {
		rule, _ := q.policy.SeatRule(invited, pool)
		return rule == role.SeatRequired
	})
	if err := q.mergeUser(c, invited, to, r, assigned); err != nil {
		return err
	}
	if err := q.checkAttachesLater(c, invited, to, mine, theirs, held); err != nil {
		return err
	}
	if to := q.find(c.To); to.Status == usher.Invited {
		return q.setStatus(c.To, to, usher.Active)
	}
	return nil
}

// checkAttaches rejects the command if an invitation gives a user more than it gives a new user, or
// takes something from the user. Its grants and team roles were checked for a user with the
// role of the invitation, and may mean more, or less, together with another role.
func (q *proposing) checkAttaches(from, id usher.UserID, invited, to *policy.User, r role.Role) error {
	c, err := q.ceilingOfInvitation(from, invited, q.at)
	if err != nil {
		return err
	}
	c = c.Of(id)
	after, _ := merged(id, allowedTo(r, invited), to)
	if err := q.compareAttached(c, id, to, after); err != nil {
		return err
	}
	kept := *after
	kept.Seats = q.keptSeats(to, after)
	for _, on := range q.eachRoleOn(Holder{User: from}) {
		for _, name := range on.Roles {
			if err := q.compareAttachedOn(c, id, &kept, name, on.On); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareAttachedOn rejects a role on a resource that lets a user do there what the invitation alone does not
// let its holder do.
func (q *proposing) compareAttachedOn(c policy.Ceiling, id usher.UserID, u *policy.User, name role.Name, on usher.Ref) error {
	if q.roleOn(name, on.Type) != nil {
		return nil // the policy lacks it, so it gives nothing
	}
	if !q.knowsRole(u) {
		return nil // the policy allows such a user nothing
	}
	given, more, err := c.GivesOn(u, name, refOnly{on})
	if err != nil || !more {
		return err
	}
	return q.refuse(CodeEscalation, "%s would get %s on %s, which the invitation alone does not give; give it to %[1]s by other commands, or use rename-user", id, describeUncovered(given), ref(on))
}

// checkAttachesLater is checkAttaches for each later time at which the schedule changes the user or
// what the invitation has. It runs after the user has got everything; mine and theirs are the entries
// of the invitation and of the user before, and held the roles on resources of the invitation.
func (q *proposing) checkAttachesLater(move RenameUser, invited, to *policy.User, mine, theirs []*ScheduleEntry, held []RolesOn) error {
	id, is, entries := move.To, q.find(move.To), q.entriesOf(subjectOf(move.To))
	for _, at := range inOrderOfTime(slices.Concat(entryTimes(mine), entryTimes(theirs), entryTimes(q.entriesAround(id)))) {
		c, err := q.ceilingOfInvitation(move.From, q.planAt(invited, mine, at), at)
		if err != nil {
			return err
		}
		then := rolesOnAt(held, mine, at)
		facts := withInvitation{factsAt{q.draft, at}, move.From, then}
		c = c.WithFacts(facts, q.next.account, move.From).Of(id)
		before, after := q.planAt(to, theirs, at), q.planAt(is, entries, at)
		if err := q.compareAttached(c, id, before, after); err != nil {
			return err
		}
		kept := *after
		kept.Seats = q.keptSeats(before, after)
		for _, on := range then {
			has := facts.planned(Holder{User: id}, on.On, q.rolesOf(Holder{User: id}, on.On))
			for _, name := range on.Roles {
				if !slices.Contains(has, name) {
					continue
				}
				if err := q.compareAttachedOn(c, id, &kept, name, on.On); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// rolesOnAt returns the roles on resources after the entries up to a time took effect.
func rolesOnAt(held []RolesOn, entries []*ScheduleEntry, at time.Time) []RolesOn {
	held = slices.Clone(held)
	for _, e := range entries {
		s := e.slot()
		if e.At.After(at) || s.kind != roleOnOf {
			continue
		}
		i := slices.IndexFunc(held, func(on RolesOn) bool { return on.On == s.on })
		if i < 0 {
			held, i = append(held, RolesOn{On: s.on}), len(held)
		}
		switch k, has := slices.BinarySearch(held[i].Roles, s.role); {
		case begins(e) && !has:
			held[i].Roles = slices.Insert(slices.Clone(held[i].Roles), k, s.role)
		case !begins(e) && has:
			held[i].Roles = without(held[i].Roles, k)
		}
	}
	return held
}

// withInvitation is the account at a later time, in which the invitation has the roles on resources of that time.
type withInvitation struct {
	factsAt
	key  usher.UserID
	held []RolesOn
}

func (f withInvitation) UserRolesOn(user usher.UserID, on usher.Ref) ([]role.Name, error) {
	if user != f.key {
		return f.factsAt.UserRolesOn(user, on)
	}
	for _, h := range f.held {
		if h.On == on {
			return h.Roles, nil
		}
	}
	return nil, nil
}

// ceilingOfInvitation returns the ceiling of a person who has only the invitation, and has accepted it.
func (q *proposing) ceilingOfInvitation(key usher.UserID, invited *policy.User, at time.Time) (policy.Ceiling, error) {
	facts, err := q.Account()
	if err != nil {
		return policy.Ceiling{}, err
	}
	holder := *invited
	holder.Status = usher.Active
	if !q.knowsRole(invited) { // the role that the person falls back to later
		holder.Role = q.policy.DefaultRole().Name
		c, err := q.policy.Ceiling(&holder, facts, q.context, at)
		return c.WithoutRules(), err
	}
	holder.Seats = q.policy.SeatsAfter(invited, &holder)
	c, err := q.policy.Ceiling(&holder, facts, q.context, at)
	return c.WithFacts(q.draft, q.next.account, key), err
}

// compareAttached rejects a change of a user that gives more than the ceiling covers, or that takes.
func (q *proposing) compareAttached(c policy.Ceiling, id usher.UserID, before, after *policy.User) error {
	kept := *after
	kept.Seats = q.keptSeats(before, after)
	given, more, err := c.Gives(q.withKnownRole(before), q.withKnownRole(&kept))
	switch {
	case err != nil:
		return err
	case more:
		return q.refuse(CodeEscalation, "%s would get %s, which the invitation alone does not give; give it to %[1]s by other commands, or use rename-user", id, describeUncovered(given))
	}
	kept.Seats = q.policy.SeatsAfter(before, after)
	takes, err := q.takes(c, before, &kept)
	if err != nil || !takes {
		return err
	}
	return q.refuse(CodeEscalation, "the invitation would take something from %s; change the invitation, or use rename-user", id)
}

// dropRequest removes a user who has requested to join, and what is scheduled for the user, and keeps the
// values of custom fields.
func (q *proposing) dropRequest(id usher.UserID, u *policy.User) error {
	for _, e := range q.entriesOf(subjectOf(id)) {
		if err := q.emit(unscheduled(e)); err != nil {
			return err
		}
	}
	for _, pool := range u.Seats {
		if err := q.emit(SeatUnassigned{User: id, Pool: pool}); err != nil {
			return err
		}
	}
	return q.emit(UserRemoved{User: id})
}
