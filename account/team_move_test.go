package account_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// captains returns an account in which users have a team role on rowing. If alike is true,
// each has the same teams.
func captains(n int, alike bool) account.Seed {
	c := members()
	for i := range n {
		u := inTeam(user("member"), "rowing", "captain")
		if !alike {
			own := usher.TeamID(fmt.Sprint("team-", i))
			c.Teams[own] = ""
			u = inTeam(u, own)
		}
		c.Users[usher.UserID(fmt.Sprint("user-", i))] = u
	}
	return c
}

// TestMovesOfManyHolders checks that the ceiling is compared once for users with equal
// records, and not for each of thousands.
func TestMovesOfManyHolders(t *testing.T) {
	p := compile(t, club)
	allocs := func(n int, alike bool) float64 {
		s := open(t, p, captains(n, alike))
		return testing.AllocsPerRun(3, func() {
			_, err := propose(p, s, account.AsUser("adam"), account.MoveTeam{Team: "chess", Parent: "rowing"}, account.MoveTeam{Team: "chess"})
			require.NoError(t, err)
		})
	}
	each := (allocs(800, true) - allocs(400, true)) / 400
	eachOther := (allocs(800, false) - allocs(400, false)) / 400
	assert.Less(t, each*3, eachOther, "allocations for each holder more: alike %v, not alike %v", each, eachOther)
}

// Users with equal records get the same, so one of them is enough for a refusal.
func TestMoveOfManyHoldersIsRefused(t *testing.T) {
	p := compile(t, club)
	c := captains(50, true)
	c.Users["aaa"] = inTeam(user("member"), "rowing", "captain")
	s := open(t, p, c)
	_, err := propose(p, s, account.AsUser("dora"), account.MoveTeam{Team: "chess", Parent: "rowing"})
	assert.Equal(t, account.CodeDenied, codeOf(t, err), "who may not edit teams")
	with := do(t, p, s, account.AsHost("test"), account.GiveGrant{User: "aaa", Grant: "team.edit"})
	_, err = propose(p, with, account.AsUser("aaa"), account.MoveTeam{Team: "chess", Parent: "rowing"})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err))
	_, err = propose(p, with, account.AsUser("adam"), account.MoveTeam{Team: "chess", Parent: "rowing"})
	require.NoError(t, err)
}

// An actor who may delegate can give a moved team's roles to others, but not to themselves,
// even if their record equals another user's.
func TestMoveByOneOfManyHolders(t *testing.T) {
	p := compile(t, club)
	c := members()
	for _, id := range []usher.UserID{"aaa", "zed"} {
		u := inTeam(user("member"), "rowing", "captain")
		u.Grants = []policy.Grant{{Name: "team.edit"}, {Name: "user.delegate"}}
		c.Users[id] = u
	}
	move := account.MoveTeam{Team: "chess", Parent: "rowing"}
	_, err := propose(p, open(t, p, c), account.AsUser("zed"), move)
	assert.Equal(t, account.CodeEscalation, codeOf(t, err))
	assert.ErrorContains(t, err, "zed would get")

	c.Users["bob"] = policy.User{Role: "desk", Grants: c.Users["zed"].Grants}
	_, err = propose(p, open(t, p, c), account.AsUser("bob"), move)
	require.NoError(t, err, "who is none of them")
}

// TestTeamsOfABatch checks the limit of the teams that all AddUser commands of a proposal
// list together.
func TestTeamsOfABatch(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	list := make([]usher.TeamID, account.MaxTeams)
	for i := range list {
		list[i] = "chess"
	}
	var commands []account.Command
	for i := range account.MaxTeamsInBatch / account.MaxTeams {
		commands = append(commands, account.AddUser{User: usher.UserID(fmt.Sprint("new-", i)), Teams: list})
	}
	_, err := propose(p, s, account.AsHost("test"), commands...)
	require.NoError(t, err)
	o, err := propose(p, s, account.AsHost("test"), append(commands, account.AddUser{User: "one"}, account.AddUser{User: "two", Teams: list[:1]})...)
	assert.Zero(t, o)
	assert.Equal(t, account.CodeInvalid, codeOf(t, err))
	assert.ErrorContains(t, err, fmt.Sprint(account.MaxTeamsInBatch))
	assert.ErrorContains(t, err, fmt.Sprint(account.MaxTeamsInBatch+1))
}
