package policy_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// TestNobodyGrows is what Missing is for: where it finds nothing, whatever the user may do
// afterwards they could do before, or the actor could do it in their place, at that time and
// later; and so for each field that they see.
//
// In their place means: put in the same teams, with the same seats, under the same id, so that
// the resource, the request and the account are the same for both; what the actor brings is the
// account role, the team roles where they hold them, and the grants. That is what the words "own"
// and "team" mean when two users are compared.
//
// It holds but where a never rule or a built-in protection forbids it to the actor, or forbade it
// before: no reach tells of those. And where the user is looked at now and not with the zero time,
// what a rule with "not FEATURE" will give once the feature has ended is not seen; of such policies
// only the time of the handing is asked about.
func TestNobodyGrows(t *testing.T) {
	var grown, allowed, exempt, shown int
	handAtRandom(t, *questionsFlag/30, func(d dice, p *policy.Policy, h *handing) error {
		if h.after == nil || h.before != nil && !samePlace(h.before, h.after) {
			return nil
		}
		by, errBy := p.Reach(h.by, h.tree, h.at)
		at, later := h.at, !asksForLackOfFeature(h.doc)
		if d.chance(60) {
			at, later = time.Time{}, true
		}
		before, errBefore := p.Reach(h.before, h.tree, at)
		after, errAfter := p.Reach(h.after, h.tree, at)
		if errBy != nil || errBefore != nil || errAfter != nil {
			return nil
		}
		if _, ok := by.Missing(after, before); ok {
			return nil
		}
		id := pick(d, sortedIDs(h.w.users))
		was, is, actor := h.with(id, h.before), h.with(id, h.after), h.with(id, inPlaceOf(h.after, h.by))
		a := newAsking(d, h.doc, is)
		for range 20 {
			a.me = string(id)
			name := pick(d, a.perms)
			if d.chance(15) {
				name = pick(d, a.standard)
			}
			r := usher.Request{Subject: id, Permission: permission.MustParse(name), Time: h.at, Context: a.context()}
			if !d.chance(10) {
				r.Resource = a.thing(a.resource(name))
			}
			if at := randomTime(d); later && at.After(h.at) {
				r.Time = at
			}
			now, err := p.Decide(is, &r)
			if err != nil || !now.Allowed() {
				continue
			}
			then, errThen := p.Decide(was, &r)
			place, errPlace := p.Decide(actor, &r)
			if errThen != nil || errPlace != nil {
				return fmt.Errorf("%v %v", errThen, errPlace)
			}
			allowed++
			if then.Reason() == usher.ReasonForbidden || place.Reason() == usher.ReasonForbidden {
				exempt++
				continue
			}
			if !then.Allowed() {
				grown++
			}
			if !then.Allowed() && !place.Allowed() {
				return fmt.Errorf("may now: %v\nbefore: %v\nthe actor in their place: %v\n%s", now, then, place, describe(r))
			}
			for _, field := range p.Fields(r.Permission.Resource()) {
				if !now.Hides(field) && then.Hides(field) && place.Hides(field) {
					return fmt.Errorf("sees %s now: %v\nbefore: %v\nthe actor in their place: %v\n%s", field, now, then, place, describe(r))
				}
				if then.Allowed() && then.Hides(field) && !now.Hides(field) {
					shown++
				}
			}
		}
		return nil
	})
	t.Logf("%d questions allowed, %d not before, %d with a field that was hidden before; %d exempt", allowed, grown, shown, exempt)
	if allowed >= 10_000 && (grown < allowed/50 || exempt > allowed/3 || shown < allowed/5000) {
		t.Error("too much of the same")
	}
}

// samePlace reports whether two users are put in the same teams and hold the same seats.
func samePlace(a, b *policy.User) bool {
	place := func(u *policy.User) (s string) {
		for _, m := range u.Teams {
			s += fmt.Sprintf("%q ", m.Team)
		}
		return s + fmt.Sprint(u.Seats)
	}
	return place(a) == place(b)
}

// inPlaceOf returns an actor as if they were in somebody's place.
func inPlaceOf(somebody, actor *policy.User) *policy.User {
	if actor == nil {
		return nil
	}
	u := &policy.User{Role: actor.Role, Grants: actor.Grants, Seats: somebody.Seats}
	for _, m := range somebody.Teams {
		u.Teams = append(u.Teams, policy.Membership{Team: m.Team})
	}
	for _, m := range actor.Teams {
		if len(m.Roles) > 0 {
			u.Teams = append(u.Teams, m)
		}
	}
	return u
}

// with returns the world with a user, active, under the id; without one if it is nil.
func (h *handing) with(id usher.UserID, u *policy.User) *world {
	w := &world{users: maps.Clone(h.w.users), teams: h.w.teams, settings: h.w.settings}
	delete(w.users, id)
	if u != nil {
		active := *u
		active.Status = usher.Active
		w.users[id] = &active
	}
	return w
}

func asksForLackOfFeature(doc *policy.Document) bool {
	feature := map[string]bool{}
	for _, c := range doc.Conditions {
		feature[c.Name.Text] = c.Kind == policy.OnFeature
	}
	for _, r := range doc.Resources {
		for _, p := range r.Permissions {
			for _, c := range p.Cells {
				for _, rule := range c.Rules {
					for _, t := range rule.If {
						if t.Not && feature[t.Name.Text] {
							return true
						}
					}
				}
			}
		}
	}
	return false
}
