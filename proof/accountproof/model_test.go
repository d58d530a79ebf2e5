package accountproof_test

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
)

// question is the actor, the time and the context of a proposal.
type question struct {
	actor   account.Actor
	context usher.Context
	time    time.Time
	dated   time.Time // the proposed time if it is before the last commit, otherwise zero
}

// counts returns the question at the effective time, which is never before the last commit.
func (q question) counts(last time.Time) question {
	if q.time.Before(last) {
		q.time, q.dated = last, q.time
	}
	return q
}

// answer is the result of the model for commands. The zero answer is success.
type answer struct {
	index    int // of the command that is rejected
	code     account.Code
	faults   []account.Code // of an import, which may be rejected for any of them
	decision usher.Decision // of the policy, if it made the last decision
	err      error          // the decision could not be made
}

// do runs commands as a batch and returns the account after them. "Permission and ceiling are
// checked command by command; seats, at-least and at-most once, on the state that the batch
// leaves."
func (w *modelAccount) do(q question, commands ...account.Command) (*modelAccount, answer) {
	was := w
	w = w.clone()
	w.adopt()
	for _, u := range w.users {
		u.had = copied(u.seats)
	}
	adopted := w
	states := []*modelAccount{w}
	for i, c := range commands {
		s := &step{modelAccount: w.clone(), before: w, began: states[0], question: q, given: w.roleGiven(c)}
		code := s.command(c)
		if code != 0 || s.err != nil {
			s.answer.index, s.answer.code = i, code
			return nil, s.answer
		}
		w = s.modelAccount
		states = append(states, w)
	}
	if code, index := count(states); code != 0 {
		return nil, answer{index: index, code: code}
	}
	if len(commands) == 1 && w.key() == adopted.key() && w.same(adopted) {
		return was, answer{} // a command without an effect is no commit
	}
	return w, answer{}
}

// step is one command: it changes the account, or returns a code.
type step struct {
	*modelAccount
	before *modelAccount // the account before the command
	began  *modelAccount // the account before the batch
	question
	answer
	given  string   // the role that the command gives, for conditions with "gives"
	hidden []string // fields that the last decision hides
}

// errUndecided stands for an error of the policy.
var errUndecided = errors.New("the policy could not decide")

// command runs a command. The code 0 is success.
func (s *step) command(c account.Command) account.Code {
	switch c := c.(type) {
	case account.CreateAccount:
		return s.createAccount(c)
	case account.Import:
		return s.importAccount(c)
	}
	switch {
	case s.actor.IsZero():
		return account.CodeDenied
	case !s.exists:
		s.err = usher.ErrUnknownAccount
		return 0
	case s.me() != nil && s.stuck(s.me(), false):
		return 0
	}
	switch c := c.(type) {
	case account.AddUser:
		return s.addUser(c)
	case account.AcceptInvitation:
		return s.acceptInvitation(c)
	case account.Invite:
		return s.invite(c)
	case account.ResendInvitation:
		return s.resendInvitation(c)
	case account.RevokeInvitation:
		return s.revokeInvitation(c)
	case account.DeclineInvitation:
		return s.declineInvitation()
	case account.RequestToJoin:
		return s.requestToJoin(c)
	case account.WithdrawRequest:
		return s.withdrawRequest()
	case account.AdmitUser:
		return s.admitUser(c)
	case account.JoinTeam:
		return s.joinTeam(c)
	case account.LeaveTeam:
		return s.leaveTeam(c)
	case account.Leave:
		return s.leave()
	case account.RemoveUser:
		return s.removeUser(c)
	case account.RenameUser:
		return s.renameUser(c)
	case account.SetStatus:
		return s.setStatus(c)
	case account.SetRole:
		return s.setRole(c)
	case account.SetRoleBeside:
		return s.setRoleBeside(c)
	case account.UnsetRoleBeside:
		return s.unsetRoleBeside(c)
	case account.CreateTeam:
		return s.createTeam(c)
	case account.MoveTeam:
		return s.moveTeam(c)
	case account.DeleteTeam:
		return s.deleteTeam(c)
	case account.AddToTeam:
		return s.addToTeam(c)
	case account.RemoveFromTeam:
		return s.removeFromTeam(c)
	case account.SetTeamRole:
		return s.setTeamRole(c)
	case account.UnsetTeamRole:
		return s.unsetTeamRole(c)
	case account.SetSeats:
		return s.setSeats(c)
	case account.AssignSeat:
		return s.assignSeat(c)
	case account.UnassignSeat:
		return s.unassignSeat(c)
	case account.ChangeSetting:
		return s.changeSetting(c)
	case account.GiveGrant:
		return s.giveGrant(c)
	case account.RevokeGrant:
		return s.revokeGrant(c)
	case account.DefineField:
		return s.defineField(c)
	case account.RenameField:
		return s.renameField(c)
	case account.MoveField:
		return s.moveField(c)
	case account.ArchiveField:
		return s.archiveField(c)
	case account.RestoreField:
		return s.restoreField(c)
	case account.SetField:
		return s.setField(c)
	case account.TransferOwnership:
		return s.transferOwnership(c)
	case account.DeleteAccount:
		return s.deleteAccount()
	}
	s.err = fmt.Errorf("the model has no command %T", c)
	return 0
}

