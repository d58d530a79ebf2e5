package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
)

// Batch is what an actor asks to have done to an account: commands that are one
// commit, all or nothing. A Batch without commands, or with more than
// account.MaxCommands, is account.CodeInvalid. One without an Actor is refused.
type Batch struct {
	Actor    account.Actor
	Account  usher.AccountID
	Commands []account.Command

	// Context has facts of the request, for the conditions of the policy.
	Context usher.Context

	// Key makes a batch known that the Actor repeats: it is done once, and the others
	// get the first Result. It is the Actor's own: the same key of another actor is
	// another key. It covers the commands, without the values of custom fields; other
	// commands under it are ErrKeyReused. A batch that was refused or changed nothing
	// leaves its key free. A key that is forgotten is free, too, and the batch is done
	// again: account.MaxIdempotencyKeys says which keys an account remembers. A key of
	// more than account.MaxKey bytes is account.CodeInvalid. Empty for none.
	IdempotencyKey string

	// Note says why, for the journal. It is kept for as long as the journal, so it
	// is no place for personal data. One of more than account.MaxNote bytes is
	// account.CodeInvalid. May be empty.
	Note string

	// Time is when it is asked, zero for the clock. Conditions and grants are evaluated
	// at this time, or at the last commit's if that is later: neither a time in the past
	// nor a clock that was set back revives a grant that has ended. The journal never
	// goes back, and not ahead of the clock: the commit
	// has the last commit's time where this one is before that, and the clock's where
	// this one is still to come.
	Time time.Time
}

// Result is what a batch came to.
type Result struct {
	Version  uint64          // of the account, with the commit; for Engine.AtLeast
	Commit   *account.Commit // nil if all was as asked already, and nothing had to change
	Repeated bool            // it was done before, under the same Key, by this Commit
}

// Do asks for commands to be done, all of them or none; it takes at least one. It is
// Submit without the rest of what a Batch can say.
func (e *Engine) Do(ctx context.Context, actor account.Actor, id usher.AccountID, commands ...account.Command) (Result, error) {
	return e.Submit(ctx, Batch{Actor: actor, Account: id, Commands: commands})
}

// Submit asks for a batch to be done. Once it returns without an error the commit
// is stored, and every check of this Engine that begins later sees it.
//
// If others change the account at the same time, the batch is proposed anew on what
// they left, which asks again whether it is allowed. That it is refused, or that
// nothing has to change, is said only after a look at what the store has by then. If
// the store fails so that it
// is not known whether the commit is stored, Submit finds out, for at most
// Options.CommitTimeout, even after ctx has ended. If ctx ends earlier, Submit stops before
// the next command of the batch, changes nothing, and returns the context's error.
//
// A command that is refused is an *account.Refusal, and so is a batch without any,
// or one above a limit of account.Proposal.Check.
// Other errors are an *Error, and nothing was done; only with ErrOutcomeUnknown that is not
// known. It wraps
//
//   - usher.ErrUnknownAccount: there is none, and the first command makes none
//   - ErrKeyReused, ErrContention, ErrOutcomeUnknown, ErrStale, ErrClosed
//   - store.ErrNoUserData: a custom field has no place in this store
//   - store.ErrRefused: the store rejected the commit for good, by a rule of its own; it
//     is not stored later, and to submit the same again does not help
//   - a *account.PolicyMismatchError: the policy cannot decide for the actor, for a user whom a
//     command names, or for the account; or what the policy returned
//   - what the context or the store returned
func (e *Engine) Submit(ctx context.Context, b Batch) (Result, error) {
	var done []*account.Commit // outlives the lock, for the Observer may ask the Engine
	result, err := e.submit(ctx, &b, &done)
	e.tell(ctx, done)
	if err == nil {
		return result, nil
	}
	err = wrapped("submit to", b.Account, err)
	if e != nil && e.options.Observer.Rejected != nil {
		e.options.Observer.Rejected(ctx, b, err)
	}
	return Result{}, err
}

func (e *Engine) tell(ctx context.Context, done []*account.Commit) {
	if len(done) == 0 || e.options.Observer.Committed == nil {
		return
	}
	for _, c := range done {
		e.options.Observer.Committed(ctx, c)
	}
}

// submit is Submit but for the Observer. It adds to done what turned out to be
// stored: by this batch, and by one before it.
func (e *Engine) submit(ctx context.Context, b *Batch, done *[]*account.Commit) (Result, error) {
	if err := e.enter(); err != nil {
		return Result{}, err
	}
	defer e.leave()
	// Before the fingerprint is taken, which reads all of the batch.
	if err := b.proposal(b.Time).Check(b.Account); err != nil {
		return Result{}, err
	}
	l, release, err := e.acquire(ctx, b.Account)
	if err != nil {
		return Result{}, err
	}
	defer release()
	defer e.resolveSoon(l) // also after a panic of the store
	for try := 1; ; try++ {
		if l.pending != nil {
			if err := e.resolvePending(ctx, l, done); err != nil {
				return Result{}, err
			}
		}
		result, err := e.try(ctx, l, b, done)
		if !errors.Is(err, errOvertaken) {
			return result, err
		}
		if try >= e.options.Tries {
			return Result{}, printable.Errorf("%w: others changed it first, %d times; nothing was done, and to try again helps", ErrContention, try)
		}
		if err := e.pause(ctx, try); err != nil {
			return Result{}, err
		}
	}
}

// errOvertaken is that of a try which somebody else's commit made void.
var errOvertaken = errors.New("overtaken")

// pause lets others finish before the next try: not after the first few, and then
// for longer each time.
func (e *Engine) pause(ctx context.Context, try int) error {
	if try < 3 {
		return ctx.Err()
	}
	return e.sleep(ctx, rand.N(time.Millisecond<<min(try-3, 5)))
}

// sleep returns early, with an error, when the context or the Engine ends.
func (e *Engine) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closing:
		return ErrClosed
	}
}

// try proposes a batch on what is known of the account, and has it stored.
func (e *Engine) try(ctx context.Context, l *cachedAccount, b *Batch, done *[]*account.Commit) (Result, error) {
	if err := e.begin(ctx); err != nil {
		return Result{}, err
	}
	defer func() {
		if l.pending == nil {
			e.finish()
		}
	}()
	snap, err := e.await(ctx, l, max(1, l.floor))
	if err != nil {
		return Result{}, err
	}
	kept := e.kept(ctx, snap)
	p, result, err := e.propose(ctx, kept, b)
	if p == nil && !result.Repeated && ctx.Err() == nil {
		// There is no commit by which the store would tell that others were first,
		// and may have freed the seat, or used the key.
		newer, failure := e.await(ctx, l, newest)
		if failure != nil {
			return Result{}, failure
		}
		if newer != snap {
			kept = e.kept(ctx, newer)
			p, result, err = e.propose(ctx, kept, b)
		}
		if p == nil && newer != snap && len(kept.found) > 0 {
			// A value that was read may be of a commit after newer.
			if latest, failure := e.await(ctx, l, newest); failure != nil {
				return Result{}, failure
			} else if latest != newer {
				return Result{}, errOvertaken
			}
		}
	}
	if err != nil || p == nil {
		return result, err
	}
	return e.commit(ctx, l, p, done)
}
