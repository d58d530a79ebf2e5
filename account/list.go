package account

import (
	"iter"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

var (
	_ policy.Facts      = (*State)(nil)
	_ policy.Lister     = (*State)(nil)
	_ policy.TeamLister = (*State)(nil)
	_ policy.Owned      = (*State)(nil)

	_ policy.AheadOfTables = (*State)(nil)
)

// UsersAfter yields all users in the bytewise order of their ids, starting after the given
// id. The error is always nil. The cost is that of [View.Users].
func (s *State) UsersAfter(after usher.UserID) iter.Seq2[policy.Listed, error] {
	return func(yield func(policy.Listed, error) bool) {
		for id, u := range inOrder(s.all(), string(after), func(string, *policy.User) bool { return true }) {
			if !yield(policy.Listed{ID: usher.UserID(id), User: u}, nil) {
				return
			}
		}
	}
}

// UsersIn yields the users who were put in one of the teams, in no order. The error is always
// nil. It takes time in proportion to the number of users.
func (s *State) UsersIn(teams []usher.TeamID) iter.Seq2[usher.UserID, error] {
	return func(yield func(usher.UserID, error) bool) {
		wanted := slices.Sorted(slices.Values(teams))
		for id, u := range s.all() {
			for i := range u.Teams {
				if _, in := slices.BinarySearch(wanted, u.Teams[i].Team); in {
					if !yield(usher.UserID(id), nil) {
						return
					}
					break
				}
			}
		}
	}
}

// AheadOfTables reports whether users are no longer in teams by what is due since the last commit.
// Tables of members, which follow from commits, still have them.
func (s *State) AheadOfTables() bool {
	return slices.ContainsFunc(s.Due(), func(c Change) bool {
		switch c.(type) {
		case MemberRemoved, UserRemoved:
			return true
		}
		return false
	})
}
