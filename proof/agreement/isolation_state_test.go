package agreement_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// aboutUma are commands about a user or an object of umbrella only, with the code of their
// rejection in acme.
var aboutUma = []struct {
	command account.Command
	code    account.Code
}{
	{account.RemoveUser{User: "uma"}, account.CodeUnknownUser},
	{account.SetStatus{User: "uma", Status: usher.Inactive}, account.CodeUnknownUser},
	{account.SetRole{User: "uma", Role: "member"}, account.CodeUnknownUser},
	{account.AddToTeam{Team: "sales", User: "uma"}, account.CodeUnknownUser},
	{account.RemoveFromTeam{Team: "sales", User: "uma"}, account.CodeUnknownUser},
	{account.SetTeamRole{Team: "sales", User: "uma", Role: "manager"}, account.CodeUnknownUser},
	{account.UnsetTeamRole{Team: "sales", User: "uma", Role: "manager"}, account.CodeUnknownUser},
	{account.AssignSeat{User: "uma", Pool: "booking"}, account.CodeUnknownUser},
	{account.UnassignSeat{User: "uma", Pool: "booking"}, account.CodeUnknownUser},
	{account.GiveGrant{User: "uma", Grant: "chatbots"}, account.CodeUnknownUser},
	{account.RevokeGrant{User: "uma", Grant: "chatbots"}, account.CodeUnknownUser},
	{account.SetField{User: "uma", Field: "phone", Value: "9"}, account.CodeUnknownUser},
	{account.TransferOwnership{To: "uma"}, account.CodeUnknownUser},
	{account.AddUser{User: "new", Teams: []usher.TeamID{"west"}}, account.CodeUnknownTeam},
	{account.CreateTeam{Team: "new", Parent: "west"}, account.CodeUnknownTeam},
	{account.MoveTeam{Team: "sales", Parent: "west"}, account.CodeUnknownTeam},
	{account.MoveTeam{Team: "west"}, account.CodeUnknownTeam},
	{account.DeleteTeam{Team: "west"}, account.CodeUnknownTeam},
	{account.AddToTeam{Team: "west", User: "mia"}, account.CodeUnknownTeam},
	{account.SetTeamRole{Team: "west", User: "mia", Role: "manager"}, account.CodeUnknownTeam},
}

// TestCommandsAreApart sends commands of uma and of the owner of umbrella in acme, and commands of
// other users about uma. Submit and Preview reject all of them, and no account changes.
func TestCommandsAreApart(t *testing.T) {
	s := newCompanies(t)
	refused := func(actor account.Actor, c account.Command, want account.Code) *account.Refusal {
		t.Helper()
		b := engine.Batch{Actor: actor, Account: acme, Commands: []account.Command{c}, Time: anyTime}
		_, previewed := s.engine.Preview(ctx, b)
		_, err := s.engine.Submit(ctx, b)
		var refusal *account.Refusal
		if !errors.As(err, &refusal) || refusal.Code != want || !errors.Is(previewed, want) {
			t.Errorf("%v: %s: %v, and previewed: %v, want %v", actor, account.Describe(c), err, previewed, want)
			return new(account.Refusal)
		}
		return refusal
	}
	for _, row := range aboutUma {
		refused(account.AsHost("proof"), row.command, row.code)
		refused(account.AsUser("olivia"), row.command, row.code)
		if r := refused(account.AsUser("uma"), row.command, account.CodeDenied); r.Decision.Reason() != usher.ReasonUnknownUser {
			t.Errorf("uma: %s: denied as %v", account.Describe(row.command), r.Decision)
		}
	}
	for _, c := range []account.Command{
		account.SetRole{User: "max", Role: "admin"},
		account.TransferOwnership{To: "max"},
		account.DeleteAccount{},
		account.RemoveUser{User: "tom"},
		account.SetSeats{Pool: "booking", Total: 9},
		account.CreateTeam{Team: "new"},
		account.AddUser{User: "new"},
	} {
		want := usher.ReasonNoPermission
		if _, transfers := c.(account.TransferOwnership); transfers {
			want = usher.ReasonForbidden
		}
		if r := refused(account.AsUser("mia"), c, account.CodeDenied); r.Decision.Reason() != want {
			t.Errorf("mia, who owns umbrella: %s: denied as %v", account.Describe(c), r.Decision)
		}
		refused(account.AsUser("uma"), c, account.CodeDenied)
	}
	for _, id := range []usher.AccountID{acme, umbrella} {
		if v, err := s.engine.View(ctx, id); err != nil || v.Version() != 1 {
			t.Errorf("%s is at version %d: %v", id, v.Version(), err)
		}
	}
}

