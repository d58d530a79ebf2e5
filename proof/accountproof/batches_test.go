package accountproof_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/seat"
)

// TestPairs runs all pairs of some commands as one commit, so that each command runs after each
// other one.
func TestPairs(t *testing.T) {
	book := rulebookNamed(t, "seats")
	start := []account.Command{
		account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"booking": 2, "desk": 1, "locker": 1}},
		account.AddUser{User: "bob"},
		account.AddUser{User: "cat", Role: "helper"},
		account.AddUser{User: "dan", Role: "admin"},
		account.CreateTeam{Team: "red"},
		account.AddToTeam{Team: "red", User: "bob"},
		account.DefineField{Field: "note", Type: account.TextField},
		account.DefineField{Field: "size", Type: account.NumberField},
		account.SetField{User: "bob", Field: "note", Value: "old"},
		account.AssignSeat{User: "cat", Pool: "locker"},
	}
	var all []account.Command
	for _, u := range []usher.UserID{"bob", "cat", "eve"} {
		all = append(all,
			account.AddUser{User: u}, account.AddUser{User: u, Role: "helper", Teams: []usher.TeamID{"red"}}, account.RemoveUser{User: u},
			account.SetStatus{User: u, Status: usher.Active}, account.SetStatus{User: u, Status: usher.Inactive},
			account.SetRole{User: u, Role: "chief"}, account.SetRole{User: u, Role: "guest"}, account.SetRole{User: u, Role: "helper"},
			account.AssignSeat{User: u, Pool: "desk"}, account.UnassignSeat{User: u, Pool: "locker"},
			account.SetField{User: u, Field: "note", Value: "new"}, account.SetField{User: u, Field: "note"},
			account.GiveGrant{User: u, Grant: "desk.clean"}, account.RevokeGrant{User: u, Grant: "desk.clean"},
			account.TransferOwnership{To: u})
	}
	all = append(all,
		account.SetSeats{Pool: "booking", Total: 1}, account.SetSeats{Pool: "booking", Total: 3}, account.SetSeats{Pool: "locker"},
		account.CreateTeam{Team: "blue", Parent: "red"}, account.DeleteTeam{Team: "red"}, account.MoveTeam{Team: "red", Parent: "blue"},
		account.ChangeSetting{Setting: "open-house", Value: true}, account.ChangeSetting{Setting: "open-house"},
		account.RenameField{Field: "note", To: "memo"}, account.RenameField{Field: "size", To: "note"}, account.ArchiveField{Field: "note"},
		account.RestoreField{Field: "note"}, account.MoveField{Field: "note"}, account.MoveField{Field: "size", Before: "note"},
		account.DefineField{Field: "memo", Type: account.BoolField}, account.SetField{User: "bob", Field: "memo", Value: "true"},
		account.Leave{}, account.DeleteAccount{}, account.CreateAccount{Owner: "ann"})
	at := begin(t, book, question{actor: account.AsHost("start"), time: noon}, start...)
	for _, actor := range []account.Actor{account.AsHost("host"), account.AsUser("ann"), account.AsUser("bob"), account.AsUser("dan")} {
		at.batches(t, question{actor: actor, time: noon}, all, 2)
	}
}

// TestTriples runs all triples of commands about teams as one commit. Whether an actor may run one
// of them depends on the teams that the commands before it leave.
func TestTriples(t *testing.T) {
	book := rulebookNamed(t, "small/groups")
	start := append(teamCommands[:len(teamCommands):len(teamCommands)],
		account.CreateTeam{Team: "red"}, account.CreateTeam{Team: "blue"}, account.CreateTeam{Team: "lime", Parent: "blue"},
		account.AddToTeam{Team: "red", User: "bob"}, account.SetTeamRole{Team: "red", User: "bob", Role: "manager"})
	all := []account.Command{
		account.MoveTeam{Team: "blue", Parent: "red"},
		account.MoveTeam{Team: "blue"},
		account.MoveTeam{Team: "lime", Parent: "red"},
		account.MoveTeam{Team: "lime"},
		account.MoveTeam{Team: "lime", Parent: "blue"},
		account.MoveTeam{Team: "red", Parent: "lime"},
		account.CreateTeam{Team: "grey", Parent: "red"},
		account.CreateTeam{Team: "grey", Parent: "lime"},
		account.DeleteTeam{Team: "lime"},
		account.DeleteTeam{Team: "grey"},
		account.AddToTeam{Team: "lime", User: "cat"},
		account.RemoveFromTeam{Team: "red", User: "bob"},
		account.AddToTeam{Team: "grey", User: "bob"},
		account.SetTeamRole{Team: "lime", User: "cat", Role: "manager"},
	}
	apart := begin(t, book, question{actor: account.AsHost("start"), time: noon}, start...)
	nested := begin(t, book, question{actor: account.AsHost("start"), time: noon}, append(start, account.MoveTeam{Team: "blue", Parent: "red"})...)
	for _, at := range []*reachedAccount{apart, nested} {
		for _, actor := range []account.Actor{account.AsHost("host"), account.AsUser("ann"), account.AsUser("bob")} {
			at.batches(t, question{actor: actor, time: noon}, all, 3)
		}
	}
}

