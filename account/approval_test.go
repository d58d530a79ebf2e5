package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

func requestFor(commands ...account.Command) account.Request {
	return account.Request{Commands: commands}
}

// clubRequests is the club with requests of max: 1 for a role, 2 for a role and a seat, 3 with an end in
// an hour; and of dora: 4 for the ownership.
func clubRequests(t testing.TB) (*policy.Policy, *account.State) {
	t.Helper()
	p := compile(t, club)
	s := open(t, p, members())
	ending := requestFor(account.SetRole{User: "max", Role: "coach"})
	ending.Until = noon.Add(time.Hour)
	s = do(t, p, s, account.AsUser("max"),
		requestFor(account.SetRole{User: "max", Role: "admin"}),
		requestFor(account.SetRole{User: "max", Role: "coach"}, account.AssignSeat{User: "max", Pool: "parking"}),
		ending)
	return p, do(t, p, s, account.AsUser("dora"), requestFor(account.TransferOwnership{To: "dora"}))
}

func later(p *policy.Policy, s *account.State, after time.Duration, as account.Actor, commands ...account.Command) (account.Outcome, error) {
	return s.Propose(p, account.Proposal{Actor: as, Time: noon.Add(after), Commands: commands})
}

// A request changes nothing but the list of requests.
func TestRequestIsStoredUnchanged(t *testing.T) {
	p, s := clubRequests(t)
	max, _ := s.User("max")
	assert.EqualValues(t, "member", max.Role)
	list := collect(s.View(p).Requests(noon, 0))
	require.Len(t, list, 4)
	assert.Equal(t, account.OpenRequest{
		ID: 2, User: "max", Version: 2,
		Commands: []account.Command{account.SetRole{User: "max", Role: "coach"}, account.AssignSeat{User: "max", Pool: "parking"}},
	}, list[1])
	assert.Len(t, collect(s.View(p).Requests(noon, 2)), 2, "after a cursor")
	assert.Len(t, collect(s.View(p).Requests(noon.Add(time.Hour), 0)), 3, "without the one that has ended")
	_, ok := s.View(p).Request(3, noon.Add(time.Hour))
	assert.False(t, ok)
	_, ok = s.View(p).Request(9, noon)
	assert.False(t, ok)

	o, err := propose(p, s, account.AsUser("max"), requestFor(account.SetRole{User: "max", Role: "admin"}))
	require.NoError(t, err)
	assert.Empty(t, o.Changes, "the same request again")
}

// The caller's commands are copied.
func TestRequestCopiesCommands(t *testing.T) {
	p := compile(t, club)
	teams := []usher.TeamID{"chess"}
	s := do(t, p, open(t, p, members()), account.AsUser("max"), requestFor(account.AddUser{User: "zoe", Teams: teams}))
	teams[0] = "rowing"
	r, _ := s.Request(1)
	assert.Equal(t, []account.Command{account.AddUser{User: "zoe", Teams: []usher.TeamID{"chess"}}}, r.Commands)
}

// Approval runs the commands as the approver's own.
func TestApprove(t *testing.T) {
	p, s := clubRequests(t)
	o, err := propose(p, s, account.AsUser("olga"), account.Approve{Request: 2})
	require.NoError(t, err)
	assert.Equal(t, []account.Change{
		account.RequestApproved{Request: 2, User: "max"},
		account.RoleSet{User: "max", From: "member", To: "coach"},
		account.SeatAssigned{User: "max", Pool: "booking"},
		account.SeatAssigned{User: "max", Pool: "parking"},
	}, o.Changes)
	s = do(t, p, s, account.AsUser("olga"), account.SetSeats{Pool: "booking", Total: 5}, account.Approve{Request: 2})
	_, err = propose(p, s, account.AsUser("olga"), account.Approve{Request: 2})
	assert.ErrorIs(t, err, account.ErrUnknownRequest, "it is closed")

	_, err = propose(p, s, account.AsUser("adam"), account.Approve{Request: 4})
	assert.ErrorIs(t, err, usher.ErrDenied, "adam cannot transfer the ownership")
	assert.ErrorContains(t, err, "approve 4: transfer-ownership to dora: adam may not account.transfer: denied (forbidden)")
	s = do(t, p, s, account.AsUser("olga"), account.Approve{Request: 4})
	assert.EqualValues(t, "dora", s.Owner())
	next := do(t, p, s, account.AsUser("adam"), requestFor(account.CreateTeam{Team: "bowls"}))
	assert.Len(t, collect(next.View(p).Requests(noon, 4)), 1, "the number is above all earlier ones")
}

