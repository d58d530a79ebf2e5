package account

import (
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var _ policy.ResourceRoleLister = (*draft)(nil)

// UserResources yields the resources of a type on which a user holds roles in the draft, in no order.
// The error is always nil.
func (d *draft) UserResources(user usher.UserID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return d.resources(byUser, resourceType, string(user))
}

// TeamResources yields the resources of a type on which a team holds roles in the draft, in no order.
// The error is always nil.
func (d *draft) TeamResources(team usher.TeamID, resourceType string) iter.Seq2[policy.RolesOn, error] {
	return d.resources(byTeam, resourceType, string(team))
}

func (d *draft) resources(in int, resourceType, holder string) iter.Seq2[policy.RolesOn, error] {
	if d.on == nil {
		return d.next.on.resources(in, resourceType, holder)
	}
	return func(yield func(policy.RolesOn, error) bool) {
		found := d.on.of(in, resourceType, holder)
		for id, roles := range found.all() {
			if !yield(policy.RolesOn{ID: id, Roles: roles}, nil) {
				return
			}
		}
	}
}

// checkGivesOn rejects giving a role on a resource for a term that lets a user do there, at a time of the
// term, what the actor's rules do not cover then. The users of a team are all users whom it may have, now or
// later.
func (q *proposing) checkGivesOn(h Holder, name role.Name, on usher.Ref, t term) error {
	if q.actor.Host() != "" {
		return nil
	}
	if q.roleOn(name, on.Type) != nil { // an end of it is removed
		return q.checkGivesUnknownOn(usher.UserID(h.id()), name, on)
	}
	resource := q.resource(on)
	if resource == nil { // the permission was checked on it before
		return q.deny(usher.ReasonNoPermission, "the host application did not pass the resource %s with the command", ref(on))
	}
	var entries []*ScheduleEntry
	if h.User != "" {
		entries = q.entriesOf(subjectOf(h.User))
	}
	return q.checkGivesOnFor(h, q.find(h.User), entries, name, resource, t)
}

// checkGivesOnFor is checkGivesOn for a user with entries of the schedule. The user is nil for a team.
func (q *proposing) checkGivesOnFor(h Holder, u *policy.User, entries []*ScheduleEntry, name role.Name, resource usher.Resource, t term) error {
	now, _, err := q.ceiling()
	if err != nil {
		return err
	}
	if err := q.checkGivesOnUnder(now, u, h, name, resource); err != nil {
		return err
	}
	times := slices.Concat(timesOf(entries), entryTimes(q.actorsEntries()), q.actorsGrantEnds())
	if !t.from.IsZero() {
		times = append(times, t.from)
	}
	defer func() { q.lookAt = time.Time{} }()
	for _, at := range times {
		if at.Before(t.from) || !t.until.IsZero() && !at.Before(t.until) {
			continue
		}
		q.lookAt = at
		then, err := q.ceilingAt(at)
		if err != nil {
			return err
		}
		for _, c := range []policy.Ceiling{now, then} { // what the actor gets later can be withdrawn until then
			planned := q.planAt(u, entries, at)
			if planned != nil && !q.knowsRole(planned) {
				continue // the policy allows such a user nothing
			}
			if err := q.checkGivesOnUnder(c, planned, h, name, resource); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkGivesAllOn rejects the command unless the actor may give all roles that a user, with entries of the
// schedule, has or will have on resources. Only what the host application passes with the command is known of
// a resource.
func (q *proposing) checkGivesAllOn(id usher.UserID, u *policy.User, entries []*ScheduleEntry) error {
	if q.actor.Host() != "" {
		return nil
	}
	check := func(name role.Name, on usher.Ref, from time.Time, rest []*ScheduleEntry) error {
		if q.roleOn(name, on.Type) != nil {
			return q.checkGivesUnknownOn(id, name, on)
		}
		t, s := term{from: from}, slot{kind: roleOnOf, user: id, role: name, on: on}
		if i := slices.IndexFunc(rest, func(e *ScheduleEntry) bool { return e.slot() == s }); i >= 0 {
			t.until = rest[i].At
		}
		resource := q.resource(on)
		if resource == nil {
			resource = refOnly{on}
		}
		return q.checkGivesOnFor(Holder{User: id}, u, entries, name, resource, t)
	}
	for _, held := range q.eachRoleOn(Holder{User: id}) {
		for _, name := range held.Roles {
			if err := check(name, held.On, time.Time{}, entries); err != nil {
				return err
			}
		}
	}
	for i, e := range entries {
		if c, ok := e.Command.(GiveRoleOn); ok {
			if err := check(c.Role, c.On, e.At, entries[i+1:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkGivesOnUnder is checkGivesOn with a given ceiling. The user is nil for a team.
func (q *proposing) checkGivesOnUnder(c policy.Ceiling, u *policy.User, h Holder, name role.Name, resource usher.Resource) error {
	on := resource.Ref()
	given, uncovered, err := c.GivesOn(u, name, resource)
	if err != nil || !uncovered {
		return err
	}
	remedy := ""
	if h.User != q.authority && !q.actorIsIn(h.Team) {
		parties := parties{teams: nonEmpty(h.Team)}
		if h.User != "" {
			parties.user = &h.User
		}
		if delegates, err := q.delegates(parties); err != nil || delegates {
			return err
		}
		remedy = printable.Sprintf("; a user with %s, or the host, can give it", userDelegate)
	}
	why := printable.Sprintf("the rules of %s do not cover there", q.actor)
	if given.Never.Source != 0 {
		why = printable.Sprintf("%s is forbidden by %s, which does not apply to %s", q.actor, given.Never, h.words())
	}
	return q.refuse(CodeEscalation, "%s%s would get %s on %s, which %s%s", q.fromThen(), h.words(), describeUncovered(given), ref(on), why, remedy)
}

// actorIsIn reports whether the actor belongs to a team, directly or through a team below it.
func (q *proposing) actorIsIn(team usher.TeamID) bool {
	u := q.find(q.authority)
	if team == "" || u == nil {
		return false
	}
	q.settleTree()
	tree := q.next.currentConfig().facts.Teams
	return slices.ContainsFunc(u.Teams, func(m policy.Membership) bool { return tree.Within(m.Team, team) })
}

// refOnly is a resource of which only the type and the id are known.
type refOnly struct{ on usher.Ref }

func (r refOnly) Ref() usher.Ref { return r.on }

func (r refOnly) InAccount() usher.AccountID              { return "" }
func (r refOnly) Party(string) (ids []string, known bool) { return nil, false }
