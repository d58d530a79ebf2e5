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

// older is newer before a release: it lacks an account role, a team role and a permission.
const older = `
usher: 1
roles:
  owner: {unique: true, includes: [chief], hands-over-to: chief}
  chief: {includes: [clerk]}
  clerk: {includes: [member]}
  member: {default: true}
  captain: {held-on: team}
resources:
  room:  {permissions: {enter: {chief: any, clerk: any}}}
  team:  {permissions: {edit: {clerk: any}, delete: {clerk: any}, set-members: {clerk: any}, set-role: {clerk: any}}}
  grant: {permissions: {give: {clerk: any}, revoke: {clerk: any}}}
  safe:  {parties: {team: teams}, permissions: {open: {chief: any}}}
`

const newer = `
usher: 1
roles:
  owner: {unique: true, includes: [chief], hands-over-to: chief}
  chief: {includes: [clerk]}
  clerk: {includes: [member]}
  guard: {includes: [member]}
  member: {default: true}
  captain: {held-on: team}
  keeper: {held-on: team}
resources:
  room:  {permissions: {enter: {chief: any, clerk: any}}}
  team:  {permissions: {edit: {clerk: any}, delete: {clerk: any}, set-members: {clerk: any}, set-role: {clerk: any}}}
  grant: {permissions: {give: {clerk: any}, revoke: {clerk: any}}}
  safe:  {parties: {team: teams}, permissions: {open: {chief: any, keeper: team, guard: any}, shut: {chief: any}}}
`

// TestNamesThatThePolicyLacks sends commands that give or take what the policy lacks, as on a
// server that still has an older policy. The policy cannot tell what that is worth. So a user
// can take it only from users they outrank, and only the host and the holder of the unique
// role can give it.
func TestNamesThatThePolicyLacks(t *testing.T) {
	was, is := compile(t, older), compile(t, newer)
	keeps := func(r role.Name, team usher.TeamID, roles ...role.Name) policy.User {
		return inTeam(user(r), team, roles...)
	}
	granted := user("chief")
	granted.Grants = []policy.Grant{{Name: "safe.shut"}}
	s := open(t, is, account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"a": "", "b": "", "c": "", "d": "", "below": "a", "under": "d"},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"), "cleo": user("clerk"), "mia": user("member"),
			"carl": keeps("chief", "a", "keeper"), "kim": keeps("member", "b", "keeper"),
			"gus": keeps("guard", "c", "captain"), "gina": granted,
		},
	})
	for name, row := range map[string]struct {
		command account.Command
		cleo    account.Code
	}{
		"ends a team role of a chief":           {account.UnsetTeamRole{User: "carl", Team: "a", Role: "keeper"}, account.CodeEscalation},
		"ends a team role of a member":          {account.UnsetTeamRole{User: "kim", Team: "b", Role: "keeper"}, 0},
		"takes a chief with one out of a team":  {account.RemoveFromTeam{User: "carl", Team: "a"}, account.CodeEscalation},
		"takes a member with one out of a team": {account.RemoveFromTeam{User: "kim", Team: "b"}, 0},
		"deletes the team of a guard":           {account.DeleteTeam{Team: "c"}, account.CodeEscalation},
		"deletes the team of a member":          {account.DeleteTeam{Team: "b"}, 0},
		"revokes a grant of a chief":            {account.RevokeGrant{User: "gina", Grant: "safe.shut"}, account.CodeEscalation},
		"moves a team from below a chief's":     {account.MoveTeam{Team: "below"}, account.CodeEscalation},
		"moves a team below a member's":         {account.MoveTeam{Team: "under", Parent: "b"}, account.CodeEscalation},
		"moves a team below a guard's":          {account.MoveTeam{Team: "under", Parent: "c"}, account.CodeEscalation},
		"moves a team below one without roles":  {account.MoveTeam{Team: "under", Parent: "below"}, account.CodeEscalation}, // below a chief's team
		"moves a team to the top":               {account.MoveTeam{Team: "under"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := propose(was, s, account.AsUser("cleo"), row.command)
			assert.Equal(t, row.cleo, codeOf(t, err))
			for _, actor := range []account.Actor{account.AsUser("olga"), account.AsHost("test")} {
				o, err := propose(was, s, actor, row.command)
				require.NoError(t, err, "%v", actor)
				assert.NotEmpty(t, o.Changes)
			}
		})
	}
	_, err := propose(is, s, account.AsUser("cleo"), account.MoveTeam{Team: "under", Parent: "b"})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err), "under the newer policy it gives safe.open")
}
