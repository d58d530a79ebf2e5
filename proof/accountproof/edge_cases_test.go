package accountproof_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

// corner is a proposal to a small account, and the expected error; nil for none.
type corner struct {
	name     string
	by       account.Actor
	at       time.Time
	commands []account.Command
	want     error
}

// TestCorners tests cases that random proposals rarely or never reach.
func TestCorners(t *testing.T) {
	host, ann := account.AsHost("host"), account.AsUser("ann")
	again := []account.Command{account.DeleteAccount{}, account.CreateAccount{Owner: "ann"}}
	year := func(y int) time.Time { return time.Date(y, 6, 1, 0, 0, 0, 0, time.UTC) }
	define := []account.Command{account.DefineField{Field: "a", Type: account.TextField}}
	value := func(v account.Value) []account.Command {
		return []account.Command{account.SetField{User: "ann", Field: "note", Value: v}}
	}
	for _, row := range []corner{
		{"nothing by nobody", account.Actor{}, noon, nil, nil},
		{"nothing by the host", host, noon, nil, nil},
		{"no command", host, noon, []account.Command{nil}, account.CodeInvalid},
		{"no command by nobody", account.Actor{}, noon, []account.Command{nil}, account.CodeDenied},
		{"an id is used once, even in one commit", host, noon, again, account.CodeExists},
		{"and by nobody else", ann, noon, again[1:], account.CodeDenied},
		{"after the end there is no account", host, noon, []account.Command{account.DeleteAccount{}, account.Leave{}}, usher.ErrUnknownAccount},
		{"no time", host, time.Time{}, define, usher.ErrNoTime},
		{"a time that no journal writes", host, year(10000), define, usher.ErrNoTime},
		{"a time before all others", host, year(0), define, usher.ErrNoTime},
		{"a time for which nobody is asked", ann, year(3000), define, usher.ErrNoTime},
		{"a time before the last commit", ann, noon.Add(-time.Hour), define, nil},
		{"the host accepts nothing", host, noon, []account.Command{account.AcceptInvitation{}}, account.CodeDenied},
		{"the host declines nothing", host, noon, []account.Command{account.DeclineInvitation{}}, account.CodeDenied},
		{"the host does not leave", host, noon, []account.Command{account.Leave{}}, account.CodeDenied},
		{"the owner does not leave", ann, noon, []account.Command{account.Leave{}}, account.CodeDenied},
		{"a team in the team \"\"", host, noon, []account.Command{account.AddUser{User: "bob", Teams: []usher.TeamID{""}}}, account.CodeUnknownTeam},
		{"all seats that there are", host, noon, []account.Command{account.SetSeats{Pool: "desk", Total: account.MaxSeats}}, nil},
		{"more seats than there are", host, noon, []account.Command{account.SetSeats{Pool: "desk", Total: account.MaxSeats + 1}}, account.CodeInvalid},
		{"a value that is long", ann, noon, value(account.Value(strings.Repeat("x", account.MaxValue))), nil},
		{"a value that is too long", ann, noon, value(account.Value(strings.Repeat("x", account.MaxValue+1))), account.CodeInvalid},
		{"a value that is no text", ann, noon, value("\xff"), account.CodeInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			book := rulebookNamed(t, "seats")
			s := account.New("acme")
			outcome, err := propose(s, newModel(book), question{actor: host, time: noon}, []account.Command{
				account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"booking": 1}},
				account.DefineField{Field: "note", Type: account.TextField},
			})
			require.NoError(t, err)
			s = outcome.Next
			before := s.Encode()
			outcome, err = propose(s, newModel(book), question{actor: row.by, time: row.at}, row.commands)
			assert.Equal(t, before, s.Encode())
			if row.want != nil {
				require.ErrorIs(t, err, row.want)
				assert.True(t, reflect.DeepEqual(account.Outcome{}, outcome), "the outcome of an error: %v", outcome.Changes)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, len(row.commands), len(outcome.Changes))
			loaded, err := account.DecodeState(outcome.Next.Encode())
			require.NoError(t, err)
			assert.Equal(t, outcome.Next.Encode(), loaded.Encode())
		})
	}
}

// TestNoAccount proposes commands to an account that does not exist.
func TestNoAccount(t *testing.T) {
	book := rulebookNamed(t, "seats")
	host := question{actor: account.AsHost("host"), time: noon}
	create := []account.Command{account.CreateAccount{Owner: "ann"}}
	_, err := propose(&account.State{}, newModel(book), host, create)
	assert.ErrorIs(t, err, usher.ErrUnknownAccount, "the zero State")
	for _, id := range []usher.AccountID{"", "\xff", usher.AccountID(strings.Repeat("x", 1025))} {
		outcome, err := propose(account.New(id), newModel(book), host, create)
		assert.Error(t, err, "an account with the id %.9q", id)
		assert.Nil(t, outcome.Next)
	}
	_, err = propose(account.New("acme"), newModel(book), host, append(create, account.DeleteAccount{}, create[0]))
	assert.ErrorIs(t, err, account.CodeExists, "the end and a new beginning in the first commit")
	_, err = account.New("acme").Propose(nil, account.Proposal{Actor: host.actor, Time: noon, Commands: create})
	assert.Error(t, err, "without a policy")
}
