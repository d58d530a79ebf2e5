package account_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// crowd returns a club of n users and n teams, most of them below another one, with a few
// more teams that the commands concern. All users are members of "all", where mia is captain.
// N teams are deleted, and n/15 custom fields are defined.
func crowd(t testing.TB, p *policy.Policy, n int) *account.State {
	t.Helper()
	c := members()
	c.Seats["booking"] = n
	c.Teams["all"], c.Teams["empty"], c.Teams["leaf"] = "", "rowing", "empty"
	for i := range n {
		c.Teams[usher.TeamID(fmt.Sprint("team-", i))] = []usher.TeamID{"", "all", usher.TeamID(fmt.Sprint("team-", i/2))}[min(i, i%3)]
		c.Users[usher.UserID(fmt.Sprint("user-", i))] = inTeam(user("member"), "all")
	}
	for i := range n / 15 { // to stay below MaxFields
		c.Fields = append(c.Fields, account.Field{Name: fmt.Sprint("field-", i), Type: account.TextField})
	}
	c.Users["mia"] = policy.User{Role: "member", Teams: []policy.Membership{{Team: "all", Roles: c.Users["mia"].Teams[0].Roles}, {Team: "rowing", Roles: c.Users["mia"].Teams[0].Roles}}}
	s := open(t, p, c)
	var commands []account.Command
	for i := range n {
		id := usher.TeamID(fmt.Sprint("gone-", i))
		commands = append(commands, account.CreateTeam{Team: id}, account.DeleteTeam{Team: id})
	}
	for batch := range slices.Chunk(commands, account.MaxCommands) {
		s = do(t, p, s, account.AsHost("test"), batch...)
	}
	return s
}

// spent returns what a proposal allocates, in bytes and in objects, apart from what is built
// only once.
func spent(t testing.TB, p *policy.Policy, s *account.State, as account.Actor, commands []account.Command, want account.Code) (bytes, pieces float64) {
	t.Helper()
	const runs = 10
	var before, after runtime.MemStats
	for i := range runs + 1 {
		if i == 1 {
			runtime.ReadMemStats(&before)
		}
		_, err := propose(p, s, as, commands...)
		require.Equal(t, want, codeOf(t, err), "%v", err)
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / runs, float64(after.Mallocs-before.Mallocs) / runs
}

// A command on teams costs the same in a large account as in a small one: everything is
// looked up, not searched for, and nothing large is rebuilt.
func TestTeamCommandsCostTheSame(t *testing.T) {
	p := compile(t, club)
	small, large := crowd(t, p, 1500), crowd(t, p, 12_000)
	many := func(command func(i int) account.Command) (list []account.Command) {
		for i := range 50 {
			list = append(list, command(i))
		}
		return list
	}
	for name, row := range map[string]struct {
		commands []account.Command
		code     account.Code
	}{
		"create-team":                   {[]account.Command{account.CreateTeam{Team: "new"}}, 0},
		"create-team below":             {[]account.Command{account.CreateTeam{Team: "new", Parent: "leaf"}}, 0},
		"create-team below one of many": {[]account.Command{account.CreateTeam{Team: "new", Parent: "all"}}, 0},
		"create-team, again":            {[]account.Command{account.CreateTeam{Team: "leaf"}}, account.CodeExists},
		"create-team, deleted":          {[]account.Command{account.CreateTeam{Team: "gone-7"}}, account.CodeExists},
		"create-team, many":             {many(func(i int) account.Command { return account.CreateTeam{Team: usher.TeamID(fmt.Sprint("new-", i))} }), 0},
		"create-team, many below one": {many(func(i int) account.Command {
			return account.CreateTeam{Team: usher.TeamID(fmt.Sprint("new-", i)), Parent: "all"}
		}), 0},
		"move-team":                     {[]account.Command{account.MoveTeam{Team: "empty", Parent: "chess"}}, 0},
		"move-team to one of many":      {[]account.Command{account.MoveTeam{Team: "empty", Parent: "all"}}, 0},
		"move-team to the top":          {[]account.Command{account.MoveTeam{Team: "leaf"}}, 0},
		"move-team below itself":        {[]account.Command{account.MoveTeam{Team: "sport", Parent: "leaf"}}, account.CodeInvalid},
		"delete-team":                   {[]account.Command{account.DeleteTeam{Team: "chess"}}, 0},
		"delete-team, many":             {append(many(func(i int) account.Command { return account.CreateTeam{Team: usher.TeamID(fmt.Sprint("new-", i))} }), many(func(i int) account.Command { return account.DeleteTeam{Team: usher.TeamID(fmt.Sprint("new-", i))} })...), 0},
		"delete-team with one below":    {[]account.Command{account.DeleteTeam{Team: "rowing"}}, account.CodeTeamNotEmpty},
		"delete-team with many below":   {[]account.Command{account.DeleteTeam{Team: "all"}}, account.CodeTeamNotEmpty},
		"delete-team with a member":     {[]account.Command{account.MoveTeam{Team: "empty"}, account.DeleteTeam{Team: "rowing"}}, 0},
		"add-to-team, then delete-team": {[]account.Command{account.AddToTeam{Team: "leaf", User: "max"}, account.AddToTeam{Team: "chess", User: "max"}, account.DeleteTeam{Team: "leaf"}}, 0},
		"add-to-team":                   {[]account.Command{account.AddToTeam{Team: "leaf", User: "max"}}, 0},
		"add-to-team of many":           {[]account.Command{account.AddToTeam{Team: "all", User: "max"}}, 0},
		"add-to-team, many": {many(func(i int) account.Command {
			return account.AddToTeam{Team: "leaf", User: usher.UserID(fmt.Sprint("user-", i))}
		}), 0},
		"remove-from-team":             {[]account.Command{account.RemoveFromTeam{Team: "all", User: "user-7"}}, 0},
		"remove-from-team with a role": {[]account.Command{account.RemoveFromTeam{Team: "all", User: "mia"}}, 0},
		"set-team-role":                {[]account.Command{account.SetTeamRole{Team: "all", User: "user-7", Role: "captain"}}, 0},
		"unset-team-role":              {[]account.Command{account.UnsetTeamRole{Team: "all", User: "mia", Role: "captain"}}, 0},
		"add-user to teams":            {[]account.Command{account.AddUser{User: "new", Teams: []usher.TeamID{"all", "leaf"}}}, 0},
		"remove-user of a team":        {[]account.Command{account.RemoveUser{User: "user-7"}}, 0},
		"change-setting":               {[]account.Command{account.ChangeSetting{Setting: "open", Value: true}}, 0},
	} {
		for _, as := range []account.Actor{account.AsHost("test"), account.AsUser("olga")} {
			t.Run(name+" by "+as.String(), func(t *testing.T) {
				smallBytes, smallPieces := spent(t, p, small, as, row.commands, row.code)
				largeBytes, largePieces := spent(t, p, large, as, row.commands, row.code)
				assert.LessOrEqual(t, largeBytes, 3*smallBytes, "bytes")
				assert.LessOrEqual(t, largePieces, 2*smallPieces, "pieces")
			})
		}
	}
}
