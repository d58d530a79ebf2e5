package console

import (
	"iter"
	"math"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
)

// reach are the users that a viewer may see, and possibly more.
type reach struct {
	ids []usher.UserID // sorted
	all bool           // any user
}

// candidates returns all users that the viewer may see, and possibly more, sorted by id; or true
// if that may be any user. The engine checks each of them. A viewer without a rule that reaches
// every user sees at most themself and the users in their teams and below, so in a large account
// it is not necessary to check all users.
func (v *viewer) candidates() ([]usher.UserID, bool) {
	if v.reach == nil {
		v.reach = v.findReach()
	}
	return v.reach.ids, v.reach.all
}

func (v *viewer) findReach() *reach {
	summary, err := v.policy.Summary(v.view.State(), v.subject.User, v.now)
	if err != nil {
		v.fail(err)
		return &reach{}
	}
	var roots []usher.TeamID
	for _, e := range summary.Entitlements {
		switch {
		case e.Permission != userView || e.Scope == syntax.ScopeOwn || e.Scope == syntax.ScopeSole:
		case e.Scope == syntax.ScopeAny:
			return &reach{all: true}
		case len(e.Teams) == 0:
			roots = append(roots, teamsOf(summary.Teams)...)
		default: // of a team role, which the viewer may hold outside the team
			roots = append(roots, e.Teams...)
		}
	}
	teams := v.withinTeams(roots, math.MaxInt)
	members := 0
	for _, id := range teams {
		members += v.view.TeamLen(id)
	}
	if members > v.view.Len()/4 {
		return &reach{all: true} // then to check all users takes less time than to sort these
	}
	ids := append(v.view.UsersOf(teams...), v.subject.User)
	slices.Sort(ids)
	return &reach{ids: slices.Compact(ids)}
}

// users yields the users that keep accepts, nil for all, and that the viewer may see, and possibly others that
// the viewer may not see, sorted by id and starting after an id.
func (v *viewer) users(after usher.UserID, keep func(account.Member) bool) iter.Seq[account.Member] {
	ids, all := v.candidates()
	switch {
	case all && keep == nil:
		return v.view.Users(after)
	case all:
		return v.view.UsersWhere(after, keep)
	}
	return func(yield func(account.Member) bool) {
		for m := range v.membersAfter(ids, after) {
			if (keep == nil || keep(m)) && !yield(m) {
				return
			}
		}
	}
}

// anyOrder yields the users that the viewer may see, and possibly others, in no order.
func (v *viewer) anyOrder() iter.Seq[account.Member] {
	ids, all := v.candidates()
	if all {
		return v.view.AllUsers()
	}
	return v.members(ids)
}

func (v *viewer) members(ids []usher.UserID) iter.Seq[account.Member] {
	return func(yield func(account.Member) bool) {
		for _, id := range ids {
			if m, ok := v.view.User(id); ok && !yield(m) {
				return
			}
		}
	}
}

// membersAfter yields users of a sorted list, starting after an id.
func (v *viewer) membersAfter(ids []usher.UserID, after usher.UserID) iter.Seq[account.Member] {
	from, found := slices.BinarySearch(ids, after)
	if found {
		from++
	}
	return v.members(ids[from:])
}
