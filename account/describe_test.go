package account_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

var described = []struct {
	command account.Command
	words   string
}{
	{account.CreateAccount{Owner: "olga"}, "create-account for olga"},
	{account.Import{}, "import 0 users, 0 teams"},
	{account.Import{Seed: account.Seed{
		Users: map[usher.UserID]policy.User{"olga": {}, "max": {}}, Teams: map[usher.TeamID]usher.TeamID{"sales": ""},
	}}, "import 2 users, 1 team"},
	{account.RenameUser{From: "max", To: "max@work"}, "rename-user max to max@work"},
	{account.AddUser{User: "nina"}, "add-user nina"},
	{account.AddUser{User: "nina", Status: usher.Active}, "add-user nina"},
	{account.AddUser{User: "nina", Role: "member", Status: usher.Invited, Teams: []usher.TeamID{"sales", "support"}}, "add-user nina as member in sales, support (invited)"},
	{account.AddUser{User: "nina", Teams: []usher.TeamID{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}}, "add-user nina in 1, 2, 3, 4, 5, 6, 7, 8 and 2 more"},
	{account.Invite{Key: "k1"}, "invite k1"},
	{account.Invite{Key: "k1", Role: "member", Teams: []usher.TeamID{"sales", "support"}}, "invite k1 as member in sales, support"},
	{account.AddUser{User: "robot", Kind: usher.ServiceAccount}, "add-user robot (service account)"},
	{account.AcceptInvitation{}, "accept-invitation"},
	{account.AcceptInvitation{Key: "k1", User: "nina"}, "accept-invitation k1 as nina"},
	{account.Invite{Key: "k1", Until: noon}, "invite k1 until 2026-03-01T12:00:00Z"},
	{account.ResendInvitation{User: "k1"}, "resend-invitation k1"},
	{account.ResendInvitation{User: "k1", Until: noon}, "resend-invitation k1 until 2026-03-01T12:00:00Z"},
	{account.RevokeInvitation{User: "k1"}, "revoke-invitation k1"},
	{account.DeclineInvitation{}, "decline-invitation"},
	{account.RequestToJoin{}, "request-to-join"},
	{account.RequestToJoin{User: "nina"}, "request-to-join of nina"},
	{account.RequestToJoin{User: "nina", Role: "member"}, "request-to-join of nina as member"},
	{account.RequestToJoin{Role: "member"}, "request-to-join as member"},
	{account.WithdrawRequest{}, "withdraw-request"},
	{account.AdmitUser{User: "nina"}, "admit-user nina"},
	{account.AdmitUser{User: "nina", Role: "admin"}, "admit-user nina as admin"},
	{account.Leave{}, "leave"},
	{account.RemoveUser{User: "max"}, "remove-user max"},
	{account.SetStatus{User: "max", Status: usher.Inactive}, "set-status max inactive"},
	{account.SetStatus{User: "max"}, `set-status max ""`},
	{account.SetRole{User: "max", Role: "admin"}, "set-role max admin"},
	{account.SetRole{User: "max", Role: "admin", From: noon, Until: noon.Add(time.Hour)}, "set-role max admin from 2026-03-01T12:00:00Z until 2026-03-01T13:00:00Z"},
	{account.Cancel{ID: 7}, "cancel 7"},
	{account.SetRoleBeside{User: "max", Role: "billing"}, "set-role-beside max billing"},
	{account.UnsetRoleBeside{User: "max", Role: "billing"}, "unset-role-beside max billing"},
	{account.CreateTeam{Team: "sales"}, "create-team sales"},
	{account.CreateTeam{Team: "sales", Parent: "emea"}, "create-team sales below emea"},
	{account.MoveTeam{Team: "sales", Parent: "emea"}, "move-team sales below emea"},
	{account.MoveTeam{Team: "sales"}, "move-team sales to the top"},
	{account.DeleteTeam{Team: "sales"}, "delete-team sales"},
	{account.AddToTeam{Team: "sales", User: "max"}, "add-to-team sales max"},
	{account.RemoveFromTeam{Team: "sales", User: "max"}, "remove-from-team sales max"},
	{account.JoinTeam{Team: "sales"}, "join-team sales"},
	{account.LeaveTeam{Team: "sales"}, "leave-team sales"},
	{account.SetTeamRole{Team: "sales", User: "max", Role: "manager"}, "set-team-role sales max manager"},
	{account.UnsetTeamRole{Team: "sales", User: "max", Role: "manager"}, "unset-team-role sales max manager"},
	{account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "calendar", ID: "c1"}}, "give-role-on max editor on calendar c1"},
	{account.GiveRoleOn{Team: "sales", Role: "editor", On: usher.Ref{Type: "calendar", ID: "c 1"}}, `give-role-on sales editor on calendar "c 1"`},
	{account.TakeRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "calendar", ID: "c1"}}, "take-role-on max editor on calendar c1"},
	{account.Forget{On: usher.Ref{Type: "calendar", ID: "c1"}}, "forget calendar c1"},
	{account.SetSeats{Pool: "booking", Total: 5}, "set-seats booking 5"},
	{account.SetSeats{Pool: "booking", Total: 5, From: noon}, "set-seats booking 5 from 2026-03-01T12:00:00Z"},
	{account.AssignSeat{User: "max", Pool: "booking"}, "assign-seat max booking"},
	{account.UnassignSeat{User: "max", Pool: "booking"}, "unassign-seat max booking"},
	{account.ChangeSetting{Setting: "free-busy-only", Value: true}, "change-setting free-busy-only on"},
	{account.ChangeSetting{Setting: "free-busy-only"}, "change-setting free-busy-only off"},
	{account.GiveGrant{User: "theo", Grant: "invoice.read"}, "give-grant theo invoice.read"},
	{account.GiveGrant{User: "theo", Grant: "invoice.read", Until: noon}, "give-grant theo invoice.read until 2026-03-01T12:00:00Z"},
	{account.RevokeGrant{User: "theo", Grant: "invoice.read"}, "revoke-grant theo invoice.read"},
	{account.DefineField{Field: "phone", Type: account.TextField}, "define-field phone text"},
	{account.RenameField{Field: "phone", To: "mobile phone"}, `rename-field phone to "mobile phone"`},
	{account.MoveField{Field: "phone", Before: "born"}, "move-field phone before born"},
	{account.MoveField{Field: "phone"}, "move-field phone to the end"},
	{account.ArchiveField{Field: "phone"}, "archive-field phone"},
	{account.RestoreField{Field: "phone"}, "restore-field phone"},
	{account.SetField{User: "theo", Field: "phone", Value: "555 1234"}, "set-field theo phone"},
	{account.DefineRole{Role: "scheduler"}, "define-role scheduler"},
	{account.DefineRole{Role: "scheduler", Title: "Front desk", Like: "member", Gives: account.Gives{"report.read": {"own as author", "any"}}}, `define-role scheduler "Front desk" with report.read: own as author, report.read: any`},
	{account.ChangeRole{Role: "scheduler", Title: "Desk"}, `change-role scheduler "Desk"`},
	{account.ChangeRole{Role: "scheduler", Gives: account.Gives{}}, "change-role scheduler with no rule"},
	{account.ChangeRole{Role: "scheduler", Gives: account.Gives{"a.b": {"any", "own", "sole", "team", "shared"}}}, "change-role scheduler with 5 rules"},
	{account.DeleteRole{Role: "scheduler"}, "delete-role scheduler"},
	{account.DeleteRole{Role: "scheduler", ReplaceBy: "member"}, "delete-role scheduler replaced by member"},
	{account.TransferOwnership{To: "adam"}, "transfer-ownership to adam"},
	{account.DeleteAccount{}, "delete-account"},
	{account.Request{Commands: []account.Command{account.SetRole{User: "mia", Role: "admin"}, account.AssignSeat{User: "mia", Pool: "booking"}}}, "request for set-role mia admin, assign-seat mia booking"},
	{account.Request{Commands: []account.Command{account.TransferOwnership{To: "mia"}}, Note: "as agreed", Until: noon}, "request for transfer-ownership to mia"},
	{account.Request{Commands: slices.Repeat([]account.Command{account.CreateTeam{Team: "a"}}, 9)}, "request for " + strings.Repeat("create-team a, ", 7) + "create-team a and more"},
	{account.Approve{Request: 7}, "approve 7"},
	{account.Decline{Request: 7, Note: "not now"}, "decline 7"},
	{account.Withdraw{Request: 7}, "withdraw 7"},
}

