package account

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// Preview describes the effects of a proposal before it is committed.
//
// A Preview discloses more than the commands do. For each user that the changes name, it
// contains everything the account stores (role, status, teams, team roles, seats, grants),
// and every rule that the user gains and loses. It also contains the counts of each seat pool
// that changes. Some commands, such as deleting a team or the account, name many users. Empty
// Changes reveal that a custom field already has the value of a SetField.
//
// Propose checks that the actor may run the commands, but not that the actor may view these
// users. Show a Preview only to users who may view all users in it and the seats bought, such
// as administrators. Show others at most the Changes, with DescribeChange.
type Preview struct {
	Changes []Change
	Seats   []SeatsPreview // the pools that change, sorted by name
	Users   []UserPreview  // the users that the changes name, in the order of UsersOf
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
// names; a setting, a move of a team, or the deletion of the account may affect all users.
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
	preview := Preview{Changes: o.Changes, Seats: seatsPreview(s, next)}
	for _, id := range UsersOf(o.Changes...) {
		if o.interrupt != nil {
			if err := o.interrupt(); err != nil {
				return Preview{}, err
			}
		}
		u := UserPreview{User: id}
		u.Before, _ = s.User(id)
		u.After, _ = next.User(id)
		var err error
		if u.Gains, u.Loses, err = p.Difference(s.factsOn(p, id), next.factsOn(p, id), id, at); err != nil {
			return Preview{}, err
		}
		preview.Users = append(preview.Users, u)
	}
	return preview, nil
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
