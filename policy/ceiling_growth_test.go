package policy_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// TestGivesNothingBeyond looks at decisions alone. If the ceiling allows a change of a user,
// then everything that the user can do afterwards, the user could do before, or the actor could do
// in the user's place, at the time of the command and later. The same holds for each visible field.
//
// In their place means: in the same teams, under the same id, so that the resource and the
// account are the same for both. The actor brings the account role, the team roles on their
// teams, and the grants. For each seat pool and each fact of the request, the actor may have
// the value at the command, or the value of the user.
//
// Built-in protections are excluded: they look at the holder of the unique role, and an actor who
// is the holder would also be the holder in the user's place.
//
// Conditions with has are excluded where they look at the user, whose role changes: FORMAT.md states
// that they follow it.
//
// Scopes under never are excluded: a membership scope beside a team role on the same team is the
// one exception that FORMAT.md states.
func TestGivesNothingBeyond(t *testing.T) {
	var allowed, grown, shown, lifted int
	handAtRandom(t, *questionsFlag/30, func(d dice, p *policy.Policy, h *handing) error {
		if h.after == nil || h.before != nil && !samePlace(h.before, h.after) || scopesUnderNever(h.doc) {
			return nil
		}
		c, err := p.Ceiling(h.by, h.account, h.context, h.at)
		if err != nil {
			return nil
		}
		if _, ok, err := c.Gives(h.before, h.after); ok || err != nil {
			return nil
		}
		id := pick(d, sortedIDs(h.w.users))
		was, is := h.with(id, h.before), h.with(id, h.after)
		a := newAsking(d, h.doc, is)
		for range 20 {
			a.me = string(id)
			name := pick(d, a.perms)
			if d.chance(15) {
				name = pick(d, a.standard)
			}
			if name == "account.transfer" {
				continue // only the holder may, by a built-in protection
			}
			r := usher.Request{Account: "acme", Subject: id, Permission: permission.MustParse(name), Time: h.at, Context: a.context()}
			if !d.chance(10) {
				r.Resource = a.thing(a.resource(name))
			}
			if at := randomTime(d); at.After(h.at) {
				r.Time = at
			}
			if h.movesCondition(string(id), r.Resource) {
				continue
			}
			now, err := p.Decide(is, &r)
			if err != nil || !now.Allowed() {
				continue
			}
			then, err := p.Decide(was, &r)
			switch {
			case ofContainer(err):
				continue
			case err != nil:
				return err
			}
			allowed++
			if !then.Allowed() {
				grown++
				if then.Reason() == usher.ReasonForbidden {
					lifted++
				}
			}
			var beyond []string
			for _, field := range p.Fields(r.Permission.Resource()) {
				if !now.Hides(field) && (!then.Allowed() || then.Hides(field)) {
					beyond = append(beyond, field)
				}
			}
			if then.Allowed() && len(beyond) == 0 || then.Detail().Rule.Source == usher.SourceBuiltIn {
				continue
			}
			shown += len(beyond)
			if !h.actorCould(p, id, r, beyond) {
				return fmt.Errorf("may now: %v\nbefore: %v\nand the actor in their place may not, or does not see %v\n%s", now, then, beyond, describe(r))
			}
		}
		return nil
	})
	t.Logf("%d questions allowed, %d not before, %d of them forbidden before, %d fields that were hidden before", allowed, grown, lifted, shown)
	if allowed >= 10_000 && (grown < allowed/50 || lifted == 0 || shown < allowed/5000) {
		t.Error("too much of the same")
	}
}

// movesCondition reports whether a condition with has depends on which of the compared users has the
// id that the resource names.
func (h *handing) movesCondition(id string, on usher.Resource) bool {
	if on == nil {
		return false
	}
	has := func(u *policy.User, name string) bool {
		return u != nil && (string(u.Role) == name || slices.Contains(u.Beside, role.Name(name)))
	}
	return slices.ContainsFunc(h.doc.Conditions, func(c syntax.Condition) bool {
		is, named := has(h.after, c.Has.Text), []string(nil)
		if c.Kind == syntax.OnHas {
			named, _ = on.Party(c.Of.Text)
		}
		return slices.Contains(named, id) && (has(h.before, c.Has.Text) != is || has(h.by, c.Has.Text) != is)
	})
}

