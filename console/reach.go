package console

import (
	"iter"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
)

// candidates returns all users that the viewer may see, and possibly more, sorted by id; or true
// if that may be any user. The engine checks each of them. A viewer without a rule that reaches
// every user sees at most themself and the users in their teams and below, so in a large account
// it is not necessary to check all users.
func (v *viewer) candidates() ([]usher.UserID, bool) {
	at := v.now
	if at.Before(v.view.Time()) {
		at = v.view.Time()
	}
	summary, err := v.policy.Summary(v.view.State(), v.subject.User, at)
	if err != nil {
		v.fail(err)
		return nil, false
	}
	for _, e := range summary.Entitlements {
		if e.Permission == userView && e.Scope == syntax.ScopeAny {
			return nil, true
		}
	}
	ids := []usher.UserID{v.subject.User}
	if len(summary.Teams) > 0 {
		var teams []usher.TeamID
		for t := range v.view.Teams("") {
			for _, m := range summary.Teams {
				if v.teamWithin(t.ID, m.Team) {
					teams = append(teams, t.ID)
					break
				}
			}
		}
		for id, err := range v.view.State().UsersIn(teams) {
			if err != nil {
				v.fail(err)
			}
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), false
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
	from, found := slices.BinarySearch(ids, after)
	if found {
		from++
	}
	return func(yield func(account.Member) bool) {
		for m := range v.members(ids[from:]) {
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
