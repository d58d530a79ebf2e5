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
)

// clubBut is the policy of the club with some of its text replaced.
func clubBut(t *testing.T, replace ...string) *policy.Policy {
	t.Helper()
	return compile(t, strings.NewReplacer(replace...).Replace(club))
}

// Users that a policy does not fit can do nothing, and only what helps can be done about
// them.
func TestCommandsAboutUsersWhoDoNotFit(t *testing.T) {
	s := open(t, compile(t, club), members())
	roleGone := []string{"desk", "office"}
	poolGone := []string{"  booking: {holds: [invited, active]}\n", "", "booking: required, ", "", "{seats: {booking: required, parking: optional}, at-least: 3}", "{at-least: 3}"}
	notAllowed := []string{"member:  {default: true}", "member:  {default: true, seats: {parking: optional}}"}
	required := []string{"at-most: 3", "at-most: 3, seats: {booking: optional, parking: required}"}
	teamRoleGone := []string{"captain", "skipper"}
	for _, row := range []struct {
		name    string
		replace []string
		as      string
		command account.Command
		done    bool
	}{
		{"a user acts", roleGone, "dora", account.SetField{User: "dora", Field: "phone", Value: "1"}, false},
		{"a user whom it fits acts", roleGone, "max", account.SetField{User: "max", Field: "phone", Value: "1"}, true},
		{"another role", roleGone, "the host", account.SetRole{User: "dora", Role: "member"}, true},
		{"removed", roleGone, "the host", account.RemoveUser{User: "dora"}, true},
		{"made inactive", roleGone, "the host", account.SetStatus{User: "dora", Status: usher.Inactive}, true},
		{"put in a team", roleGone, "the host", account.AddToTeam{User: "dora", Team: "chess"}, false},
		{"given a grant", roleGone, "the host", account.GiveGrant{User: "dora", Grant: "reports"}, false},
		{"a grant to a user whom it fits", roleGone, "the host", account.GiveGrant{User: "max", Grant: "reports"}, true},
		{"another team role is unset", teamRoleGone, "the host", account.UnsetTeamRole{Team: "rowing", User: "mia", Role: "skipper"}, false},
		{"the team role is unset", teamRoleGone, "the host", account.UnsetTeamRole{Team: "rowing", User: "mia", Role: "captain"}, true},
		{"taken out of the team", teamRoleGone, "the host", account.RemoveFromTeam{Team: "rowing", User: "mia"}, true},
		{"taken out of another team", teamRoleGone, "the host", account.RemoveFromTeam{Team: "chess", User: "mia"}, false},
		{"the seat that is not allowed", notAllowed, "the host", account.UnassignSeat{User: "mia", Pool: "booking"}, true},
		{"another seat", notAllowed, "the host", account.UnassignSeat{User: "mia", Pool: "parking"}, false},
		{"no seat is required", notAllowed, "the host", account.AssignSeat{User: "mia", Pool: "parking"}, false},
		{"the seat that is required", required, "the host", account.AssignSeat{User: "adam", Pool: "parking"}, true},
		{"a seat that is not", required, "the host", account.AssignSeat{User: "adam", Pool: "booking"}, false},
		{"the seat of a pool that is gone", poolGone, "the host", account.UnassignSeat{User: "mia", Pool: "booking"}, true},
		{"the seat of a pool that is not", poolGone, "the host", account.UnassignSeat{User: "mia", Pool: "parking"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			o, err := propose(clubBut(t, row.replace...), s, actor(row.as), row.command)
			if row.done {
				require.NoError(t, err)
				assert.NotEmpty(t, o.Changes)
				return
			}
			var unfit *account.PolicyMismatchError
			assert.ErrorAs(t, err, &unfit)
		})
	}
}

// Of a pool that the policy lacks by now, seats are given back and no others bought.
func TestSeatsOfAPoolThatIsGone(t *testing.T) {
	s := open(t, compile(t, club), members())
	p := clubBut(t, "  parking: {holds: [active]}\n", "", ", parking: optional}", "}")
	for total, want := range map[int]account.Code{0: 0, 1: account.CodeUnknownPool, 2: account.CodeUnknownPool} {
		_, err := propose(p, s, account.AsHost("test"), account.SetSeats{Pool: "parking", Total: total})
		assert.Equal(t, want, codeOf(t, err), "%d: %v", total, err)
	}
}

// FitsAfter lists the grants and settings that a policy brings to life again, or takes for
// something else.
func TestFitsAfter(t *testing.T) {
	p := compile(t, club)
	const bundle = "bundles:\n  staff.manage: [user.create, user.delete, user.edit, user.set-role]\n"
	ended := noon.Add(time.Hour)
	s := do(t, p, open(t, p, members()), account.AsHost("test"),
		account.GiveGrant{User: "max", Grant: "staff.manage"}, account.GiveGrant{User: "mia", Grant: "staff.manage"},
		account.GiveGrant{User: "ivan", Grant: "staff.manage", Until: ended},
		account.GiveGrant{User: "dora", Grant: "reports"}, account.ChangeSetting{Setting: "open", Value: true},
	)
	without := clubBut(t, bundle, "")
	permission := clubBut(t, bundle, "", "  report:\n", "  staff: {permissions: {manage: {admin: any}}}\n  report:\n")
	for name, row := range map[string]struct {
		before, after *policy.Policy
		at            time.Time
		want          []string
	}{
		"the same":          {p, p, noon, nil},
		"none before":       {nil, p, noon, nil},
		"a grant is lost":   {p, without, noon, nil},
		"a grant is back":   {without, p, noon, []string{"grants of staff.manage become effective again, as grants of a bundle (ivan, max, mia)"}},
		"but one has ended": {without, p, ended, []string{"grants of staff.manage become effective again, as grants of a bundle (max, mia)"}},
		"a grant changes":   {p, permission, noon, []string{"staff.manage is a permission, but was a bundle when it was granted (ivan, max, mia)"}},
		"a setting is back": {clubBut(t, "settings: {open: false}\n", ""), p, noon, []string{"the setting open, which is stored as true, becomes effective again"}},
	} {
		err := s.FitsAfter(row.before, row.after, row.at)
		if row.want == nil {
			assert.NoError(t, err, name)
			continue
		}
		var unfit *account.PolicyMismatchError
		require.ErrorAs(t, err, &unfit, name)
		assert.Equal(t, row.want, unfit.Reasons, name)
	}
}
