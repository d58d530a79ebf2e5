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
	"github.com/usher-go/usher/role"
)

// eachTerm is a policy in which each kind of role, and a grant, opens one permission.
const eachTerm = `
usher: 1
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  clerk:  {}
  member: {default: true}
  biller: {beside: true}
  helper: {beside: true}
  lead:   {held-on: team}
  patron: {held-on: team, outside: true}
  editor: {held-on: calendar}
features: [reports]
conditions: {reporting: {feature: reports}}
resources:
  user:   {permissions: {create: {admin: any}, delete: {admin: any}, set-role: {admin: any, clerk: any}}}
  team:   {permissions: {create: {admin: any}, delete: {admin: any, clerk: any}, set-members: {admin: any, clerk: any}, set-role: {admin: any, clerk: any}}}
  grant:  {permissions: {give: {admin: any, clerk: any}, revoke: {admin: any, clerk: any}}}
  bill:   {permissions: {pay: {admin: any, biller: any}, see: {admin: any, helper: any, clerk: any}}}
  report: {permissions: {read: {everyone: any if reporting}}}
  room:
    parties: {team: teams}
    permissions: {enter: {member: team, admin: any, clerk: any}, lock: {admin: any, lead: team}, paint: {admin: any, patron: team}}
  calendar: {permissions: {edit: {admin: any, editor: here}, share: {admin: any, clerk: any}}}
`

// openTerms returns an account with a user in each account role, and the members mia, max and zoe.
func openTerms(t *testing.T) (*policy.Policy, *account.State) {
	t.Helper()
	p := compile(t, eachTerm)
	return p, open(t, p, account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"sales": "", "ops": ""},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"), "adam": user("admin"), "carl": user("clerk"),
			"mia": inTeam(user("member"), "sales"), "max": inTeam(user("member"), "sales"), "zoe": user("member"),
		},
	})
}

var sharedCalendar = &usher.Object{Type: "calendar", ID: "c1", Account: "club"}

// mayAfter reports whether a user may do something on the team sales, or on the shared calendar, at a number of hours from now.
func mayAfter(t *testing.T, p *policy.Policy, s *account.State, id usher.UserID, what string, after int) bool {
	t.Helper()
	r := usher.Request{Account: "club", Subject: id, Permission: permission.MustParse(what), Time: hours(after)}
	switch what {
	case "room.enter", "room.lock", "room.paint":
		r.Resource = &usher.Object{Type: "room", ID: "r", Account: "club", Parties: map[string][]string{"team": {"sales"}}}
	case "calendar.edit":
		r.Resource = sharedCalendar
	}
	d, err := p.Decide(s.At(p, hours(after)), &r)
	require.NoError(t, err)
	return d.Allowed()
}

// A row has commands that give and take a thing, and what the thing permits.
var termRows = map[string]struct {
	user  usher.UserID
	give  func(from, until time.Time) account.Command
	take  account.Command
	opens string
}{
	"a role beside": {
		"mia", func(from, until time.Time) account.Command {
			return account.SetRoleBeside{User: "mia", Role: "biller", From: from, Until: until}
		}, account.UnsetRoleBeside{User: "mia", Role: "biller"}, "bill.pay",
	},
	"a team role": {
		"mia", func(from, until time.Time) account.Command {
			return account.SetTeamRole{User: "mia", Team: "sales", Role: "lead", From: from, Until: until}
		}, account.UnsetTeamRole{User: "mia", Team: "sales", Role: "lead"}, "room.lock",
	},
	"a team role outside the team": {
		"zoe", func(from, until time.Time) account.Command {
			return account.SetTeamRole{User: "zoe", Team: "sales", Role: "patron", From: from, Until: until}
		}, account.UnsetTeamRole{User: "zoe", Team: "sales", Role: "patron"}, "room.paint",
	},
	"all roles outside the team": {
		"zoe", func(from, until time.Time) account.Command {
			return account.SetTeamRole{User: "zoe", Team: "sales", Role: "patron", From: from, Until: until}
		}, account.RemoveFromTeam{User: "zoe", Team: "sales"}, "room.paint",
	},
	"a grant": {
		"mia", func(from, until time.Time) account.Command {
			return account.GiveGrant{User: "mia", Grant: "reports", From: from, Until: until}
		}, account.RevokeGrant{User: "mia", Grant: "reports"}, "report.read",
	},
	"a role on a resource": {
		"mia", func(from, until time.Time) account.Command {
			return account.GiveRoleOn{User: "mia", Role: "editor", On: sharedCalendar.Ref(), From: from, Until: until}
		}, account.TakeRoleOn{User: "mia", Role: "editor", On: sharedCalendar.Ref()}, "calendar.edit",
	},
	"a role of a team on a resource": {
		"mia", func(from, until time.Time) account.Command {
			return account.GiveRoleOn{Team: "sales", Role: "editor", On: sharedCalendar.Ref(), From: from, Until: until}
		}, account.TakeRoleOn{Team: "sales", Role: "editor", On: sharedCalendar.Ref()}, "calendar.edit",
	},
}