func TestDescribe(t *testing.T) {
	var types []string
	for _, row := range described {
		assert.Equal(t, row.words, account.Describe(row.command))
		assert.True(t, strings.HasPrefix(row.words, account.NameOf(row.command)))
		types = append(types, fmt.Sprintf("%T", row.command))
	}
	slices.Sort(types)
	assert.Equal(t, sealed(t, "propose"), slices.Compact(types), "each command has a row")

	assert.Equal(t, "no command", account.Describe(nil))
	assert.Equal(t, "*account.Leave", account.Describe((*account.Leave)(nil)), "a pointer is not a command")
}

// The sentences are in the order of the changes in the golden commits.
var sentences = map[string]string{
	"account-created":       "the account is created, with olga as owner",
	"account-deleted":       "the account is deleted",
	"user-added":            "nina is added as member (invited) | otto is added as member",
	"user-removed":          "max is removed",
	"user-renamed":          "max, with the role member, has the id max@work from now on",
	"user-merged":           "max, with the role member, becomes part of mia",
	"status-set":            "max: active becomes inactive",
	"role-set":              "max: member becomes admin",
	"role-beside-set":       "max gets the role billing beside the account role",
	"role-beside-unset":     "max loses the role billing beside the account role",
	"ownership-transferred": "olga hands the account over to adam, who was admin, and becomes admin",
	"ownership-begun":       "the role owner is unique from now on, and olga has it",
	"ownership-ended":       "the role owner of olga is not unique any more",
	"team-created":          "the team sales is created | the team inside-sales is created below sales",
	"team-moved":            "the team rowing moves from sport to water | the team chess moves from the top to sport | the team darts moves from sport to the top",
	"team-deleted":          "the team sales is deleted",
	"member-added":          "max joins the team sales",
	"member-removed":        "max leaves the team sales",
	"team-role-set":         "max gets the role manager on the team sales",
	"team-role-unset":       "max loses the role manager on the team sales",
	"outside-role-set":      "max gets the role manager on the team sales without joining it",
	"outside-role-unset":    "max, who is not in the team sales, loses the role manager on it",
	"role-on-given":         "max gets the role editor on calendar c1 | the team sales gets the role viewer on calendar c1",
	"role-on-taken":         "max loses the role editor on calendar c1 | the team sales loses the role viewer on calendar c1",
	"resource-forgotten":    "calendar c1 was deleted, and all roles on it end",
	"seats-set":             "seats in booking: 0 becomes 5 | seats in booking: 5 becomes 0 | seats in booking: 5 becomes 3, which is less than the seats held",
	"seat-assigned":         "max gets a seat in booking",
	"seat-unassigned":       "max loses the seat in booking",
	"setting-changed":       "the setting free-busy-only is turned on | the setting free-busy-only is turned off",
	"grant-given":           "theo gets the grant invoice.read | theo gets the grant staff.manage until 2026-03-01T12:00:01.5Z",
	"grant-revoked":         "theo loses the grant invoice.read",
	"field-defined":         `the field phone is defined, of type text | the field "shoe size" is defined, of type number | the field born is defined, of type date | the field vegan is defined, of type bool`,
	"field-renamed":         "the field phone is renamed to mobile",
	"field-moved":           "the field phone moves before born | the field phone moves to the end",
	"field-archived":        "the field phone is archived",
	"field-restored":        "the field phone is restored",
	"field-set":             "the field phone of theo is set",
	"scheduled":             "scheduled as 1 for 2026-03-01T13:00:00Z: set-role max member | scheduled as 2 for 2026-03-01T13:00:00Z: set-role mia admin",
	"unscheduled":           "what was scheduled as 1 for 2026-03-01T13:00:00Z will not happen | what was scheduled as 2 for 2026-03-01T13:00:00Z will not happen",
	"due":                   "on 2026-03-01T11:00:00Z, what was scheduled as 1 takes effect | max: admin becomes member | on 2026-03-01T12:00:00Z, what was scheduled as 2 takes effect, and changes nothing",
	"due-skipped":           "on 2026-03-01T11:00:00Z, what was scheduled as 1 was not possible and does not happen | on 2026-03-01T12:00:00Z, what was scheduled as 2 was not possible and does not happen",
	"request-made":          "mia makes the request 7: for set-role mia admin, assign-seat mia booking; it ends at 2026-03-01T12:00:00Z | max makes the request 8: for delete-account",
	"request-approved":      "the request 7 of mia is approved",
	"request-declined":      "the request 7 of mia is declined | the request 8 of max is declined",
	"request-withdrawn":     "mia withdraws the request 7",
	"request-ended":         "the request 7 of mia ends",
	"role-defined":          `the role scheduler, "Front desk", is defined like member | the role helper is defined like manager`,
	"role-titled":           `the title of the role scheduler becomes "Desk" | the title of the role helper becomes "Helper"`,
	"role-rule-added":       "the role scheduler now gives calendar.edit: own as host if seated",
	"role-rule-removed":     "the role scheduler no longer gives calendar.edit: own as host if seated",
	"role-replaced":         "12 users get member instead of scheduler | 1 user gets member instead of helper",
	"role-deleted":          "the role scheduler is deleted",
}

