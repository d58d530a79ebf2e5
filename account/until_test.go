package account_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

const terms = `
usher: 1
seats: {desk: {}}
features: [pro]
settings: {open: false}
conditions: {is-open: {setting: open}, pro: {feature: pro}, seated: {seat: desk}}
roles:
  owner:   {unique: true, includes: [admin], hands-over-to: admin}
  admin:   {seat: required}
  member:  {default: true}
  billing: {beside: true}
  lead:    {held-on: team}
  editor:  {held-on: page}
resources:
  page:
    parties: {team: teams}
    permissions:
      read: {admin: any, member: any if is-open}
      show: {member: own as team}
      edit: {editor: here}
      lead: {lead: team as team}
      sell: {member: any if pro}
      sit:  {admin: any if seated}
      pay:  {billing: any}
`

// Each row runs commands as the host, and states from which hour on max is denied; 0: never.
func TestAllowedUntil(t *testing.T) {
	p := compile(t, terms)
	page := usher.Ref{Type: "page", ID: "p1"}
	for name, row := range map[string]struct {
		can      string
		commands []account.Command
		hour     int
	}{
		"an account role":       {"page.read", []account.Command{account.SetRole{User: "max", Role: "admin", Until: hours(3)}}, 3},
		"its seat":              {"page.sit", []account.Command{account.SetRole{User: "max", Role: "admin", Until: hours(3)}}, 3},
		"no end":                {"page.read", []account.Command{account.SetRole{User: "max", Role: "admin"}}, 0},
		"another role follows":  {"page.read", []account.Command{account.SetRole{User: "max", Role: "admin"}, account.SetRole{User: "max", Role: "member", From: hours(2)}}, 2},
		"a role beside":         {"page.pay", []account.Command{account.SetRoleBeside{User: "max", Role: "billing", Until: hours(4)}}, 4},
		"a team role":           {"page.lead", []account.Command{account.SetTeamRole{User: "max", Team: "sales", Role: "lead", Until: hours(5)}}, 5},
		"a membership":          {"page.show", []account.Command{account.AddToTeam{User: "max", Team: "fair", Until: hours(2)}, account.RemoveFromTeam{User: "max", Team: "sales"}}, 2},
		"a role on a page":      {"page.edit", []account.Command{account.GiveRoleOn{User: "max", Role: "editor", On: page, Until: hours(6)}}, 6},
		"through a team":        {"page.edit", []account.Command{account.GiveRoleOn{Team: "sales", Role: "editor", On: page, Until: hours(6)}}, 6},
		"the longer of two":     {"page.edit", []account.Command{account.GiveRoleOn{Team: "sales", Role: "editor", On: page, Until: hours(6)}, account.GiveRoleOn{User: "max", Role: "editor", On: page, Until: hours(7)}}, 7},
		"a grant":               {"page.sell", []account.Command{account.GiveGrant{User: "max", Grant: "pro", Until: hours(1)}}, 1},
		"a grant and a role":    {"page.sell", []account.Command{account.GiveGrant{User: "max", Grant: "pro", Until: hours(4)}, account.SetRole{User: "max", Role: "admin", From: hours(3)}}, 3},
		"a setting":             {"page.read", []account.Command{account.ChangeSetting{Setting: "open", Value: true, Until: hours(2)}}, 2},
		"one after another":     {"page.read", []account.Command{account.ChangeSetting{Setting: "open", Value: true, Until: hours(2)}, account.SetRole{User: "max", Role: "admin", From: hours(1), Until: hours(5)}}, 5},
		"denied":                {"page.pay", []account.Command{account.SetRoleBeside{User: "max", Role: "billing", From: hours(1), Until: hours(4)}}, 0},
		"another user's, alone": {"page.sell", []account.Command{account.GiveGrant{User: "max", Grant: "pro"}, account.SetRole{User: "mia", Role: "admin", Until: hours(2)}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, p, account.Seed{
				Seats: map[seat.PoolName]int{"desk": 5},
				Teams: map[usher.TeamID]usher.TeamID{"sales": "", "fair": "sales"},
				Users: map[usher.UserID]policy.User{"olga": user("owner", "desk"), "max": inTeam(user("member"), "sales"), "mia": user("member")},
			})
			s = do(t, p, s, account.AsHost("test"), row.commands...)
			r := usher.Request{
				Account: "club", Subject: "max", Permission: permission.MustParse(row.can), Time: noon,
				Resource: &usher.Object{Account: "club", Type: "page", ID: "p1", Parties: map[string][]string{"team": {"fair"}}},
			}
			until, err := s.View(p).AllowedUntil(r)
			require.NoError(t, err)
			want := time.Time{}
			if row.hour > 0 {
				want = hours(row.hour)
			}
			assert.Equal(t, want, until)

			// The account itself, at each hour.
			allowed := func(at time.Time) bool {
				r.Time = at
				d, err := p.Decide(s.At(p, at), &r)
				require.NoError(t, err)
				return d.Allowed()
			}
			if row.hour > 0 {
				assert.False(t, allowed(want))
				assert.True(t, allowed(want.Add(-time.Nanosecond)))
			} else {
				assert.Equal(t, name != "denied", allowed(noon))
			}
		})
	}
}

func TestAllowedUntilWithoutAnAnswer(t *testing.T) {
	p := compile(t, terms)
	s := open(t, p, account.Seed{Seats: map[seat.PoolName]int{"desk": 5}, Users: map[usher.UserID]policy.User{"olga": user("owner", "desk")}})
	r := usher.Request{Account: "club", Subject: "olga", Permission: permission.MustParse("page.pay")}
	_, err := s.View(p).AllowedUntil(r)
	require.ErrorIs(t, err, usher.ErrNoTime)
	r.Time = noon
	for _, v := range []account.View{{}, s.View(nil), s.View(p)} {
		until, err := v.AllowedUntil(r)
		require.NoError(t, err)
		assert.Zero(t, until)
	}
}
