package ceilingproof_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// holes returns an element for each decision that became allowed by a role on a resource: "" if the
// actor has the same, and otherwise a description.
func (w *shareWorld) holes(next *account.State) (list []string) {
	for _, id := range append(shareUsers, "eve", "kay") {
		if id == w.actor && w.accomplice == "" {
			continue // what actors give to themselves follows from their own rules
		}
		for _, on := range []string{"top", "sub", "c1", "c2", "e1", "e2"} {
			o := w.object(on)
			for _, action := range []string{"view", "edit", "drop"} {
				for hours := range 4 {
					for _, mfa := range []usher.Context{nil, {"mfa": true}, {"mfa": false}} {
						q := usher.Request{Account: "acme", Subject: id, Permission: permission.MustParse(o.Type + "." + action), Resource: o, Context: mfa, Time: w.hour(hours)}
						was, is := w.at(w.state, hours), w.at(next, hours)
						after, byRole := w.decide(is, accepted{is.State}, q), false
						if !after.Allowed() {
							continue
						}
						byRole = !w.decide(is, withoutRolesOn{accepted{is.State}}, q).Allowed()
						if before := w.decide(was, accepted{was.State}, q); !byRole || before.Allowed() && subset(before.Hidden(), after.Hidden()) {
							continue
						}
						list = append(list, w.hole(was, is, q, after))
					}
				}
			}
		}
	}
	return list
}

// stateAt is the account at a time, with the policy that decides for it.
type stateAt struct {
	*account.State
	policy *policy.Policy
}

func (w *shareWorld) at(s *account.State, hours int) stateAt {
	s = s.At(w.policy, w.hour(hours))
	return stateAt{s, s.Policy(w.policy)}
}

// accepted are the facts after an invited user accepted.
type accepted struct{ *account.State }

func (f accepted) User(id usher.UserID) (*policy.User, error) {
	u, err := f.State.User(id)
	if u != nil && u.Status == usher.Invited {
		active := *u
		active.Status = usher.Active
		u = &active
	}
	return u, err
}

// hole returns "" if the actor, or the accomplice, can do what a decision allows.
func (w *shareWorld) hole(was, is stateAt, q usher.Request, after usher.Decision) string {
	if w.accomplice != "" {
		alone := *w
		alone.actor, alone.accomplice = w.accomplice, ""
		if alone.hole(was, is, q, after) == "" {
			return ""
		}
	}
	in := q
	in.Subject = w.actor
	contexts := []usher.Context{q.Context, w.context}
	for _, context := range contexts {
		in.Context = context
		if d := w.decide(was, was, in); d.Allowed() && subset(d.Hidden(), after.Hidden()) {
			return ""
		}
		place := q
		place.Context = context
		for _, s := range []stateAt{was, is} {
			for _, seats := range []usher.UserID{w.actor, q.Subject} {
				if d := w.decide(s, inPlaceOf{s.State, w.actor, q.Subject, seats}, place); d.Allowed() && subset(d.Hidden(), after.Hidden()) {
					return ""
				}
			}
		}
	}
	return fmt.Sprintf("%s may %s on %s with %v at %v (%s), and %s may not", q.Subject, q.Permission, q.Resource.Ref().ID, q.Context, q.Time.Format(time.TimeOnly), after, w.actor)
}

func subset(a, b []string) bool {
	for _, x := range a {
		if !strings.Contains(" "+strings.Join(b, " ")+" ", " "+x+" ") {
			return false
		}
	}
	return true
}

func (w *shareWorld) decide(s stateAt, f policy.Facts, q usher.Request) usher.Decision {
	d, err := s.policy.Decide(f, &q)
	require.NoError(w.t, err)
	return d
}

// withoutRolesOn are the facts without the roles on resources that a user holds.
type withoutRolesOn struct{ accepted }

func (f withoutRolesOn) UserRolesOn(usher.UserID, usher.Ref) ([]role.Name, error) { return nil, nil }

func (f withoutRolesOn) TeamRolesOn(usher.TeamID, usher.Ref) ([]role.Name, error) { return nil, nil }

// inPlaceOf are the facts in which a user has the rules of the actor, belongs to the user's teams, and
// has the seats of one of the two.
type inPlaceOf struct {
	*account.State
	actor, id, seats usher.UserID
}

func (f inPlaceOf) User(id usher.UserID) (*policy.User, error) {
	u, err := f.State.User(id)
	if id != f.id || u == nil {
		return u, err
	}
	actor, err := f.State.User(f.actor)
	if err != nil || actor == nil {
		return nil, err
	}
	placed := *actor
	placed.Status, placed.Teams = usher.Active, nil
	if f.seats == f.id {
		placed.Seats = u.Seats
	}
	for _, m := range u.Teams {
		placed.Teams = append(placed.Teams, policy.Membership{Team: m.Team})
	}
	for _, m := range actor.Teams {
		if len(m.Roles) > 0 {
			placed.Outside = append(placed.Outside, m)
		}
	}
	return &placed, nil
}

func (f inPlaceOf) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	if id != f.id {
		return f.State.UserRolesOn(id, on)
	}
	roles, err := f.State.UserRolesOn(f.actor, on)
	actor, _ := f.State.User(f.actor)
	for _, m := range actor.Teams {
		for team := m.Team; team != ""; team, _ = f.State.Team(team) {
			more, _ := f.State.TeamRolesOn(team, on)
			roles = append(roles[:len(roles):len(roles)], more...)
		}
	}
	return roles, err
}

func (f inPlaceOf) TeamRolesOn(usher.TeamID, usher.Ref) ([]role.Name, error) { return nil, nil }