// actorCould reports whether the actor, in the user's place, could do something and see these fields:
// in the user's teams alone, or also with the team roles of the actor. A team of the actor narrows the
// rules with "not team" of the account role.
func (h *handing) actorCould(p *policy.Policy, id usher.UserID, r usher.Request, fields []string) bool {
	place := inPlaceOf(h.after, h.by)
	if h.could(p, id, place, r, fields) {
		return true
	}
	place.Teams = place.Teams[:len(h.after.Teams)]
	return h.could(p, id, place, r, fields)
}

// could reports whether a user under the id, with some of the seats, could do something and see these fields.
func (h *handing) could(p *policy.Policy, id usher.UserID, place *policy.User, r usher.Request, fields []string) bool {
	base := r.Context
	for _, seats := range mixtures(seatsOf(h.after), seatsOf(h.by)) {
		place.Seats = nil
		for pool := range seats {
			place.Seats = append(place.Seats, seat.PoolName(pool))
		}
		w := h.with(id, place)
		for _, context := range mixtures(base, h.context) {
			r.Context = context
			d, err := p.Decide(w, &r)
			builtIn := d.Detail().Rule.Source == usher.SourceBuiltIn // it protects the holder, regardless of the actor
			if ofContainer(err) || err == nil && (builtIn || d.Allowed() && !slices.ContainsFunc(fields, d.Hides)) {
				return true
			}
		}
	}
	return false
}

// ofContainer reports whether an error is about a container that another decision did not look at.
func ofContainer(err error) bool {
	return errors.Is(err, usher.ErrOtherAccount) || errors.Is(err, usher.ErrUndeclared) || errors.Is(err, usher.ErrWrongResource)
}

func seatsOf(u *policy.User) map[string]bool {
	seats := map[string]bool{}
	for _, pool := range u.Seats {
		seats[string(pool)] = true
	}
	return seats
}

// mostMixed bounds the number of mixed maps; beyond it, mixtures returns only the two maps.
const mostMixed = 64

// mixtures returns all maps that have, for each name, the value of one or the other map.
func mixtures(a, b map[string]bool) []map[string]bool {
	all := []map[string]bool{{}}
	names := maps.Clone(b)
	if names == nil {
		names = map[string]bool{}
	}
	maps.Copy(names, a)
	for name := range names {
		if len(all) > mostMixed {
			return []map[string]bool{a, b}
		}
		inA, okA := a[name]
		inB, okB := b[name]
		var next []map[string]bool
		for _, m := range all {
			without := maps.Clone(m)
			if okA {
				m[name] = inA
			}
			next = append(next, m)
			if okA == okB && inA == inB {
				continue
			}
			if okB {
				without[name] = inB
			}
			next = append(next, without)
		}
		all = next
	}
	return all
}

func scopesUnderNever(doc *syntax.Document) bool {
	return slices.ContainsFunc(doc.Never, func(n syntax.Never) bool {
		return slices.ContainsFunc(n.Rules, func(r syntax.Rule) bool { return r.Scope != syntax.ScopeAny || len(r.And) > 0 })
	})
}

// samePlace reports whether two users are in the same teams and hold the same seats. Commands
// change those by permission alone.
func samePlace(a, b *policy.User) bool {
	place := func(u *policy.User) (s string) {
		for _, m := range u.Teams {
			s += fmt.Sprintf("%q ", m.Team)
		}
		return s + fmt.Sprint(u.Seats)
	}
	return place(a) == place(b)
}

// inPlaceOf returns an actor in the place of another user.
func inPlaceOf(somebody, actor *policy.User) *policy.User {
	u := &policy.User{Role: actor.Role, Beside: actor.Beside, Outside: actor.Outside, Grants: actor.Grants, Seats: somebody.Seats}
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

// with returns the world with an active user under the id, or without a user if u is nil.
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