// The rows state what the approver cannot do, and the message.
func TestApproveIsRefused(t *testing.T) {
	p, s := clubRequests(t)
	rows := []struct {
		as    string
		id    account.RequestID
		after time.Duration
		code  account.Code
		says  string
	}{
		{"max", 1, 0, account.CodeDenied, "max made the request 1, and another user approves it"},
		{"mia", 1, 0, account.CodeDenied, "set-role max admin: mia may not user.set-role"},
		{"dora", 1, 0, account.CodeEscalation, "approve 1: escalation: set-role max admin: max would get"},
		{"dora", 2, 0, account.CodeDenied, "command 2 of 2 of the request, assign-seat max parking: dora may not seat.assign"},
		{"dora", 4, 0, account.CodeDenied, "dora made the request 4"},
		{"ina", 1, 0, account.CodeDenied, "ina is not an active user of club"},
		{"nobody", 1, 0, account.CodeDenied, "nobody is not an active user of club"},
		{"olga", 0, 0, account.CodeUnknownRequest, "club has no open request 0"},
		{"olga", 9, 0, account.CodeUnknownRequest, "club has no open request 9"},
		{"olga", 3, time.Hour, account.CodeUnknownRequest, "the request 3 has ended at 2026-03-01T13:00:00Z"},
		{"olga", 3, time.Hour - 1, 0, ""},
		{"the host", 4, 0, 0, ""},
		{"", 1, 0, account.CodeDenied, "the proposal has no actor"},
	}
	before := s.Encode()
	for _, row := range rows {
		o, err := later(p, s, row.after, actor(row.as), account.Approve{Request: row.id})
		if assert.Equal(t, row.code, codeOf(t, err), "%s %d: %v", row.as, row.id, err) && row.code != 0 {
			assert.ErrorContains(t, err, row.says)
			assert.Zero(t, o)
		}
	}
	assert.Equal(t, before, s.Encode())

	o, err := propose(p, s, account.AsUser("olga"), account.RemoveUser{User: "ivan"}, account.Approve{Request: 2}, account.SetSeats{Pool: "parking", Total: 0})
	require.ErrorIs(t, err, account.ErrSeatsInUse)
	assert.Zero(t, o, "all or nothing")
	_, err = propose(p, s, account.AsUser("olga"), account.SetSeats{Pool: "booking", Total: 3}, account.Approve{Request: 2})
	assert.ErrorContains(t, err, "command 2 of 2: approve 2: no seats left")
}

