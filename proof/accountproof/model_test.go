package accountproof_test

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/role"
)

// question is who asks for something, and when.
type question struct {
	actor   account.Actor
	context usher.Context
	time    time.Time
	dated   time.Time // where that is before the last commit, and so not when it counts; else zero
}

// counts returns the question as of when it counts: it is never before the last commit.
func (q question) counts(last time.Time) question {
	if q.time.Before(last) {
		q.time, q.dated = last, q.time
	}
	return q
}

// answer is what the model says to one command or to several. The zero answer is that nothing
// stands against them.
type answer struct {
	index    int // of the command that is refused
	code     account.Code
	faults   []account.Code // of an import, which may be refused for any of them
	decision usher.Decision // of the policy, if it was asked last
	err      error          // nobody could decide
}

// do does commands one after another: all, or none. It returns the world after them. "Permission
// and ceiling are checked command by command; seats, at-least and at-most once, on the state that
// the batch leaves."
func (w *world) do(q question, commands ...account.Command) (*world, answer) {
	worlds := []*world{w}
	for i, c := range commands {
		s := &step{world: w.clone(), before: w, began: worlds[0], question: q}
		code := s.command(c)
		if code != 0 || s.err != nil {
			s.answer.index, s.answer.code = i, code
			return nil, s.answer
		}
		w = s.world
		worlds = append(worlds, w)
	}
	if code, index := count(worlds); code != 0 {
		return nil, answer{index: index, code: code}
	}
	return w, answer{}
}

// step is one command: it changes the world, or says which code stands against it.
type step struct {
	*world
	before *world // the command
	began  *world // the batch
	question
	answer
	hidden []string // fields, by what was asked last
}

// errUndecided stands for an error that is none of the model's.
var errUndecided = errors.New("the policy could not decide")

// command does a command. A code of zero says that nothing stands against it.
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
		return s.acceptInvitation()
	case account.DeclineInvitation:
		return s.declineInvitation()
	case account.Leave:
		return s.leave()
	case account.RemoveUser:
		return s.removeUser(c)
	case account.SetStatus:
		return s.setStatus(c)
	case account.SetRole:
		return s.setRole(c)
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
	s.err = fmt.Errorf("the model knows no command %T", c)
	return 0
}

// parties are who a resource is about.
type parties map[string][]string

func ofUser(id usher.UserID) parties { return parties{"user": {string(id)}} }

// ofTeams leaves out what is no team but the top.
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

// may asks the policy. "The actor may be the host itself: no policy and no escalation check. A
// zero actor is denied."
func (s *step) may(name string, on parties) bool {
	switch {
	case s.actor.IsZero():
		return false
	case s.byHost():
		return true
	}
	perm := permission.MustParse(name)
	s.hidden = nil
	for _, w := range []*world{s.world, s.unlent(s.world)} {
		var err error
		s.decision, err = s.book.compiled.Decide(w.facts(), &usher.Request{
			Subject: s.actor.User(), Permission: perm, Context: s.context, Time: s.time,
			Resource: &usher.Object{Type: perm.Resource(), Parties: on},
		})
		s.failed(err)
		if !s.decision.Allowed() {
			return false
		}
		s.hidden = append(s.hidden, s.decision.Hidden()...)
	}
	return true
}

// unlent returns a world without the actor's new seats of pools that are oversold. "While more
// seats of a pool are held than bought, a seat that the actor got in this batch allows the actor
// nothing."
func (s *step) unlent(w *world) *world {
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

// me returns who acts, nil if that is no user of the account.
func (s *step) me() *user { return s.users[s.actor.User()] }

// nothing is the answer to a command that finds all as asked.
const nothing = account.Code(0)

// isID reports whether something can be an id: text that is not empty, and not longer than 1,024
// bytes.
func isID[ID ~string](id ID) bool {
	return id != "" && utf8.ValidString(string(id)) && len(id) <= 1024
}

// settle gives seats back and takes those that are required. "A seat is held only in a status in
// holds and with a role that may hold it. required: it is taken when role and status call for it.
// none: one that is held is released when the role is taken."
func (s *step) settle() account.Code {
	for id, u := range s.users {
		if was := s.before.users[id]; was != nil && was.role == u.role && was.status == u.status {
			continue // whom the command does not concern keeps even what does not fit
		}
		for _, pool := range s.book.pools() {
			switch must := s.book.seatOf(u.role, pool); {
			case !s.book.counts(pool, u.status) || must == role.SeatNone:
				delete(u.seats, pool)
			case must == role.SeatRequired:
				u.seats[pool] = true
			}
		}
	}
	return 0
}
