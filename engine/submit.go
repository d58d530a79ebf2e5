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

// Batch is a list of commands that an actor submits to an account. They become one
// commit, all or nothing. A Batch without commands or with more than account.MaxCommands
// is rejected with account.CodeInvalid. A Batch without an Actor, such as the zero
// Batch, is rejected.
type Batch struct {
	Actor    account.Actor
	Account  usher.AccountID
	Commands []account.Command

	// Context has the facts of the request that conditions of the policy read.
	Context usher.Context

	// Resources are the resources that commands such as account.GiveRoleOn name, with their
	// parties and containers, as the host application knows them; never as a user states them.
	// See account.Proposal. The idempotency key does not cover them, since they may change
	// between two tries. Default: none, which is enough for commands of the host, and for those
	// that name no resource.
	Resources []usher.Resource

	// IdempotencyKey identifies retries of a batch: it is applied once, and each retry
	// returns the first Result. A key belongs to its actor; the same key of another
	// actor is a different key. The Engine compares the commands without values of
	// custom fields; different commands under the same key return ErrKeyReused. A batch
	// that was rejected or changed nothing does not use up its key. A forgotten key is
	// free again, and its batch would be applied again; account.MaxIdempotencyKeys
	// states which keys an account remembers. A key of more than account.MaxKey bytes is
	// rejected with account.CodeInvalid. Default: no key.
	IdempotencyKey string

	// Expect is the version that the batch was made from, such as that of a form. If a later
	// commit concerns the batch, as account.Concerns defines it, the batch is rejected with
	// ErrChanged: it names the same user, or, for commands that name no user, the same
	// team, seat pool, setting or custom field. Other later commits do not matter. A
	// version that does not exist yet is ErrFutureVersion. A retry under an
	// IdempotencyKey returns the first Result, also if Expect is no longer true. The cost
	// is in proportion to the commits since. Default: no expectation.
	Expect uint64

	// Note states the reason for the journal. The journal keeps it, so it must not
	// contain personal data. A note of more than account.MaxNote bytes is rejected with
	// account.CodeInvalid. Default: no note.
	Note string

	// Time is the time of the request. Conditions and grants are evaluated at this time,
	// or at that of the last commit if it is later: neither a time in the past nor a
	// clock that was set back revives an expired grant. The time of the commit is not
	// before that of the last commit, and otherwise not after that of the clock.
	// Default: Options.Clock.
	Time time.Time
}

// Result is the outcome of a Batch.
type Result struct {
	Version  uint64          // the account's version after the commit; for Engine.AtLeast
	Commit   *account.Commit // nil if the commands changed nothing
	Repeated bool            // an earlier batch with the same IdempotencyKey made Commit
}

// Do is shorthand for Submit with only the actor, the account and the commands set.
func (e *Engine) Do(ctx context.Context, actor account.Actor, id usher.AccountID, commands ...account.Command) (Result, error) {
	return e.Submit(ctx, Batch{Actor: actor, Account: id, Commands: commands})
}

// Submit commits a batch. After a nil error the commit is stored, and every check of
// this Engine that begins later sees it.
//
// If a concurrent commit comes first, Submit proposes the batch again on the new state,
// and authorizes it again (optimistic concurrency). If the store is a store.Transactor,
// Submit locks the account from the third try on. Before it returns a rejection, or a
// Result without a commit, it compares the account with the store. If the store fails so
// that it is unknown whether the commit is stored, Submit retries for at most
// Options.CommitTimeout, even if ctx has ended. If ctx ends before the append, Submit
// stops before the next command, changes nothing, and returns the context's error.
//
// A rejected command is an *account.Refusal, and so is a batch above a limit of
// account.Proposal.Check or without commands. All other errors are an *Error. After an
// error other than ErrOutcomeUnknown, no changes were made. An *Error wraps
//
//   - usher.ErrUnknownAccount: the account does not exist, and the first command does not
//     create it
//   - ErrChanged, as a *ChangedError, and ErrFutureVersion: because of Batch.Expect
//   - ErrKeyReused, ErrContention, ErrOutcomeUnknown, ErrStale, ErrClosed
//   - store.ErrNotStored, together with ErrContention: a lock of the store took too long
//   - store.ErrNoUserData: the store cannot keep values of custom fields
//   - store.ErrRefused: the store rejected the commit for good, by a rule of its own; a
//     retry does not help
//   - an *account.PolicyMismatchError: the policy cannot decide for the actor, for a user
//     that a command names, or for the account
//   - an error of the policy, the context or the store
func (e *Engine) Submit(ctx context.Context, b Batch) (Result, error) {
	var done []*account.Commit // notified after the unlock, since the Observer may call the Engine
	result, err := e.submit(ctx, &b, &done)
	e.notifyCommitted(ctx, done)
	if err == nil {
		return result, nil
	}
	return Result{}, e.rejectedBatch(ctx, b, err)
}

