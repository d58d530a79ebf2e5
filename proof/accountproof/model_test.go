package accountproof_test

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
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

// do does commands one after another: all, or none. It returns the world after them.
func (w *world) do(q question, commands ...account.Command) (*world, answer) {
	for i, c := range commands {
		s := &step{world: w.clone(), before: w, question: q}
		code := s.command(c)
		if code != 0 || s.err != nil {
			s.answer.index, s.answer.code = i, code
			return nil, s.answer
		}
		w = s.world
	}
	return w, answer{}
}

// step is one command: it changes the world, or says which code stands against it.
type step struct {
	*world
	before *world
	question
	answer
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
		return account.Denied
	case !s.exists:
		s.err = usher.ErrUnknownAccount
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
	s.decision, s.err = s.book.compiled.Decide(s.facts(), &usher.Request{
		Subject: s.actor.User(), Permission: perm, Context: s.context, Time: s.time,
		Resource: &usher.Object{Type: perm.Resource(), Parties: on},
	})
	if s.err != nil {
		s.err = errUndecided
	}
	return s.decision.Allowed()
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

// settle gives seats back and takes those that are required, and then counts. "A seat is held
// only in a status in holds and with a role that may hold it. required: it is taken when role
// and status call for it, else no-seats-left. none: one that is held is released when the role
// is taken."
func (s *step) settle() account.Code {
	for _, u := range s.users {
		for _, pool := range s.book.pools() {
			switch must := s.book.seatOf(u.role, pool); {
			case !s.book.counts(pool, u.status) || must == role.SeatNone:
				delete(u.seats, pool)
			case must == role.SeatRequired:
				u.seats[pool] = true
			}
		}
	}
	switch {
	case s.anyRole(s.tooMany):
		return account.RoleFull
	case s.anyRole(s.tooFew):
		return account.LastHolder
	case slices.ContainsFunc(s.book.pools(), s.oversold):
		return account.NoSeatsLeft
	}
	return 0
}

func (s *step) anyRole(wrong func(policy.Role) bool) bool {
	return slices.ContainsFunc(s.book.doc.Roles, wrong)
}

// "at-most: 3 → role-full"
func (s *step) tooMany(r policy.Role) bool {
	all, _ := s.holders(roleName(r))
	return r.AtMost > 0 && all > r.AtMost
}

// "at-least: 1 counts active holders → last-holder, refused only where a commit lowers the
// count."
func (s *step) tooFew(r policy.Role) bool {
	_, was := s.before.holders(roleName(r))
	_, is := s.holders(roleName(r))
	return is < r.AtLeast && is < was
}

// "Held never exceeds bought."
func (s *step) oversold(pool seat.PoolName) bool { return s.held(pool) > s.bought[pool] }
