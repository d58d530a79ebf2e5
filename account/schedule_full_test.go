package account_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// scheduled is an account whose users and teams can all be in the schedule.
var scheduled = account.Seed{
	Seats: map[seat.PoolName]int{"desk": 5},
	Teams: map[usher.TeamID]usher.TeamID{"sales": ""},
	Users: map[usher.UserID]policy.User{"olga": user("owner", "desk"), "max": inTeam(user("member"), "sales")},
}

// withEntries returns the state after a commit that schedules a change n times, each an hour later.
func withEntries(t *testing.T, s *account.State, n int, change func(i int) account.Scheduled) *account.State {
	t.Helper()
	changes := make([]account.Change, n)
	for i := range changes {
		c := change(i)
		c.ID, c.At = i+1, hours(i+1)
		changes[i] = c
	}
	next, err := s.Apply(&account.Commit{Account: "club", Version: s.Version() + 1, Time: noon, Actor: account.AsHost("test"), Changes: changes})
	require.NoError(t, err)
	return next
}

// Each row has room for one more change of a subject. It states a command that needs the room, one for the
// same subject that then has none, and one for another subject, which has its own bound.
func TestScheduleFullOfOne(t *testing.T) {
	p := compile(t, terms)
	last := hours(account.MaxScheduledOfOne + 1)
	page := usher.Ref{Type: "page", ID: "p1"}
	ofUser := account.SetRole{User: "max", Role: "admin", From: last}
	ofTeam := account.GiveRoleOn{Team: "sales", Role: "editor", On: page, From: last}
	ofAccount := account.SetSeats{Pool: "desk", Total: 5, From: last}
	for name, row := range map[string]struct {
		entry            account.Scheduled
		fits, full, free account.Command
		want             string
	}{
		"a user": {
			account.Scheduled{Do: "set-role", User: "max", Role: "member"},
			ofUser,
			account.SetTeamRole{User: "max", Team: "sales", Role: "lead", From: last},
			ofTeam,
			"1000 changes of max are scheduled, and at most 1000 are possible",
		},
		"a team": {
			account.Scheduled{Do: "give-role-on", Team: "sales", Role: "editor", Type: "page", Resource: "p2"},
			ofTeam,
			account.GiveRoleOn{Team: "sales", Role: "editor", On: usher.Ref{Type: "page", ID: "p3"}, Until: last},
			ofUser,
			"1000 changes of the team sales are scheduled, and at most 1000 are possible",
		},
		"settings and seats": {
			account.Scheduled{Do: "change-setting", Setting: "open"},
			ofAccount,
			account.ChangeSetting{Setting: "open", Value: true, From: last},
			ofUser,
			"1000 changes of settings and seats together are scheduled, and at most 1000 are possible",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := withEntries(t, open(t, p, scheduled), account.MaxScheduledOfOne-1, func(int) account.Scheduled { return row.entry })
			host := account.AsHost("test")
			_, err := propose(p, s, host, row.fits, row.free)
			require.NoError(t, err)
			_, err = propose(p, s, host, row.fits, row.full)
			assert.ErrorIs(t, err, account.ErrScheduleFull)
			assert.ErrorContains(t, err, row.want)
		})
	}
}

// A full schedule takes a change only in place of another one, such as the end of a role that is moved.
func TestScheduleFull(t *testing.T) {
	p := compile(t, terms)
	s := withEntries(t, open(t, p, scheduled), account.MaxScheduled-1, func(i int) account.Scheduled {
		return account.Scheduled{Do: "set-role", User: usher.UserID(fmt.Sprint("user-", i)), Role: "member"}
	})
	host := account.AsHost("test")
	_, err := propose(p, s, host, account.SetRole{User: "max", Role: "admin", From: hours(1), Until: hours(2)})
	assert.ErrorIs(t, err, account.ErrScheduleFull)
	assert.ErrorContains(t, err, "the account has 100000 scheduled changes, and at most 100000 are possible")
	until, moved := account.SetRole{User: "max", Role: "admin", Until: hours(2)}, account.SetRole{User: "max", Role: "admin", Until: hours(3)}
	_, err = propose(p, s, host, until, moved)
	require.NoError(t, err)
	_, err = propose(p, s, host, until, moved, account.SetRoleBeside{User: "max", Role: "billing", Until: hours(3)})
	assert.ErrorIs(t, err, account.ErrScheduleFull)
}
