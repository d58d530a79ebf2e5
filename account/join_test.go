package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

func TestJoinTeam(t *testing.T) {
	const clubs = `
usher: 1
roles:
  owner:   {unique: true, hands-over-to: member}
  member:  {default: true}
  captain: {held-on: team}
resources:
  team:
    permissions:
      join:        {member: any if not invite-only}
      leave:       {everyone: own as team}
      set-members: {owner: any}
settings: {invite-only: false}
conditions: {invite-only: {setting: invite-only}}
`
	p := compile(t, clubs)
	s := open(t, p, account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"chess": "", "rowing": ""},
		Users: map[usher.UserID]policy.User{"olga": user("owner"), "mia": inTeam(user("member"), "rowing", "captain")},
	})
	mia := account.AsUser("mia")
	joined := do(t, p, s, mia, account.JoinTeam{Team: "chess"})
	o, err := propose(p, joined, mia, account.JoinTeam{Team: "chess"})
	require.NoError(t, err)
	assert.Empty(t, o.Changes)
	u, _ := joined.User("mia")
	assert.Equal(t, []policy.Membership{{Team: "chess"}, {Team: "rowing", Roles: []role.Name{"captain"}}}, u.Teams)

	left := do(t, p, joined, mia, account.LeaveTeam{Team: "rowing"})
	u, _ = left.User("mia")
	assert.Equal(t, []policy.Membership{{Team: "chess"}}, u.Teams, "the roles on the team go with it")
	_, err = propose(p, left, mia, account.LeaveTeam{Team: "rowing"})
	assert.Equal(t, account.CodeDenied, codeOf(t, err), "the rule reaches only teams of the actor")
	_, err = propose(p, left, mia, account.JoinTeam{Team: "nowhere"})
	assert.Equal(t, account.CodeUnknownTeam, codeOf(t, err))
	_, err = propose(p, left, mia, account.AddToTeam{Team: "rowing", User: "mia"})
	assert.Equal(t, account.CodeDenied, codeOf(t, err), "to join is not to set the members")
	closed := do(t, p, left, account.AsHost("test"), account.ChangeSetting{Setting: "invite-only", Value: true})
	_, err = propose(p, closed, mia, account.JoinTeam{Team: "rowing"})
	assert.Equal(t, account.CodeDenied, codeOf(t, err))
}