func TestTakingWithdrawsWhatBeginsLater(t *testing.T) {
	p, s := openTerms(t)
	host := account.AsHost("test")
	for name, row := range termRows {
		t.Run(name, func(t *testing.T) {
			later := do(t, p, s, host, row.give(hours(2), hours(4)))
			assert.True(t, mayAfter(t, p, later, row.user, row.opens, 3))
			taken := do(t, p, later, host, row.take)
			for h := range 6 {
				assert.False(t, mayAfter(t, p, taken, row.user, row.opens, h), "hour %d", h)
			}
			_, scheduled := taken.NextDue()
			assert.False(t, scheduled)
			o, err := propose(p, taken, host, row.take)
			require.NoError(t, err)
			assert.Empty(t, o.Changes, "nothing is held and nothing is scheduled")

			held := do(t, p, s, host, row.give(time.Time{}, hours(1)), row.give(hours(2), hours(4)))
			taken = do(t, p, held, host, row.take)
			_, scheduled = taken.NextDue()
			assert.False(t, scheduled)
			for h := range 6 {
				assert.False(t, mayAfter(t, p, taken, row.user, row.opens, h), "hour %d, after it was held", h)
			}
			other := do(t, p, s, host, row.give(hours(2), time.Time{}), account.SetRole{User: row.user, Role: "clerk", From: hours(3)})
			assert.Equal(t, role.Name("clerk"), roleAt(p, do(t, p, other, host, row.take), row.user, hours(3)), "other things stay scheduled")
		})
	}
}

// Taking what begins later needs the same permission as taking what is held, and the same rank: that of the user
// at the time.
func TestRankForWhatBeginsLater(t *testing.T) {
	p, s := openTerms(t)
	host := account.AsHost("test")
	code := func(s *account.State, as usher.UserID, c account.Command) account.Code {
		_, err := s.Propose(p, account.Proposal{Actor: account.AsUser(as), Time: noon, Commands: []account.Command{c}, Resources: []usher.Resource{sharedCalendar}})
		return codeOf(t, err)
	}
	for name, row := range termRows {
		later := do(t, p, s, host, row.give(hours(2), hours(4)))
		assert.Equal(t, account.CodeDenied, code(later, "max", row.take), name)
		assert.Zero(t, code(later, "adam", row.take), name)
		ranked := do(t, p, later, host, account.SetRole{User: row.user, Role: "admin", From: hours(1)})
		want := account.CodeEscalation
		if name == "a role of a team on a resource" {
			want = 0
		}
		assert.Equal(t, want, code(ranked, "carl", row.take), name)
		assert.Zero(t, code(ranked, "adam", row.take), name)
	}
	outranks := do(t, p, s, host, account.SetRoleBeside{User: "mia", Role: "biller", From: hours(2)})
	assert.Equal(t, account.CodeEscalation, code(outranks, "carl", account.UnsetRoleBeside{User: "mia", Role: "biller"}), "mia outranks carl then")
	below := do(t, p, s, host, account.SetRoleBeside{User: "mia", Role: "helper", From: hours(2)})
	assert.Zero(t, code(below, "carl", account.UnsetRoleBeside{User: "mia", Role: "helper"}))
	patron := do(t, p, s, host, account.SetRole{User: "zoe", Role: "admin", From: hours(1)}, account.SetTeamRole{User: "zoe", Team: "ops", Role: "patron", From: hours(2)})
	assert.Equal(t, account.CodeEscalation, code(patron, "carl", account.DeleteTeam{Team: "ops"}), "a team that is deleted takes it, too")
	assert.Zero(t, code(patron, "adam", account.DeleteTeam{Team: "ops"}))
}
