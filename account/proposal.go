package account

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// Proposal is a batch of commands from one actor. They become one commit: all of them, or
// none. A Proposal without an Actor, such as the zero Proposal, is rejected with CodeDenied.
//
// Each command is authorized, checked and applied on the state that the commands before it
// left. So a batch requires the same permissions and the same ceiling of its actor as its
// commands one after another, and the first command that is rejected for such a reason
// rejects the batch.
//
// Seats and the bounds of roles are then checked once, on the state after the whole batch.
// The first violation, in the order CodeRoleFull, CodeLastHolder, CodeNoSeatsLeft,
// CodeSeatsInUse, rejects the batch. The Refusal has the index of the last command that moved
// the count in the wrong direction. Counts between two commands do not matter: a role with
// one holder can be handed on, and users can swap the seats of full pools, in any order.
//
// A seat that is not bought allows nothing: while a pool has more seats held than bought, a
// seat that the actor got in this batch gives the actor no permissions.
type Proposal struct {
	Actor    Actor
	Context  usher.Context // facts of the request, for the policy's conditions; optional
	Time     time.Time     // the time of the request; required
	Commands []Command

	// Resources are the resources that commands such as [GiveRoleOn] name, with their parties and
	// containers, as the host application knows them. A command names a resource by type and id
	// only, so that commands can come from a user of the account, in a form or a request. Resources
	// must not: a user who could state the parties could state to be one of them. A command of a
	// user on a resource that is missing here is rejected with CodeDenied. The host as actor needs
	// no Resources. A resource that names another account is an error, as in a check.
	Resources []usher.Resource

	// Now is the time of the clock. What is scheduled up to then, or up to the last commit, takes
	// effect before the commands. Default: Time.
	Now time.Time

	// Key and Note are the idempotency key and the note of the commit to be made. Only Check
	// uses them.
	Key, Note string

	// Interrupt is called before each command, and repeatedly within a command that concerns
	// many users: Import, MoveTeam, DeleteTeam. If it returns an error, Propose stops and
	// returns that error unchanged. Default: the proposal is never interrupted.
	Interrupt func() error

	// Value returns a user's stored value in the custom field with an id, or "" for no value.
	// A SetField to the stored value then changes nothing. Value is called only after the
	// command was allowed. If it returns an error, Propose returns that error unchanged.
	// Default: the values are unknown, so each SetField is a change.
	Value func(user usher.UserID, field int) (Value, error)
}

// Outcome is the result of a proposal. The zero Outcome changes nothing.
type Outcome struct {
	Changes []Change       // in their order; empty if the commands change nothing
	Due     int            // how many of the first Changes are what became due before the commands
	Values  []FieldValue   // of custom fields, to be stored beside the journal; the last one for a user and field counts
	Removed []usher.UserID // users whose values must be erased before Values are stored

	// Next is the state after the changes. It equals what Apply returns for a commit of these
	// changes without a key, at the proposal's time, or if that is later at the time of the last
	// commit or of the last change that became due,
	// except that the hash of the commit is unknown; ApplyOutcome adds the hash. If the commands
	// changed nothing, Next is the State that Propose was called on, with what is due.
	Next *State

	interrupt func() error // of the proposal, for Preview
	at        time.Time    // up to when what is due took effect before the commands
}

