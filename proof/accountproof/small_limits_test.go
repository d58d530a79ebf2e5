package accountproof_test

import (
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// TestSmallLimits visits all accounts with three users and a team that needs a manager: members,
// managers outside the team, one helper with a seat, and guests who may hold neither.
func TestSmallLimits(t *testing.T) {
	all := []account.Command{
		account.DeleteTeam{Team: "red"},
		account.GiveGrant{User: "cat", Grant: "shift.see"},
		account.RevokeGrant{User: "cat", Grant: "shift.see"},
		account.TransferOwnership{To: "bob"},
		account.TransferOwnership{To: "ann"},
		account.RenameUser{From: "bob", To: "cat"},
		account.RenameUser{From: "cat", To: "bob"},
		account.RenameUser{From: "ann", To: "bob"},
		account.SetStatus{User: "cat", Status: usher.Inactive},
		account.SetStatus{User: "cat", Status: usher.Active},
	}
	for _, u := range three {
		all = append(all, account.AddToTeam{Team: "red", User: u}, account.RemoveFromTeam{Team: "red", User: u},
			account.SetTeamRole{Team: "red", User: u, Role: "manager"}, account.UnsetTeamRole{Team: "red", User: u, Role: "manager"},
			account.SetRole{User: u, Role: "member"}, account.SetRole{User: u, Role: "guest"})
		for _, r := range []role.Name{"helper"} {
			all = append(all, account.SetTeamRole{Team: "red", User: u, Role: r}, account.UnsetTeamRole{Team: "red", User: u, Role: r})
		}
	}
	host := account.AsHost("host")
	smallAccount{
		policy: "crew", commands: all, actors: []account.Actor{account.AsUser("ann"), account.AsUser("cat"), host},
		start: []account.Command{
			account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"phone": 1}},
			account.AddUser{User: "bob"},
			account.AddUser{User: "cat"},
			account.CreateTeam{Team: "red"},
			account.SetTeamRole{Team: "red", User: "bob", Role: "manager"},
		},
		escalates: []account.Command{account.SetTeamRole{}, account.UnsetTeamRole{}},
	}.explore(t)
}

// TestMismatchedLimits runs all pairs of commands as one commit, in an account whose new policy
// excludes what users hold: team roles, grants, a role outside the team, a seat of a team role.
func TestMismatchedLimits(t *testing.T) {
	at := begin(t, rulebookNamed(t, "small/crew"), question{actor: account.AsHost("start"), time: noon},
		account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"phone": 2}},
		account.AddUser{User: "bob"}, account.AddUser{User: "cat"}, account.AddUser{User: "dan"}, account.AddUser{User: "eve"}, account.AddUser{User: "fay", Role: "guest"},
		account.CreateTeam{Team: "red"}, account.CreateTeam{Team: "blue"},
		account.SetTeamRole{Team: "red", User: "bob", Role: "manager"}, account.SetTeamRole{Team: "blue", User: "bob", Role: "manager"},
		account.AddToTeam{Team: "red", User: "cat"}, account.SetTeamRole{Team: "red", User: "cat", Role: "helper"},
		account.AddToTeam{Team: "red", User: "dan"}, account.SetTeamRole{Team: "red", User: "dan", Role: "manager"},
		account.GiveGrant{User: "eve", Grant: "shift.see"})
	at.model.book, at.model.swapped = rulebookNamed(t, "small/crew-now"), true
	all := []account.Command{
		account.DeleteTeam{Team: "blue"},
		account.MoveTeam{Team: "blue", Parent: "red"},
		account.UnassignSeat{User: "cat", Pool: "phone"},
		account.SetTeamRole{Team: "red", User: "fay", Role: "helper"},
		account.GiveGrant{User: "eve", Grant: "shift.swap"},
		account.RevokeGrant{User: "eve", Grant: "shift.see"},
		account.RevokeGrant{User: "bob", Grant: "shift.see"},
		account.TransferOwnership{To: "fay"},
		account.Leave{},
	}
	for _, u := range []usher.UserID{"ann", "bob", "cat", "dan", "eve"} {
		all = append(all, account.SetRole{User: u, Role: "guest"}, account.SetRole{User: u, Role: "member"}, account.RemoveUser{User: u},
			account.SetStatus{User: u, Status: usher.Inactive})
		for _, id := range []usher.TeamID{"red", "blue"} {
			all = append(all, account.AddToTeam{Team: id, User: u}, account.RemoveFromTeam{Team: id, User: u},
				account.UnsetTeamRole{Team: id, User: u, Role: "manager"}, account.UnsetTeamRole{Team: id, User: u, Role: "helper"},
				account.SetTeamRole{Team: id, User: u, Role: "helper"})
		}
	}
	for _, actor := range []account.Actor{account.AsHost("host"), account.AsUser("ann")} {
		at.batches(t, question{actor: actor, time: noon}, all, 2)
	}
	if err := at.state.Fits(at.model.book.compiled); err == nil {
		t.Error("the policy fits, so nothing was tried")
	} else {
		t.Log(err)
	}
}
