package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
)

// office is an account under OnceHub's policy.
func office(t testing.TB) (*policy.Policy, *account.State) {
	t.Helper()
	p, err := preset.Load("oncehub")
	require.NoError(t, err)
	return p, open(t, p, account.Seed{
		Seats: map[seat.PoolName]int{"booking": 2},
		Teams: map[usher.TeamID]usher.TeamID{"sales": "", "support": ""},
		Users: map[usher.UserID]policy.User{
			"olivia": user("owner"),
			"adam":   user("admin", "booking"),
			"mia":    inTeam(inTeam(user("member"), "sales", "manager"), "support"),
			"max":    inTeam(user("member"), "sales"),
			"ivan":   withStatus(user("admin"), usher.Invited),
		},
	})
}

func preview(t testing.TB, p *policy.Policy, s *account.State, commands ...account.Command) account.Preview {
	t.Helper()
	o, err := propose(p, s, account.AsHost("test"), commands...)
	require.NoError(t, err)
	before := s.Encode()
	preview, err := s.Preview(p, o, noon)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(s.Encode()), "a preview changes nothing")
	assert.Equal(t, o.Changes, preview.Changes)
	return preview
}

// shortly lists what users gain and lose on some resources: "max: +user.view any".
func shortly(p account.Preview, resources ...string) []string {
	var list []string
	say := func(u account.UserPreview, sign string, holdings []policy.Entitlement) {
		for _, h := range holdings {
			for _, r := range resources {
				if h.Permission.Resource() != r {
					continue
				}
				s := fmt.Sprintf("%s: %s%s %s", u.User, sign, h.Permission, h.Scope)
				if len(h.Teams) > 0 {
					s += fmt.Sprint(" on ", h.Teams)
				}
				if len(h.If) > 0 {
					s += " if " + strings.Join(h.If, " and ")
				}
				if !h.Until.IsZero() {
					s += " until " + h.Until.Format(time.DateOnly)
				}
				list = append(list, s)
			}
		}
	}
	for _, u := range p.Users {
		say(u, "+", u.Gains)
		say(u, "-", u.Loses)
	}
	return list
}

func TestPreviewOfSeats(t *testing.T) {
	p, s := office(t)
	got := preview(t, p, s, account.AssignSeat{User: "max", Pool: "booking"})
	assert.Equal(t, []account.SeatsPreview{{Pool: "booking", Before: seat.Pool{Total: 2, Held: 1}, After: seat.Pool{Total: 2, Held: 2}}}, got.Seats)
	require.Len(t, got.Users, 1)
	assert.Equal(t, usher.UserID("max"), got.Users[0].User)
	assert.Empty(t, got.Users[0].Before.Seats)
	assert.Equal(t, []seat.PoolName{"booking"}, got.Users[0].After.Seats)
	assert.Empty(t, got.Users[0].Gains, "nothing that a rule says asks for the seat")
	assert.Empty(t, got.Users[0].Loses)

	got = preview(t, p, s, account.SetSeats{Pool: "booking", Total: 5})
	assert.Equal(t, []account.SeatsPreview{{Pool: "booking", Before: seat.Pool{Total: 2, Held: 1}, After: seat.Pool{Total: 5, Held: 1}}}, got.Seats)
	assert.Empty(t, got.Users)

	got = preview(t, p, s, account.UnassignSeat{User: "adam", Pool: "booking"}, account.AssignSeat{User: "max", Pool: "booking"})
	assert.Empty(t, got.Seats, "one comes and one goes")
}

func TestPreviewOfTransfer(t *testing.T) {
	p, s := office(t)
	got := preview(t, p, s, account.TransferOwnership{To: "mia"})
	assert.Equal(t, []string{
		"olivia: -account.transfer any",
		"olivia: -account.delete any",
		"mia: +account.configure any",
		"mia: +account.transfer any",
		"mia: +account.delete any",
	}, shortly(got, "account"))
	assert.Equal(t, []string{"mia: +calendar.view any", "mia: +calendar.create any", "mia: +calendar.edit any", "mia: +calendar.delete any", "mia: +calendar.set-hosts any"},
		shortly(got, "calendar"), "what any covers is not lost")
	assert.Empty(t, got.Seats)
}

func TestPreviewOfRolesOnTeams(t *testing.T) {
	p, s := office(t)
	assert.Equal(t, []string{"mia: +seat.assign team on [support]", "mia: +seat.unassign team on [support]"},
		shortly(preview(t, p, s, account.SetTeamRole{User: "mia", Team: "support", Role: "manager"}), "seat"), "on sales she has it already")
	assert.Equal(t, []string{"mia: -seat.assign team on [sales]", "mia: -seat.unassign team on [sales]"},
		shortly(preview(t, p, s, account.RemoveFromTeam{User: "mia", Team: "sales"}), "seat"))
	both := []account.Command{account.SetTeamRole{User: "mia", Team: "support", Role: "manager"}, account.RemoveFromTeam{User: "mia", Team: "sales"}}
	assert.Equal(t, []string{"mia: +seat.assign team on [support]", "mia: +seat.unassign team on [support]", "mia: -seat.assign team on [sales]", "mia: -seat.unassign team on [sales]"},
		shortly(preview(t, p, s, both...), "seat"))
}

