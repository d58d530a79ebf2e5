package accountproof_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// smallAccount defines an account that is small enough to visit all of its states.
type smallAccount struct {
	policy   string
	start    []account.Command // by the host
	commands []account.Command
	actors   []account.Actor
	times    []time.Time

	escalates []account.Command // each of these is rejected with escalation in some state
}

var (
	three   = []usher.UserID{"ann", "bob", "cat"}
	byThree = []account.Actor{account.AsUser("ann"), account.AsUser("bob"), account.AsUser("cat"), account.AsHost("host")}
)

// TestSmallUsers visits all accounts with three users and up to two seats.
func TestSmallUsers(t *testing.T) {
	all := []account.Command{
		account.AcceptInvitation{},
		account.DeclineInvitation{},
		account.Leave{},
		account.DeleteAccount{},
		account.SetSeats{Pool: "booking"},
		account.SetSeats{Pool: "booking", Total: 1},
		account.SetSeats{Pool: "booking", Total: 2},
	}
	for i, u := range three {
		all = append(all, account.RenameUser{From: u, To: three[(i+1)%3]}, account.RenameUser{From: u, To: three[(i+2)%3]})
		all = append(all, account.RemoveUser{User: u}, account.TransferOwnership{To: u},
			account.AssignSeat{User: u, Pool: "booking"}, account.UnassignSeat{User: u, Pool: "booking"},
			account.SetStatus{User: u, Status: usher.Active}, account.SetStatus{User: u, Status: usher.Inactive})
		for _, r := range []role.Name{"owner", "admin", "member", "viewer"} {
			all = append(all, account.SetRole{User: u, Role: r},
				account.AddUser{User: u, Role: r}, account.AddUser{User: u, Role: r, Status: usher.Invited})
		}
	}
	for _, as := range three {
		all = append(all, account.AcceptInvitation{Key: "cat", User: as}, account.AcceptInvitation{Key: "bob", User: as})
	}
	all = append(all, account.RevokeInvitation{User: "cat"}, account.Invite{Key: "bob", Role: "admin"}, account.Invite{Key: "cat", Role: "viewer"})
	smallAccount{
		policy: "people", commands: all, actors: byThree,
		start:     []account.Command{account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"booking": 1}}},
		escalates: []account.Command{account.AddUser{}, account.RemoveUser{}, account.SetStatus{}, account.SetRole{}},
	}.explore(t)
}

// TestSmallRequests visits all accounts with three users, of whom two ask to join, and one seat.
func TestSmallRequests(t *testing.T) {
	all := []account.Command{
		account.RequestToJoin{},
		account.WithdrawRequest{},
		account.AcceptInvitation{},
		account.ChangeSetting{Setting: "open"},
		account.ChangeSetting{Setting: "open", Value: true},
		account.ChangeSetting{Setting: "plan", Value: true},
		account.SetRole{User: "bob", Role: "porter"},
		account.SetRole{User: "bob", Role: "editor"},
	}
	for _, u := range three[1:] {
		all = append(all, account.RequestToJoin{User: u}, account.AdmitUser{User: u}, account.RemoveUser{User: u},
			account.AddUser{User: u, Status: usher.Invited}, account.AcceptInvitation{Key: u, User: "bob"}, account.AcceptInvitation{Key: u, User: "cat"},
			account.SetStatus{User: u, Status: usher.Active}, account.SetStatus{User: u, Status: usher.Inactive})
	}
	for _, r := range []role.Name{"owner", "porter", "editor", "member"} {
		all = append(all, account.RequestToJoin{User: "cat", Role: r}, account.AdmitUser{User: "cat", Role: r})
	}
	smallAccount{
		policy: "requests", commands: all, actors: byThree,
		start:     []account.Command{account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{"desk": 1}}},
		escalates: []account.Command{account.AdmitUser{}},
	}.explore(t)
}

