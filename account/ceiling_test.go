package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// A refusal to give says which actors can give it.
func TestEscalationNamesARemedy(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	const remedy = "; a user with user.delegate, or the host, can give it"
	_, err := propose(p, s, account.AsUser("dora"), account.GiveGrant{User: "max", Grant: "seat.assign"})
	assert.ErrorContains(t, err, remedy)
	_, err = propose(p, s, account.AsUser("dora"), account.GiveGrant{User: "dora", Grant: "seat.assign"})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err), "%v", err)
	assert.NotContains(t, err.Error(), remedy)
}

// An actor who gives a grant again with an earlier end needs the permission to revoke it.
func TestShorteningAGrantIsRevoking(t *testing.T) {
	p := compile(t, strings.Replace(club, "revoke: {admin: any, desk: any}", "revoke: {admin: any}", 1))
	s := do(t, p, open(t, p, members()), account.AsHost("test"), account.GiveGrant{User: "max", Grant: "team.create", Until: noon.Add(2 * time.Hour)},
		account.GiveGrant{User: "dora", Grant: "team.create"})
	give := func(until time.Duration) account.Command {
		return account.GiveGrant{User: "max", Grant: "team.create", Until: noon.Add(until)}
	}
	for as, sooner := range map[string]account.Code{"adam": 0, "dora": account.CodeDenied} {
		_, err := propose(p, s, actor(as), give(time.Hour))
		assert.Equal(t, sooner, codeOf(t, err), "%s: %v", as, err)
		_, err = propose(p, s, actor(as), give(3*time.Hour))
		assert.NoError(t, err, as)
	}
}

// A user without field.manage cannot change fields.
func TestFieldsAreManaged(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	for _, command := range []account.Command{
		account.DefineField{Field: "new", Type: account.TextField},
		account.RenameField{Field: "phone", To: "mobile"},
		account.MoveField{Field: "phone"},
		account.ArchiveField{Field: "phone"},
		account.RestoreField{Field: "shoe"},
	} {
		_, err := propose(p, s, account.AsUser("max"), command)
		assert.Equal(t, account.CodeDenied, codeOf(t, err), account.Describe(command))
		o, err := propose(p, s, account.AsUser("adam"), command)
		require.NoError(t, err)
		assert.Len(t, o.Changes, 1, account.Describe(command))
	}
}

// An actor can take a seat from a user who outranks them only if no rule depends on the seat.
func TestTakingASeatThatOpensSomething(t *testing.T) {
	p := compile(t, `
usher: 1
seats: {booking: {}, parking: {}}
conditions: {booked: {seat: booking}}
roles:
  owner:  {unique: true, hands-over-to: admin}
  admin:  {seat: optional}
  clerk:  {seat: optional}
  member: {default: true}
resources:
  seat: {permissions: {unassign: {clerk: any}}}
  room: {permissions: {open: {admin: any if booked}, enter: {admin: any}}}
`)
	s := open(t, p, account.Seed{
		Seats: map[seat.PoolName]int{"booking": 2, "parking": 2},
		Users: map[usher.UserID]policy.User{"olga": user("owner"), "adam": user("admin", "booking", "parking"), "carl": user("clerk", "booking")},
	})
	for pool, want := range map[seat.PoolName]account.Code{"booking": account.CodeEscalation, "parking": 0} {
		_, err := propose(p, s, account.AsUser("carl"), account.UnassignSeat{User: "adam", Pool: pool})
		assert.Equal(t, want, codeOf(t, err), "%s: %v", pool, err)
	}
}

// An actor cannot move a team if a user who outranks them loses a rule by it.
func TestMoveThatTakesARole(t *testing.T) {
	p := compile(t, `
usher: 1
roles:
  owner:  {unique: true, includes: [chief], hands-over-to: chief}
  chief:  {includes: [clerk]}
  clerk:  {}
  member: {default: true}
  lead:   {held-on: team}
  guest:  {held-on: team}
resources:
  team: {permissions: {edit: {clerk: any}}}
  safe: {permissions: {open: {chief: any}}}
  page: {parties: {team: teams}, permissions: {read: {clerk: any}, write: {lead: team}}}
`)
	s := open(t, p, account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"a": "", "below-a": "a", "b": "", "below-b": "b", "c": "", "below-c": "c"},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"), "cleo": user("clerk"), "carl": inTeam(user("chief"), "a", "lead"), "cora": inTeam(user("chief"), "b", "guest"), "max": inTeam(user("member"), "c", "lead"),
		},
	})
	for team, want := range map[usher.TeamID]account.Code{"below-a": account.CodeEscalation, "below-b": 0, "below-c": 0} {
		_, err := propose(p, s, account.AsUser("cleo"), account.MoveTeam{Team: team})
		assert.Equal(t, want, codeOf(t, err), "%s: %v", team, err)
		_, err = propose(p, s, account.AsUser("olga"), account.MoveTeam{Team: team})
		assert.NoError(t, err, team)
	}
}
