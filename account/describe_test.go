package account_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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
	{account.AcceptInvitation{}, "accept-invitation"},
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
	{account.SetSeats{Pool: "booking", Total: 5}, "set-seats booking 5"},
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
	{account.TransferOwnership{To: "adam"}, "transfer-ownership to adam"},
	{account.DeleteAccount{}, "delete-account"},
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
	"user-renamed":          "max, who is member, has the id max@work from now on",
	"user-merged":           "max, who is member, becomes part of mia",
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
}

func TestDescribeChange(t *testing.T) {
	for name, want := range sentences {
		var list []string
		for _, c := range golden[name].Changes {
			assert.Equal(t, name, account.NameOfChange(c))
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