// TestSmallTeams visits all accounts with three users and up to two teams.
func TestSmallTeams(t *testing.T) {
	all := []account.Command{
		account.SetTeamRole{Team: "red", User: "cat", Role: "deputy"},
		account.UnsetTeamRole{Team: "red", User: "cat", Role: "deputy"},
		account.AddToTeam{Team: "red"},
		account.AddToTeam{User: "cat"},
		account.MoveTeam{Parent: "red"},
		account.DeleteTeam{},
	}
	for _, id := range []usher.TeamID{"red", "blue"} {
		all = append(all, account.DeleteTeam{Team: id}, account.JoinTeam{Team: id}, account.LeaveTeam{Team: id})
		for _, parent := range []usher.TeamID{"", "red", "blue"} {
			all = append(all, account.CreateTeam{Team: id, Parent: parent}, account.MoveTeam{Team: id, Parent: parent})
		}
		for _, u := range three {
			if u != "ann" || id == "red" {
				all = append(all, account.AddToTeam{Team: id, User: u}, account.RemoveFromTeam{Team: id, User: u},
					account.SetTeamRole{Team: id, User: u, Role: "manager"}, account.UnsetTeamRole{Team: id, User: u, Role: "manager"})
			}
		}
	}
	smallAccount{
		policy: "groups", commands: all, actors: byThree, start: teamCommands,
		escalates: []account.Command{
			account.SetTeamRole{}, account.UnsetTeamRole{}, account.RemoveFromTeam{}, account.DeleteTeam{}, account.MoveTeam{},
		},
	}.explore(t)
}

// TestSmallWords visits all accounts with three users, two roles beside, and a role outside two teams
// whose rule has not.
func TestSmallWords(t *testing.T) {
	all := []account.Command{
		account.LeaveTeam{Team: "red"},
		account.AddToTeam{Team: "red", User: "cat"},
		account.RemoveFromTeam{Team: "red", User: "cat"},
		account.MoveTeam{Team: "blue", Parent: "red"},
		account.MoveTeam{Team: "blue"},
		account.RemoveUser{User: "bob"},
	}
	for _, u := range three {
		for _, r := range []role.Name{"billing", "people"} {
			if u != "ann" || r == "billing" {
				all = append(all, account.SetRoleBeside{User: u, Role: r}, account.UnsetRoleBeside{User: u, Role: r})
			}
		}
	}
	for _, id := range []usher.TeamID{"red", "blue"} {
		all = append(all, account.SetTeamRole{Team: id, User: "cat", Role: "inspector"}, account.UnsetTeamRole{Team: id, User: "cat", Role: "inspector"})
	}
	for _, r := range []role.Name{"admin", "member"} {
		all = append(all, account.SetRole{User: "bob", Role: r})
	}
	smallAccount{
		policy: "words", commands: all, actors: byThree,
		start: []account.Command{
			account.CreateAccount{Owner: "ann"},
			account.AddUser{User: "bob", Role: "admin"},
			account.AddUser{User: "cat"},
			account.CreateTeam{Team: "red"},
			account.CreateTeam{Team: "blue"},
		},
		escalates: []account.Command{
			account.SetRoleBeside{},
			account.UnsetRoleBeside{},
			account.SetTeamRole{},
			account.UnsetTeamRole{},
			account.RemoveFromTeam{},
			account.LeaveTeam{},
			account.MoveTeam{},
		},
	}.explore(t)
}

var teamCommands = []account.Command{
	account.CreateAccount{Owner: "ann"}, account.AddUser{User: "bob"}, account.AddUser{User: "cat", Role: "guest"},
}

// TestSmallGrants visits all accounts with three users, a permission and a feature that can be
// granted, and roles that may or may not grant them.
func TestSmallGrants(t *testing.T) {
	all := []account.Command{
		account.ChangeSetting{Setting: "strict", Value: true}, account.ChangeSetting{Setting: "strict"},
	}
	for _, u := range three {
		all = append(all, account.RevokeGrant{User: u, Grant: "page.read"},
			account.GiveGrant{User: u, Grant: "page.read"}, account.GiveGrant{User: u, Grant: "page.read", Until: noon})
	}
	for _, u := range three[1:] {
		all = append(all, account.GiveGrant{User: u, Grant: "beta"}, account.RevokeGrant{User: u, Grant: "beta"})
		for _, r := range []role.Name{"owner", "giver", "member"} {
			all = append(all, account.SetRole{User: u, Role: r})
		}
	}
	smallAccount{
		policy: "favours", commands: all, actors: byThree, times: []time.Time{noon.Add(-time.Hour), noon},
		start: []account.Command{
			account.CreateAccount{Owner: "ann"}, account.AddUser{User: "bob", Role: "giver"}, account.AddUser{User: "cat"},
		},
	}.explore(t)
}

// reachedAccount is an account that was reached, with its model and the commands that led to it.
type reachedAccount struct {
	state *account.State
	model *modelAccount
	key   string // all of its visible state, and hidden state on which commands depend
	from  *reachedAccount
	by    string
}

// way returns the commands that led to the account.
func (p *reachedAccount) way() string {
	if p == nil {
		return ""
	}
	return p.from.way() + p.by
}

