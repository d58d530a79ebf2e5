package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
)

// TeamLen returns the number of users who were put in a team. Members of teams below it do not
// count. It returns 0 for a team that does not exist.
//
// The first call of TeamLen, TeamRoleHolders or UsersOf builds an index, which takes a pass over all
// users. Later versions of the account keep the index up to date.
func (v View) TeamLen(id usher.TeamID) int {
	x := v.members()
	return x.plain.Of(string(id)).Len() + x.holders.Of(string(id)).Len()
}

// TeamRoleHolders returns the users who have at least one role on a team, in the bytewise order
// of their ids, and nil if there are none. Users who are not in the team are included. Roles on teams above it do not count. The cost is in
// proportion to the users returned, apart from the index that TeamLen describes.
func (v View) TeamRoleHolders(id usher.TeamID) []Member {
	var list []Member
	x := v.members()
	for _, user := range usersOf(x.holders.Of(string(id)), x.outside.Of(string(id))) {
		if m, ok := v.User(user); ok {
			list = append(list, m)
		}
	}
	return list
}

// UsersOf returns the users who were put in at least one of the teams, sorted by id and each
// once, and nil if there are none. Members of teams below do not count. The cost is in
// proportion to the users returned, apart from the index that TeamLen describes.
func (v View) UsersOf(teams ...usher.TeamID) []usher.UserID {
	x := v.members()
	var tables []*table.Table[struct{}]
	for _, id := range teams {
		tables = append(tables, x.plain.Of(string(id)), x.holders.Of(string(id)))
	}
	return slices.Compact(usersOf(tables...))
}

func (v View) members() *memberIndex {
	s := v.read()
	if s.members == nil {
		return &memberIndex{} // before the first commit
	}
	return s.members.of(&s.users)
}
