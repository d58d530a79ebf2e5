package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// A user whose role requires several seats gets all of them.
func TestSeveralSeatsAreRequired(t *testing.T) {
	p := clubBut(t, "coach:   {seats: {booking: required, parking: optional}, at-least: 3}", "coach:   {seats: {booking: required, parking: required}}")
	c := members()
	c.Seats["booking"], c.Seats["parking"] = 9, 9
	s := open(t, p, c)
	seats := func(s *account.State, id usher.UserID) []seat.PoolName {
		u, err := s.User(id)
		require.NoError(t, err)
		return u.Seats
	}
	assert.Equal(t, []seat.PoolName{"booking", "parking"}, seats(s, "cora"), "imported")
	s = do(t, p, s, account.AsHost("test"), account.SetRole{User: "max", Role: "coach"})
	assert.Equal(t, []seat.PoolName{"booking", "parking"}, seats(s, "max"), "another role")
	s = do(t, p, s, account.AsHost("test"), account.SetStatus{User: "max", Status: usher.Inactive})
	assert.Empty(t, seats(s, "max"))
	s = do(t, p, s, account.AsHost("test"), account.SetStatus{User: "max", Status: usher.Active})
	assert.Equal(t, []seat.PoolName{"booking", "parking"}, seats(s, "max"), "active again")
}

// An import makes every setting, membership, team role and value.
func TestImportOfSeveral(t *testing.T) {
	p := clubBut(t, "settings: {open: false}", "settings: {open: false, loud: false}", "captain: {held-on: team}", "captain: {held-on: team}\n  helper: {held-on: team}")
	c := members()
	c.Settings = map[string]bool{"loud": true, "open": true}
	c.Users["olga"] = withStatus(inTeam(user("owner"), "chess"), usher.Inactive)
	c.Users["mia"] = inTeam(user("member", "booking"), "rowing", "captain", "helper")
	c.Values = map[usher.UserID]map[string]account.Value{"max": {"born": "2000-01-01", "phone": "1"}, "gone": {}}
	o, err := propose(p, account.New("club"), account.AsHost("test"), account.Import{Seed: c})
	require.NoError(t, err)
	facts, err := o.Next.Account()
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"loud": true, "open": true}, facts.Settings)
	olga, err := o.Next.User("olga")
	require.NoError(t, err)
	assert.Equal(t, usher.Inactive, olga.Status)
	assert.Equal(t, []policy.Membership{{Team: "chess"}}, olga.Teams)
	mia, err := o.Next.User("mia")
	require.NoError(t, err)
	assert.Equal(t, inTeam(policy.User{}, "rowing", "captain", "helper").Teams, mia.Teams)
	assert.Equal(t, []account.FieldValue{{User: "max", Field: 2, Value: "2000-01-01"}, {User: "max", Field: 1, Value: "1"}}, o.Values)
	set := 0
	for _, change := range o.Changes {
		if _, ok := change.(account.FieldSet); ok {
			set++
		}
	}
	assert.Equal(t, 2, set)
}

// A role may lose holders down to its minimum.
func TestAtLeastAsManyAsItSays(t *testing.T) {
	p := compile(t, firm)
	s := do(t, p, open(t, p, staff()), account.AsHost("test"), account.SetRole{User: "vic", Role: "admin"})
	_, err := propose(p, s, account.AsHost("test"), account.RemoveUser{User: "vic"})
	assert.NoError(t, err)
}
