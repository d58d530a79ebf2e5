package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Different batches have different fingerprints, and the fingerprint of a batch is
// stable.
func TestFingerprintsDiffer(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	contents := account.Seed{
		Settings: map[string]bool{"open": true, "dark": false},
		Seats:    map[seat.PoolName]int{"desk": 2, "room": 1},
		Teams:    map[usher.TeamID]usher.TeamID{"a": "", "b": "a"},
		Fields:   []account.Field{{Name: "phone", Type: account.TextField}},
		Users: map[usher.UserID]policy.User{
			"olivia": {Role: "owner", Status: usher.Active, Grants: []policy.Grant{{Name: "door.open", Until: now}}},
			"max":    {Teams: []policy.Membership{{Team: "a", Roles: []role.Name{"lead"}}}},
		},
	}
	more := contents
	more.Users = map[usher.UserID]policy.User{"olivia": contents.Users["olivia"]}
	lists := [][]account.Command{
		nil,
		{nil},
		{&account.Leave{}, nil},
		{account.CreateAccount{Owner: "olivia"}},
		{account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"desk": 1}}},
		{account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"desk": 2}}},
		{account.Import{Seed: contents}},
		{account.Import{Seed: more}},
		{account.AddUser{User: "a"}},
		{account.AddUser{User: "a", Role: "b"}},
		{account.AddUser{User: "a", Status: usher.Invited}},
		{account.AddUser{User: "a", Teams: []usher.TeamID{"b"}}},
		{account.AddUser{User: "a", Teams: []usher.TeamID{"b", "c"}}},
		{account.AddUser{User: "a"}, account.AddUser{User: "b"}},
		{account.AddUser{User: "b"}, account.AddUser{User: "a"}},
		{account.AcceptInvitation{}},
		{account.DeclineInvitation{}},
		{account.Leave{}},
		{account.RemoveUser{User: "a"}},
		{account.SetStatus{User: "a", Status: usher.Active}},
		{account.SetStatus{User: "a", Status: usher.Inactive}},
		{account.SetRole{User: "a", Role: "b"}},
		{account.SetRole{User: "ab"}},
		{account.CreateTeam{Team: "a", Parent: "b"}},
		{account.CreateTeam{Parent: "a", Team: "b"}},
		{account.MoveTeam{Team: "a", Parent: "b"}},
		{account.DeleteTeam{Team: "a"}},
		{account.AddToTeam{Team: "a", User: "b"}},
		{account.RemoveFromTeam{Team: "a", User: "b"}},
		{account.SetTeamRole{Team: "a", User: "b", Role: "c"}},
		{account.UnsetTeamRole{Team: "a", User: "b", Role: "c"}},
		{account.SetSeats{Pool: "a", Total: 1}},
		{account.SetSeats{Pool: "a", Total: -1}},
		{account.SetSeats{Pool: "a"}},
		{account.AssignSeat{User: "a", Pool: "b"}},
		{account.UnassignSeat{User: "a", Pool: "b"}},
		{account.ChangeSetting{Setting: "a", Value: true}},
		{account.ChangeSetting{Setting: "a"}},
		{account.GiveGrant{User: "a", Grant: "b"}},
		{account.GiveGrant{User: "a", Grant: "b", Until: now}},
		{account.GiveGrant{User: "a", Grant: "b", Until: now.Add(1)}},
		{account.RevokeGrant{User: "a", Grant: "b"}},
		{account.DefineField{Field: "a", Type: account.TextField}},
		{account.DefineField{Field: "a", Type: account.DateField}},
		{account.RenameField{Field: "a", To: "b"}},
		{account.MoveField{Field: "a", Before: "b"}},
		{account.ArchiveField{Field: "a"}},
		{account.RestoreField{Field: "a"}},
		{account.SetField{User: "a", Field: "b"}},
		{account.TransferOwnership{To: "a"}},
		{account.DeleteAccount{}},
	}
	seen := map[string]int{}
	for i, commands := range lists {
		for _, actor := range []account.Actor{account.AsUser("a"), account.AsHost("a"), account.AsUser("b")} {
			b := &Batch{Actor: actor, Commands: commands}
			print := fingerprint(b)
			for range 10 {
				assert.Equal(t, print, fingerprint(b))
			}
			if before, ok := seen[print]; ok {
				t.Errorf("lists %d and %d by %s have the same fingerprint", before, i, actor)
			}
			seen[print] = i
		}
	}
	there := account.GiveGrant{User: "a", Grant: "b", Until: now.In(time.FixedZone("there", 3600))}
	assert.Equal(t, fingerprint(&Batch{Commands: []account.Command{account.GiveGrant{User: "a", Grant: "b", Until: now}}}),
		fingerprint(&Batch{Commands: []account.Command{there}}), "the time zone does not matter")
}