// begin returns a new account after some commands.
func begin(t *testing.T, book *rulebook, q question, commands ...account.Command) *reachedAccount {
	t.Helper()
	outcome, err := propose(account.New("acme"), newModel(book), q, commands)
	require.NoError(t, err)
	w, want := newModel(book).do(q, commands...)
	require.False(t, want.refused(), "the model says %v", want.code)
	return &reachedAccount{state: outcome.Next, model: w, key: w.key()}
}

// explore visits every reachable account, breadth first, and runs each command there as each actor.
// The account and the model must agree.
func (s smallAccount) explore(t *testing.T) {
	t.Parallel()
	book := rulebookNamed(t, "small/"+s.policy)
	if s.times == nil {
		s.times = []time.Time{noon}
	}
	var seen counts
	first := begin(t, book, question{actor: account.AsHost("start"), time: s.times[0]}, s.start...)
	reached := map[string]bool{first.key: true}
	transitions := 0
	visited := 0
	for queue := []*reachedAccount{first}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if visited++; visited > raced.Part(math.MaxInt, 60) {
			t.Logf("%d accounts, of more than %d, because the race detector is on", visited-1, len(reached))
			return
		}
		require.Empty(t, disagreements(at.state, at.model), "%s", at.way())
		require.Empty(t, at.model.broken(), "%s", at.way())
		for _, now := range s.times {
			for _, actor := range s.actors {
				for _, c := range s.commands {
					transitions++
					next, problem := at.try(question{actor: actor, time: now}, &seen, c)
					if problem != "" {
						require.FailNow(t, problem, "%s%s", at.way(), next.by)
					}
					if next.model == nil {
						continue
					}
					if !reached[next.key] {
						reached[next.key] = true
						queue = append(queue, next)
					}
				}
			}
		}
		at.state, at.model = nil, nil // only the commands that led here are needed from now on
	}
	t.Logf("%d accounts, %d transitions\n%v", len(reached), transitions, &seen)
	for _, c := range s.commands {
		assert.Positive(t, seen.of[account.NameOf(c)]["done"], "%s never succeeded", account.NameOf(c))
		assert.Positive(t, seen.of[account.NameOf(c)]["denied"], "%s was never denied", account.NameOf(c))
	}
	for _, c := range s.escalates {
		assert.Positive(t, seen.of[account.NameOf(c)]["escalation"], "%s was never refused as an escalation", account.NameOf(c))
	}
}

// same reports whether an error is the one that the model expects.
func same(want, err error) bool {
	if errors.Is(want, errMismatch) {
		return errors.As(err, new(*account.PolicyMismatchError))
	}
	return errors.Is(err, want)
}

// try runs commands as one batch. It returns the next account, without a model if nothing changes,
// and a description of the first difference from the model.
func (p *reachedAccount) try(q question, seen *counts, commands ...account.Command) (next *reachedAccount, problem string) {
	next, q = &reachedAccount{from: p}, q.counts(p.state.Time())
	after, want := p.model.do(q, commands...)
	outcome, err := propose(p.state, p.model, q, commands)
	last := commands[want.index]
	var refusal *account.Refusal
	if err != nil {
		errors.As(err, &refusal)
	}
	if !want.refused() {
		next.key = after.key()
	}
	switch {
	case want.err != nil:
		seen.count(last, "undecided")
		if !same(want.err, err) || refusal != nil {
			problem = fmt.Sprintf("the model says %v, the account %v", want.err, err)
		}
	case want.code != 0:
		seen.count(last, want.code.String())
		if refusal == nil || refusal.Code != want.code || refusal.Index != want.index {
			problem = fmt.Sprintf("the model says %v of command %d, the account %v", want.code, want.index+1, err)
		}
	case err != nil:
		problem = fmt.Sprintf("the model permits it, the account says %v", err)
	case len(commands) == 1 && next.key == p.key:
		seen.count(last, "as it was")
		if len(outcome.Changes) > 0 || outcome.Next != p.state {
			problem = fmt.Sprintf("nothing changes, and the account makes %v", outcome.Changes)
		}
	default:
		seen.count(last, "done")
		next.state, next.model = outcome.Next, after
		if got, want := observe(outcome.Next, p.model.book), after.String(); got != want {
			problem = fmt.Sprintf("it leads to\n%s\nand the model says\n%s", got, want)
		}
		if kept := p.model.clone().values; !reflect.DeepEqual(kept.take(outcome), after.values) {
			problem = fmt.Sprintf("it leaves the values %v, and the model says %v", kept, after.values)
		}
	}
	if next.model != nil || problem != "" {
		for _, c := range commands {
			next.by += fmt.Sprintf("%s at %s: %s\n", q.actor, q.time.Format(time.TimeOnly), describe(c))
		}
	}
	return next, problem
}
