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

// inspection has a team role that reaches more with fewer teams.
const inspection = `
usher: 1
roles:
  owner:     {unique: true, all: true, hands-over-to: member}
  member:    {default: true}
  clerk:     {}
  senior:    {}
  lender:    {}
  inspector: {held-on: team, outside: true}
resources:
  calendar: {parties: {team: teams}, permissions: {inspect: {inspector: any and not team}, archive: {senior: any}}}
  user:     {permissions: {delegate: {lender: any}}}
  team:
    permissions:
      edit:        {clerk: any, lender: any}
      delete:      {clerk: any}
      set-members: {clerk: any, lender: any}
      set-role:    {clerk: any, lender: any}
      leave:       {everyone: own as user}
`

// TestNotTeam sends commands that change on how many teams a user has a role. The user gains by fewer
// teams, and loses by more.
func TestNotTeam(t *testing.T) {
	p := compile(t, inspection)
	outside := func(u policy.User, teams ...usher.TeamID) policy.User {
		for _, id := range teams {
			u.Outside = append(u.Outside, policy.Membership{Team: id, Roles: []role.Name{"inspector"}})
		}
		return u
	}
	s := open(t, p, account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"a": "", "b": "", "b1": "b", "c": ""},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"), "cleo": user("clerk"), "lars": user("lender"),
			"ina":  inTeam(inTeam(user("member"), "a", "inspector"), "b", "inspector"),
			"otto": outside(user("clerk"), "b"),
			"sue":  outside(user("senior"), "a"),
		},
	})
	unset := account.UnsetTeamRole{Team: "b", User: "ina", Role: "inspector"}
	more := account.SetTeamRole{Team: "c", User: "sue", Role: "inspector"}
	for _, row := range []struct {
		by   usher.UserID // "" for the host
		do   account.Command
		want account.Code
	}{
		{"cleo", unset, account.CodeEscalation},
		{"olga", unset, 0},
		{"lars", unset, 0}, // by user.delegate
		{"", unset, 0},
		{"cleo", account.RemoveFromTeam{Team: "b", User: "ina"}, account.CodeEscalation},
		{"cleo", account.DeleteTeam{Team: "a"}, account.CodeEscalation},
		{"ina", account.LeaveTeam{Team: "b"}, account.CodeEscalation},
		{"cleo", account.RemoveFromTeam{Team: "b", User: "otto"}, 0}, // the last team, without which the role gives nothing

		{"cleo", account.MoveTeam{Team: "b1"}, account.CodeEscalation},
		{"otto", account.MoveTeam{Team: "b1"}, account.CodeEscalation}, // the actor gains it, too, and did not have it before
		{"olga", account.MoveTeam{Team: "b1"}, 0},
		{"lars", account.MoveTeam{Team: "b1"}, 0},
		{"", account.MoveTeam{Team: "b1"}, 0},
		{"cleo", account.MoveTeam{Team: "b1", Parent: "a"}, account.CodeEscalation}, // otto gains it
		{"cleo", account.MoveTeam{Team: "c", Parent: "b"}, 0},                       // ina and otto lose it
		{"cleo", account.MoveTeam{Team: "c", Parent: "a"}, account.CodeEscalation},  // sue loses it
		{"olga", account.MoveTeam{Team: "c", Parent: "a"}, 0},

		{"cleo", more, account.CodeEscalation},
		{"lars", more, account.CodeEscalation}, // user.delegate does not cover what is taken
		{"olga", more, 0},
		{"cleo", account.SetTeamRole{Team: "c", User: "ina", Role: "inspector"}, 0},
	} {
		by := account.AsHost("test")
		if row.by != "" {
			by = account.AsUser(row.by)
		}
		out, err := propose(p, s, by, row.do)
		if row.want != 0 {
			require.Error(t, err, "%s: %+v", by, row.do)
			assert.Equal(t, row.want, codeOf(t, err), "%s: %+v", by, row.do)
			continue
		}
		require.NoError(t, err, "%s: %+v", by, row.do)
		assert.NotEmpty(t, out.Changes, "%s: %+v", by, row.do)
	}
}
