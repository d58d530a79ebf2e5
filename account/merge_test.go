package account_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var termPermissions = []string{"bill.pay", "bill.see", "report.read", "room.enter", "room.lock", "room.paint", "calendar.edit"}

// drawTerm returns a command that gives a user something, now or later, with an end or without. Either memberships end,
// or team roles begin later: a role that begins after the end of the membership waits for another membership.
func drawTerm(d *rand.Rand, id usher.UserID, teamRolesBegin bool) account.Command {
	var from, until time.Time
	begin := 0
	if d.IntN(2) == 0 {
		begin = 1 + d.IntN(6)
		from = hours(begin)
	}
	if d.IntN(3) > 0 {
		until = hours(begin + 1 + d.IntN(6))
	}
	switch d.IntN(6) {
	case 0:
		if teamRolesBegin {
			until = time.Time{}
		}
		return account.AddToTeam{User: id, Team: "sales", Until: until}
	case 1:
		if !teamRolesBegin {
			from, until = time.Time{}, time.Time{}
		}
		return account.SetTeamRole{User: id, Team: "sales", Role: []role.Name{"lead", "patron"}[d.IntN(2)], From: from, Until: until}
	case 2:
		return account.SetRoleBeside{User: id, Role: []role.Name{"biller", "helper"}[d.IntN(2)], From: from, Until: until}
	case 3, 4:
		return account.GiveGrant{User: id, Grant: "reports", From: from, Until: until}
	}
	return account.GiveRoleOn{User: id, Role: "editor", On: sharedCalendar.Ref(), From: from, Until: until}
}

// After a merge, the user has at each time what one of the two would have had then.
func TestMergeUnitesTerms(t *testing.T) {
	p := compile(t, eachTerm)
	host := account.AsHost("test")
	before := open(t, p, account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"sales": ""},
		Users: map[usher.UserID]policy.User{"olga": user("owner"), "from": user("member"), "to": user("member"), "key": withStatus(user("member"), usher.Invited)},
	})
	merged, refused := 0, 0
	for seed := range uint64(400) {
		d := rand.New(rand.NewPCG(seed, 7))
		s, other := before, usher.UserID("from")
		if seed%2 == 0 {
			other = "key"
		}
		var done []string
		for range 2 + d.IntN(6) {
			c := drawTerm(d, []usher.UserID{other, "to"}[d.IntN(2)], seed%4 < 2)
			if o, err := propose(p, s, host, c); err == nil && len(o.Changes) > 0 {
				s, done = do(t, p, s, host, c), append(done, account.Describe(c))
			}
		}
		alone, merge := s, account.Command(account.RenameUser{From: "from", To: "to"})
		if other == "key" {
			alone = do(t, p, s, account.AsUser("key"), account.AcceptInvitation{})
			merge = account.AcceptInvitation{Key: "key", User: "to"}
		}
		o, err := propose(p, s, host, merge)
		if err != nil && other == "key" {
			require.Equal(t, account.CodeEscalation, codeOf(t, err), "seed %d: %v", seed, err)
			refused++
			continue
		}
		require.NoError(t, err)
		merged++
		after := do(t, p, s, host, merge)
		require.Equal(t, o.Next.Encode(), after.Encode())
		for h := range 16 {
			for _, what := range termPermissions {
				want := mayAfter(t, p, s, "to", what, h) || mayAfter(t, p, alone, other, what, h)
				if is := mayAfter(t, p, after, "to", what, h); is != want {
					t.Fatalf("seed %d: after %q, %s of %s at hour %d: %t, want %t", seed, done, what, other, h, is, want)
				}
			}
		}
	}
	t.Logf("%d merged, %d refused", merged, refused)
	assert.Less(t, refused, merged/10)
}
