package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// delete-team is checked against what the actor had before it, also what the actor loses by
// it, wherever the actor stands among the members.
func TestDeleteTeamOfTheActor(t *testing.T) {
	p := compile(t, `
usher: 1
roles:
  owner: {unique: true, hands-over-to: clerk}
  clerk: {}
  guest: {default: true}
  lead:  {held-on: team}
resources:
  team: {permissions: {delete: {lead: team}}}
  page: {permissions: {read: {clerk: any, lead: any}}}
`)
	for _, actor := range []usher.UserID{"amy", "bob", "cat"} {
		commands := []account.Command{account.CreateAccount{Owner: "olga"}, account.CreateTeam{Team: "red"}}
		for _, id := range []usher.UserID{"amy", "bob", "cat"} {
			user := account.AddUser{User: id, Role: "clerk", Teams: []usher.TeamID{"red"}}
			if id == actor {
				user.Role = "guest"
			}
			commands = append(commands, user, account.SetTeamRole{Team: "red", User: id, Role: "lead"})
		}
		s := do(t, p, account.New("acme"), account.Host("test"), commands...)
		_, err := propose(p, s, account.User(actor), account.DeleteTeam{Team: "red"})
		assert.NoError(t, err, "%s is outranked by no user while lead of the team", actor)
		s = do(t, p, s, account.Host("test"), account.UnsetTeamRole{Team: "red", User: actor, Role: "lead"},
			account.GiveGrant{User: actor, Grant: "team.delete"})
		_, err = propose(p, s, account.User(actor), account.DeleteTeam{Team: "red"})
		assert.Equal(t, account.Escalation, codeOf(t, err), "without the team role: %v", err)
	}
}
