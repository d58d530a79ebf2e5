package account

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// scanned finds the members of a team by a pass over all users of a draft, or only the
// members with a role there.
func scanned(d *draft, team usher.TeamID, holders bool) []usher.UserID {
	var ids []usher.UserID
	for id, u := range d.all() {
		if slices.ContainsFunc(u.Teams, func(m policy.Membership) bool { return m.Team == team && (!holders || len(m.Roles) > 0) }) {
			ids = append(ids, usher.UserID(id))
		}
	}
	slices.Sort(ids)
	return ids
}

// randomMembership returns a change about a few users and teams, which may not fit.
func randomMembership(random *rand.Rand) Change {
	user, team := usher.UserID(fmt.Sprint("u", random.IntN(8))), usher.TeamID(fmt.Sprint("t", random.IntN(4)))
	r := role.Name([]string{"captain", "coach"}[random.IntN(2)])
	switch random.IntN(10) {
	case 0:
		return UserAdded{User: user, Role: "member", Status: usher.Active}
	case 1:
		return UserRemoved{User: user}
	case 2, 3, 4:
		return MemberAdded{Team: team, User: user}
	case 5:
		return MemberRemoved{Team: team, User: user}
	case 6, 7:
		return TeamRoleSet{Team: team, User: user, Role: r}
	case 8:
		return TeamRoleUnset{Team: team, User: user, Role: r}
	default:
		return RoleSet{User: user, From: "member", To: "admin"}
	}
}

// In every draft and version, the index agrees with a pass over all users, whether it was
// built before, is built now, or comes from a snapshot.
func TestMemberIndexSaysWhatAPassOverAllUsersSays(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(1, seed))
		s := New("acme")
		agree := func(d *draft) {
			for i := range 5 {
				team := usher.TeamID(fmt.Sprint("t", i)) // t4 does not exist
				require.Equal(t, scanned(d, team, false), d.usersOn(team), "members of %s, seed %d", team, seed)
				require.Equal(t, scanned(d, team, true), d.holdersOn(team), "holders on %s, seed %d", team, seed)
			}
		}
		changes := []Change{AccountCreated{Owner: "olga", Unique: "owner"}}
		for i := range 4 {
			changes = append(changes, TeamCreated{Team: usher.TeamID(fmt.Sprint("t", i))})
		}
		s, err := s.Apply(&Commit{Account: "acme", Version: 1, Time: time.Unix(1, 0), Changes: changes})
		require.NoError(t, err)
		for version := uint64(2); version < 12; version++ {
			d := s.draft()
			for range 10 {
				_ = d.apply(randomMembership(random)) // a change that does not fit has no effect
				if random.IntN(12) == 0 {
					agree(d)
				}
			}
			next := d.commit(&Commit{Account: "acme", Version: version, Time: time.Unix(int64(version), 0)})
			if random.IntN(3) == 0 {
				agree(s.draft())
			}
			s = next
			if random.IntN(3) == 0 {
				agree(s.draft())
			}
			if random.IntN(6) == 0 {
				read, err := DecodeState(s.Encode())
				require.NoError(t, err)
				s = read
			}
		}
		agree(s.draft())
	}
}

// The index of an account is built when a command first needs it, and then shared by all
// versions with the same memberships.
func TestMemberIndexIsBuiltWhenItIsNeeded(t *testing.T) {
	apply := func(s *State, changes ...Change) *State {
		next, err := s.Apply(&Commit{Account: s.account, Version: s.version + 1, Time: time.Unix(1, 0), Changes: changes})
		require.NoError(t, err)
		return next
	}
	s := sound(t)
	one := apply(s, MemberAdded{User: "olga", Team: "a"}, TeamRoleSet{User: "olga", Team: "a", Role: "captain"})
	two := apply(one, SettingChanged{Setting: "open", Value: false})
	assert.Same(t, one.members, two.members)
	assert.NotSame(t, s.members, one.members)
	assert.Nil(t, two.members.built.Load())

	assert.Equal(t, []usher.UserID{"olga"}, two.draft().holdersOn("a"))
	assert.NotNil(t, one.members.built.Load(), "built by a draft that came to nothing")
	assert.Nil(t, s.members.built.Load())

	three := apply(two, MemberRemoved{User: "max", Team: "b"}, MemberAdded{User: "max", Team: "a"})
	assert.NotNil(t, three.members.built.Load(), "changed instead of built")
	assert.Equal(t, []usher.UserID{"max", "olga"}, three.draft().usersOn("a"))
	assert.Empty(t, three.draft().usersOn("b"))
	assert.Equal(t, []usher.UserID{"max"}, two.draft().usersOn("b"))

	four := apply(three, AccountDeleted{})
	assert.Empty(t, four.draft().usersOn("a"))
}
