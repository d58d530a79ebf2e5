package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// A proposal at a limit is accepted, and one above it is rejected as a whole.
func TestLimits(t *testing.T) {
	p := compile(t, club)
	s := do(t, p, open(t, p, members()), account.AsHost("test"), account.CreateTeam{Team: "red"})
	commands := func(n int) func(*account.Proposal) {
		return func(q *account.Proposal) {
			q.Commands = nil
			for i := range n {
				q.Commands = append(q.Commands, account.AddUser{User: usher.UserID(fmt.Sprint("new-", i))})
			}
		}
	}
	teams := func(n int) func(*account.Proposal) {
		return func(q *account.Proposal) {
			list := make([]usher.TeamID, n)
			for i := range list {
				list[i] = "red"
			}
			q.Commands = []account.Command{account.AddUser{User: "new", Teams: list}}
		}
	}
	for name, row := range map[string]struct {
		limit int
		set   func(int) func(*account.Proposal)
	}{
		"commands": {account.MaxCommands, commands},
		"teams":    {account.MaxTeams, teams},
		"key": {account.MaxKey, func(n int) func(*account.Proposal) {
			return func(q *account.Proposal) { q.Key = strings.Repeat("k", n) }
		}},
		"note": {account.MaxNote, func(n int) func(*account.Proposal) {
			return func(q *account.Proposal) { q.Note = strings.Repeat("é", n/2) + "n"[:n%2] }
		}},
		"host name": {account.MaxID, func(n int) func(*account.Proposal) {
			return func(q *account.Proposal) { q.Actor = account.AsHost(strings.Repeat("h", n)) }
		}},
	} {
		for over := range 2 {
			q := account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: []account.Command{account.AddUser{User: "new"}}}
			row.set(row.limit + over)(&q)
			o, err := s.Propose(p, q)
			if over == 0 {
				require.NoError(t, err, name)
				continue
			}
			assert.Zero(t, o, name)
			assert.Equal(t, account.CodeInvalid, codeOf(t, err), name)
			assert.ErrorContains(t, err, fmt.Sprint(row.limit), "%s: what is expected", name)
			assert.ErrorContains(t, err, fmt.Sprint(row.limit+1), "%s: what was received", name)
			assert.Less(t, len(err.Error()), 300, "%s: the text is not repeated", name)
		}
	}
	assert.Equal(t, []int{1000, 256, 4096}, []int{account.MaxCommands, account.MaxKey, account.MaxNote})
}

func TestTextOfAProposalIsUTF8(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	for name, q := range map[string]account.Proposal{
		"key":  {Actor: account.AsHost("test"), Key: "\xff"},
		"note": {Actor: account.AsHost("test"), Note: "a\xff"},
		"host": {Actor: account.AsHost("\xff")},
	} {
		q.Time, q.Commands = noon, []account.Command{account.AddUser{User: "new"}}
		_, err := s.Propose(p, q)
		assert.Equal(t, account.CodeInvalid, codeOf(t, err), name)
	}
}

// A commit from before a limit existed is read, applied and written unchanged.
func TestWhatIsAboveALimitStaysReadable(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	c := &account.Commit{
		Account: "club", Version: s.Version() + 1, ID: "1", Time: noon, Actor: account.AsHost("test"), Policy: "p",
		Note: strings.Repeat("n", 2*account.MaxNote), Key: strings.Repeat("k", 2*account.MaxKey), Request: "r",
	}
	for i := range account.MaxFields {
		c.Changes = append(c.Changes, account.FieldDefined{ID: len(s.Fields()) + i + 1, Field: fmt.Sprint("field-", i), Type: account.TextField})
	}
	data, err := c.Encode()
	require.NoError(t, err)
	read, err := account.DecodeCommit(data)
	require.NoError(t, err)
	next, err := s.Apply(read)
	require.NoError(t, err)
	loaded, err := account.DecodeState(next.Encode())
	require.NoError(t, err)
	for _, s := range []*account.State{next, loaded} {
		version, _, ok := s.IdempotentCommit(c.Actor, c.Key)
		assert.True(t, ok)
		assert.Equal(t, c.Version, version)
		assert.Greater(t, len(s.Fields()), account.MaxFields)
	}
}

// An interrupted proposal stops before the next command and returns the error unchanged. So
// does a long import.
func TestInterrupt(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	many := members()
	for i := range 50 {
		many.Users[usher.UserID(fmt.Sprint("user-", i))] = policy.User{}
		many.Teams[usher.TeamID(fmt.Sprint("team-", i))] = ""
	}
	var adds []account.Command
	for i := range 20 {
		adds = append(adds, account.AddUser{User: usher.UserID(fmt.Sprint("new-", i))})
	}
	for name, row := range map[string]struct {
		actor    account.Actor
		state    *account.State
		commands []account.Command
		least    int // the minimum number of calls of Interrupt
	}{
		"commands": {host, open(t, p, members()), adds, 20},
		"move":     {account.AsUser("adam"), open(t, p, captains(50, false)), []account.Command{account.MoveTeam{Team: "chess", Parent: "rowing"}, account.MoveTeam{Team: "chess"}}, 100},
		"delete":   {host, open(t, p, captains(50, true)), []account.Command{account.DeleteTeam{Team: "rowing"}}, 50},
		"import":   {host, account.New("club"), []account.Command{account.Import{Seed: many}}, 100},
	} {
		before := row.state.Encode()
		calls, stop := 0, 0
		q := account.Proposal{Actor: row.actor, Time: noon, Commands: row.commands, Interrupt: func() error {
			if calls++; calls == stop {
				return context.Canceled
			}
			return nil
		}}
		o, err := row.state.Propose(p, q)
		require.NoError(t, err, name)
		require.GreaterOrEqual(t, calls, row.least, name)
		chances := calls
		for stop = 1; stop <= chances; stop++ {
			calls = 0
			o, err := row.state.Propose(p, q)
			assert.Equal(t, stop, calls, "%s: it goes on for no more than a command", name)
			assert.True(t, err == context.Canceled, "%s: %v", name, err) //nolint:errorlint // as it is
			assert.Zero(t, o.Changes, name)
			assert.Nil(t, o.Next, name)
		}
		assert.Equal(t, before, row.state.Encode(), name)

		if len(account.UsersOf(o.Changes...)) == 0 {
			continue // a preview of a moved team looks at no users
		}
		calls, stop = 0, 7
		_, err = row.state.Preview(p, o, noon)
		assert.True(t, errors.Is(err, context.Canceled), "%s: the preview", name)
		assert.Equal(t, 7, calls, name)
	}
}