// Propose returns the changes that a proposal makes under a policy. It does not change the
// state.
//
// An actor who is not an active user of the account can run no command that requires a
// permission, whatever rules of visitors allow.
//
// The policy must fit the account as a whole; see [State.Fits]. A user that the policy cannot
// decide for can run no commands. On such a user, only these commands are possible:
// remove-user, set-role, set-status to inactive, and a command that takes or gives exactly
// what does not fit. Names that the policy lacks are kept.
//
// Permissions, conditions and grants are evaluated at the proposal's time, or at the last
// commit's if that is later. So a proposal with an earlier time cannot use a grant that has
// ended.
//
// The error is a [*Refusal] if a command is rejected, or if [Proposal.Check] rejects the
// proposal. Any other error means that the proposal was not decided: a [*PolicyMismatchError]
// with the User that the policy cannot decide for; usher.ErrUnknownAccount for an account
// that does not exist and is not being created; usher.ErrNoTime for no time or one outside
// the years 1 to 9999, or 1678 to 2261 if a permission is checked; an error that Interrupt or
// Value returned; or an error of the policy.
func (s *State) Propose(p *policy.Policy, proposal Proposal) (Outcome, error) {
	switch {
	case s.account == "":
		return Outcome{}, usher.ErrUnknownAccount
	case p == nil:
		return Outcome{}, errors.New("the policy is nil")
	case proposal.Time.IsZero() || !writable(proposal.Time):
		return Outcome{}, usher.ErrNoTime
	}
	if err := checkID("account", string(s.account)); err != nil {
		return Outcome{}, printable.Errorf("%w: %w", usher.ErrUnknownAccount, err)
	}
	if err := proposal.Check(s.account); err != nil {
		return Outcome{}, err
	}
	at := later(proposal.Time, s.time).UTC().Round(0)
	if s = s.atProposal(p, proposal, at); s.due != nil {
		at = later(at, s.due.until)
	}
	outcome, err := s.proposeAs(p, proposal, at, proposal.Actor.user)
	if by := proposal.Actor.by; by != "" && err == nil {
		// The user who acts must pass all checks, too. The changes are the same for both.
		if _, err = s.proposeAs(p, proposal, at, by); err != nil {
			return Outcome{}, err
		}
	}
	return outcome, err
}

// proposeAs is Propose after its first checks, with the permissions and the ceiling of a user, who is
// the actor or acts on behalf of the actor.
func (s *State) proposeAs(p *policy.Policy, proposal Proposal, at time.Time, authority usher.UserID) (Outcome, error) {
	q := proposing{
		draft: s.draft(), began: s, policy: s.Policy(p), actor: proposal.Actor, authority: authority, context: proposal.Context,
		at: at, interrupt: proposal.Interrupt, value: proposal.Value,
		commands: proposal.Commands, ends: make([]int, 0, len(proposal.Commands)), resources: proposal.Resources,
	}
	if len(q.commands) >= internThreshold {
		q.interner = &interner{}
	}
	if err := q.adoptOwnership(); err != nil {
		return Outcome{}, err
	}
	adopted := len(q.outcome.Changes)
	for i, command := range q.commands {
		q.index, q.command = i, command
		if err := q.interrupted(); err != nil {
			return Outcome{}, err
		}
		if err := q.propose(command); err != nil {
			return Outcome{}, err
		}
		q.ends = append(q.ends, len(q.outcome.Changes))
	}
	if len(q.outcome.Changes) == adopted {
		return Outcome{Next: s}, nil
	}
	if err := q.checkCounts(s); err != nil {
		return Outcome{}, err
	}
	if s.due != nil {
		q.outcome.Due = len(s.due.changes)
		q.outcome.Changes = slices.Concat(s.due.changes, q.outcome.Changes)
		q.outcome.Removed = slices.Concat(s.due.removed, q.outcome.Removed)
	}
	q.outcome.Next = q.commit(&Commit{Version: s.version + 1, Time: q.at})
	q.outcome.interrupt, q.outcome.at = proposal.Interrupt, s.due.last()
	return q.outcome, nil
}

// atProposal returns the state with everything that is due before the commands of a proposal.
func (s *State) atProposal(p *policy.Policy, proposal Proposal, at time.Time) *State {
	if !proposal.Now.IsZero() {
		at = later(proposal.Now, s.time)
	}
	return s.At(p, at)
}

