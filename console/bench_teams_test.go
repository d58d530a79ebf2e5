package console_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// largeCompany is an account with 100,000 users in 10,000 teams: 100 divisions with 99 teams
// each. All users are in the team everyone. The manager of each division is user-DIVISION.
func largeCompany(w *world) {
	seed := account.Seed{Teams: map[usher.TeamID]usher.TeamID{"everyone": ""}, Users: map[usher.UserID]policy.User{
		"olivia": {Role: "owner", Status: usher.Active}, "adam": {Role: "admin", Status: usher.Active},
	}}
	for i := range 100 {
		division := usher.TeamID(fmt.Sprintf("division-%02d", i))
		seed.Teams[division] = ""
		for j := range 99 {
			seed.Teams[usher.TeamID(fmt.Sprintf("division-%02d-%02d", i, j))] = division
		}
	}
	for i := range 100_000 {
		u := policy.User{Role: "member", Status: usher.Active, Teams: []policy.Membership{{Team: usher.TeamID(fmt.Sprintf("division-%02d-%02d", i%100, i/100%99))}, {Team: "everyone"}}}
		if i < 100 {
			u.Teams = append([]policy.Membership{{Team: usher.TeamID(fmt.Sprintf("division-%02d", i)), Roles: []role.Name{"manager"}}}, u.Teams...)
		}
		if i%1000 == 999 {
			u.Status = usher.Invited
		}
		seed.Users[usher.UserID(fmt.Sprintf("user-%06d", i))] = u
	}
	_, err := w.Do(ctx, account.AsHost("test"), "large", account.Import{Seed: seed})
	require.NoError(w, err)
	w.account = "large"
}

// BenchmarkTeams opens the pages of teams and invitations of an account with 100,000 users in
// 10,000 teams.
func BenchmarkTeams(b *testing.B) {
	w := newWorld(b, "oncehub", func(o *console.Options) { o.People = nil })
	largeCompany(w)
	manager := viewer{user: "user-000042"}
	for _, row := range []struct {
		name, at string
		by       viewer
	}{
		{"tree", "/teams", adam},
		{"tree/manager", "/teams", manager},
		{"search", "/teams?q=99-42", adam},
		{"team", "/team?id=division-42-07", adam},
		{"team/manager", "/team?id=division-42-07", manager},
		{"division", "/team?id=division-42", adam},
		{"everyone", "/team?id=everyone", adam},
		{"find", "/team?id=division-42&find=0999", adam},
		{"invitations", "/invitations", adam},
	} {
		b.Run(row.name, func(b *testing.B) {
			for b.Loop() {
				if rec := w.get(row.by, row.at); rec.Code != 200 {
					b.Fatal(body(rec))
				}
			}
		})
	}
}
