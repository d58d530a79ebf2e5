package accountproof_test

import (
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// TestSmallProhibitions visits all accounts with four users, a feature that forbids, and a team whose lead
// may delegate.
func TestSmallProhibitions(t *testing.T) {
	all := []account.Command{
		account.SetTeamRole{Team: "red", User: "bob", Role: "lead"},
		account.UnsetTeamRole{Team: "red", User: "bob", Role: "lead"},
		account.AddUser{User: "dan", Role: "admin"},
		account.AddUser{User: "dan", Role: "admin", Teams: []usher.TeamID{"red"}},
		account.RemoveUser{User: "dan"},
	}
	for _, u := range three[1:] {
		all = append(all,
			account.GiveGrant{User: u, Grant: "muted"}, account.GiveGrant{User: u, Grant: "muted", Until: noon},
			account.RevokeGrant{User: u, Grant: "muted"})
		for _, r := range []role.Name{"admin", "clerk", "member"} {
			all = append(all, account.SetRole{User: u, Role: r})
		}
	}
	smallAccount{
		policy: "bans", commands: all, actors: byThree, times: []time.Time{noon.Add(-time.Hour), noon},
		start: []account.Command{
			account.CreateAccount{Owner: "ann"},
			account.AddUser{User: "bob", Role: "clerk"},
			account.AddUser{User: "cat", Role: "admin"},
			account.CreateTeam{Team: "red"},
			account.AddToTeam{Team: "red", User: "bob"},
			account.AddToTeam{Team: "red", User: "cat"},
		},
		escalates: []account.Command{account.AddUser{}, account.RemoveUser{}, account.SetRole{}, account.GiveGrant{}, account.RevokeGrant{}},
	}.explore(t)
}

// TestSmallMoves visits all positions of a team whose move gives roles to the leads of another
// team. The actor may or may not delegate to them.
func TestSmallMoves(t *testing.T) {
	all := []account.Command{account.MoveTeam{Team: "blue"}, account.MoveTeam{Team: "blue", Parent: "red"}}
	for _, u := range three[1:] {
		all = append(all,
			account.SetTeamRole{Team: "red", User: u, Role: "lead"}, account.UnsetTeamRole{Team: "red", User: u, Role: "lead"},
			account.SetRole{User: u, Role: "admin"}, account.SetRole{User: u, Role: "clerk"})
	}
	smallAccount{
		policy: "bans", commands: all, actors: append(byThree, account.AsUser("dan")),
		start: []account.Command{
			account.CreateAccount{Owner: "ann"},
			account.AddUser{User: "bob", Role: "clerk"},
			account.AddUser{User: "cat", Role: "admin"},
			account.AddUser{User: "dan"},
			account.CreateTeam{Team: "red"},
			account.CreateTeam{Team: "blue"},
			account.AddToTeam{Team: "red", User: "bob"},
			account.AddToTeam{Team: "red", User: "cat"},
		},
		escalates: []account.Command{account.MoveTeam{}},
	}.explore(t)
}

// TestSmallSeats visits all accounts with three users and up to three seats on which roles and
// rules depend. Then it runs all triples of commands in an account with one seat too few.
func TestSmallSeats(t *testing.T) {
	all := []account.Command{
		account.SetSeats{Pool: "desk", Total: 1}, account.SetSeats{Pool: "desk", Total: 2}, account.SetSeats{Pool: "desk", Total: 3},
	}
	for _, u := range three {
		all = append(all, account.AssignSeat{User: u, Pool: "desk"}, account.UnassignSeat{User: u, Pool: "desk"})
		for _, r := range []role.Name{"admin", "auditor", "clerk", "caller", "guest"} {
			if u != "ann" {
				all = append(all, account.SetRole{User: u, Role: r})
			}
		}
	}
	start := []account.Command{
		account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"desk": 1}},
		account.AssignSeat{User: "ann", Pool: "desk"},
		account.AddUser{User: "bob", Role: "clerk"},
		account.AddUser{User: "cat", Role: "guest"},
	}
	smallAccount{
		policy: "desks", commands: all, actors: byThree, start: start,
		escalates: []account.Command{account.UnassignSeat{}, account.SetRole{}},
	}.explore(t)
	at := begin(t, rulebookNamed(t, "small/desks"), question{actor: account.AsHost("start"), time: noon}, start...)
	at.batches(t, question{actor: account.AsUser("bob"), time: noon}, all, 3)
}