// TestReadingIsApart reads all data of acme, and finds nothing of umbrella.
func TestReadingIsApart(t *testing.T) {
	s := newCompanies(t)
	e := s.engine
	e.MarkActive(umbrella, "uma")
	e.MarkActive(umbrella, "mia")
	e.MarkActive(acme, "max")
	v, err := e.View(ctx, acme)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := v.User("uma"); ok || v.Owner() != "olivia" || v.ID() != acme || v.Len() != len(companies()[acme].Users) {
		t.Errorf("the view of %s has %d users, and the owner %s; uma is in it: %t", v.ID(), v.Len(), v.Owner(), ok)
	}
	if _, ok := v.Team("west"); ok {
		t.Error("the view of acme has the team west")
	}
	for m := range v.UsersWithin("sales", "") {
		if _, ok := companies()[acme].Users[m.ID]; !ok {
			t.Errorf("the view of acme has %s in sales", m.ID)
		}
	}
	for user, want := range map[usher.UserID]account.Value{"mia": "1", "max": ""} {
		if values, err := e.Values(ctx, acme, user); err != nil || values["phone"] != want {
			t.Errorf("the values of %s in acme are %q, %v", user, values, err)
		}
	}
	_, errValues := e.Values(ctx, acme, "uma")
	_, errArchived := e.ArchivedValues(ctx, acme, "uma")
	if !errors.Is(errValues, account.CodeUnknownUser) || !errors.Is(errArchived, account.CodeUnknownUser) {
		t.Errorf("the values of uma in acme: %v, %v, want unknown-user", errValues, errArchived)
	}
	seen := 0
	for active, err := range e.LastActiveTimes(ctx, acme, "") {
		if seen++; err != nil || active.User != "max" {
			t.Errorf("acme saw %s: %v", active.User, err)
		}
	}
	for _, user := range []usher.UserID{"mia", "uma"} {
		if at, err := e.LastActive(ctx, acme, user); err != nil || !at.IsZero() {
			t.Errorf("acme saw %s at %v: %v", user, at, err)
		}
	}
	commits := 0
	for c, err := range e.Journal(ctx, acme, 0) {
		if err != nil {
			t.Fatal(err)
		}
		commits++
		text, err := c.Encode()
		if err != nil || c.Account != acme || bytes.Contains(text, []byte("uma")) || bytes.Contains(text, []byte("umbrella")) || bytes.Contains(text, []byte("west")) {
			t.Errorf("the journal of acme has %s: %v", text, err)
		}
	}
	if seen != 1 || commits != 1 {
		t.Errorf("acme saw %d users, and has %d commits; want one of each", seen, commits)
	}
}

// TestChangesAreApart changes users who are in both accounts, with the same idempotency keys. The
// other account must not change.
func TestChangesAreApart(t *testing.T) {
	s := newCompanies(t)
	before, err := s.engine.View(ctx, umbrella)
	if err != nil {
		t.Fatal(err)
	}
	submit := func(id usher.AccountID, key string, c account.Command) engine.Result {
		t.Helper()
		result, err := s.engine.Submit(ctx, engine.Batch{Actor: account.AsHost("proof"), Account: id, IdempotencyKey: key, Commands: []account.Command{c}, Time: anyTime})
		if err != nil {
			t.Fatalf("%s in %s: %v", account.Describe(c), id, err)
		}
		return result
	}
	submit(acme, "first", account.RemoveUser{User: "mia"})
	submit(acme, "second", account.DeleteTeam{Team: "east"})
	submit(acme, "third", account.TransferOwnership{To: "max"})
	after, err := s.engine.View(ctx, umbrella)
	if err != nil || after.State() != before.State() || after.Owner() != "mia" {
		t.Errorf("umbrella is at version %d and belongs to %s: %v", after.Version(), after.Owner(), err)
	}
	if values, err := s.engine.Values(ctx, umbrella, "mia"); err != nil || values["phone"] != "2" {
		t.Errorf("the values of mia in umbrella are %q: %v", values, err)
	}
	if again := submit(umbrella, "first", account.RemoveUser{User: "tom"}); again.Repeated || again.Version != 2 {
		t.Errorf("a key of acme is known in umbrella: %+v", again)
	}
	submit(acme, "", account.DeleteAccount{})
	if err := s.engine.Erase(ctx, acme); err != nil {
		t.Fatal(err)
	}
	submit(umbrella, "", account.RemoveUser{User: "max"})
	for id, want := range map[usher.AccountID]int{acme: 0, umbrella: 3} {
		commits := 0
		for _, err := range s.engine.Journal(ctx, id, 0) {
			if err == nil {
				commits++
			} else if id != acme || !errors.Is(err, usher.ErrUnknownAccount) {
				t.Errorf("the journal of %s: %v", id, err)
			}
		}
		if commits != want {
			t.Errorf("the journal of %s has %d commits, want %d", id, commits, want)
		}
	}
	q := question{account: umbrella, permission: mustPermission("calendar.view"), time: anyTime}
	for _, row := range s.rows[umbrella] {
		if d, err := s.Check(ctx, q.by("mia", row)); err != nil || !d.Allowed() {
			t.Errorf("once acme is gone, mia may not look at %v: %v, %v", row, d, err)
		}
	}
}
