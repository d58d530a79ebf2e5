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

// Preview says what a proposal would do, before it is done.
//
// It discloses more than the commands do: of each user whom the changes name all that
// the account has (role, status, teams, team roles, seats, grants) and every rule that
// the user gains and loses, and of each seat pool that changes the counts. A command
// such as deleting a team or the account names many users. An empty Changes tells that a
// custom field has the value of a SetField already. That the actor may do the commands
// is checked; that the actor may view these users is not. Show it to users who may view
// all users whom it names and their plan, such as administrators; to others show at
// most the Changes, by DescribeChange.
type Preview struct {
	Changes []Change
	Seats   []SeatsPreview // of the pools that stand otherwise afterwards, by name
	Users   []UserPreview  // those whom the changes name, in that order
}

// SeatsPreview is a seat pool before and after.
type SeatsPreview struct {
	Pool          seat.PoolName
	Before, After seat.Pool
}

// UserPreview is a user before and after, nil where they are not in the account,
// with the rules that they gain and lose. The users must not be changed.
//
// The rules are those of policy.Policy.Difference. A user who is not active, or for whom
// the policy cannot decide, has no rules. It does not show that the reach of an account
// role grows and shrinks with the user's teams.
type UserPreview struct {
	User          usher.UserID
	Before, After *policy.User
	Gains, Loses  []policy.Entitlement
}

// Preview says what an outcome of this state would do, with the grants that hold at
// the time, or at the last commit's if that is later. It looks only at the users whom a
// change names: a setting, the place of a team, or the end of the account may concern
// all users. Each user costs a look at all their rules, so an import is better not
// previewed.
//
// The error is one of policy.Policy.Difference: usher.ErrNoTime, or usher.ErrUndeclared
// where the policy is not that of the account. Or it is what the Interrupt of the
// proposal returned, which is called before each user.
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

// factsOn returns the facts for the rules of a user: those of the state, without the user
// if the policy cannot decide for them.
func (s *State) factsOn(p *policy.Policy, id usher.UserID) policy.Facts {
	var unfit *PolicyMismatchError
	if errors.As(s.FitsUser(p, id), &unfit) && !unfit.Whole {
		return withoutUsers{s}
	}
	return s
}

// withoutUsers is a state as if it had no users.
type withoutUsers struct{ *State }

func (withoutUsers) User(usher.UserID) (*policy.User, error) { return nil, nil }
