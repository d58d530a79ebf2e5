package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

func TestConcerns(t *testing.T) {
	setMax := account.SetRole{User: "max", Role: "admin"}
	for _, row := range []struct {
		command account.Command
		change  account.Change
		want    bool
	}{
		{setMax, account.StatusSet{User: "max", To: usher.Inactive}, true},
		{setMax, account.StatusSet{User: "mia", To: usher.Inactive}, false},
		{setMax, account.OwnershipTransferred{From: "max", To: "mia"}, true},
		{setMax, account.SettingChanged{Setting: "max"}, false},
		{setMax, account.AccountDeleted{}, true},
		{account.AddToTeam{User: "max", Team: "sales"}, account.MemberAdded{User: "max", Team: "support"}, true},
		{account.AddToTeam{User: "max", Team: "sales"}, account.MemberAdded{User: "mia", Team: "sales"}, false},
		{account.DeleteTeam{Team: "sales"}, account.MemberAdded{User: "mia", Team: "sales"}, true},
		{account.DeleteTeam{Team: "sales"}, account.TeamMoved{Team: "emea", To: "sales"}, true},
		{account.DeleteTeam{Team: "sales"}, account.TeamCreated{Team: "emea"}, false},
		{account.CreateTeam{Team: "sales"}, account.TeamMoved{Team: "emea", From: "support"}, false},
		{account.SetSeats{Pool: "booking", Total: 3}, account.SeatAssigned{User: "mia", Pool: "booking"}, true},
		{account.SetSeats{Pool: "booking", Total: 3}, account.SeatsSet{Pool: "support"}, false},
		{account.ChangeSetting{Setting: "quiet"}, account.SettingChanged{Setting: "quiet"}, true},
		{account.ChangeSetting{Setting: "quiet"}, account.SettingChanged{Setting: "loud"}, false},
		{account.ChangeSetting{Setting: "quiet"}, account.FieldArchived{Field: "quiet"}, false},
		{account.ArchiveField{Field: "phone"}, account.FieldRenamed{Field: "tel", To: "phone"}, true},
		{account.ArchiveField{Field: "phone"}, account.FieldSet{User: "mia", Field: "phone"}, true},
		{account.RenameField{Field: "tel", To: "phone"}, account.FieldDefined{Field: "phone"}, true},
		{account.MoveField{Field: "tel", Before: "phone"}, account.FieldMoved{Field: "phone"}, true},
		{account.MoveField{Field: "tel"}, account.FieldMoved{Field: "phone"}, false},
		{account.Leave{}, account.RoleSet{User: "adam"}, true},
		{account.Leave{}, account.RoleSet{User: "max"}, false},
		{account.DeleteAccount{}, account.SettingChanged{Setting: "quiet"}, true},
		{setMax, account.RoleReplaced{Role: "scheduler", By: "member", Users: 2}, true},
		{account.DeleteRole{Role: "scheduler"}, account.RoleReplaced{Role: "scheduler", By: "member", Users: 2}, true},
		{account.DeleteRole{Role: "helper"}, account.RoleReplaced{Role: "scheduler", By: "member", Users: 2}, false},
		{account.SetSeats{Pool: "booking"}, account.RoleReplaced{Role: "scheduler", By: "member", Users: 2}, false},
		{account.TransferOwnership{To: "max"}, account.RoleSet{User: "max"}, true},
	} {
		assert.Equal(t, row.want, account.Concerns(account.AsUser("adam"), row.command)(row.change),
			"%s, %s", account.Describe(row.command), account.DescribeChange(row.change))
	}
	both := account.Concerns(account.AsUser("adam"), setMax, account.SetRole{User: "mia", Role: "admin"})
	assert.True(t, both(account.UserRemoved{User: "mia"}))
	assert.False(t, account.Concerns(account.AsUser("adam"))(account.AccountDeleted{}), "no commands")
	assert.False(t, account.Concerns(account.Actor{}, setMax)(nil))
	assert.True(t, account.Concerns(account.AsUser("adam"), nil)(account.UserRemoved{User: "mia"}), "an unknown command fails closed")
}