// rejectedBatch wraps the error of a batch, and reports it to the Observer.
func (e *Engine) rejectedBatch(ctx context.Context, b Batch, err error) error {
	err = wrapped("submit to", b.Account, err)
	if e != nil && e.options.Observer.Rejected != nil {
		e.options.Observer.Rejected(ctx, b, err)
	}
	return err
}

func (e *Engine) notifyCommitted(ctx context.Context, done []*account.Commit) {
	if len(done) == 0 || e.options.Observer.Committed == nil {
		return
	}
	for _, c := range done {
		e.options.Observer.Committed(ctx, c)
	}
}

// submit does what Submit does, without the Observer. It appends to done the commits
// that are stored: of this batch, and of an earlier pending one.
func (e *Engine) submit(ctx context.Context, b *Batch, done *[]*account.Commit) (Result, error) {
	if err := e.enter(); err != nil {
		return Result{}, err
	}
	defer e.leave()
	// Check the limits before the fingerprint reads the whole batch.
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
		attempt := e.try
		if try > triesBeforeLock && e.transactor != nil {
			attempt = e.tryLocked
		}
		result, err := attempt(ctx, l, b, done)
		if !errors.Is(err, errOvertaken) {
			return result, err
		}
		if try >= e.options.Tries {
			return Result{}, printable.Errorf("%w: concurrent commits came first %d times; no changes were made, retry later", ErrContention, try)
		}
		if err := e.pause(ctx, try); err != nil {
			return Result{}, err
		}
	}
}

// errOvertaken is the error of a try that a concurrent commit made void.
var errOvertaken = errors.New("overtaken")

// pause waits before the next try, longer each time. It does not wait after the first
// two tries.
func (e *Engine) pause(ctx context.Context, try int) error {
	if try < 3 {
		return ctx.Err()
	}
	return e.sleep(ctx, rand.N(time.Millisecond<<min(try-3, 5)))
}

// sleep waits for d. It returns an error early if the context ends or the Engine closes.
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

// try proposes a batch on the newest known snapshot, and commits the result.
func (e *Engine) try(ctx context.Context, l *cachedAccount, b *Batch, done *[]*account.Commit) (Result, error) {
	if err := e.begin(ctx); err != nil {
		return Result{}, err
	}
	defer e.finishUnlessPending(l)
	snap, err := e.await(ctx, l, max(1, l.floor, b.Expect))
	if err != nil {
		return Result{}, err
	}
	records := e.newRecordCache(ctx, e.store, snap)
	p, result, err := e.propose(ctx, records, b)
	if p == nil && !result.Repeated && ctx.Err() == nil {
		// Without an append the store reports no conflict, but a concurrent commit may
		// have freed the seat or used the key.
		newer, failure := e.await(ctx, l, newest)
		if failure != nil {
			return Result{}, failure
		}
		if newer != snap {
			records = e.newRecordCache(ctx, e.store, newer)
			p, result, err = e.propose(ctx, records, b)
		}
		if p == nil && newer != snap && len(records.read) > 0 {
			// A value that was read may be from a commit after newer.
			if latest, failure := e.await(ctx, l, newest); failure != nil {
				return Result{}, failure
			} else if latest != newer {
				return Result{}, errOvertaken
			}
		}
	}
	if err == nil && p != nil {
		p.active, err = e.activeAs(ctx, p.commit.Account, p.commit.Changes)
	}
	if err != nil || p == nil {
		return result, err
	}
	return e.commit(ctx, l, p, done)
}