// parties are the parties of a resource.
type parties map[string][]string

func ofUser(id usher.UserID) parties { return parties{"user": {string(id)}} }

// ofTeams omits "", which stands for the top.
func ofTeams(below ...usher.TeamID) parties {
	p := parties{"team": {}}
	for _, id := range below {
		if id != "" {
			p["team"] = append(p["team"], string(id))
		}
	}
	return p
}

func ofTeamAndUser(team usher.TeamID, user usher.UserID) parties {
	return parties{"team": {string(team)}, "user": {string(user)}}
}

// may checks a permission. "The actor may be the host itself: no policy and no escalation check. A
// zero actor is denied."
func (s *step) may(name string, on parties) bool {
	return s.allows(name, &usher.Object{Type: permission.MustParse(name).Resource(), Parties: on})
}

func (s *step) mayWithoutResource(name string) bool { return s.allows(name, nil) }

func (s *step) allows(name string, on usher.Resource) bool {
	switch {
	case s.actor.IsZero():
		return false
	case s.byHost():
		return true
	}
	perm := permission.MustParse(name)
	s.hidden = nil
	for _, w := range []*modelAccount{s.modelAccount, s.withoutUnboughtSeats(s.modelAccount)} {
		var err error
		s.decision, err = s.book.compiled.Decide(w.facts(), &usher.Request{
			Subject: s.actor.User(), Permission: perm, Context: s.context, Time: s.time, Resource: on,
			Gives: s.given,
		})
		s.failed(err)
		if !s.decision.Allowed() {
			return false
		}
		s.hidden = append(s.hidden, s.decision.Hidden()...)
	}
	// "Visitors run no commands, except request-to-join."
	if name == "user.request-to-join" || s.me() != nil && s.me().status == usher.Active {
		s.book.words.count(s.book, s.decision, s.me())
		return true
	}
	s.decision = usher.Decision{}
	return false
}

// withoutUnboughtSeats returns an account without the actor's new seats of pools with too few seats. "While more
// seats of a pool are held than bought, a seat that the actor got in this batch allows the actor
// nothing."
func (s *step) withoutUnboughtSeats(w *modelAccount) *modelAccount {
	w = w.clone()
	for _, pool := range w.book.pools() {
		was := s.began.users[s.actor.User()]
		if me := w.users[s.actor.User()]; me != nil && w.held(pool) > w.bought[pool] && (was == nil || !was.seats[pool]) {
			delete(me.seats, pool)
		}
	}
	return w
}

func (s *step) byHost() bool { return s.actor.Host() != "" }

// me returns the actor, nil if the actor is not a user of the account.
func (s *step) me() *user { return s.users[s.actor.User()] }

// nothing is the result of a command that succeeds.
const nothing = account.Code(0)

// isID reports whether a text can be an id: it is not empty, and not longer than 1,024 bytes.
func isID[ID ~string](id ID) bool {
	return id != "" && utf8.ValidString(string(id)) && len(id) <= 1024
}

// settle releases seats and takes required ones. "A seat is held only in a status in holds and with
// a role that may hold it. required: it is taken when role and status call for it. none: one that
// is held is released when the role is taken."
func (s *step) settle() account.Code {
	for id, u := range s.users {
		_, u.seats = s.book.seatsAfter(s.before.users[id], u)
	}
	return 0
}
