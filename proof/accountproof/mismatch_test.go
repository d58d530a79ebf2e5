package accountproof_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// TestMismatches runs all pairs of commands as one commit, in an account whose policy was replaced by
// one that does not fit all users.
func TestMismatches(t *testing.T) {
	users := []usher.UserID{"bob", "cat", "dan", "eve", "fay", "gil"}
	at := begin(t, rulebookNamed(t, "small/club"), question{actor: account.AsHost("start"), time: noon},
		account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"desk": 4, "locker": 2}},
		account.AddUser{User: "bob"},
		account.AddUser{User: "cat", Role: "coach"},
		account.AddUser{User: "dan"},
		account.AddUser{User: "eve", Role: "chief"},
		account.AddUser{User: "fay", Role: "chief"},
		account.AddUser{User: "gil", Role: "admin"},
		account.AssignSeat{User: "eve", Pool: "desk"},
		account.AssignSeat{User: "dan", Pool: "locker"},
		account.CreateTeam{Team: "red"}, account.CreateTeam{Team: "blue", Parent: "red"},
		account.AddToTeam{Team: "red", User: "dan"}, account.SetTeamRole{Team: "red", User: "dan", Role: "deputy"},
		account.AddToTeam{Team: "red", User: "cat"}, account.SetTeamRole{Team: "red", User: "cat", Role: "lead"},
		account.GiveGrant{User: "cat", Grant: "user.view"})
	at.model.book, at.model.swapped = rulebookNamed(t, "small/club-now"), true
	all := []account.Command{
		account.MoveTeam{Team: "blue"},
		account.MoveTeam{Team: "blue", Parent: "red"},
		account.DeleteTeam{Team: "blue"},
		account.DeleteTeam{Team: "red"},
		account.SetSeats{Pool: "locker", Total: 1},
		account.SetSeats{Pool: "locker", Total: 3},
		account.SetSeats{Pool: "desk", Total: 1},
		account.AssignSeat{User: "gil", Pool: "desk"},
		account.AssignSeat{User: "bob", Pool: "desk"},
		account.UnassignSeat{User: "eve", Pool: "desk"},
		account.UnassignSeat{User: "dan", Pool: "locker"},
		account.UnassignSeat{User: "bob", Pool: "locker"},
		account.SetTeamRole{Team: "red", User: "cat", Role: "lead"},
		account.UnsetTeamRole{Team: "red", User: "cat", Role: "lead"},
		account.UnsetTeamRole{Team: "red", User: "dan", Role: "deputy"},
		account.SetTeamRole{Team: "red", User: "dan", Role: "deputy"},
		account.RemoveFromTeam{Team: "red", User: "dan"},
		account.RemoveFromTeam{Team: "red", User: "cat"},
		account.AddToTeam{Team: "blue", User: "eve"},
		account.GiveGrant{User: "cat", Grant: "page.read"},
		account.RevokeGrant{User: "cat", Grant: "user.view"},
		account.TransferOwnership{To: "gil"},
		account.TransferOwnership{To: "bob"},
		account.Leave{},
		account.AcceptInvitation{},
	}
	for _, u := range users {
		all = append(all, account.RemoveUser{User: u}, account.SetStatus{User: u, Status: usher.Inactive}, account.SetStatus{User: u, Status: usher.Active})
		for _, r := range []role.Name{"admin", "chief", "coach", "member"} {
			all = append(all, account.SetRole{User: u, Role: r})
		}
	}
	for _, actor := range []account.Actor{account.AsHost("host"), account.AsUser("ann"), account.AsUser("bob"), account.AsUser("fay")} {
		at.batches(t, question{actor: actor, time: noon}, all, 2)
	}
	// The policy fits bob, and fay too: a role with too many holders restricts none of them.
	for _, id := range []usher.UserID{"cat", "dan", "eve", "gil"} {
		var seen counts
		for _, c := range all {
			_, problem := at.try(question{actor: account.AsUser(id), time: noon}, &seen, c)
			require.Empty(t, problem, "%s by %s", account.Describe(c), id)
		}
		require.Equal(t, len(all), seen.total("undecided"), "commands by %s", id)
	}
}