// proposing is the evaluation of a proposal, one command after another.
type proposing struct {
	*draft // the state after the commands so far
	began  *State
	policy *policy.Policy
	actor  Actor

	authority usher.UserID // whose permissions and ceiling count: the actor, or who acts for the actor; "" for the host

	context usher.Context
	at      time.Time
	value   func(usher.UserID, int) (Value, error) // the stored value; may be nil
	outcome Outcome

	command   Command        // the current command
	allowed   usher.Decision // allows the current command; zero if no rule was evaluated
	gives     role.Name      // the role that the current command gives; "" for none
	index     int            // of the current command
	commands  []Command
	ends      []int // the number of changes after each command
	resources []usher.Resource
	interrupt func() error

	due, ending  bool    // it evaluates what is due, and in particular what ends
	seatless     bool    // users get no seats, also if their roles require them
	lastEntry    int     // the number of the last entry of the schedule before the current command
	outline      outline // what the current command changes in the schedule; for the ceiling
	outlined     []slot
	lookAt       time.Time // the later time at which the ceiling compares; zero for now
	deletedTeams []usher.TeamID
	forgotten    []usher.Ref
	planned      map[usher.UserID]*policy.User
	plannedOrder []usher.UserID
}

// propose authorizes one command, and runs its propose if it is allowed.
func (q *proposing) propose(command Command) error {
	if q.actor.IsZero() {
		return q.deny(0, "the proposal has no actor (want a user, or the host without By: a user acts only on behalf of a user)")
	}
	t := reflect.TypeOf(command)
	switch {
	case t == nil:
		return q.refuse(CodeInvalid, "a command is nil")
	case t.Kind() == reflect.Pointer:
		return q.refuse(CodeInvalid, "%s is not a command; pass %s, not a pointer", t, t.Elem())
	case !isCommand(t):
		return q.refuse(CodeInvalid, "%s is not a command", t)
	}
	want := command.asks(q)
	if !want.creates {
		if !q.next.created {
			return printable.Errorf("%s: %w", Describe(command), usher.ErrUnknownAccount)
		}
		if err := q.checkActorFits(); err != nil {
			return err
		}
	}
	if err := q.checkRequirement(want); err != nil {
		return err
	}
	q.lastEntry, q.outline, q.outlined, q.planned, q.plannedOrder = q.scheduled().last, outline{}, nil, nil, nil
	q.deletedTeams, q.forgotten = nil, nil
	if err := command.propose(q); err != nil {
		return err
	}
	return q.settleSchedule()
}

// emit applies and records changes, which earlier checks have validated.
func (q *proposing) emit(changes ...Change) error {
	for _, c := range changes {
		if a, ok := c.(SeatAssigned); ok {
			if u := q.find(a.User); u != nil && u.Kind == usher.ServiceAccount {
				remedy := "; give it a role that requires none"
				if _, assigns := q.command.(AssignSeat); assigns {
					remedy = ""
				}
				return q.refuse(CodeSeatNotAllowed, "%s is a service account, and cannot hold a seat in %s%s", a.User, a.Pool, remedy)
			}
		}
		q.notePlanned(c)
		if err := q.apply(c); err != nil {
			return printable.Errorf("%s: %s does not fit the state: %w", Describe(q.command), NameOfChange(c), err)
		}
		q.outcome.Changes = append(q.outcome.Changes, c)
	}
	return nil
}

func (q *proposing) refuse(code Code, format string, args ...any) error {
	return q.refusal(code, format, args...)
}

func (q *proposing) refusal(code Code, format string, args ...any) *Refusal {
	return &Refusal{
		Account: q.next.account, Index: q.index, Of: len(q.commands), Command: q.command,
		Code: code, Text: printable.Sprintf(format, args...),
	}
}

// interrupted returns the error that stops the proposal, or nil.
func (q *proposing) interrupted() error {
	if q.interrupt == nil {
		return nil
	}
	return q.interrupt()
}

func (q *proposing) policyName() string {
	if name := q.policy.Name(); name != "" {
		return "the policy " + name
	}
	return "the policy"
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
