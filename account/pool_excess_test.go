package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

// In a pool with over: allowed, users keep their seats when fewer are bought, and no further user gets one.
func TestExcess(t *testing.T) {
	p := compile(t, strings.Replace(club, "booking: {holds: [invited, active]}", "booking: {holds: [invited, active], over: allowed}", 1))
	host := account.AsHost("billing")
	s := do(t, p, open(t, p, members()), host, account.SetSeats{Pool: "booking", Total: 1})
	assert.Equal(t, account.Seats{Pool: "booking", Total: 1, Held: 3, Excess: 2}, s.View(p).Seats()[0])
	again, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	assert.Equal(t, s.Pool("booking"), again.Pool("booking"))

	for _, row := range []struct {
		name     string
		commands []account.Command
		code     account.Code
		says     string
	}{
		{"a further user", []account.Command{account.AssignSeat{User: "max", Pool: "booking"}}, account.CodeNoSeatsLeft, "4 seats in booking would be held, of 1 bought, so no further user gets one; set-seats buys more, unassign-seat frees one"},
		{"a user in exchange for another one", []account.Command{account.UnassignSeat{User: "mia", Pool: "booking"}, account.AssignSeat{User: "max", Pool: "booking"}}, account.CodeNoSeatsLeft, "3 seats in booking would be held"},
		{"a role that requires a seat", []account.Command{account.SetRole{User: "max", Role: "coach"}}, account.CodeNoSeatsLeft, ", and the role coach requires one"},
		{"a seat that is released and taken again", []account.Command{account.UnassignSeat{User: "mia", Pool: "booking"}, account.AssignSeat{User: "mia", Pool: "booking"}}, 0, ""},
		{"another id of the same user", []account.Command{account.RenameUser{From: "mia", To: "mia-2"}}, 0, ""},
		{"one id of two", []account.Command{account.RenameUser{From: "mia", To: "max"}}, 0, ""},
		{"a free seat", []account.Command{account.UnassignSeat{User: "mia", Pool: "booking"}}, 0, ""},
		{"still fewer", []account.Command{account.SetSeats{Pool: "booking", Total: 0}}, 0, ""},
		{"enough for one more", []account.Command{account.SetSeats{Pool: "booking", Total: 4}, account.AssignSeat{User: "max", Pool: "booking"}}, 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			o, err := propose(p, s, host, row.commands...)
			assert.Equal(t, row.code, codeOf(t, err))
			if row.code != 0 {
				assert.ErrorContains(t, err, row.says)
				return
			}
			_, err = s.Apply(&account.Commit{Account: s.ID(), Version: s.Version() + 1, Time: noon, Actor: host, Changes: o.Changes})
			require.NoError(t, err)
		})
	}

	// Under a policy that does not allow it any more, no commit increases the excess.
	strict := compile(t, club)
	for _, row := range []struct {
		command account.Command
		code    account.Code
	}{
		{account.SetSeats{Pool: "booking", Total: 0}, account.CodeSeatsInUse},
		{account.SetSeats{Pool: "booking", Total: 2}, 0},
		{account.UnassignSeat{User: "mia", Pool: "booking"}, 0},
		{account.SetStatus{User: "mia", Status: usher.Inactive}, 0},
		{account.AssignSeat{User: "max", Pool: "booking"}, account.CodeNoSeatsLeft},
	} {
		_, err := propose(strict, s, host, row.command)
		assert.Equal(t, row.code, codeOf(t, err), account.Describe(row.command))
	}
	_, err = propose(strict, open(t, strict, members()), host, account.SetSeats{Pool: "booking", Total: 1})
	assert.Equal(t, account.CodeSeatsInUse, codeOf(t, err))
}

// A journal states where an excess begins. Without that, it is damaged.
func TestExcessInTheJournal(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	apply := func(s *account.State, changes ...account.Change) (*account.State, error) {
		return s.Apply(&account.Commit{Account: s.ID(), Version: s.Version() + 1, Time: noon, Actor: account.AsHost("test"), Changes: changes})
	}
	down := account.SeatsSet{Pool: "booking", From: 4, To: 1}
	_, err := apply(s, down)
	assert.ErrorIs(t, err, seat.ErrInUse)
	down.Over = true
	s, err = apply(s, down)
	require.NoError(t, err)
	_, err = apply(s, account.SeatAssigned{User: "max", Pool: "booking"})
	assert.ErrorIs(t, err, seat.ErrNoneLeft)
	_, err = apply(s, account.SeatsSet{Pool: "booking", From: 1, To: 0})
	assert.ErrorIs(t, err, seat.ErrInUse)
	_, err = apply(s, account.SeatsSet{Pool: "booking", From: 1, To: 2})
	assert.NoError(t, err)
	_, err = apply(s, account.SeatUnassigned{User: "mia", Pool: "booking"})
	assert.NoError(t, err)
}
