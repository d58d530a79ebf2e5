package account

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Preview describes the effects of a proposal before it is committed.
//
// A Preview discloses more than the commands do. For each user that the changes concern, it
// contains everything the account stores (role, status, teams, team roles, seats, grants),
// and every rule that the user gains and loses. It also contains the counts of each seat pool
// that changes. Some commands, such as deleting a team or the account, name many users. Empty
// Changes reveal that a custom field already has the value of a SetField.
//
// Propose checks that the actor may run the commands, but not that the actor may view these
// users. Show a Preview only to users who may view all users in it and the seats bought, such
// as administrators. Show others at most the Changes, with DescribeChange.
type Preview struct {
	Changes []Change       // of the commands, without what became due before them
	Seats   []SeatsPreview // the pools that change, sorted by name
	Roles   []RolePreview  // the roles of the account that change, sorted by name
	Users   []UserPreview  // the users that the changes concern, in the order of State.UsersOf

	// RolesOn are the users and teams whose roles on a resource change, in the order of the changes.
	// The end of all roles of a user who is removed, or of a team that is deleted, is not included.
	RolesOn []RolesOnPreview

	// Later are the later times from which on decisions differ otherwise because of the commands, in
	// their order: what begins or ends by the commands, and what is scheduled and then happens
	// otherwise, also for other users. It has at most [MaxLater] times. What settings change
	// later is not included.
	Later []LaterPreview

	// LaterFrom is the first later time that Later does not consider, because there are too many, or because
	// requests at that time are not decided (see usher.ErrNoTime); the zero time if it considers all of them.
	LaterFrom time.Time
}

// RolesOnPreview are the roles of a user or a team on a resource before and after the changes, with
// the rules that the holder gains and loses there. For a team, these are the rules of each of its users.
// The caller must not change Before and After.
type RolesOnPreview struct {
	Holder
	On            usher.Ref
	Before, After []role.Name
	Gains, Loses  []policy.Entitlement // as policy.Policy.DifferenceOn returns them
}

// SeatsPreview is a seat pool before and after the changes.
type SeatsPreview struct {
	Pool          seat.PoolName
	Before, After seat.Pool
}

// UserPreview is a user before and after the changes, nil if the user is not in the account,
// with the rules that the user gains and loses. The caller must not change Before and After.
//
// The rules are the result of policy.Policy.Difference. A user has no rules if the user is
// not active, or if the policy cannot decide for the user. The rules do not show
// which resources they match: a change of the user's teams can change that, also for rules of
// an account role.
type UserPreview struct {
	User          usher.UserID
	Before, After *policy.User
	Gains, Loses  []policy.Entitlement
}

// Preview returns the effects of an outcome of this state, with the grants in effect at a
// time, or at the last commit's if that is later. It covers only the users that a change
// concerns, and the holders of the account's own roles that change; a setting, a move of a team, or the deletion
// of the account may affect all users.
// The cost is in proportion to the rules of all these users, so avoid it for an import.
//
// The error is that of policy.Policy.Difference: usher.ErrNoTime, or usher.ErrUndeclared if
// the policy is not that of the account. Or it is an error that the proposal's Interrupt
// returned; Preview calls Interrupt before each user.
func (s *State) Preview(p *policy.Policy, o Outcome, at time.Time) (Preview, error) {
	next := o.Next
	if next == nil {
		next = s
	}
	if !at.IsZero() {
		at = later(at, s.time)
	}
	s = s.At(p, o.at)
	preview := Preview{Changes: o.Changes[o.Due:], Seats: seatsPreview(s, next)}
	var err error
	if preview.Roles, err = s.previewRoles(p, next, at, o.interrupt); err != nil {
		return Preview{}, err
	}
	difference := s.Policy(p).Difference
	if s.currentConfig().custom != next.currentConfig().custom {
		difference = p.Redefine(s.roles(), next.roles()).Difference
	}
	for _, id := range s.UsersOf(preview.Changes...) {
		if o.interrupt != nil {
			if err := o.interrupt(); err != nil {
				return Preview{}, err
			}
		}
		u := UserPreview{User: id}
		u.Before, _ = s.User(id)
		u.After, _ = next.User(id)
		if u.Gains, u.Loses, err = difference(s.factsOn(p, id), next.factsOn(p, id), id, at); err != nil {
			return Preview{}, err
		}
		preview.Users = append(preview.Users, u)
	}
	preview.RolesOn = rolesOnPreview(s, next, p, o.Changes)
	l := laterPreview{policy: p, s: s, next: next, difference: difference}
	preview.Later, preview.LaterFrom, err = l.times(&preview, at, o.interrupt)
	return preview, err
}

func rolesOnPreview(s, next *State, p *policy.Policy, changes []Change) (list []RolesOnPreview) {
	type pair struct {
		h  Holder
		on usher.Ref
	}
	seen := map[pair]bool{}
	add := func(h Holder, on usher.Ref) {
		if seen[pair{h, on}] {
			return
		}
		seen[pair{h, on}] = true
		r := RolesOnPreview{Holder: h, On: on}
		r.Before, r.After = s.on.find(h.by(), on.Type, h.id(), on.ID), next.on.find(h.by(), on.Type, h.id(), on.ID)
		if !slices.Equal(r.Before, r.After) {
			r.Gains, r.Loses = p.DifferenceOn(r.Before, r.After)
			list = append(list, r)
		}
	}
	for _, c := range changes {
		switch c := c.(type) {
		case RoleOnGiven:
			add(Holder{c.User, c.Team}, usher.Ref{Type: c.Type, ID: c.ID})
		case RoleOnTaken:
			add(Holder{c.User, c.Team}, usher.Ref{Type: c.Type, ID: c.ID})
		case ResourceForgotten:
			on := usher.Ref{Type: c.Type, ID: c.ID}
			for h := range s.View(p).HoldersOf(on, Holder{}) {
				add(h.Holder, on)
			}
		}
	}
	return list
}

func seatsPreview(s, next *State) []SeatsPreview {
	var list []SeatsPreview
	for name := range s.pools {
		list = append(list, SeatsPreview{Pool: name})
	}
	for name := range next.pools {
		list = append(list, SeatsPreview{Pool: name})
	}
	slices.SortFunc(list, func(a, b SeatsPreview) int { return cmp.Compare(a.Pool, b.Pool) })
	list = slices.Compact(list)
	for i := range list {
		list[i].Before, list[i].After = s.pools[list[i].Pool], next.pools[list[i].Pool]
	}
	return slices.DeleteFunc(list, func(p SeatsPreview) bool { return p.Before == p.After })
}

// factsOn returns the facts for the rules of a user: the state, without users if the policy
// cannot decide for the user.
func (s *State) factsOn(p *policy.Policy, id usher.UserID) policy.Facts {
	var mismatch *PolicyMismatchError
	if errors.As(s.FitsUser(p, id), &mismatch) && !mismatch.Whole {
		return withoutUsers{s}
	}
	return s
}

// withoutUsers is a state with its users hidden.
type withoutUsers struct{ *State }

func (withoutUsers) User(usher.UserID) (*policy.User, error) { return nil, nil }