// The rows state which requests are rejected.
func TestRequestIsRefused(t *testing.T) {
	p, s := clubRequests(t)
	long := requestFor(account.CreateTeam{Team: "a"})
	long.Note = strings.Repeat("a", account.MaxRequestNote+1)
	ended := requestFor(account.CreateTeam{Team: "a"})
	ended.Until = noon
	rows := []struct {
		as      string
		command account.Command
		code    account.Code
		says    string
	}{
		{"the host", requestFor(account.DeleteAccount{}), account.CodeDenied, "the host cannot make a request; submit the commands instead"},
		{"cora", requestFor(account.DeleteAccount{}), account.CodeDenied, "cora may not request.make: denied (no-permission)"},
		{"ina", requestFor(account.DeleteAccount{}), account.CodeDenied, "denied (inactive)"},
		{"max", requestFor(), account.CodeInvalid, "a request needs at least one command"},
		{"max", requestFor(make([]account.Command, account.MaxRequestCommands+1)...), account.CodeInvalid, "at most 20 commands, and this one has 21"},
		{"max", requestFor(nil), account.CodeInvalid, "the command is nil"},
		{"max", requestFor(account.AddUser{}), account.CodeInvalid, "add-user: user is empty"},
		{"max", requestFor(account.CreateTeam{Team: usher.TeamID(strings.Repeat("a", account.MaxRequestBytes))}), account.CodeInvalid, "at most 4096 bytes as JSON, and these have"},
		{"max", long, account.CodeInvalid, "the note of a request can have at most 1024 bytes, and this one has 1025"},
		{"max", ended, account.CodeInvalid, "is not after the time of the command"},
		{"max", requestFor(account.SetField{User: "max", Field: "phone", Value: "1"}), account.CodeInvalid, "set-field cannot be requested: the journal keeps requests, and values are personal data"},
		{"max", requestFor(account.CreateAccount{Owner: "max"}), account.CodeInvalid, "create-account cannot be requested: the account exists"},
		{"max", requestFor(account.Import{}), account.CodeInvalid, "import cannot be written"},
		{"max", requestFor(account.Approve{Request: 4}), account.CodeInvalid, "approve cannot be requested: a request contains no commands for requests"},
		{"max", requestFor(requestFor(account.DeleteAccount{})), account.CodeInvalid, "request cannot be in a list of commands"},
		{"max", account.Withdraw{Request: 4}, account.CodeDenied, "max did not make the request 4"},
		{"max", account.Withdraw{Request: 5}, account.CodeUnknownRequest, "club has no open request 5"},
		{"the host", account.Withdraw{Request: 4}, account.CodeDenied, "the host has no requests; decline closes one"},
		{"ina", account.Withdraw{Request: 4}, account.CodeDenied, "ina is not an active user"},
		{"mia", account.Decline{Request: 4}, account.CodeDenied, "mia may not request.decline"},
		{"adam", account.Decline{Request: 5}, account.CodeUnknownRequest, "club has no open request 5"},
		{"adam", account.Decline{Request: 4, Note: long.Note}, account.CodeInvalid, "at most 1024 bytes"},
	}
	for _, c := range account.Commands() { // those that concern their actor alone
		if name := c.Name; name == "leave" || name == "join-team" || name == "leave-team" || name == "accept-invitation" || name == "decline-invitation" || name == "withdraw-request" || name == "request-to-join" {
			v := c.New()
			if len(c.Args) > 0 && c.Args[0].Kind == "team" {
				v.Field(0).SetString("chess")
			}
			rows = append(rows, struct {
				as      string
				command account.Command
				code    account.Code
				says    string
			}{"max", requestFor(v.Interface().(account.Command)), account.CodeInvalid, name + " cannot be requested: it would concern the user who approves it"})
		}
	}
	for _, row := range rows {
		_, err := propose(p, s, actor(row.as), row.command)
		if assert.Equal(t, row.code, codeOf(t, err), "%#v: %v", row.command, err) {
			assert.ErrorContains(t, err, row.says)
		}
	}
}

// Requests are closed by a decline, by their author, and with their author.
func TestRequestsAreClosed(t *testing.T) {
	p, s := clubRequests(t)
	ids := func(s *account.State) (list []account.RequestID) {
		for r := range s.View(p).Requests(noon, 0) {
			list = append(list, r.ID)
		}
		return list
	}
	assert.Equal(t, []account.RequestID{1, 2, 4}, ids(do(t, p, s, account.AsUser("adam"), account.Decline{Request: 3, Note: "no"})))
	assert.Equal(t, []account.RequestID{2, 3, 4}, ids(do(t, p, s, account.AsUser("max"), account.Withdraw{Request: 1})))
	assert.Equal(t, []account.RequestID{4}, ids(do(t, p, s, account.AsUser("adam"), account.RemoveUser{User: "max"})))
	assert.Equal(t, []account.RequestID{4}, ids(do(t, p, s, account.AsUser("max"), account.Leave{})))
	assert.Empty(t, ids(do(t, p, s, account.AsHost("test"), account.RemoveUser{User: "max"}, account.RemoveUser{User: "dora"})))
	assert.Empty(t, ids(do(t, p, s, account.AsUser("olga"), account.DeleteAccount{})))
	again := do(t, p, s, account.AsUser("adam"), account.RemoveUser{User: "max"}, account.AddUser{User: "max"})
	assert.Equal(t, []account.RequestID{4}, ids(again), "adding the user again restores nothing")
	again = do(t, p, again, account.AsUser("max"), requestFor(account.DeleteAccount{}))
	assert.Equal(t, []account.RequestID{4, 5}, ids(again), "numbers are not used again")
}