func TestPreviewOfGrants(t *testing.T) {
	p, s := office(t)
	april, may := noon.AddDate(0, 1, 0), noon.AddDate(0, 2, 0)
	give := func(until time.Time) account.Command {
		return account.GiveGrant{User: "max", Grant: "sms-credit.purchase", Until: until}
	}
	got := preview(t, p, s, give(april))
	assert.Equal(t, []string{"max: +sms-credit.purchase any until 2026-04-01"}, shortly(got, "sms-credit"))

	o, err := propose(p, s, account.AsHost("test"), give(april))
	require.NoError(t, err)
	assert.Equal(t, []string{"max: +sms-credit.purchase any until 2026-05-01"}, shortly(preview(t, p, o.Next, give(may)), "sms-credit"), "longer is more")
	assert.Equal(t, []string{"max: +sms-credit.purchase any"}, shortly(preview(t, p, o.Next, give(time.Time{})), "sms-credit"))
	assert.Equal(t, []string{"max: -sms-credit.purchase any until 2026-04-01"}, shortly(preview(t, p, o.Next, account.RevokeGrant{User: "max", Grant: "sms-credit.purchase"}), "sms-credit"))
	assert.Empty(t, shortly(preview(t, p, s, account.GiveGrant{User: "adam", Grant: "sms-credit.purchase"}), "sms-credit"), "an administrator has it already")

	later, err := o.Next.Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: may, Commands: []account.Command{account.RevokeGrant{User: "max", Grant: "sms-credit.purchase"}}})
	require.NoError(t, err)
	after, err := o.Next.Preview(p, later, may)
	require.NoError(t, err)
	assert.Empty(t, shortly(after, "sms-credit"), "it had ended by then")
}

// Only an active user has rules.
func TestPreviewOfStatus(t *testing.T) {
	p, s := office(t)
	configure := func(commands ...account.Command) []string { return shortly(preview(t, p, s, commands...), "account") }
	assert.Equal(t, []string{"adam: -account.configure any"}, configure(account.SetStatus{User: "adam", Status: usher.Inactive}))
	assert.Equal(t, []string{"adam: -account.configure any"}, configure(account.RemoveUser{User: "adam"}))
	assert.Equal(t, []string{"ivan: +account.configure any"}, configure(account.SetStatus{User: "ivan", Status: usher.Active}))
	assert.Empty(t, configure(account.RemoveUser{User: "ivan"}), "who is invited has none")
	assert.Equal(t, []string{"nina: +account.configure any"}, configure(account.AddUser{User: "nina", Role: "admin"}))
	assert.Empty(t, configure(account.AddUser{User: "nina", Role: "admin", Status: usher.Invited}))

	removed := preview(t, p, s, account.RemoveUser{User: "adam"}).Users
	require.Len(t, removed, 1)
	assert.NotNil(t, removed[0].Before)
	assert.Nil(t, removed[0].After)
}

func TestPreviewNamesEachUserOnce(t *testing.T) {
	p, s := office(t)
	got := preview(t, p, s, account.RemoveFromTeam{User: "mia", Team: "sales"}, account.AssignSeat{User: "max", Pool: "booking"}, account.RemoveUser{User: "mia"})
	var users []usher.UserID
	for _, u := range got.Users {
		users = append(users, u.User)
	}
	assert.Equal(t, []usher.UserID{"mia", "max"}, users)
}

func TestPreviewOfNothing(t *testing.T) {
	p, s := office(t)
	for _, o := range []account.Outcome{{}, {Next: s}} {
		got, err := s.Preview(p, o, noon)
		require.NoError(t, err)
		assert.Empty(t, got.Changes)
		assert.Empty(t, got.Seats)
		assert.Empty(t, got.Users)
	}
	created := preview(t, p, account.New("new"), account.CreateAccount{Owner: "olivia"})
	assert.Equal(t, []string{"olivia: +account.configure any", "olivia: +account.transfer any", "olivia: +account.delete any"}, shortly(created, "account"))
}

func TestPreviewNeedsATimeAndTheRightPolicy(t *testing.T) {
	p, s := office(t)
	o, err := propose(p, s, account.AsHost("test"), account.SetRole{User: "max", Role: "admin"})
	require.NoError(t, err)
	_, err = s.Preview(p, o, time.Time{})
	assert.ErrorIs(t, err, usher.ErrNoTime)
	other := compile(t, "usher: 1\nroles: {boss: {unique: true, hands-over-to: staff}, staff: {default: true}}\n")
	_, err = s.Preview(other, o, noon)
	assert.ErrorIs(t, err, usher.ErrUndeclared)
}

// A feature gives a user the rules that require it, while it lasts.
func TestPreviewOfFeatures(t *testing.T) {
	p, s := office(t)
	give := func(until time.Time) []string {
		return shortly(preview(t, p, s, account.GiveGrant{User: "max", Grant: "chatbots", Until: until}), "chatbot")
	}
	assert.NotEmpty(t, give(time.Time{}))
	assert.Equal(t, give(time.Time{}), give(noon.Add(1)))
	for _, line := range give(time.Time{}) {
		assert.True(t, strings.HasPrefix(line, "max: +chatbot."), line)
	}
}

// So does a seat; releasing it takes them away.
func TestPreviewOfConditions(t *testing.T) {
	p := compile(t, strings.NewReplacer(
		"reporting: {feature: reports}", "{seated: {seat: booking}, opened: {setting: open}}",
		"conditions:\n  ", "conditions: ",
		"read: {admin: any, member: own as author if reporting, custom: [own as author, any]}", "read: {custom: any, member: [any if seated, own if opened]}",
	).Replace(club))
	s := open(t, p, members())
	report := func(commands ...account.Command) []string { return shortly(preview(t, p, s, commands...), "report") }
	assert.Equal(t, []string{"max: +report.read any if seated"}, report(account.AssignSeat{User: "max", Pool: "booking"}))
	assert.Equal(t, []string{"mia: -report.read any if seated"}, report(account.UnassignSeat{User: "mia", Pool: "booking"}))
	s = do(t, p, s, account.AsHost("test"), account.ChangeSetting{Setting: "open", Value: true})
	assert.Equal(t, []string{"dora: +report.read own if opened"}, report(account.SetRole{User: "dora", Role: "member"}))
}