// TestCounts runs all triples of commands that change counts, in an account where each pool is full
// and each bound is reached. Only the counts at the end of a batch matter. A seat that is not
// bought yet allows the actor nothing.
func TestCounts(t *testing.T) {
	book := rulebookNamed(t, "small/swaps")
	at := begin(t, book, question{actor: account.AsHost("start"), time: noon},
		account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"editor": 2, "viewer": 1}},
		account.AddUser{User: "bob", Role: "admin"},
		account.AddUser{User: "cat", Role: "chief"},
		account.AddUser{User: "dan", Role: "editor"},
		account.AddUser{User: "eve", Role: "viewer"},
		account.DefineField{Field: "phone", Type: account.TextField})
	all := []account.Command{
		account.SetRole{User: "bob", Role: "chief"},
		account.SetRole{User: "cat", Role: "admin"},
		account.SetRole{User: "dan", Role: "viewer"},
		account.SetRole{User: "eve", Role: "editor"},
		account.SetRole{User: "eve", Role: "chief"},
		account.SetStatus{User: "cat", Status: usher.Inactive},
		account.SetStatus{User: "cat", Status: usher.Active},
		account.AssignSeat{User: "bob", Pool: "editor"},
		account.UnassignSeat{User: "bob", Pool: "editor"},
		account.AssignSeat{User: "bob", Pool: "viewer"},
		account.UnassignSeat{User: "ann", Pool: "editor"},
		account.RemoveUser{User: "dan"},
		account.AddUser{User: "fay"},
		account.AddUser{User: "fay", Role: "editor"},
		account.SetSeats{Pool: "editor", Total: 1},
		account.SetSeats{Pool: "editor", Total: 3},
		account.SetSeats{Pool: "viewer", Total: 2},
		account.TransferOwnership{To: "bob"},
		account.SetField{User: "dan", Field: "phone", Value: "1"},
	}
	for _, actor := range []account.Actor{account.AsHost("host"), account.AsUser("ann"), account.AsUser("bob")} {
		at.batches(t, question{actor: actor, time: noon}, all, 3)
	}
}

// TestExcess does what TestCounts does, from accounts in which more seats are held than bought, and
// under a new policy that no longer allows that.
func TestExcess(t *testing.T) {
	all := []account.Command{
		account.SetRole{User: "cat", Role: "admin"},
		account.SetRole{User: "dan", Role: "viewer"},
		account.SetRole{User: "eve", Role: "editor"},
		account.SetStatus{User: "cat", Status: usher.Inactive},
		account.SetStatus{User: "cat", Status: usher.Active},
		account.AssignSeat{User: "bob", Pool: "editor"},
		account.UnassignSeat{User: "bob", Pool: "editor"},
		account.UnassignSeat{User: "ann", Pool: "editor"},
		account.RemoveUser{User: "dan"},
		account.AddUser{User: "dan", Role: "editor"},
		account.AddUser{User: "fay", Role: "editor"},
		account.RenameUser{From: "dan", To: "fay"},
		account.RenameUser{From: "dan", To: "bob"},
		account.RenameUser{From: "bob", To: "cat"},
		account.SetSeats{Pool: "editor", Total: 0},
		account.SetSeats{Pool: "editor", Total: 1},
		account.SetSeats{Pool: "editor", Total: 2},
		account.SetSeats{Pool: "editor", Total: 3},
	}
	start := []account.Command{
		account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"editor": 3, "viewer": 1}},
		account.AddUser{User: "bob", Role: "admin"},
		account.AddUser{User: "cat", Role: "chief"},
		account.AddUser{User: "dan", Role: "editor"},
		account.AddUser{User: "eve", Role: "viewer"},
		account.AssignSeat{User: "bob", Pool: "editor"},
	}
	for _, now := range []string{"small/excess", "small/swaps"} {
		for _, actor := range []account.Actor{account.AsHost("host"), account.AsUser("ann")} {
			q := question{actor: account.AsHost("start"), time: noon}
			at, problem := begin(t, rulebookNamed(t, "small/excess"), q, start...).try(q, new(counts), account.SetSeats{Pool: "editor", Total: 1})
			require.Empty(t, problem)
			at.model.book, at.model.swapped = rulebookNamed(t, now), now != "small/excess"
			at.batches(t, question{actor: actor, time: noon}, all, 3)
		}
	}
}

// batches runs all lists of n commands, each as one commit. Under the race detector, it runs those that
// begin with every third command.
func (p *reachedAccount) batches(t *testing.T, q question, commands []account.Command, n int) {
	t.Helper()
	var seen counts
	batch := make([]account.Command, n)
	var from func(i int)
	from = func(i int) {
		if i == n {
			next, problem := p.try(q, &seen, batch...)
			require.Empty(t, problem, "%s", next.by)
			if next.model != nil {
				require.Empty(t, disagreements(next.state, next.model), "%s", next.by)
				require.Empty(t, next.model.broken(), "%s", next.by)
			}
			return
		}
		for k, c := range commands {
			if i == 0 && k%raced.Part(1, 3) != 0 {
				continue
			}
			batch[i] = c
			from(i + 1)
		}
	}
	from(0)
	require.Positive(t, seen.total("done"), "commits by %v", q.actor)
	t.Logf("by %v:\n%v", q.actor, &seen)
}