// A new id of a user replaces the old one in requests, and the requests of merged users are united.
func TestRequestsAreRenamed(t *testing.T) {
	p, s := clubRequests(t)
	for _, to := range []usher.UserID{"max@work", "mia"} {
		next := do(t, p, s, account.AsHost("test"), account.RenameUser{From: "max", To: to})
		r, ok := next.Request(2)
		require.True(t, ok)
		assert.Equal(t, to, r.User)
		assert.Equal(t, []account.Command{account.SetRole{User: to, Role: "coach"}, account.AssignSeat{User: to, Pool: "parking"}}, r.Commands)
		was, _ := s.Request(2)
		assert.EqualValues(t, "max", was.User, "the state before is unchanged")
		assert.Equal(t, account.SetRole{User: "max", Role: "coach"}, was.Commands[0])
		_, err := propose(p, next, account.AsUser(to), account.Approve{Request: 2})
		assert.ErrorIs(t, err, usher.ErrDenied)
	}
}

// Requests that have ended do not count, and the next request records their ends.
func TestOpenRequestsAreBounded(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	wish := func(i, of int, until time.Duration) account.Request {
		r := requestFor(account.SetSeats{Pool: "booking", Total: i*1000 + of})
		if until > 0 {
			r.Until = noon.Add(until)
		}
		return r
	}
	for i := range account.MaxRequestsPerUser {
		until := time.Hour
		if i == 0 {
			until = time.Minute
		}
		s = do(t, p, s, account.AsUser("max"), wish(i, 0, until))
	}
	_, err := propose(p, s, account.AsUser("max"), wish(99, 0, 0))
	assert.ErrorIs(t, err, account.ErrTooManyRequests)
	assert.ErrorContains(t, err, "max has 20 open requests, the most that a user can have; withdraw closes one")
	o, err := later(p, s, time.Minute, account.AsUser("max"), wish(99, 0, 0))
	require.NoError(t, err)
	assert.Equal(t, account.RequestEnded{Request: 1, User: "max"}, o.Changes[0])
	assert.Len(t, o.Changes, 2)

	users := []account.Command{}
	for i := range account.MaxRequests/account.MaxRequestsPerUser - 1 {
		users = append(users, account.AddUser{User: usher.UserID(rune('A' + i))})
	}
	s = do(t, p, s, account.AsHost("test"), users...)
	for i := range users {
		var list []account.Command
		for k := range account.MaxRequestsPerUser {
			list = append(list, wish(k, i, 0))
		}
		s = do(t, p, s, account.AsUser(usher.UserID(rune('A'+i))), list...)
	}
	_, err = propose(p, s, account.AsUser("mia"), wish(99, 0, 0))
	assert.ErrorIs(t, err, account.ErrTooManyRequests)
	assert.ErrorContains(t, err, "the account has 1000 open requests, the most that an account can have; decline closes one")
}

// Changes of requests that do not fit are rejected.
func TestRequestChangesDoNotFit(t *testing.T) {
	_, s := clubRequests(t)
	for says, c := range map[string]account.Change{
		"the request must have a number above 4, not 4": account.RequestMade{Request: 4, User: "max", Commands: []account.Command{account.DeleteAccount{}}},
		"a request has at least one command":            account.RequestMade{Request: 5, User: "max"},
		"the user zoe does not exist":                   account.RequestMade{Request: 5, User: "zoe", Commands: []account.Command{account.DeleteAccount{}}},
		"import cannot be written":                      account.RequestMade{Request: 5, User: "max", Commands: []account.Command{account.Import{}}},
		"there is no open request 9 of max":             account.RequestApproved{Request: 9, User: "max"},
		"there is no open request 1 of mia":             account.RequestDeclined{Request: 1, User: "mia"},
		"there is no open request 4 of max":             account.RequestWithdrawn{Request: 4, User: "max"},
		"there is no open request 0 of max":             account.RequestEnded{Request: 0, User: "max"},
	} {
		_, err := s.Apply(&account.Commit{Account: s.ID(), Version: s.Version() + 1, Time: noon, Actor: account.AsHost("test"), Changes: []account.Change{c}})
		assert.ErrorContains(t, err, says)
	}
}

func TestUsersOfARequest(t *testing.T) {
	c := account.RequestMade{Request: 1, User: "max", Commands: []account.Command{account.SetRole{User: "mia", Role: "admin"}, account.AddUser{User: "max"}, account.RenameUser{From: "a", To: "b"}}}
	assert.Equal(t, []usher.UserID{"max", "mia", "a", "b"}, account.UsersOf(c))
}
