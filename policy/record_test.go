package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

func TestCompact(t *testing.T) {
	assert.Nil(t, (*policy.User)(nil).Compact())
	team := func(id usher.TeamID, roles ...role.Name) policy.Membership {
		return policy.Membership{Team: id, Roles: roles}
	}
	for _, teams := range [][]policy.Membership{
		nil,
		{},
		{team("a")},
		{team("a", "manager")},
		{{Team: "a", Roles: []role.Name{}}},
		{team("a", "manager", "coach", "scribe")},
		{team("a", "manager", "coach", "scribe", "cook")},
		{team("a", "manager"), team("b"), team("c", "coach", "scribe")},
		{team("a"), team("b"), team("c"), team("d", "manager", "coach", "scribe", "cook", "clerk")},
		{team("a"), team("b"), team("c"), team("d"), team("e", "manager")},
	} {
		u := &policy.User{
			Status: usher.Active, Role: "member", Teams: teams,
			Seats: []seat.PoolName{"booking"}, Grants: []policy.Grant{{Name: "page.share"}},
		}
		c := u.Compact()
		assert.NotSame(t, u, c)
		assert.Equal(t, u, c)
		// Appending to one list of the copy does not write into another list.
		for i := range c.Teams {
			_ = append(c.Teams[i].Roles, "guest")
		}
		_ = append(c.Teams, team("z"))
		assert.Equal(t, u, c)
	}
}