func TestDescribeChange(t *testing.T) {
	for name, want := range sentences {
		var list []string
		for _, c := range golden[name].Changes {
			if name != "due" {
				assert.Equal(t, name, account.NameOfChange(c))
			}
			list = append(list, account.DescribeChange(c))
		}
		assert.Equal(t, want, strings.Join(list, " | "))
	}
	assert.Len(t, sentences, len(sealed(t, "apply")), "each change has a sentence")

	assert.Equal(t, "no change", account.DescribeChange(nil))
	assert.Equal(t, "*account.AccountDeleted", account.DescribeChange((*account.AccountDeleted)(nil)), "a pointer is no change")
}

func TestDescribeKeepsToOneLine(t *testing.T) {
	rows := []struct {
		user  usher.UserID
		words string
	}{
		{"", `remove-user ""`},
		{"max@example.com", "remove-user max@example.com"},
		{"Ödön-7", "remove-user Ödön-7"},
		{"max booking", `remove-user "max booking"`},
		{"max\nremove-user mia", `remove-user "max\nremove-user mia"`},
		{"max\u2028mia", `remove-user "max\u2028mia"`},
		{"\u202emax", `remove-user "\u202emax"`}, // would reverse the line
		{"max\u00a0mia", `remove-user "max\u00a0mia"`},
		{`"max"`, `remove-user "\"max\""`},
		{"\x1b[31m", `remove-user "\x1b[31m"`},
		{"\xff", `remove-user "\xff"`},
		{usher.UserID(strings.Repeat("é", 64)), "remove-user " + strings.Repeat("é", 64)},
		{usher.UserID(strings.Repeat("é", 65)), `remove-user "` + strings.Repeat("é", 64) + `"…`},
	}
	for _, row := range rows {
		assert.Equal(t, row.words, account.Describe(account.RemoveUser{User: row.user}))
		assert.Equal(t, strings.TrimPrefix(row.words, "remove-user ")+" is removed", account.DescribeChange(account.UserRemoved{User: row.user}))
	}
}
