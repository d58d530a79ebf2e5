package account_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
)

// BenchmarkCommand proposes one command of an administrator in a company of 10,000 users and
// 500 teams, each with twenty members and a manager. Most of its time goes to the ceiling.
func BenchmarkCommand(b *testing.B) {
	p, err := preset.Load("oncehub")
	require.NoError(b, err)
	company := account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{},
		Users: map[usher.UserID]policy.User{"olivia": {Role: "owner"}, "adam": {Role: "admin"}},
	}
	for i := range 500 {
		company.Teams[usher.TeamID(fmt.Sprint("t", i))] = ""
	}
	for i := range 10_000 {
		m := policy.Membership{Team: usher.TeamID(fmt.Sprint("t", i%500))}
		if i >= 500 && i < 1000 {
			m.Roles = []role.Name{"manager"}
		}
		company.Users[usher.UserID(fmt.Sprint("u", i))] = policy.User{Role: "member", Teams: []policy.Membership{m}}
	}
	s := open(b, p, company)
	for _, row := range []struct {
		name    string
		command account.Command
	}{
		{"add-user", account.AddUser{User: "new"}},
		{"set-role", account.SetRole{User: "u7", Role: "admin"}},
		{"set-status", account.SetStatus{User: "u7", Status: usher.Inactive}},
		{"remove-user", account.RemoveUser{User: "u7"}},
		{"give-grant", account.GiveGrant{User: "u7", Grant: "chatbots"}},
		{"set-team-role", account.SetTeamRole{Team: "t7", User: "u7", Role: "manager"}},
		{"remove-from-team", account.RemoveFromTeam{Team: "t7", User: "u507"}},
		{"move-team", account.MoveTeam{Team: "t7", Parent: "t8"}},
		{"delete-team", account.DeleteTeam{Team: "t7"}},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := propose(p, s, account.AsUser("adam"), row.command); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
