package accountproof_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
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

// TestRequestsAtTheLimit runs commits in an account in which one more user can request to join.
func TestRequestsAtTheLimit(t *testing.T) {
	t.Parallel()
	book, host := rulebookNamed(t, "small/requests"), question{actor: account.AsHost("host"), time: noon}
	seed := account.Seed{
		Seats: map[seat.PoolName]int{"desk": 3},
		Users: map[usher.UserID]policy.User{"ann": {Role: "owner"}, "bob": {Role: "porter"}},
	}
	ask := func(from, to int) {
		for i := from; i < to; i++ {
			seed.Users[usher.UserID(fmt.Sprintf("asks-%d", i))] = policy.User{Role: "editor", Status: usher.Requested}
		}
	}
	ask(0, account.MaxRequested+1)
	_, err := propose(account.New("acme"), newModel(book), host, []account.Command{account.Import{Seed: seed}})
	require.ErrorIs(t, err, account.ErrInvalid)
	_, refused := newModel(book).do(host, account.Import{Seed: seed})
	require.Equal(t, account.CodeInvalid, refused.code)

	clear(seed.Users)
	seed.Users["ann"], seed.Users["bob"] = policy.User{Role: "owner"}, policy.User{Role: "porter"}
	ask(0, account.MaxRequested-1)
	at := begin(t, book, host, account.Import{Seed: seed})
	cat, dan := account.RequestToJoin{User: "cat"}, account.RequestToJoin{User: "dan", Role: "editor"}
	var seen counts
	for _, row := range []struct {
		by       account.Actor
		commands []account.Command
		full     bool // the last command is one request too many
	}{
		{host.actor, []account.Command{cat, account.RequestToJoin{User: "asks-0"}, account.AddUser{User: "eve", Role: "editor"}}, false},
		{host.actor, []account.Command{dan, cat}, true},
		{host.actor, []account.Command{cat, account.RemoveUser{User: "asks-1"}, dan}, false},
		{host.actor, []account.Command{cat, account.AdmitUser{User: "asks-2"}, dan}, false},
		{host.actor, []account.Command{cat, account.RenameUser{From: "asks-3", To: "asks-4"}, dan}, false},
		{host.actor, []account.Command{cat, account.RenameUser{From: "asks-3", To: "fay"}, dan}, true},
		{account.AsUser("cat"), []account.Command{account.RequestToJoin{}, account.WithdrawRequest{}, account.RequestToJoin{}}, false},
	} {
		next, problem := at.try(question{actor: row.by, time: noon}, &seen, row.commands...)
		require.Empty(t, problem, next.by)
		assert.Equal(t, !row.full, next.model != nil, "%v", row.commands)
	}
	assert.Equal(t, 2, seen.of["request-to-join"]["invalid"], "%v", &seen)
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
