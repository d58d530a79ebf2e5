package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Sentinel errors of an Engine. Calls also return errors of the policy, the account and
// the store.
var (
	// ErrClosed: Close was called, or Open was not.
	ErrClosed = errors.New("the engine is closed")

	// ErrFutureVersion: the journal does not have the requested version yet. The error has
	// a method FutureVersion, so a Guard of usherhttp deletes the version at the client.
	ErrFutureVersion error = futureVersion{}

	// ErrStale: the cached account is older than Options.MaxStaleness, and the store
	// could not be read.
	ErrStale = errors.New("the cached account is too old")

	// ErrContention: concurrent commits came first in every try, the outcome of an
	// earlier commit is still unknown, or another transaction held a lock for too long
	// (store.ErrNotStored). No changes were made; retry later.
	ErrContention = errors.New("the account is busy")

	// ErrOutcomeUnknown: the store failed during the append, and it is unknown whether
	// the commit is stored. A retry with the same IdempotencyKey returns the outcome,
	// and never applies the batch twice.
	ErrOutcomeUnknown = errors.New("it is unknown whether the commit is stored")

	// ErrKeyReused: the actor used this IdempotencyKey for a different request. Only
	// another key helps. The error has a method Refused, so a Guard of usherhttp
	// responds with 422. For the other errors above it responds with 503.
	ErrKeyReused error = rejection{"key-reused", "the actor used this idempotency key for a different request"}

	// ErrChanged: a commit after Batch.Expect concerns the batch. The error is a
	// *ChangedError with these commits. No changes were made. The error has a method
	// Refused, so a Guard of usherhttp responds with 409.
	ErrChanged error = changed
)

var changed = rejection{"changed-meanwhile", "what the batch names has changed since"}

// futureVersion is the type of ErrFutureVersion. usherhttp recognizes it by its method.
type futureVersion struct{}

func (futureVersion) Error() string { return "the journal does not have this version yet" }

// FutureVersion marks the error.
func (futureVersion) FutureVersion() {}

// rejection is an error that the caller caused, with a code like that of an
// account.Refusal.
type rejection struct{ code, text string }

func (r rejection) Error() string { return r.text }

// Refused returns the code. usherhttp derives its response from it.
func (r rejection) Refused() string { return r.code }

// Error states the operation that failed, and why. errors.Is matches the sentinel errors
// of this package and the errors of the store, the account and the policy. A rejected
// command is an *account.Refusal instead, and a failed check an *usher.RequestError.
type Error struct {
	Op      string          // the operation, such as "submit to", "preview" or "set policy"
	Account usher.AccountID // "" if the operation does not concern one account
	Version uint64          // 0 if the operation does not concern one version
	Err     error
}

// Error returns text such as "submit to acme version 7: …".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(printable.Value(e.Op))
	if e.Account != "" {
		b.WriteString(" " + printable.Quote(e.Account))
	}
	if e.Version != 0 {
		fmt.Fprintf(&b, " version %d", e.Version)
	}
	b.WriteString(": " + printable.Cause(e.Err))
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Undecided marks the error as a failure of the Engine. If Guard.NotFound of usherhttp
// returns it, the response is 503 and not 404.
func (e *Error) Undecided() {}

// wrapped wraps err in an *Error, unless it is an *Error or an *account.Refusal.
func wrapped(op string, id usher.AccountID, err error) error {
	var e *Error
	var refusal *account.Refusal
	if errors.As(err, &e) || errors.As(err, &refusal) {
		return err
	}
	return &Error{Op: op, Account: id, Err: explained(err)}
}

// explained adds to an error of the store the error that it means for a caller of the Engine.
func explained(err error) error {
	if errors.Is(err, store.ErrNotStored) && !errors.Is(err, ErrContention) {
		return printable.Errorf("%w: %w", ErrContention, err)
	}
	return unknownIfErased(err)
}

// unknownIfErased adds usher.ErrUnknownAccount to an error that wraps store.ErrErased.
func unknownIfErased(err error) error {
	if !errors.Is(err, store.ErrErased) || errors.Is(err, usher.ErrUnknownAccount) {
		return err
	}
	var of *store.Error
	if errors.As(err, &of) {
		err = of.Err // the operation of the store adds nothing
	}
	return printable.Errorf("%w: %w", usher.ErrUnknownAccount, err)
}

// checkAccount returns usher.ErrUnknownAccount for an invalid id.
func checkAccount(id usher.AccountID) error {
	if id == "" {
		return printable.Errorf("%w: the request names no account", usher.ErrUnknownAccount)
	}
	if err := store.CheckAccount(id); err != nil {
		return printable.Errorf("%w: %w", usher.ErrUnknownAccount, err)
	}
	return nil
}

// PolicyMismatchError lists the accounts that a new policy does not fit. It matches
// account.ErrPolicyMismatch with errors.Is.
type PolicyMismatchError struct {
	Accounts []*account.PolicyMismatchError // at most 100, sorted by id
	More     int                            // the number of accounts that are not listed

	policy string      // the digest
	all    mismatchSet // all mismatches, also of accounts that are not listed
}

// Error lists the mismatches in one line. It may be long, and callers that wrap it may
// cut it; Accounts has the complete entries.
func (e *PolicyMismatchError) Error() string {
	n := len(e.Accounts) + e.More
	if n == 1 && len(e.Accounts) == 1 {
		return e.Accounts[0].Error()
	}
	text := fmt.Sprintf("%d accounts do not fit the policy", n)
	var list []string
	for _, a := range e.Accounts {
		list = append(list, a.Error())
	}
	if e.More > 0 {
		list = append(list, fmt.Sprintf("and %d more", e.More))
	}
	if len(list) > 0 {
		text += ": " + strings.Join(list, "; ")
	}
	return text
}

// Is matches account.ErrPolicyMismatch, even if Accounts is empty.
func (e *PolicyMismatchError) Is(target error) bool { return target == account.ErrPolicyMismatch }

// Unwrap returns the errors in Accounts.
func (e *PolicyMismatchError) Unwrap() []error {
	list := make([]error, len(e.Accounts))
	for i, a := range e.Accounts {
		list[i] = a
	}
	return list
}
