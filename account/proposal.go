package account

import (
	"errors"
	"reflect"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
)

// Proposal is what an actor asks to have done: commands that are one commit, all or
// nothing. A Proposal without an Actor, such as the zero Proposal, is refused as Denied.
//
// Each command is authorized, checked and applied on the state that those before it
// left. So a batch needs the same permissions, and the same reach of its actor, as
// its commands one after another, and the first command that is refused so refuses
// the batch. Then, once, seats and the bounds of roles are counted on the state that
// the batch leaves: with CodeRoleFull, CodeLastHolder, CodeNoSeatsLeft or CodeSeatsInUse, the first
// of these that applies. That Refusal has the index of the last command that moved
// the count in the wrong direction. What the counts are between two commands does not
// matter, so a role with one holder changes hands, and users swap the seats of full
// pools, in any order.
//
// Nothing can be done with a seat that is not there: while more seats of a pool are
// held than bought, a seat that the actor got in this batch allows the actor nothing.
type Proposal struct {
	Actor    Actor
	Context  usher.Context // facts of the request, for the policy's conditions
	Time     time.Time     // when it is asked; must be set
	Commands []Command

	// Key and Note are those of the commit that is to be made. They decide nothing,
	// and are here for Check alone.
	Key, Note string

	// Interrupt is called before each command, and again and again within one that is about
	// many users: Import, MoveTeam, DeleteTeam. Its error ends Propose, which returns it
	// as it is. Nil means that nothing interrupts the proposal.
	Interrupt func() error
	// Value returns what a user of the state has in a custom field, given by its id, and
	// "" for nothing. With it, a SetField to that value changes nothing. It is called
	// only after the command was allowed. What it returns as an error, Propose returns
	// as it is. Nil if the values are not known: then each SetField is a change.
	Value func(user usher.UserID, field int) (Value, error)
}

// Outcome is what follows from a proposal. The zero Outcome changes nothing.
type Outcome struct {
	Changes []Change       // in their order; none if all was as asked already
	Values  []FieldValue   // of custom fields, to be kept beside the journal; the last one of a field counts
	Removed []usher.UserID // whose values are to be erased, before Values are kept

	// Next is the state after the changes, as Apply makes it of a commit without a
	// key at the proposal's time, or the last commit's if that is later, but for the
	// hash of the commit: ApplyOutcome adds that. Where nothing changed it is the state
	// that was asked.
	Next *State

	interrupt func() error // the proposal's, for Preview
}

// Propose says what follows from a proposal under a policy, and changes nothing.
// The policy must not be unfit for the whole account; [State.Fits] tells. Users for whom
// it cannot decide can do nothing, and nothing can be done about them but remove-user,
// set-role, set-status to inactive, and to take or give the very thing that does not fit.
// What the policy does not know stays as it is. Permissions, conditions and grants are
// evaluated at the proposal's time, or at the last commit's if that is later: a proposal
// that is dated back revives no grant that has ended.
//
// The error is a [*Refusal] where a command is refused, or the proposal as a whole
// by [Proposal.Check]. Any other error means that the proposal was not decided: an
// [*PolicyMismatchError] with the User for whom the policy cannot decide,
// usher.ErrUnknownAccount for an account that does not exist and is not being created,
// usher.ErrNoTime, also for a time outside the years 1 to 9999, what the proposal's
// Interrupt returned, or what the policy returned.
func (s *State) Propose(p *policy.Policy, proposal Proposal) (Outcome, error) {
	switch {
	case s.account == "":
		return Outcome{}, usher.ErrUnknownAccount
	case p == nil:
		return Outcome{}, errors.New("there is no policy")
	case proposal.Time.IsZero() || !writable(proposal.Time):
		return Outcome{}, usher.ErrNoTime
	}
	if err := checkID("account", string(s.account)); err != nil {
		return Outcome{}, printable.Errorf("%w: %w", usher.ErrUnknownAccount, err)
	}
	if err := proposal.Check(s.account); err != nil {
		return Outcome{}, err
	}
	q := proposing{
		draft: s.draft(), began: s, policy: p, actor: proposal.Actor, context: proposal.Context,
		at: later(proposal.Time, s.time).UTC().Round(0), interrupt: proposal.Interrupt, value: proposal.Value,
		commands: proposal.Commands, ends: make([]int, 0, len(proposal.Commands)),
	}
	if len(q.commands) >= internThreshold {
		q.interner = &interner{}
	}
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
	if len(q.outcome.Changes) == 0 {
		return Outcome{Next: s}, nil
	}
	if err := q.checkCounts(s); err != nil {
		return Outcome{}, err
	}
	q.outcome.Next = q.commit(&Commit{Version: s.version + 1, Time: q.at})
	q.outcome.interrupt = proposal.Interrupt
	return q.outcome, nil
}

// proposing is one command after another on its way to changes.
type proposing struct {
	*draft  // the state as the commands before left it
	began   *State
	policy  *policy.Policy
	actor   Actor
	context usher.Context
	at      time.Time
	value   func(usher.UserID, int) (Value, error) // before the proposal; may be nil
	outcome Outcome

	command   Command        // the one that is proposed now
	allowed   usher.Decision // that allowed it; zero if no rule was asked
	index     int            // of it
	commands  []Command
	ends      []int // how many changes there were after each command
	interrupt func() error
}

// propose authorizes one command, and proposes it if it is allowed.
func (q *proposing) propose(command Command) error {
	if q.actor.IsZero() {
		return q.deny(0, "the commands have no actor: name a user or the host")
	}
	t := reflect.TypeOf(command)
	switch {
	case t == nil:
		return q.refuse(CodeInvalid, "there is no command")
	case t.Kind() == reflect.Pointer:
		return q.refuse(CodeInvalid, "%s is no command: pass %s, not a pointer", t, t.Elem())
	case !isCommand(t):
		return q.refuse(CodeInvalid, "%s is no command", t)
	}
	want := command.asks(q)
	if !want.creates {
		if q.next.owner == "" {
			return printable.Errorf("%s: %w", Describe(command), usher.ErrUnknownAccount)
		}
		if err := q.fitsActor(); err != nil {
			return err
		}
	}
	if err := q.checkRequirement(want); err != nil {
		return err
	}
	return command.propose(q)
}

// emit makes changes, which the checks before have found to fit.
func (q *proposing) emit(changes ...Change) error {
	for _, c := range changes {
		if err := q.apply(c); err != nil {
			return printable.Errorf("%s: %s does not follow: %w", Describe(q.command), NameOfChange(c), err)
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

// interrupted returns why the proposal must not go on, nil if it may.
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
