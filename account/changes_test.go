package account_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// Each command makes exactly these changes.
func TestChanges(t *testing.T) {
	p := compile(t, club)
	full := do(t, p, open(t, p, members()), account.AsHost("test"),
		account.AssignSeat{User: "mia", Pool: "parking"},
		account.AssignSeat{User: "max", Pool: "booking"},
		account.GiveGrant{User: "max", Grant: "reports", Until: noon.Add(time.Hour)},
	)
	for name, row := range map[string]struct {
		as       string
		commands []account.Command
		want     []account.Change
	}{
		"a role that requires a seat": {
			"adam",
			[]account.Command{account.UnassignSeat{User: "max", Pool: "booking"}, account.SetRole{User: "max", Role: "coach"}},
			[]account.Change{
				account.SeatUnassigned{User: "max", Pool: "booking"},
				account.RoleSet{User: "max", From: "member", To: "coach"},
				account.SeatAssigned{User: "max", Pool: "booking"},
			},
		},
		"a seat that is held stays": {
			"adam",
			[]account.Command{account.SetRole{User: "max", Role: "coach"}},
			[]account.Change{account.RoleSet{User: "max", From: "member", To: "coach"}},
		},
		"a role that holds no seat": {
			"adam",
			[]account.Command{account.SetRole{User: "mia", Role: "desk"}},
			[]account.Change{
				account.SeatUnassigned{User: "mia", Pool: "booking"},
				account.SeatUnassigned{User: "mia", Pool: "parking"},
				account.RoleSet{User: "mia", From: "member", To: "desk"},
			},
		},
		"inactive": {
			"adam",
			[]account.Command{account.SetStatus{User: "mia", Status: usher.Inactive}, account.SetStatus{User: "mia", Status: usher.Active}},
			[]account.Change{
				account.SeatUnassigned{User: "mia", Pool: "booking"},
				account.SeatUnassigned{User: "mia", Pool: "parking"},
				account.StatusSet{User: "mia", From: usher.Active, To: usher.Inactive},
				account.StatusSet{User: "mia", From: usher.Inactive, To: usher.Active},
			},
		},
		"removed": {
			"adam",
			[]account.Command{account.RemoveUser{User: "mia"}},
			[]account.Change{
				account.SeatUnassigned{User: "mia", Pool: "booking"},
				account.SeatUnassigned{User: "mia", Pool: "parking"},
				account.UserRemoved{User: "mia"},
			},
		},
		"invited and declined": {
			"ivan",
			[]account.Command{account.DeclineInvitation{}},
			[]account.Change{account.UserRemoved{User: "ivan"}},
		},
		"invited and accepted": {
			"ivan",
			[]account.Command{account.AcceptInvitation{}, account.AcceptInvitation{}},
			[]account.Change{account.StatusSet{User: "ivan", From: usher.Invited, To: usher.Active}},
		},
		"a team is deleted": {
			"adam",
			[]account.Command{account.DeleteTeam{Team: "rowing"}},
			[]account.Change{
				account.MemberRemoved{Team: "rowing", User: "max"},
				account.TeamRoleUnset{Team: "rowing", User: "mia", Role: "captain"},
				account.MemberRemoved{Team: "rowing", User: "mia"},
				account.TeamDeleted{Team: "rowing"},
			},
		},
		"a team is moved, and moved back": {
			"adam",
			[]account.Command{account.MoveTeam{Team: "rowing"}, account.MoveTeam{Team: "rowing", Parent: "sport"}},
			[]account.Change{
				account.TeamMoved{Team: "rowing", From: "sport"},
				account.TeamMoved{Team: "rowing", To: "sport"},
			},
		},
		"the owner hands over": {
			"olga",
			[]account.Command{account.UnassignSeat{User: "max", Pool: "booking"}, account.TransferOwnership{To: "dora"}},
			[]account.Change{
				account.SeatUnassigned{User: "max", Pool: "booking"},
				account.OwnershipTransferred{From: "olga", To: "dora", Was: "desk", Becomes: "admin"},
				account.SeatAssigned{User: "dora", Pool: "booking"},
			},
		},
		"added": {
			"adam",
			[]account.Command{account.AddUser{User: "zoe", Status: usher.Invited, Teams: []usher.TeamID{"rowing", "chess", "rowing"}}},
			[]account.Change{
				account.UserAdded{User: "zoe", Role: "member", Status: usher.Invited},
				account.MemberAdded{Team: "chess", User: "zoe"},
				account.MemberAdded{Team: "rowing", User: "zoe"},
			},
		},
		"by a captain": {
			"mia",
			[]account.Command{account.AddUser{User: "zoe", Teams: []usher.TeamID{"rowing"}}},
			[]account.Change{
				account.UserAdded{User: "zoe", Role: "member", Status: usher.Active},
				account.MemberAdded{Team: "rowing", User: "zoe"},
			},
		},
		"fewer seats, and who loses theirs": {
			"the host",
			[]account.Command{account.UnassignSeat{User: "max", Pool: "booking"}, account.SetSeats{Pool: "booking", Total: 3}},
			[]account.Change{
				account.SeatUnassigned{User: "max", Pool: "booking"},
				account.SeatsSet{Pool: "booking", From: 4, To: 3},
			},
		},
		"fields": {
			"adam",
			[]account.Command{
				account.DefineField{Field: "size", Type: account.NumberField},
				account.MoveField{Field: "size", Before: "phone"},
				account.RenameField{Field: "size", To: "height"},
				account.SetField{User: "max", Field: "height", Value: "1.80"},
				account.ArchiveField{Field: "height"},
				account.RestoreField{Field: "shoe"},
			},
			[]account.Change{
				account.FieldDefined{ID: 4, Field: "size", Type: account.NumberField},
				account.FieldMoved{Field: "size", Before: "phone"},
				account.FieldRenamed{Field: "size", To: "height"},
				account.FieldSet{User: "max", Field: "height"},
				account.FieldArchived{Field: "height"},
				account.FieldRestored{Field: "shoe"},
			},
		},
		"as asked already": {
			"the host",
			[]account.Command{
				account.SetStatus{User: "max", Status: usher.Active},
				account.SetRole{User: "olga", Role: "owner"},
				account.TransferOwnership{To: "olga"},
				account.AssignSeat{User: "max", Pool: "booking"},
				account.UnassignSeat{User: "max", Pool: "parking"},
				account.UnassignSeat{User: "dora", Pool: "parking"},
				account.SetSeats{Pool: "booking", Total: 4},
				account.AddToTeam{Team: "rowing", User: "max"},
				account.RemoveFromTeam{Team: "chess", User: "max"},
				account.SetTeamRole{Team: "rowing", User: "mia", Role: "captain"},
				account.UnsetTeamRole{Team: "rowing", User: "max", Role: "captain"},
				account.UnsetTeamRole{Team: "chess", User: "max", Role: "captain"},
				account.MoveTeam{Team: "rowing", Parent: "sport"},
				account.ChangeSetting{Setting: "open"},
				account.GiveGrant{User: "max", Grant: "reports", Until: noon.Add(time.Hour)},
				account.RevokeGrant{User: "max", Grant: "staff.manage"},
				account.RenameField{Field: "born", To: "born"},
				account.MoveField{Field: "phone", Before: "phone"},
				account.MoveField{Field: "phone", Before: "born"},
				account.MoveField{Field: "shoe"},
				account.ArchiveField{Field: "shoe"},
				account.RestoreField{Field: "born"},
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := propose(p, full, actor(row.as), row.commands...)
			require.NoError(t, err)
			if diff := cmp.Diff(row.want, o.Changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if row.want == nil {
				assert.Same(t, full, o.Next)
			}
		})
	}
}
